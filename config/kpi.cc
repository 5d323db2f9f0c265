#include <algorithm>
#include <array>

#include "config/expression.h"
#include "config/names.h"
#include "config/sections.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

struct MeasureWord {
  std::string_view word;
  Measure measure;
};
constexpr std::array<MeasureWord, 7> kMeasures = {{{"count", Measure::kCount},
                                                   {"sum", Measure::kSum},
                                                   {"avg", Measure::kAvg},
                                                   {"min", Measure::kMin},
                                                   {"max", Measure::kMax},
                                                   {"last", Measure::kLast},
                                                   {"formula", Measure::kFormula}}};
constexpr std::array<std::string_view, 9> kLaterMeasures = {"quantiles", "distinct", "first", "active", "lapsed",
                                                            "elapsed",   "funnel",   "dwell", "open"};

bool Has(const Value& value, std::string_view key) {
  const auto& entries = value.node().entries;
  return std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.key == key; });
}

void ReadMeasureValue(const Value& value, KpiSpec* kpi) {
  if (kpi->measure == Measure::kFormula) {
    kpi->formula = ParseFormula(value);
    return;
  }
  if (kpi->measure == Measure::kCount) {
    if (value.Bool() == false) value.Fail("write count: true, or another measure");
    return;
  }
  const std::optional<std::string> field = value.Text();
  if (!field) return;
  if (!IsFieldPath(*field)) {
    value.Fail(Quoted(*field) + " is not a field like order.amount");
    return;
  }
  kpi->field = *field;
}

// The one measure of a KPI; false when there is none that could be read.
bool ReadMeasure(Map* map, KpiSpec* kpi) {
  const Value& value = map->value();
  std::vector<std::string> given;
  for (const MeasureWord& m : kMeasures) {
    const std::optional<Value> found = map->Take(m.word);
    if (!Has(value, m.word)) continue;
    given.emplace_back(m.word);
    if (given.size() > 1 && found) found->Fail("a second measure beside " + given[0] + "; a KPI has exactly one");
    if (given.size() > 1) continue;
    kpi->measure = m.measure;
    if (found) ReadMeasureValue(*found, kpi);
  }
  const bool later =
      std::any_of(kLaterMeasures.begin(), kLaterMeasures.end(), [&](auto word) { return Has(value, word); });
  if (given.empty() && !later) value.Fail("has no measure: one of count, sum, avg, min, max, last, formula");
  return !given.empty();
}

// Clauses that one measure gives a meaning to and another does not.
void CheckFits(const Map& map, const KpiSpec& kpi) {
  const auto refuse = [&](std::string_view key, const std::string& why) {
    for (const Node::Entry& entry : map.value().node().entries) {
      if (entry.key == key) map.value().Child(entry).FailAt(map.value().PlaceOf(entry), why);
    }
  };
  const std::string word(ToString(kpi.measure));
  if (kpi.measure == Measure::kFormula) {
    refuse("on", "a formula takes its events from its KPIs; leave it out");
    refuse("where", "a formula takes its events from its KPIs; put the condition there");
  } else if (!Has(map.value(), "on")) {
    map.value().Fail("\"on\" is missing: the event type or types it counts");
  }
  if (kpi.measure != Measure::kSum) refuse("nonnegative", "belongs to sum, not to " + word);
  if (kpi.measure != Measure::kFormula && kpi.measure != Measure::kAvg) {
    refuse("min_samples", "belongs to avg and formula, not to " + word);
  }
}

// Prometheus wants a help text; without one the KPI describes itself.
std::string DefaultHelp(const KpiSpec& kpi) {
  if (kpi.measure == Measure::kFormula) return "Computed from other KPIs.";
  std::string text(ToString(kpi.measure));
  if (!kpi.field.empty()) text += " of " + kpi.field;
  text += " over ";
  for (size_t i = 0; i < kpi.on.size(); ++i) text += (i == 0 ? "" : ", ") + kpi.on[i];
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

void ReadOn(const Value& value, KpiSpec* kpi) {
  kpi->on = value.Texts().value_or(std::vector<std::string>());
  if (kpi->on.empty()) return;
  const std::vector<Value> items = value.Items();
  for (size_t i = 0; i < items.size(); ++i) {
    kpi->at["on[" + std::to_string(i) + "]"] = items[i].place();
    if (!IsFieldPath(kpi->on[i])) items[i].Fail(Quoted(kpi->on[i]) + " is not an event type like lead.created");
  }
}

}  // namespace

void ReadKpi(const Value& value, const LimitSpec& limits, KpiSpec* kpi) {
  kpi->place = value.place();
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  for (const Node::Entry& entry : value.node().entries) kpi->at[entry.key] = value.Child(entry).place();
  if (const auto name = map->Require("name")) {
    kpi->place = name->place();
    kpi->name = name->Text().value_or("");
    const std::string why = kpi->name.empty() ? "" : WhyNotKpiName(kpi->name);
    if (!why.empty()) name->Fail(why);
  }
  map->Set("help", &kpi->help, [](const Value& v) { return v.Text(); });
  if (const auto unit = map->Take("unit")) {
    kpi->unit = unit->Text().value_or("");
    const std::string why = kpi->unit.empty() ? "" : WhyNotUnit(kpi->unit);
    if (!why.empty()) unit->Fail(why);
  }
  if (const auto on = map->Take("on")) ReadOn(*on, kpi);
  if (const auto where = map->Take("where")) kpi->where = ParseWhere(*where);
  map->Set("nonnegative", &kpi->nonnegative, [](const Value& v) { return v.Bool(); });
  map->Set("min_samples", &kpi->min_samples, [](const Value& v) { return v.Whole(0, 1'000'000'000); });
  map->Set("max_series", &kpi->max_series, [](const Value& v) { return v.Whole(1, 100'000'000); });
  map->Set("series_idle", &kpi->series_idle,
           [](const Value& v) { return v.Time(std::chrono::minutes(1), kMaxWindow); });
  if (ReadMeasure(&*map, kpi)) CheckFits(*map, *kpi);
  if (map->Take("by")) ReadBy(*map->Take("by"), limits, kpi);
  std::optional<Duration> step;
  if (const auto given = map->Take("step")) step = ReadStep(*given);
  if (const auto windows = map->Require("windows")) kpi->windows = ReadWindows(*windows, step, *kpi);
  map->Refuse({"quantiles", "distinct", "first", "active", "lapsed", "elapsed", "funnel", "dwell", "open", "key",
               "compare", "target", "top", "stats", "mature", "at_least"});
  map->Finish();
  if (kpi->help.empty()) kpi->help = DefaultHelp(*kpi);
}

}  // namespace tidemark::config
