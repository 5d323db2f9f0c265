// What KPIs showed before: at the whole hours of two days and the midnights (UTC) of five weeks, from what is kept for Explain.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/explain/state_at.h"

namespace tidemark {

// Of a store that doesn't change meanwhile. Threads: one.
class History {
 public:
  static Result<History> Open(std::shared_ptr<const Plan> plan, const Store* store);

  // When something may be known of these KPIs, the latest first: at most some 80.
  std::vector<EventTime> Instants(std::span<const KpiId> kpis) const;
  // Visits every series of the KPIs as it was shown then, derived ones and formulas too; nothing of windows that weren't there
  // yet, nor of targets from tables, of which only the present is known. Memory: the tables behind the KPIs, once.
  using Visitor = std::function<void(KpiId, const SeriesValue&)>;
  Status ForEachAt(EventTime at, std::span<const KpiId> kpis, const Visitor& visit) const;

 private:
  explicit History(StateReader reader) : reader_(std::move(reader)) {}
  bool IsKnown(const StateAt& state, KpiId kpi, size_t window, size_t other) const;
  bool IsCellKnown(const StateAt& state, const KpiPlan& kpi, const CellRef& cell) const;

  StateReader reader_;
};

}  // namespace tidemark
