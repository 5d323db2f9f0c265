#include "daemon/report/lines.h"

#include <algorithm>

namespace tidemark {
namespace {

std::vector<std::string> Changes(const ReportRow& row, std::string_view unit) {
  std::vector<std::string> changes;
  for (const ReportCompare& compare : row.compare) {
    if (compare.then.absent()) continue;
    const std::string growth = ShownGrowth(compare.growth);
    changes.push_back((growth.empty() ? "" : growth + " ") + "from " + ShownValue(unit, compare.then) +
                      (compare.name == "previous" ? "" : " " + compare.name + " ago"));
  }
  return changes;
}

int Mood(const ReportRow& row) {
  const Value& told = row.pace.absent() ? row.attainment : row.pace;
  if (told.absent()) return 0;
  if (told.real() >= 1) return 1;
  return row.pace.absent() ? 0 : -1;  // without a pace there may be time left
}

// The currency of money whose series say it.
std::string CurrencyOf(const ReportKpi& kpi, const ReportRow& row) {
  for (size_t i = 0; kpi.unit == "currency" && i < std::min(kpi.labels.size(), row.labels.size()); ++i) {
    if (kpi.labels[i] == "currency" && !row.value.absent()) return row.labels[i] + " ";
  }
  return "";
}

// Of a series that has nothing to say a person need not read.
bool SaysNothing(const ReportRow& row) {
  return row.value.absent() && row.target.absent() &&
         std::all_of(row.compare.begin(), row.compare.end(), [](const ReportCompare& compare) { return compare.then.absent(); });
}

ReportLine LineOf(const ReportKpi& kpi, const ReportRow& row) {
  ReportLine line;
  line.window = row.window;
  line.value = CurrencyOf(kpi, row) + ShownValue(kpi.unit, row.value);
  line.change = Changes(row, kpi.unit);
  if (!row.target.absent()) line.target = ShownValue(kpi.unit, row.target);
  if (!row.attainment.absent()) line.attainment = ShownValue("ratio", row.attainment);
  if (!row.pace.absent()) line.pace = ShownValue("ratio", row.pace);
  line.mood = Mood(row);
  return line;
}

}  // namespace

std::vector<ReportLine> LinesOf(const ReportKpi& kpi, size_t series) {
  std::vector<ReportLine> lines;
  std::string window;
  size_t listed = 0, left = 0;
  const auto end_window = [&] {
    if (left > 0) {
      ReportLine more;
      more.kind = ReportLine::Kind::kMore;
      more.name = std::to_string(left) + " more";
      lines.push_back(std::move(more));
    }
    listed = left = 0;
  };
  for (const ReportRow& row : kpi.rows) {
    if (row.window != window) end_window();
    const bool first = row.window != window;
    window = row.window;
    const bool head = row.total || row.labels.empty();
    if (first && !head) {  // series that don't add up have no line for all of them
      ReportLine line;
      line.name = kpi.name;
      line.window = window;
      lines.push_back(std::move(line));
    }
    if (!head && SaysNothing(row)) continue;
    if (!head && ++listed > series) {
      ++left;
      continue;
    }
    ReportLine line = LineOf(kpi, row);
    line.kind = head ? ReportLine::Kind::kKpi : ReportLine::Kind::kSeries;
    line.name = head ? kpi.name : ShownSeries(kpi, row);
    if (!head) {
      line.window.clear();
      line.change.resize(std::min<size_t>(line.change.size(), 1));
    }
    lines.push_back(std::move(line));
  }
  end_window();
  return lines;
}

}  // namespace tidemark
