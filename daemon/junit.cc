#include "daemon/junit.h"

#include <algorithm>

#include "daemon/clock.h"
#include "daemon/text_buffer.h"

namespace tidemark {
namespace {

// XML 1.0 has no way to write control characters. Line ends in attributes would be read back as spaces.
std::string Xml(std::string_view text, bool attribute) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; },
      '?');
  std::string escaped = EscapeHtml(clean);
  for (size_t at = 0; attribute && (at = escaped.find('\n', at)) != std::string::npos;) escaped.replace(at, 1, "&#10;");
  return escaped;
}

void Attribute(std::string_view name, std::string_view value, std::ostream* out) {
  *out << " " << name << "=\"" << Xml(value, true) << "\"";
}

struct Totals {
  size_t tests = 0, failures = 0, errors = 0;
  Duration took{};
  void Add(const JunitCase& c) {
    ++tests;
    failures += !c.failure.empty() && !c.error ? 1 : 0;
    errors += c.error ? 1 : 0;
    took += c.took;
  }
  void Write(std::ostream* out) const {
    Attribute("tests", std::to_string(tests), out);
    Attribute("failures", std::to_string(failures), out);
    Attribute("errors", std::to_string(errors), out);
    *out << " time=\"" << Seconds(took) << "\"";
  }
};

void WriteCase(const JunitCase& c, std::ostream* out) {
  *out << "    <testcase";
  Attribute("name", c.name, out);
  Attribute("classname", c.file, out);
  Attribute("file", c.file, out);
  Attribute("line", std::to_string(c.line), out);
  *out << " time=\"" << Seconds(c.took) << "\"";
  if (c.failure.empty()) {
    *out << "/>\n";
    return;
  }
  const char* element = c.error ? "error" : "failure";
  *out << ">\n      <" << element;
  Attribute("message", c.message, out);
  *out << ">" << Xml(c.failure, false) << "</" << element << ">\n    </testcase>\n";
}

}  // namespace

void WriteJunit(const std::vector<JunitSuite>& suites, std::ostream* out) {
  Totals all;
  for (const JunitSuite& suite : suites) {
    for (const JunitCase& c : suite.cases) all.Add(c);
  }
  *out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites";
  all.Write(out);
  *out << ">\n";
  for (const JunitSuite& suite : suites) {
    Totals totals;
    for (const JunitCase& c : suite.cases) totals.Add(c);
    *out << "  <testsuite";
    Attribute("name", suite.name, out);
    totals.Write(out);
    *out << ">\n";
    for (const JunitCase& c : suite.cases) WriteCase(c, out);
    *out << "  </testsuite>\n";
  }
  *out << "</testsuites>\n";
}

}  // namespace tidemark
