// How much of what a KPI shows was observed, and as of when.
#include <algorithm>

#include "pipeline/engine/impl.h"

namespace tidemark {

EventTime Engine::Impl::FirstTime(size_t clock) const {
  EventTime first = EventTime::max();
  for (const auto& [tp, partition] : partitions_) {
    if (OfClock(*partition, clock) && partition->first_time != kNoEventTime) first = std::min(first, partition->first_time);
  }
  return first;
}

EventTime Engine::Impl::EvaluatedAt(const KpiPlan& kpi) const {
  if (kpi.derived != Derived::kNone) return EvaluatedAt(plan_->kpis()[kpi.base.v]);
  if (kpi.measure != Measure::kFormula) return clocks_[plan_->tables()[kpi.table.v].clock].t;
  EventTime least = EventTime::max();
  for (const FormulaNode& node : kpi.formula) {
    if (node.kind == Formula::Kind::kKpi) least = std::min(least, EvaluatedAt(plan_->kpis()[node.kpi.v]));
  }
  return least == EventTime::max() ? kNoEventTime : least;
}

// Of [from, to), what lies within a loss of any partition.
Duration Engine::Impl::Lost(size_t clock, EventTime from, EventTime to) const {
  std::vector<Loss> losses;
  for (const auto& [tp, partition] : partitions_) {
    if (OfClock(*partition, clock)) losses.insert(losses.end(), partition->losses.begin(), partition->losses.end());
  }
  std::sort(losses.begin(), losses.end(), [](const Loss& a, const Loss& b) { return a.from < b.from; });
  Duration lost(0);
  for (const Loss& loss : losses) {
    from = std::max(from, loss.from);
    const EventTime end = std::min(to, loss.to);
    if (from >= end) continue;
    lost += end - from;
    from = end;
  }
  return lost;
}

// The share of the window that lies after what the KPI has seen from the beginning, without what was lost.
double Engine::Impl::Coverage(const KpiPlan& kpi, size_t window) const {
  if (!kpi.counted) return 0;
  if (kpi.derived == Derived::kNone && kpi.measure == Measure::kFormula) {
    double least = 1;
    for (size_t n = 0; n < kpi.formula.size(); ++n) {
      if (kpi.formula[n].kind != Formula::Kind::kKpi) continue;
      least = std::min(least, Coverage(plan_->kpis()[kpi.formula[n].kpi.v], kpi.operand_windows[n][window]));
    }
    return least;
  }
  if (!kpi.targets.empty()) window = kpi.targets[window].window;
  if (kpi.derived != Derived::kNone) return Coverage(plan_->kpis()[kpi.base.v], window);
  const TablePlan& table = plan_->tables()[kpi.table.v];
  const CellRef& cell = kpi.cells[0][window];
  const WindowPlan& plan = table.windows[table.columns[cell.column].windows[cell.position]];
  const ColumnState& state = column_states_[table.columns[kpi.column].kpi.v];
  const EventTime t = clocks_[table.clock].t;
  if (t == kNoEventTime) return 0;
  if (plan.lifetime()) {
    return state.lifetime_from == kNoEventTime && Lost(table.clock, EventTime::min(), EventTime::max()) == Duration(0) ? 1 : 0;
  }
  Edges edges = EdgesOf(plan, table.calendar, t);
  edges.upper = std::min(edges.upper, t);
  if (plan.level) edges.lower = edges.upper - plan.length;
  const EventTime from = std::max(state.tier_from[static_cast<size_t>(plan.tier)], FirstTime(table.clock));
  const EventTime seen_from = std::max(from, edges.lower);
  if (edges.lower >= edges.upper) return from <= edges.upper ? 1 : 0;
  if (seen_from >= edges.upper) return 0;
  return std::chrono::duration<double>(edges.upper - seen_from - Lost(table.clock, seen_from, edges.upper)) /
         std::chrono::duration<double>(edges.upper - edges.lower);
}

KpiStatus Engine::Impl::StatusOf(const KpiPlan& kpi) const {
  KpiStatus status;
  status.evaluated_at = EvaluatedAt(kpi);
  status.counted = kpi.counted;
  for (size_t w = 0; w < kpi.info.windows.size(); ++w) status.coverage.push_back(Coverage(kpi, w));
  if (!kpi.counted || kpi.measure == Measure::kFormula || kpi.derived != Derived::kNone) return status;
  const TablePlan& table = plan_->tables()[kpi.table.v];
  status.series = tables_[kpi.table.v]->rows().series(kpi.column);
  status.series_limit = kpi.max_series;
  status.counts = router_.counts()[table.columns[kpi.column].kpi.v];
  return status;
}

}  // namespace tidemark
