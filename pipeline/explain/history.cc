#include "pipeline/explain/history.h"

#include <algorithm>

#include "pipeline/engine/shown.h"

namespace tidemark {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

}  // namespace

Result<History> History::Open(std::shared_ptr<const Plan> plan, const Store* store) {
  TM_ASSIGN_OR_RETURN(StateReader reader, StateReader::Open(std::move(plan), store));
  return History(std::move(reader));
}

std::vector<EventTime> History::Instants(std::span<const KpiId> kpis) const {
  EventTime last = kNoEventTime;
  for (const KpiId kpi : kpis) {
    for (const uint32_t table : reader_.TablesOf(kpi)) last = std::max(last, reader_.EvaluatedAt(table));
  }
  std::vector<EventTime> instants;
  if (last == kNoEventTime) return instants;
  for (EventTime hour = FloorTo(last, kShownGrid); last - hour <= kHoursShown; hour -= kShownGrid) instants.push_back(hour);
  for (EventTime day = FloorTo(instants.back() - kShownGrid, kDay); last - day <= kMidnightsShown; day -= kDay) instants.push_back(day);
  return instants;
}

bool History::IsCellKnown(const StateAt& state, const KpiPlan& kpi, const CellRef& cell) const {
  if (!cell.kept()) return true;
  const auto shown = state.shown.find(kpi.table.v);
  if (shown == state.shown.end() || (kpi.buckets && !state.shown.contains(kpi.buckets->v))) return false;
  const TablePlan& table = reader_.plan().tables()[kpi.table.v];
  const ColumnPlan& column = table.columns[cell.column];
  const auto number = reader_.NumberOf(table, column);
  const std::string identity = Identity(table.windows[column.windows[cell.position]], table.calendar->spec());
  const auto& windows = shown->second.head.windows;
  return number && std::any_of(windows.begin(), windows.end(), [&](const HeadWindow& w) {
    return w.identity == identity && std::find(w.columns.begin(), w.columns.end(), *number) != w.columns.end();
  });
}

bool History::IsKnown(const StateAt& state, KpiId id, size_t window, size_t other) const {
  const Plan& plan = reader_.plan();
  const KpiPlan& kpi = plan.kpis()[id.v];
  if (kpi.derived != Derived::kNone) {
    const bool of_table = std::any_of(kpi.targets.begin(), kpi.targets.end(), [](const TargetPlan& t) { return t.table != UINT32_MAX; });
    if (of_table || (MovesWithTime(kpi.derived) && plan.holidays() != UINT32_MAX)) return false;
    const auto& names = plan.kpis()[kpi.base.v].info.windows;
    const auto at = static_cast<size_t>(std::find(names.begin(), names.end(), kpi.info.windows[window]) - names.begin());
    bool known = IsKnown(state, kpi.base, at, other);
    if (kpi.derived == Derived::kCompare || kpi.derived == Derived::kGrowth) {
      for (const uint32_t compared : kpi.compare) known = known && IsKnown(state, kpi.base, at, compared);
    }
    return known;
  }
  if (kpi.measure != Measure::kFormula) {
    const bool kept = other < kpi.cells.size() && window < kpi.cells[other].size();
    return !kept || IsCellKnown(state, kpi, kpi.cells[other][window]);
  }
  for (size_t n = 0; n < kpi.formula.size(); ++n) {
    const FormulaNode& node = kpi.formula[n];
    const bool operand = node.kind == Formula::Kind::kKpi;
    if (operand && !IsKnown(state, node.kpi, kpi.operand_windows[n][window], node.other != 0 ? node.other : other)) return false;
  }
  return true;
}

Status History::ForEachAt(EventTime at, std::span<const KpiId> kpis, const Visitor& visit) const {
  std::set<uint32_t> tables;
  for (const KpiId kpi : kpis) tables.merge(reader_.TablesOf(kpi));
  TM_ASSIGN_OR_RETURN(const StateAt state, reader_.KnownAt(at, tables));
  for (const KpiId id : kpis) {
    const std::set<uint32_t> wanted = reader_.TablesOf(id);
    if (!std::all_of(wanted.begin(), wanted.end(), [&](uint32_t t) { return state.tables.contains(t); })) continue;
    const auto& windows = reader_.plan().kpis()[id.v].info.windows;
    std::vector<bool> known(windows.size());
    for (size_t w = 0; w < windows.size(); ++w) known[w] = IsKnown(state, id, w, 0);
    if (std::find(known.begin(), known.end(), true) == known.end()) continue;
    state.view->ForEach(id, [&](const SeriesValue& series) {
      if (known[series.window]) visit(id, series);
    });
  }
  return Status::Ok();
}

}  // namespace tidemark
