// The measure of a KPI: one of the words below, and what stands in it.
#include <array>

#include "config/expression.h"
#include "config/kpi_parts.h"
#include "config/measures.h"
#include "config/paths.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

void ReadMeasureValue(const Value& value, KpiSpec* kpi) {
  switch (kpi->measure) {
    case Measure::kCount:
      if (value.Bool() == false) value.Fail("write count: true, or another measure");
      return;
    case Measure::kSum:
    case Measure::kAvg:
    case Measure::kMin:
    case Measure::kMax:
    case Measure::kLast:
    case Measure::kQuantiles:
      kpi->field = ReadField(value, "order.amount");
      return;
    case Measure::kDistinct:
    case Measure::kFirst:
    case Measure::kActive:
    case Measure::kLapsed:
      return ReadKey(value, "order.customer", kpi);
    case Measure::kElapsed:
      return ReadElapsed(value, kpi);
    case Measure::kFunnel:
      return ReadFunnel(value, kpi);
    case Measure::kDwell:
      kpi->field = ReadField(value, "deal.stage");
      return;
    case Measure::kOpen:
      return ReadOpen(value, kpi);
    case Measure::kFormula:
      kpi->formula = ParseFormula(value);
      return;
  }
}

}  // namespace

bool ReadMeasure(Map* map, KpiSpec* kpi) {
  std::vector<std::string> given;
  for (uint32_t m = 0; m <= static_cast<uint32_t>(Measure::kFormula); ++m) {
    const std::string word(ToString(static_cast<Measure>(m)));
    const std::optional<Value> found = map->Take(word);
    if (!map->Has(word)) continue;
    given.push_back(word);
    if (given.size() > 1 && found) found->Fail("a second measure beside " + given[0] + "; a KPI has exactly one");
    if (given.size() > 1) continue;
    kpi->measure = static_cast<Measure>(m);
    if (found) ReadMeasureValue(*found, kpi);
  }
  if (given.empty()) map->value().Fail("has no measure: one of " + Listed(kAllMeasures, "or"));
  return !given.empty();
}

void ReadOpen(const Value& value, KpiSpec* kpi) {
  constexpr const char* kForms = "true, or a map like {value: deal.amount, silent_for: 14d} is wanted here";
  if (value.IsWord("false")) return value.Fail("write open: true, or another measure");
  if (value.IsWord("true")) return;
  if (!value.is_map()) return value.Fail(kForms);
  if (value.node().entries.empty()) return value.Fail(kForms);
  Map map = *Map::Open(value);
  if (const auto field = map.Take("value")) kpi->field = ReadField(*field, "deal.amount");
  if (const auto field = map.Take("distinct")) {
    kpi->field = ReadField(*field, "deal.customer");
    kpi->open_distinct = true;
    for (const char* other : {"value", "silent_for", "waiting_for"}) {
      map.FailAt(other, "can't go with distinct; leave one of them out");
    }
  }
  const auto lasting = [](const Value& v) { return v.Time(std::chrono::hours(1), kMaxWindow); };
  map.Set("silent_for", &kpi->silent_for, lasting);
  map.Set("waiting_for", &kpi->waiting_for, lasting);
  if (map.Has("silent_for") && map.Has("waiting_for")) {
    map.FailAt("waiting_for", "stands beside silent_for; one of them, or two KPIs");
  }
  map.Finish();
}

}  // namespace tidemark::config
