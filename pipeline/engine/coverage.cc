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

bool Engine::Impl::IsHeld(const KpiPlan& kpi) const {
  if (kpi.derived != Derived::kNone) return IsHeld(plan_->kpis()[kpi.base.v]);
  if (kpi.measure != Measure::kFormula) return plan_->clocks()[plan_->tables()[kpi.table.v].clock].held;
  return std::any_of(kpi.formula.begin(), kpi.formula.end(),
                     [&](const FormulaNode& node) { return node.kind == Formula::Kind::kKpi && IsHeld(plan_->kpis()[node.kpi.v]); });
}

EventTime Engine::Impl::LeastT() const {
  EventTime least = kNoEventTime;
  for (const Clock& clock : clocks_) {
    if (clock.t != kNoEventTime) least = least == kNoEventTime ? clock.t : std::min(least, clock.t);
  }
  return least;
}

EventTime Engine::Impl::LeastKnown() const {
  EventTime least = kNoEventTime;
  for (const Clock& clock : clocks_) {
    if (clock.known != kNoEventTime) least = least == kNoEventTime ? clock.known : std::min(least, clock.known);
  }
  return least;
}

bool Engine::Impl::Lost(size_t clock) const {
  return std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& p) { return OfClock(*p.second, clock) && !p.second->losses.empty(); });
}

bool Engine::Impl::TellsGaps(const Partition& partition) const {
  if (partition.imported()) return false;
  const Mapper* mapper = plan_->topics()[partition.topic.v].mapper.get();
  return mapper != nullptr && mapper->spec().on_gap == OnGap::kCoverage;
}

bool Engine::Impl::Overdue(size_t clock, uint32_t source_set) const {
  const EventTime t = clocks_[clock].read_at;
  std::vector<TimeSpan> uncovered;
  sources_.AppendUncovered(plan_->source_sets()[source_set], t, &uncovered);
  return std::any_of(uncovered.begin(), uncovered.end(), [&](const TimeSpan& span) { return span.to >= t; });
}

const std::vector<TimeSpan>& Engine::Impl::Unobserved(size_t clock, uint32_t source_set) const {
  const auto [it, added] = unobserved_.try_emplace({clock, source_set});
  std::vector<TimeSpan>& spans = it->second;
  if (!added) return spans;
  for (const auto& [tp, partition] : partitions_) {
    if (!OfClock(*partition, clock)) continue;
    spans.insert(spans.end(), partition->losses.begin(), partition->losses.end());
    if (TellsGaps(*partition)) spans.insert(spans.end(), partition->gaps.begin(), partition->gaps.end());
  }
  sources_.AppendUncovered(plan_->source_sets()[source_set], clocks_[clock].read_at, &spans);
  Join(&spans);
  return spans;
}

// Something is here of what isn't complete yet. Of a topic that comes in batches a heartbeat is nothing of that.
bool Engine::Impl::IsAhead(size_t clock, EventTime t) const {
  const std::vector<uint32_t>& sources = plan_->clocks()[clock].sources;
  if (std::any_of(sources.begin(), sources.end(), [&](uint32_t s) { return sources_.newest(s) >= t; })) return true;
  return std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& p) {
    const bool batches = p.second->imported() || plan_->topics()[p.second->topic.v].batches != UINT32_MAX;
    return !batches && OfClock(*p.second, clock) && p.second->clock.stream_time() >= t;
  });
}

// The share of the window that lies after what the KPI has seen from the beginning, without what was lost. Of what is made of several
// windows, the least.
double Engine::Impl::Coverage(const KpiPlan& kpi, size_t window, size_t other) const {
  if (!kpi.counted) return 0;
  if (kpi.derived == Derived::kNone && kpi.measure == Measure::kFormula) {
    double least = 1;
    for (size_t n = 0; n < kpi.formula.size(); ++n) {
      const FormulaNode& node = kpi.formula[n];
      if (node.kind != Formula::Kind::kKpi) continue;
      least = std::min(least, Coverage(plan_->kpis()[node.kpi.v], kpi.operand_windows[n][window], node.other != 0 ? node.other : other));
    }
    return least;
  }
  if (!kpi.targets.empty()) window = kpi.targets[window].window;
  if (kpi.derived == Derived::kCompare || kpi.derived == Derived::kGrowth) {
    double least = kpi.derived == Derived::kGrowth ? Coverage(plan_->kpis()[kpi.base.v], window) : 1;
    for (const uint32_t o : kpi.compare) least = std::min(least, Coverage(plan_->kpis()[kpi.base.v], window, o));
    return least;
  }
  if (kpi.derived != Derived::kNone) return Coverage(plan_->kpis()[kpi.base.v], window);
  const TablePlan& table = plan_->tables()[kpi.table.v];
  const CellRef& cell = kpi.cells[kpi.cells[other][window].kept() ? other : 0][window];  // a lifetime is at no other time
  const WindowPlan& plan = table.windows[table.columns[cell.column].windows[cell.position]];
  const ColumnState& state = tables_[kpi.table.v]->state(cell.column);  // of a fold's columns each keeps what its windows need
  const EventTime t = clocks_[table.clock].read_at;
  if (t == kNoEventTime) return 0;
  // What can't be cut at T is of no time at all while a batch is here in part.
  const bool bounded = plan.complete || plan.kind == WindowPlan::Kind::kToDate || plan.kind == WindowPlan::Kind::kClosed;
  if (plan_->clocks()[table.clock].held && !bounded && IsAhead(table.clock, t)) return 0;
  const std::vector<TimeSpan>& unobserved = Unobserved(table.clock, kpi.source_set);
  const auto share = [&](EventTime seen_from, EventTime from, EventTime to) {
    return std::chrono::duration<double>(to - seen_from - Within(unobserved, seen_from, to)) / std::chrono::duration<double>(to - from);
  };
  if (plan.lifetime()) {
    if (state.lifetime_from != kNoEventTime || Lost(table.clock)) return 0;
    // What is open now is not known while a source is overdue.
    if (kpi.measure == Measure::kOpen && Overdue(table.clock, kpi.source_set)) return 0;
    const EventTime first = FirstTime(table.clock);
    return first < t ? share(first, first, t) : 1;
  }
  Edges edges = EdgesOf(plan, table.calendar, t);
  edges.upper = std::min(edges.upper, t);
  if (plan.level) edges.lower = edges.upper - plan.length;
  const EventTime from = std::max(state.tier_from[static_cast<size_t>(plan.tier)], FirstTime(table.clock));
  const EventTime seen_from = std::max(from, edges.lower);
  if (edges.lower >= edges.upper) return from <= edges.upper ? 1 : 0;
  if (seen_from >= edges.upper) return 0;
  return share(seen_from, edges.lower, edges.upper);
}

KpiStatus Engine::Impl::StatusOf(KpiId id) const {
  const KpiPlan& kpi = view_plan_->kpis()[id.v];
  KpiStatus status;
  status.evaluated_at = EvaluatedAt(kpi);
  status.held = IsHeld(kpi);
  status.counted = plan_->kpis()[id.v].counted;
  status.withheld = status.counted && !kpi.counted;
  for (size_t w = 0; w < kpi.info.windows.size(); ++w) status.coverage.push_back(Coverage(kpi, w));
  if (!status.counted || kpi.measure == Measure::kFormula || kpi.derived != Derived::kNone) return status;
  const TablePlan& table = plan_->tables()[kpi.table.v];
  if (kpi.counted) status.series = tables_[kpi.table.v]->rows().series(kpi.column);
  status.series_limit = kpi.max_series;
  status.counts = router_.counts()[table.columns[kpi.column].kpi.v];
  return status;
}

}  // namespace tidemark
