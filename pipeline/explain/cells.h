// What one column and window of a table held at two instants, and what its panes say of the time between.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "pipeline/explain/state_at.h"

namespace tidemark {

struct CellSum {
  int64_t count = 0;
  Int128 sum = 0;
  CellSum& operator+=(const CellSum& o) {
    count += o.count;
    sum += o.sum;
    return *this;
  }
};

struct CellChange {
  bool was = false, is = false;  // the series existed then, exists now
  CellSum from, to, entered, left;
};

struct CellChanges {
  std::map<std::string, CellChange> series;  // by packed labels
  std::string no_parts;                      // why `entered` and `left` are not known; "": they are
};

// Of the KPI's own column, in one of its windows. `to_hour`: `to` is a whole hour and not the last commit.
Result<CellChanges> ChangesOf(const StateReader& reader, const KpiPlan& kpi, size_t window, const StateAt& from, const StateAt& to,
                              bool to_hour, const std::function<bool()>& go_on);

}  // namespace tidemark
