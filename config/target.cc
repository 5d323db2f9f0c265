// `target` of a KPI and the section `targets`: what shall be reached in a window.
#include <algorithm>

#include "config/measures.h"
#include "config/sections.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

std::optional<Decimal> ReadAmount(const Value& value) {
  const std::optional<Decimal> amount = value.Number();
  if (!amount) return std::nullopt;
  if (amount->mantissa > 0) return amount;
  value.Fail(ToString(*amount) + " is nothing to reach; a target is greater than 0");
  return std::nullopt;
}

void ReadLabel(const Value& value, const KpiSpec& kpi, TargetSpec* target) {
  target->by = value.Text().value_or("");
  std::vector<std::string> names;
  for (const LabelSpec& label : kpi.by) names.push_back(label.name);
  if (target->by.empty() || std::find(names.begin(), names.end(), target->by) != names.end()) return;
  value.Fail(Quoted(kpi.name) + " has no label " + Quoted(target->by) + (names.empty() ? "; it has none" : DidYouMean(target->by, names)));
}

void ReadValues(const Value& value, TargetSpec* target) {
  if (!Map::Open(value)) return;
  if (value.node().entries.empty()) value.Fail("is empty");
  for (const Node::Entry& entry : value.node().entries) {
    const Value amount = value.Child(entry);
    if (entry.key == "__other__") amount.FailAt(value.PlaceOf(entry), "__other__ is several series together; it has no target");
    if (const auto read = ReadAmount(amount)) target->values[entry.key] = *read;
  }
}

// {by: label, values: {..}} or {by: label, table: name, column: name}, and `other`.
void ReadByLabel(const Value& value, const KpiSpec& kpi, TargetSpec* target) {
  Map map = *Map::Open(value);
  if (const auto by = map.Require("by")) ReadLabel(*by, kpi, target);
  const auto values = map.Take("values");
  const auto table = map.Take("table");
  const auto column = map.Take("column");
  if (const auto other = map.Take("other")) target->value = ReadAmount(*other);
  map.Finish();
  if (values) {
    ReadValues(*values, target);
    map.FailAt("table", "stands beside values; leave one of them out");
    map.FailAt("column", "belongs to table");
    return;
  }
  if (map.Has("values")) return;  // has no value, which was reported
  if (!map.Has("table") || !map.Has("column")) {
    return value.Fail("has no numbers: values: {emea: 900000}, or table and column: {table: reps, column: quota}");
  }
  if (!table || !column) return;
  target->table = table->Text().value_or("");
  target->table_place = table->place();
  target->column = column->Text().value_or("");
  target->column_place = column->place();
}

void ReadOne(const Value& value, const Place& at, const std::string& window, KpiSpec* kpi) {
  if (kpi->windows.empty()) return;  // was reported already
  const WindowSpec* const of = FindWindow(kpi->windows, window);
  if (of == nullptr) {
    std::vector<std::string> names;
    for (const WindowSpec& w : kpi->windows) names.push_back(w.name);
    return value.FailAt(at, Quoted(kpi->name) + " has no window " + Quoted(window) + "; it has " + Joined(names));
  }
  const auto same = [&](const TargetSpec& target) { return target.window == of->name; };
  if (std::any_of(kpi->targets.begin(), kpi->targets.end(), same)) {
    return value.FailAt(at, window + " is the same window as " + of->name);
  }
  TargetSpec target;
  target.window = of->name;
  target.path = value.path();
  target.place = value.place();
  if (value.is_map()) {
    ReadByLabel(value, *kpi, &target);
  } else {
    target.value = ReadAmount(value);
  }
  kpi->targets.push_back(std::move(target));
}

}  // namespace

void ReadTarget(const Value& value, KpiSpec* kpi) {
  if (!Contains(kTargetable, kpi->measure)) {
    return value.Fail("belongs to " + Listed(kTargetable) + ", not to " + std::string(ToString(kpi->measure)));
  }
  if (!value.is_map()) return value.Fail("a map of window: number is wanted here, like {month_to_date: 250000}");
  if (value.node().entries.empty()) value.Fail("is empty");
  for (const Node::Entry& entry : value.node().entries) ReadOne(value.Child(entry), value.PlaceOf(entry), entry.key, kpi);
}

void ReadTargets(const Value& value, std::vector<KpiSpec>* kpis) {
  if (!Map::Open(value)) return;
  std::vector<std::string> names;
  for (const KpiSpec& kpi : *kpis) names.push_back(kpi.name);
  for (const Node::Entry& entry : value.node().entries) {
    const Value target = value.Child(entry);
    const auto kpi = std::find_if(kpis->begin(), kpis->end(), [&](const KpiSpec& k) { return k.name == entry.key; });
    if (kpi == kpis->end()) {
      target.FailAt(value.PlaceOf(entry), "there is no KPI " + Quoted(entry.key) + DidYouMean(entry.key, names));
    } else if (!kpi->targets.empty()) {
      target.FailAt(value.PlaceOf(entry), Quoted(entry.key) + " has a target already: " + kpi->targets[0].path);
    } else {
      ReadTarget(target, &*kpi);
    }
  }
}

}  // namespace tidemark::config
