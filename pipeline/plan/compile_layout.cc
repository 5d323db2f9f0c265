// Windows resolved, at the times they are compared with; then the words of rows, panes and hot blocks.
#include <algorithm>
#include <functional>

#include "pipeline/plan/compiler.h"

namespace tidemark {
namespace {

CompareSpec ThePrevious() {
  CompareSpec other;
  other.name = "previous";
  other.previous = true;
  return other;
}

}  // namespace

// Which other times each KPI is asked for: by its own `compare`, by `@previous`, and by formulas that are compared.
void Compiler::FindOthers() {
  others_.resize(specs_.kpis.size());
  for (size_t k = 0; k < specs_.kpis.size(); ++k) {
    const KpiSpec& spec = specs_.kpis[k];
    for (const CompareSpec& other : spec.compare) NeedOther(k, other);
    if (spec.formula != nullptr) NeedOthersOf(spec, *spec.formula);
  }
}

void Compiler::NeedOther(size_t kpi, const CompareSpec& other) {
  auto& others = plan_->others_;
  auto it = std::find_if(others.begin() + 1, others.end(), [&](const CompareSpec& o) { return o.name == other.name; });
  if (it == others.end()) it = others.insert(it, other);
  // A formula at another time is one of its operands at that time.
  if (!others_[kpi].insert(static_cast<uint32_t>(it - others.begin())).second) return;
  const KpiSpec& spec = specs_.kpis[kpi];
  if (spec.formula != nullptr) {
    const std::function<void(const Formula&)> visit = [&](const Formula& part) {
      const auto operand = by_name_.find(part.kpi);
      if (part.kind == Formula::Kind::kKpi && !part.previous && operand != by_name_.end()) NeedOther(operand->second.v, other);
      for (const auto& arg : part.args) visit(*arg);
    };
    visit(*spec.formula);
  }
}

void Compiler::NeedOthersOf(const KpiSpec& spec, const Formula& part) {
  const auto operand = by_name_.find(part.kpi);
  if (part.kind == Formula::Kind::kKpi && part.previous && operand != by_name_.end()) NeedOther(operand->second.v, ThePrevious());
  for (const auto& arg : part.args) NeedOthersOf(spec, *arg);
}

// What happens to an id later takes it out of an earlier window of these: what stood there before isn't known any more.
bool Compiler::IsCutAtT(const KpiSpec& spec) {
  switch (spec.measure) {
    case Measure::kActive:
    case Measure::kLapsed:
    case Measure::kOpen:
    case Measure::kFormula:
      return false;
    default:
      return spec.at_least <= 1;
  }
}

WindowPlan Compiler::WindowOf(const KpiSpec& kpi, const WindowSpec& spec, const CompareSpec* other, Duration delay) const {
  WindowPlan window;
  window.delay = delay;
  const TablePlan& table = plan_->tables_[plan_->kpis_[by_name_.at(kpi.name).v].table.v];
  const bool cut = plan_->clocks_[table.clock].held && IsCutAtT(kpi);
  window.complete = cut && (spec.kind == WindowSpec::Kind::kRolling || (spec.kind == WindowSpec::Kind::kToDate && other == nullptr));
  if (other != nullptr) {
    window.previous = other->previous;
    window.back = other->back;
    window.months = other->months;
  }
  switch (spec.kind) {
    case WindowSpec::Kind::kLifetime:
      window = WindowPlan();
      window.kind = WindowPlan::Kind::kLifetime;
      window.tier = Tier::kHour;  // one for all, held or not: so it goes on when that changes
      window.complete = cut;
      return window;
    case WindowSpec::Kind::kRolling:
      window.length = spec.length;
      window.step = spec.step.value_or(DefaultStep(spec.length));
      break;
    case WindowSpec::Kind::kToDate:
    case WindowSpec::Kind::kClosed: {
      window.kind = spec.kind == WindowSpec::Kind::kToDate ? WindowPlan::Kind::kToDate : WindowPlan::Kind::kClosed;
      window.unit = spec.unit;
      // Fine enough for the same part of another period, and to meet the midnights of the time zone.
      const Duration usual = spec.unit == CalendarUnit::kDay    ? PaneSize(Tier::kMinute)
                             : spec.unit == CalendarUnit::kWeek ? PaneSize(Tier::kTenMinutes)
                                                                : PaneSize(Tier::kHour);
      window.step = std::min(usual, plan_->calendar_->Grain());
      window.tier = TierOfStep(window.step);
      window.step = Duration(0);
      return window;
    }
  }
  window.tier = TierOfStep(window.step);
  return window;
}

CellRef Compiler::AddWindow(TableId id, uint32_t column_index, const WindowPlan& window) {
  TablePlan& table = plan_->tables_[id.v];
  ColumnPlan& column = table.columns[column_index];
  auto it = std::find(table.windows.begin(), table.windows.end(), window);
  if (it == table.windows.end()) it = table.windows.insert(it, window);
  const auto index = static_cast<uint32_t>(it - table.windows.begin());
  auto at = std::find(column.windows.begin(), column.windows.end(), index);
  if (at == column.windows.end()) at = column.windows.insert(at, index);
  if (window.in_panes()) column.tiers[static_cast<size_t>(window.tier)] = true;
  return {column_index, static_cast<uint32_t>(at - column.windows.begin())};
}

void Compiler::AddWindows(const KpiSpec& spec, uint32_t column, KpiPlan* kpi) {
  const KpiId id = by_name_[spec.name];
  const Duration delay = spec.mature ? spec.within.value_or(Duration(0)) : Duration(0);
  const CompareSpec before = ThePrevious();
  kpi->cells.resize(plan_->others_.size());
  for (size_t o = 0; o < kpi->cells.size(); ++o) {
    if (o > 0 && !others_[id.v].contains(static_cast<uint32_t>(o))) continue;
    for (const WindowSpec& window : spec.windows) {
      const bool other_of_all = o > 0 && window.lifetime();
      const CompareSpec* other = o == 0 ? nullptr : &plan_->others_[o];
      if (spec.measure == Measure::kLapsed) other = &before;  // who was seen last in the window before
      kpi->cells[o].push_back(other_of_all ? CellRef() : AddWindow(kpi->table, column, WindowOf(spec, window, other, delay)));
    }
  }
}

void Compiler::LayOut(TablePlan* table) {
  for (const WindowPlan& window : table->windows) {
    if (window.in_panes()) table->hot_tier = std::min(table->hot_tier, window.tier);
  }
  if (table->buckets_of) table->acc_words = 1;  // the tag
  bool first = true;
  for (uint32_t c = 0; c < table->columns.size(); ++c) {
    ColumnPlan& column = table->columns[c];
    column.hot = table->hot_words;
    column.pane = table->pane_words;
    column.acc = table->acc_words;
    table->hot_words += HotWords(column.kind);
    table->pane_words += PaneWords(column.kind);
    table->acc_words += 1 + PaneWords(column.kind) * static_cast<uint32_t>(column.windows.size());
    if (HasExtreme(column.kind) || column.kind == CellKind::kLast) column.extra = table->extras++;
    for (size_t t = 0; t < kTierCount; ++t) {
      if (column.tiers[t]) table->tier_columns[t] |= uint64_t{1} << c;
    }
    // Partitions run up to `align` ahead of T, and an edge is up to a step ahead of T - length: nothing that a window may
    // still hold is called too late.
    Duration reach{}, step{};
    bool forever = false;
    for (const uint32_t w : column.windows) {
      const WindowPlan& window = table->windows[w];
      forever |= window.lifetime() || (window.level && window.delay.count() != 0);  // what is open stays open
      if (!window.lifetime()) reach = std::max(reach, ReachOf(window));
      step = std::max({step, window.step, PaneSize(window.tier)});
    }
    if (forever) continue;
    column.keep = reach + specs_.time.align + step + plan_->clocks_[table->clock].behind;
    table->min_keep = first ? *column.keep : std::min(*table->min_keep, *column.keep);
    first = false;
  }
}

void Compiler::LayOutTables() {
  for (TablePlan& table : plan_->tables_) LayOut(&table);
}

}  // namespace tidemark
