// A report for spreadsheets.
#include <set>

#include "daemon/report/report.h"

namespace tidemark {
namespace {

std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// A cell of text: a spreadsheet would compute what begins like a formula, also behind blanks.
std::string Text(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  const bool formula = begin != std::string::npos && std::string_view("=+-@").find(text[begin]) != std::string_view::npos;
  return Quoted(formula || text.starts_with('\t') || text.starts_with('\r') ? "'" + text : text);
}

// Label names and compares that any KPI has.
struct Columns {
  std::set<std::string> labels, compares;
};

Columns ColumnsOf(const Report& report) {
  Columns columns;
  for (const ReportSection& section : report.sections) {
    for (const ReportKpi& kpi : section.kpis) {
      columns.labels.insert(kpi.labels.begin(), kpi.labels.end());
      for (const ReportRow& row : kpi.rows) {
        for (const ReportCompare& compare : row.compare) columns.compares.insert(compare.name);
      }
    }
  }
  return columns;
}

std::string Line(const ReportSection& section, const ReportKpi& kpi, const ReportRow& row, const Columns& columns, EventTime at) {
  std::string line = Text(section.title) + "," + Text(kpi.name) + "," + Text(kpi.unit) + "," + row.window + "," + (row.total ? "total" : "series");
  for (const std::string& name : columns.labels) {
    line += ",";
    for (size_t i = 0; i < std::min(kpi.labels.size(), row.labels.size()); ++i) {
      if (kpi.labels[i] == name) line += Text(row.labels[i]);
    }
  }
  line += "," + row.value.ToString() + "," + std::to_string(row.samples);
  for (const std::string& name : columns.compares) {
    const ReportCompare* found = nullptr;
    for (const ReportCompare& compare : row.compare) found = compare.name == name ? &compare : found;
    line += "," + (found == nullptr ? "" : found->then.ToString()) + "," + (found == nullptr ? "" : found->growth.ToString());
  }
  line += "," + row.target.ToString() + "," + row.attainment.ToString() + "," + row.pace.ToString() + "," + row.expected.ToString();
  std::string coverage;
  for (const auto& [window, ratio] : kpi.coverage) coverage = window == row.window ? Value::Real(ratio).ToString() : coverage;
  return line + "," + coverage + "," + (at == kNoEventTime ? "" : FormatRfc3339(at)) + "\r\n";
}

}  // namespace

std::string ReportCsv(const Report& report) {
  const Columns columns = ColumnsOf(report);
  std::string out = "section,kpi,unit,window,row";
  for (const std::string& name : columns.labels) out += ",label_" + name;
  out += ",value,samples";
  for (const std::string& name : columns.compares) out += "," + name + "_value," + name + "_growth_ratio";
  out += ",target,attainment_ratio,pace_ratio,expected_ratio,coverage_ratio,evaluated_at\r\n";
  for (const ReportSection& section : report.sections) {
    for (const ReportKpi& kpi : section.kpis) {
      const EventTime at = kpi.at != kNoEventTime ? kpi.at : report.at;
      for (const ReportRow& row : kpi.rows) out += Line(section, kpi, row, columns, at);
    }
  }
  return out;
}

}  // namespace tidemark
