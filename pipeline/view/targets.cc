// Targets, attainment and pace: looked up and worked out when they are read.
#include <algorithm>
#include <numeric>

#include "pipeline/store/bytes.h"
#include "pipeline/view/snapshot.h"
#include "pipeline/window/rows.h"

namespace tidemark {
namespace {

bool IsOther(const SeriesLabels& labels) {
  return std::find(labels.values.begin(), labels.values.end(), kOtherLabel) != labels.values.end();
}

// value / target: rounded once where both are exact.
Value Attainment(const Value& value, const Value& target) { return value.absent() || target.absent() ? Value() : Divide(value, target); }

// value / target over the share of time that is over, rounded once where all are exact.
Value Pace(const Value& value, const Value& target, const BusinessTime& time) {
  if (value.absent() || target.absent()) return {};
  const int64_t common = std::gcd(time.over, time.all);
  const Decimal over{time.over / common, 0}, all{time.all / common, 0};
  if (value.exact()) {
    const auto reached = Multiply(value.decimal(), all), expected = Multiply(target.decimal(), over);
    if (reached && expected) return Divide(Value::Exact(*reached), Value::Exact(*expected));
  }
  return Value::Real(value.real() * ToDouble(all) / (target.real() * ToDouble(over)));
}

}  // namespace

EventTime Snapshot::ReadAt(const KpiPlan& kpi) const {
  if (kpi.measure != Measure::kFormula) return data_.read_at[data_.plan->tables()[kpi.table.v].clock];
  EventTime least = EventTime::max();
  for (const FormulaNode& node : kpi.formula) {
    if (node.kind == Formula::Kind::kKpi) least = std::min(least, ReadAt(data_.plan->kpis()[node.kpi.v]));
  }
  return least == EventTime::max() ? kNoEventTime : least;
}

std::optional<BusinessTime> Snapshot::BusinessTimeOf(const KpiPlan& kpi, const TargetPlan& target) const {
  const EventTime t = ReadAt(data_.plan->kpis()[kpi.base.v]);
  if (t == kNoEventTime || !target.unit) return std::nullopt;
  const uint32_t table = data_.plan->holidays();
  const LookupTable* holidays = table == UINT32_MAX ? nullptr : data_.lookups[table].get();
  return data_.plan->calendar().BusinessTimeAt(*target.unit, t, [&](std::string_view date) {
    return holidays != nullptr && holidays->Find(date) != LookupTable::kNoRow;
  });
}

Value Snapshot::TargetOf(const TargetPlan& target, const SeriesLabels& labels) const {
  if (IsOther(labels)) return {};  // several that were not told apart
  if (target.label != SIZE_MAX) {
    const std::string& name = labels.values[target.label];
    const auto value = target.values.find(name);
    if (value != target.values.end()) return Value::Exact(value->second);
    const LookupTable* table = target.table == UINT32_MAX ? nullptr : data_.lookups[target.table].get();
    const uint32_t row = table == nullptr ? LookupTable::kNoRow : table->Find(name);
    Slot cell;
    if (row != LookupTable::kNoRow && table->Get(row, target.column, &cell)) {
      return cell.i > 0 ? Value::Exact({cell.i, kTableDecimalScale}) : Value();
    }
  }
  return target.value ? Value::Exact(*target.value) : Value();
}

// Only where that one label is all there is: what the other labels would be is not known.
std::map<std::string, std::shared_ptr<const SeriesLabels>> Snapshot::Named(const KpiPlan& kpi) const {
  std::map<std::string, std::shared_ptr<const SeriesLabels>> named;
  if (kpi.info.labels.size() != 1 || data_.plan->kpis()[kpi.base.v].top > 0) return named;
  const uint64_t most = data_.plan->limits().max_series;
  const auto name = [&](std::string_view value) {
    if (named.size() >= most) return;
    std::string packed;
    PutBytes(&packed, value);
    named.try_emplace(std::string(value), MakeSeriesLabels(kpi.info.labels, packed));
  };
  for (const TargetPlan& target : kpi.targets) {
    for (const auto& [value, number] : target.values) name(value);
    const LookupTable* table = target.table == UINT32_MAX ? nullptr : data_.lookups[target.table].get();
    Slot cell;
    for (uint32_t row = 0; table != nullptr && row < table->rows() && named.size() < most; ++row) {
      if (table->Get(row, target.column, &cell) && cell.i > 0) name(table->key(row));
    }
  }
  return named;
}

Value Snapshot::EmptyValue(const KpiPlan& kpi, KpiId id, size_t window) const {
  if (kpi.measure == Measure::kFormula) return Formula(id, 0).empty[window];
  const bool zero = kpi.additive || kpi.measure == Measure::kDistinct || kpi.measure == Measure::kOpen;
  return zero ? Value::Exact({}) : Value();
}

void Snapshot::ForEachTarget(const KpiPlan& kpi, const SeriesVisitor& visit) const {
  const KpiPlan& base = data_.plan->kpis()[kpi.base.v];
  std::vector<size_t> of_window(base.info.windows.size(), SIZE_MAX);
  std::vector<std::optional<BusinessTime>> times;
  for (size_t i = 0; i < kpi.targets.size(); ++i) {
    of_window[kpi.targets[i].window] = i;
    times.push_back(kpi.derived == Derived::kPace ? BusinessTimeOf(kpi, kpi.targets[i]) : std::nullopt);
  }
  const auto show = [&](const SeriesLabels& labels, size_t i, const Value& value, int64_t samples) {
    const Value target = TargetOf(kpi.targets[i], labels);
    Value shown = target;
    if (kpi.derived == Derived::kAttainment) shown = Attainment(value, target);
    if (kpi.derived == Derived::kPace) {
      // In a period's first business day nothing can be told yet.
      const bool begun = times[i] && times[i]->over >= times[i]->day;
      shown = begun ? Pace(value, target, *times[i]) : Value();
    }
    visit({labels, i, shown, samples});
  };
  auto named = Named(kpi);
  bool told_apart = true;
  ForEach(kpi.base, [&](const SeriesValue& series) {
    told_apart = told_apart && !IsOther(series.labels);
    if (!named.empty()) named.erase(series.labels.values[0]);
    const size_t i = of_window[series.window];
    if (i != SIZE_MAX) show(series.labels, i, series.value, series.samples);
  });
  if (!told_apart) return;  // one that is named may be among the others
  for (const auto& [value, labels] : named) {
    for (size_t i = 0; i < kpi.targets.size(); ++i) show(*labels, i, EmptyValue(base, kpi.base, kpi.targets[i].window), 0);
  }
}

void Snapshot::ForEachExpected(const KpiPlan& kpi, const SeriesVisitor& visit) const {
  static const SeriesLabels kNoLabels;
  for (size_t i = 0; i < kpi.targets.size(); ++i) {
    const std::optional<BusinessTime> time = BusinessTimeOf(kpi, kpi.targets[i]);
    visit({kNoLabels, i, time ? Divide(Value::Exact({time->over, 0}), Value::Exact({time->all, 0})) : Value(), 0});
  }
}

}  // namespace tidemark
