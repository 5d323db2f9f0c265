// What the text and the page of a report share: its rows as cells.
#pragma once

#include <string>
#include <vector>

#include "daemon/report/report.h"

namespace tidemark {

struct ReportLine {
  enum class Kind { kKpi, kSeries, kMore };
  Kind kind = Kind::kKpi;
  std::string name, window, value, target, attainment, pace;
  std::vector<std::string> change;  // one for each compare; of a series only the first
  int mood = 0;  // of the pace, else of the attainment: 1 reached, -1 behind, 0 nothing to say
};

// Of one KPI: a line for each window's total or only series, then those that moved most, and how many more there are.
std::vector<ReportLine> LinesOf(const ReportKpi& kpi, size_t series);

}  // namespace tidemark
