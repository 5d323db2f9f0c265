// How replay prints the values of a view.
#pragma once

#include <ostream>

#include "pipeline/view/view.h"

namespace tidemark {

// One object a line: {"kpi":...,"labels":{...},"window":"24h","t":"...","value":"123.45"}; null when absent.
void PrintJsonLines(const View& view, EventTime t, std::ostream* out);
// For people: one line per series, aligned, under a heading per KPI.
void PrintTable(const View& view, EventTime t, std::ostream* out);
// KPI and breach families in the text format.
void PrintPrometheus(const View& view, std::ostream* out);

}  // namespace tidemark
