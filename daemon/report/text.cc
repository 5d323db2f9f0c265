// A report for terminals and plain mail.
#include <algorithm>
#include <array>

#include "daemon/report/lines.h"
#include "daemon/text_buffer.h"

namespace tidemark {
namespace {

using Cells = std::array<std::string, 7>;
constexpr std::array<bool, 7> kRight = {false, false, true, false, true, true, true};

void Align(const std::vector<Cells>& rows, std::string* out) {
  std::array<size_t, 7> widths{};
  for (const Cells& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], ColumnsOf(row[c]));
  }
  for (const Cells& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      if (widths[c] == 0) continue;
      const std::string gap(widths[c] - ColumnsOf(row[c]), ' ');
      line += "  " + (kRight[c] ? gap + row[c] : row[c] + gap);
    }
    *out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

std::string Capitals(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

}  // namespace

std::string ReportText(const Report& report) {
  std::string out = report.title + ", " + report.when + "\n";
  if (report.stale) out += "! " + *report.stale + "\n";
  for (const std::string& remark : report.remarks) out += "! " + ForTerminal(remark) + "\n";
  if (!report.breaches.empty()) out += report.past ? "\nIN BREACH THEN, AND STILL\n" : "\nIN BREACH\n";
  for (const ReportBreach& breach : report.breaches) {
    out += "  " + breach.rule + (breach.series.empty() ? "" : " (" + ForTerminal(breach.series) + ")") + ": " + breach.kpi + " " + breach.window +
           " " + ShownBreach(breach) + "\n";
  }
  if (report.breaches.empty() && !report.past) out += "\nNothing is in breach.\n";
  for (const ReportSection& section : report.sections) {
    out += "\n" + Capitals(section.title) + "\n";
    std::vector<Cells> rows = {{"", "window", "value", "change", "target", "reached", "pace"}};
    for (const ReportKpi& kpi : section.kpis) {
      for (const ReportLine& line : LinesOf(kpi, report.series)) {
        const char* const indent = line.kind == ReportLine::Kind::kKpi ? "" : "  ";
        rows.push_back({indent + ForTerminal(line.name), line.window, line.value, Joined(line.change), line.target, line.attainment, line.pace});
      }
    }
    const auto heads = rows[0];  // of a column without anything nothing is said
    for (size_t c = 0; c < heads.size(); ++c) {
      const bool any = std::any_of(rows.begin() + 1, rows.end(), [&](const Cells& row) { return !row[c].empty(); });
      if (!any) rows[0][c].clear();
    }
    Align(rows, &out);
  }
  return out;
}

}  // namespace tidemark
