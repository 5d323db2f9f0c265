#include "config/expectation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

namespace tidemark {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"firing", "pending", "inactive"};

bool IsNameChar(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (!first && c >= '0' && c <= '9');
}

void SkipSpaces(std::string_view text, size_t* pos) {
  while (*pos < text.size() && (text[*pos] == ' ' || text[*pos] == '\t' || text[*pos] == '\n')) ++*pos;
}

bool Accept(std::string_view text, std::string_view token, size_t* pos) {
  SkipSpaces(text, pos);
  if (!text.substr(*pos).starts_with(token)) return false;
  *pos += token.size();
  return true;
}

std::string Name(std::string_view text, size_t* pos) {
  SkipSpaces(text, pos);
  const size_t begin = *pos;
  while (*pos < text.size() && IsNameChar(text[*pos], *pos == begin)) ++*pos;
  return std::string(text.substr(begin, *pos - begin));
}

// What stands in double quotes, with \\ \" and \n.
Result<std::string> LabelValue(const std::string& label, std::string_view text, size_t* pos) {
  if (!Accept(text, "\"", pos)) return Invalid("a label's value stands in double quotes: " + label + "=\"...\"");
  std::string value;
  for (; *pos < text.size(); ++*pos) {
    char c = text[*pos];
    if (c == '"') {
      ++*pos;
      return value;
    }
    if (c == '\\' && *pos + 1 < text.size()) {
      c = text[++*pos];
      if (c == 'n') c = '\n';
    }
    value += c;
  }
  return Invalid("the value of " + label + " has no closing quote");
}

// The word at *pos, up to a space.
std::string_view Word(std::string_view text, size_t* pos) {
  SkipSpaces(text, pos);
  const size_t begin = *pos;
  *pos = std::min(text.find_first_of(" \t\n", begin), text.size());
  return text.substr(begin, *pos - begin);
}

std::optional<double> ShownReal(std::string_view shown) {
  const std::string text(shown);
  char* end = nullptr;
  const double real = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return real;
}

Status BadValue(std::string_view word) {
  const std::string nearest = Nearest(word, {"absent", "firing", "pending", "inactive"});
  return Invalid(
      "\"" + std::string(word) + "\" is no value; write a decimal like 12 or 0.25, ~0.333, 3600 +-1%, absent, " +
      "or of a rule firing, pending or inactive" + (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
}

// "+-1%" or "+-0.5" of `value`; ± is the same.
Status ReadTolerance(std::string_view word, Expectation* line) {
  constexpr std::string_view kPlusMinus = "\u00B1";
  for (const std::string_view sign : {std::string_view("+-"), kPlusMinus}) {
    if (!word.starts_with(sign)) continue;
    word.remove_prefix(sign.size());
    const bool percent = word.ends_with('%');
    if (percent) word.remove_suffix(1);
    const Result<Decimal> number = ParseDecimal(word);
    if (!number.ok() || word.starts_with('-')) break;
    Decimal size = line->value;
    if (size.mantissa < 0) size.mantissa = -size.mantissa;
    const std::optional<Decimal> share = percent ? Multiply(size, *number) : *number;
    const std::optional<Decimal> tolerance = share && percent ? Multiply(*share, {1, 2}) : share;
    if (!tolerance) return Invalid("a tolerance of too many digits");
    line->tolerance = *tolerance;
    line->kind = Expectation::Kind::kWithin;
    return Status::Ok();
  }
  return Invalid("nothing but a tolerance like +-0.5 or +-1% may follow the number");
}

Status ReadValue(std::string_view text, size_t* pos, Expectation* line) {
  SkipSpaces(text, pos);
  const size_t begin = *pos;
  std::string_view word = Word(text, pos);
  if (word.empty()) return Invalid("has no value; write it behind the series, like " + line->series.name + " 12");
  size_t wrong = begin;
  const auto fail = [&](Status status) {
    *pos = wrong;
    return status;
  };
  if (word == "absent") {
    line->kind = Expectation::Kind::kAbsent;
  } else if (std::find(kStates.begin(), kStates.end(), word) != kStates.end()) {
    line->kind = Expectation::Kind::kState;
    line->state = word;
  } else {
    const bool about = word.starts_with('~');
    const Result<Decimal> number = ParseDecimal(about ? word.substr(1) : word);
    if (!number.ok()) return fail(BadValue(word));
    line->value = *number;
    if (about) {  // what rounds to it: half of the last digit written
      if (number->scale == kMaxScale) return fail(Invalid("of at most 17 digits after the point"));
      line->kind = Expectation::Kind::kWithin;
      line->tolerance = {5, number->scale + 1};
    }
  }
  SkipSpaces(text, pos);
  wrong = *pos;
  word = Word(text, pos);
  if (word.empty()) return Status::Ok();
  if (line->kind != Expectation::Kind::kEquals) return fail(Invalid("\"" + std::string(word) + "\" is too much here"));
  if (const Status status = ReadTolerance(word, line); !status.ok()) return fail(status);
  SkipSpaces(text, pos);
  wrong = *pos;
  return *pos == text.size() ? Status::Ok()
                             : fail(Invalid("\"" + std::string(text.substr(*pos)) + "\" is too much here"));
}

}  // namespace

Result<SeriesName> ParseSeriesName(std::string_view text, size_t* pos) {
  SeriesName series;
  series.name = Name(text, pos);
  if (series.name.empty()) return Invalid("a line begins with the name of a metric or a rule");
  const size_t end = *pos;
  if (!Accept(text, "{", pos)) {
    *pos = end;
    return series;
  }
  while (!Accept(text, "}", pos)) {
    const size_t begin = *pos;
    const std::string label = Name(text, pos);
    if (label.empty()) return Invalid("a label like channel=\"web\", or }, is wanted here");
    if (!Accept(text, "=", pos)) return Invalid("= is wanted behind the label " + label);
    TM_ASSIGN_OR_RETURN(std::string value, LabelValue(label, text, pos));
    if (!series.labels.emplace(label, std::move(value)).second) {
      *pos = begin;
      SkipSpaces(text, pos);
      return Invalid("the label " + label + " is given twice");
    }
    if (Accept(text, ",", pos)) continue;
    if (*pos >= text.size() || text[*pos] != '}') return Invalid(", or } is wanted here");
  }
  return series;
}

Result<Expectation> ParseExpectation(std::string_view line, size_t* pos) {
  Expectation expectation;
  expectation.text = line;
  TM_ASSIGN_OR_RETURN(expectation.series, ParseSeriesName(line, pos));
  TM_RETURN_IF_ERROR(ReadValue(line, pos, &expectation));
  return expectation;
}

bool Expectation::MetBy(std::string_view shown) const {
  if (kind == Kind::kState) return shown == state;
  if (const Result<Decimal> found = ParseDecimal(shown); found.ok()) {
    if (kind == Kind::kEquals) return Compare(*found, value) == 0;
    std::optional<Decimal> off = Subtract(*found, value);
    if (off && off->mantissa < 0) off->mantissa = -off->mantissa;
    if (off) return Compare(*off, tolerance) <= 0;
  }
  const std::optional<double> real = ShownReal(shown);  // with an exponent, or more digits than decimals have
  if (!real) return false;
  return kind == Kind::kEquals ? *real == ToDouble(value) : std::abs(*real - ToDouble(value)) <= ToDouble(tolerance);
}

}  // namespace tidemark
