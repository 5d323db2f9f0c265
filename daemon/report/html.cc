// A report for mail: tables and inline styles alone, since mail clients drop the rest; light, narrow, no script, nothing fetched.
#include <algorithm>

#include "daemon/report/lines.h"
#include "daemon/text_buffer.h"

namespace tidemark {
namespace {

constexpr const char* kHead =
    R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>)";
constexpr const char* kBody =
    R"(</title>
</head>
<body style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6"><tr><td align="center" style="padding:16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:860px;background:#ffffff;border:1px solid #d1d5db;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#111827"><tr><td style="padding:24px">
)";
constexpr const char* kEnd = "</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n";
constexpr const char* kCell = "padding:6px 8px;border-bottom:1px solid #e5e7eb;vertical-align:top;";
constexpr const char* kNumber = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;";

std::string Cell(const std::string& text, const std::string& style, const char* tag = "td") {
  return std::string("<") + tag + " style=\"" + kCell + style + "\">" + EscapeHtml(text) + "</" + tag + ">";
}

std::string Head(const std::string& text, bool number) {
  return std::string("<th scope=\"col\" style=\"") + kCell + "font-size:12px;color:#4b5563;" + (number ? "text-align:right;" : "text-align:left;") +
         "\">" + EscapeHtml(text) + "</th>";
}

// Below each other.
std::string Stacked(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "<br>") + EscapeHtml(line);
  return out;
}

std::string Note(const std::vector<std::string>& lines, const char* back, const char* edge) {
  return std::string("<p style=\"margin:0 0 8px;padding:8px 12px;background:") + back + ";border-left:4px solid " + edge + "\">" + Stacked(lines) + "</p>\n";
}

// What is behind or reached is told by a word, too: not everyone sees colours.
std::string Told(const std::string& text, int mood, const char* good) {
  if (text.empty() || mood == 0) return text;
  return text + (mood > 0 ? good : " behind");
}
const char* Colour(int mood) { return mood > 0 ? "color:#166534;" : mood < 0 ? "color:#b91c1c;" : ""; }

struct Shown {
  bool change = false, target = false, pace = false;
};

std::string Row(const ReportLine& line, const std::string& help, const Shown& shown) {
  const bool kpi = line.kind == ReportLine::Kind::kKpi;
  const std::string quiet = line.kind == ReportLine::Kind::kMore ? "color:#4b5563;" : "";
  std::string name = std::string("<th scope=\"row\" style=\"") + kCell + "text-align:left;font-weight:" + (kpi ? "bold" : "normal") + ";" +
                     (kpi ? "" : "padding-left:24px;") + "word-break:break-word;" + quiet + "\">" + EscapeHtml(line.name);
  if (!line.window.empty()) name += " <span style=\"font-weight:normal;color:#4b5563;white-space:nowrap\">" + EscapeHtml(line.window) + "</span>";
  if (!help.empty()) name += "<br><span style=\"font-weight:normal;font-size:12px;color:#4b5563\">" + EscapeHtml(help) + "</span>";
  std::string row = "<tr>" + name + "</th>" +
                    Cell(line.value, std::string(kNumber) + (kpi ? "font-weight:bold;" : ""));
  if (shown.change) row += std::string("<td style=\"") + kCell + "color:#374151;\">" + Stacked(line.change) + "</td>";
  if (shown.target) row += Cell(line.target, kNumber) + Cell(shown.pace ? line.attainment : Told(line.attainment, line.mood, " reached"), kNumber);
  if (shown.pace) row += Cell(Told(line.pace, line.mood, " on pace"), std::string(kNumber) + Colour(line.mood));
  return row + "</tr>\n";
}

void Section(const ReportSection& section, size_t series, std::string* out) {
  std::vector<std::pair<ReportLine, std::string>> lines;
  Shown shown;
  for (const ReportKpi& kpi : section.kpis) {
    std::string help = kpi.help;
    for (ReportLine& line : LinesOf(kpi, series)) {
      shown.change |= !line.change.empty();
      shown.target |= !line.target.empty();
      shown.pace |= !line.pace.empty();
      lines.emplace_back(std::move(line), std::exchange(help, ""));
    }
  }
  *out += "<h2 style=\"margin:24px 0 8px;font-size:18px;line-height:24px\">" + EscapeHtml(section.title) + "</h2>\n";
  *out += "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"border-collapse:collapse\">\n<thead><tr>";
  *out += Head("KPI", false) + Head("Value", true);
  if (shown.change) *out += Head("Change", false);
  if (shown.target) *out += Head("Target", true) + Head("Attained", true);
  if (shown.pace) *out += Head("Pace", true);
  *out += "</tr></thead>\n<tbody>\n";
  for (const auto& [line, help] : lines) *out += Row(line, help, shown);
  *out += "</tbody></table>\n";
}

void Breaches(const Report& report, std::string* out) {
  if (report.breaches.empty()) {
    if (!report.past) *out += Note({"Nothing is in breach."}, "#f0fdf4", "#16a34a");
    return;
  }
  *out += std::string("<h2 style=\"margin:24px 0 8px;font-size:18px;line-height:24px\">") + (report.past ? "In breach then, and still" : "In breach") + "</h2>\n";
  for (const ReportBreach& breach : report.breaches) {
    const bool critical = breach.severity == "critical";
    const std::string text = breach.rule + (breach.series.empty() ? "" : " (" + breach.series + ")") + ": " + breach.kpi + " " + breach.window + " " +
                             ShownBreach(breach) + "." + (breach.help.empty() ? "" : " " + breach.help);
    *out += Note({(breach.severity.empty() ? "" : breach.severity + ": ") + text}, critical ? "#fef2f2" : "#fffbeb", critical ? "#dc2626" : "#d97706");
  }
}

}  // namespace

std::string ReportHtml(const Report& report) {
  const std::string title = EscapeHtml(report.title + ", " + report.when);
  std::string out = kHead + title + kBody;
  out += "<h1 style=\"margin:0 0 4px;font-size:24px;line-height:32px\">" + EscapeHtml(report.title) + "</h1>\n";
  out += "<p style=\"margin:0 0 16px;color:#4b5563\">" + EscapeHtml(report.when) + "</p>\n";
  if (report.stale) out += Note({*report.stale}, "#fef2f2", "#dc2626");
  if (!report.remarks.empty()) out += Note(report.remarks, "#fffbeb", "#d97706");
  Breaches(report, &out);
  for (const ReportSection& section : report.sections) Section(section, report.series, &out);
  return out + kEnd;
}

}  // namespace tidemark
