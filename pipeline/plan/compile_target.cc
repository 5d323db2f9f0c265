// `target`: what is looked up when a view is read, and the KPIs that show it.
#include <algorithm>

#include "pipeline/plan/compiler.h"

namespace tidemark {

void Compiler::ResolveTable(const TargetSpec& spec, TargetPlan* target) {
  const Result<uint32_t> table = fields_.Table(spec.table);
  if (!table.ok()) return Error(spec.table_place, spec.path + ".table: " + table.status().text());
  const Result<uint32_t> column = fields_.Column(*table, spec.column);
  if (!column.ok()) return Error(spec.column_place, spec.path + ".column: " + column.status().text());
  const ColumnType type = fields_.column(*table, *column).type;
  if (type != ColumnType::kDecimal) {
    return Error(spec.column_place, spec.path + ".column: " + spec.column + " is " + std::string(ToString(type)) +
                                        ", not decimal; write columns: {" + spec.column + ": decimal} in tables." + spec.table);
  }
  target->table = *table;
  target->column = *column;
}

std::vector<TargetPlan> Compiler::TargetsOf(const KpiSpec& spec, const KpiInfo& info) {
  std::vector<TargetPlan> targets;
  for (const TargetSpec& of : spec.targets) {
    TargetPlan target;
    const auto window = std::find(info.windows.begin(), info.windows.end(), of.window);
    if (window == info.windows.end()) {
      Error(of.place, of.path + ": " + spec.name + " has no window " + of.window);
      continue;
    }
    target.window = static_cast<size_t>(window - info.windows.begin());
    const WindowSpec& period = spec.windows[target.window];
    // Of a day there is no pace: the hours of business are not known.
    if (period.kind == WindowSpec::Kind::kToDate && period.unit != CalendarUnit::kDay) target.unit = period.unit;
    target.value = of.value;
    target.values.insert(of.values.begin(), of.values.end());
    if (!of.by.empty()) {
      const auto label = std::find(info.labels.begin(), info.labels.end(), of.by);
      if (label == info.labels.end()) {
        Error(of.place, of.path + ".by: " + spec.name + " has no label " + of.by);
        continue;
      }
      target.label = static_cast<size_t>(label - info.labels.begin());
    }
    if (!of.table.empty()) ResolveTable(of, &target);
    targets.push_back(std::move(target));
  }
  return targets;
}

void Compiler::AddTargets(KpiId base) {
  const KpiSpec& spec = specs_.kpis[base.v];
  const std::vector<TargetPlan> targets = TargetsOf(spec, plan_->kpis_[base.v].info);
  const auto add = [&](Derived derived, const std::string& suffix, const std::string& help) {
    const bool of_pace = derived == Derived::kPace || derived == Derived::kExpected;
    std::vector<TargetPlan> shown;
    std::vector<std::string> windows;
    for (const TargetPlan& target : targets) {
      if (of_pace && !target.unit) continue;
      shown.push_back(target);
      windows.push_back(plan_->kpis_[base.v].info.windows[target.window]);
    }
    if (shown.empty()) return;
    KpiPlan* kpi = AddDerivedKpi(base, derived, suffix, help);
    kpi->targets = std::move(shown);
    kpi->info.windows = std::move(windows);
    if (derived == Derived::kExpected) kpi->info.labels.clear();  // the same for all series
  };
  add(Derived::kTarget, "_target", "Target");
  add(Derived::kAttainment, "_attainment_ratio", "Share of the target that is reached");
  add(Derived::kPace, "_pace_ratio", "Share of the target that is reached, of what is expected by now; 1 is on pace");
  add(Derived::kExpected, "_expected_ratio", "Share of the target that is expected by now, by the business days that are over");
}

}  // namespace tidemark
