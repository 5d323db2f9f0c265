#include "daemon/cli/manual.h"

#include <sstream>

namespace tidemark {
namespace {

// A line of text that troff shows as it stands: a dash that can be copied, no request at its beginning.
std::string Text(const std::string& line) {
  std::string text;
  for (const char c : line) {
    if (c == '\\') {
      text += "\\e";
    } else if (c == '-') {
      text += "\\-";
    } else {
      text += c;
    }
  }
  return !text.empty() && (text[0] == '.' || text[0] == '\'') ? "\\&" + text : text;
}

// A footer: paragraphs, and lines that begin with a blank, which stay as they are.
std::string Footer(const std::string& footer) {
  std::istringstream lines(footer);
  std::string out, line;
  bool kept = false, gap = true;
  while (std::getline(lines, line)) {
    if (line.empty()) {
      gap = true;
      continue;
    }
    const bool keep = line[0] == ' ';
    if (keep != kept) {
      out += keep ? ".PP\n.nf\n" : ".fi\n.PP\n";
    } else if (gap) {
      out += ".PP\n";
    }
    kept = keep;
    gap = false;
    out += Text(line) + "\n";
  }
  return out + (kept ? ".fi\n" : "");
}

std::string Option(const OptionDoc& option) {
  std::string text = ".TP\n\\fB" + Text(option.name) + "\\fR";
  if (!option.value.empty() && option.name.starts_with("--")) {
    std::string value = option.value;
    if (!option.choices.empty()) {
      value.clear();
      for (const std::string& choice : option.choices) value += (value.empty() ? "" : "|") + choice;
    }
    text += "=\\fI" + Text(value) + "\\fR";
  }
  text += "\n" + Text(option.help);
  if (option.required) text += " (required)";
  if (!option.fallback.empty()) text += " (default: " + Text(option.fallback) + ")";
  return text + "\n";
}

std::string Synopsis(const CommandDoc& command) {
  std::string text = "\\fBtidemark" + Text(command.path) + "\\fR";
  for (const OptionDoc& o : command.options) {
    if (o.required) text += " \\fB" + Text(o.name) + "\\fR=\\fI" + Text(o.value) + "\\fR";
  }
  text += " [\\fIoption\\fR ...]";
  for (const OptionDoc& a : command.arguments) text += " \\fI" + Text(a.name) + "\\fR" + (a.repeated ? " ..." : "");
  return text;
}

std::string Section(const CommandDoc& command) {
  std::string text = ".SS tidemark" + Text(command.path) + "\n" + Synopsis(command) + "\n.PP\n" + Text(command.help) + "\n";
  for (const OptionDoc& a : command.arguments) text += Option(a);
  for (const OptionDoc& o : command.options) {
    if (o.name != "--help") text += Option(o);
  }
  return text + Footer(command.footer);
}

constexpr const char* kFiles = R"(.SH FILES
.TP
.I /etc/tidemark/tidemark.yaml
The configuration that the service of the Debian package runs with.
.TP
.I /var/lib/tidemark
Its state directory.
.SH ENVIRONMENT
.TP
.B NOTIFY_SOCKET
.B tidemark run
says there that it is ready, reloading or stopping, and what it is doing; a service manager sets it.
.TP
.B WATCHDOG_USEC
How long the service manager waits for a sign of life. None is given while the engine makes no progress.
.PP
Configurations may name others, as ${NAME} or ${NAME:\-default}.
.SH SIGNALS
.TP
.B SIGTERM, SIGINT
A last commit, then the end, within 5 seconds.
.TP
.B SIGHUP
The configuration is read anew; a bad one is refused, and the old one stays in force.
)";

}  // namespace

std::string ManualPage(const CommandDoc& program, const std::string& version, const std::string& date) {
  std::string text = ".TH TIDEMARK 1 " + date + " \"tidemark " + Text(version) + "\" \"User Commands\"\n.SH NAME\ntidemark \\- " +
                     "sales KPIs and breaches from events in Kafka, for Prometheus\n.SH SYNOPSIS\n\\fBtidemark\\fR \\fIcommand\\fR " +
                     "[\\fIoption\\fR ...]\n.SH DESCRIPTION\n" + Text(program.help) +
                     "\n.PP\nEvery option may be written as \\fB\\-\\-name\\fR=\\fIvalue\\fR or \\fB\\-\\-name\\fR \\fIvalue\\fR.\n";
  for (const OptionDoc& o : program.options) text += Option(o);
  text += ".SH COMMANDS\n";
  ForEachCommand(program, [&](const CommandDoc& c) {
    if (c.commands.empty()) text += Section(c);
  });
  const std::string footer = Footer(program.footer);  // a heading begins a paragraph by itself
  return text + kFiles + ".SH EXAMPLES AND EXIT STATUS\n" + footer.substr(footer.starts_with(".PP\n") ? 4 : 0);
}

}  // namespace tidemark
