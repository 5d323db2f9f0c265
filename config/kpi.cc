// One KPI: its name, measure, clauses, labels and windows.
#include <optional>

#include "config/kpi_parts.h"
#include "config/measures.h"
#include "config/names.h"
#include "config/sections.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

std::string ListedSteps(const std::vector<std::vector<std::string>>& steps, const std::string& between) {
  std::string text;
  for (const auto& step : steps) text += (text.empty() ? "" : between) + Listed(step, "or");
  return text;
}

// Prometheus wants a help text; without one the KPI describes itself.
std::string DefaultHelp(const KpiSpec& kpi) {
  const std::string over = " over " + Joined(kpi.on) + ".";
  const std::string id = kpi.key.empty() ? "" : " " + kpi.key[0];
  switch (kpi.measure) {
    case Measure::kFormula:
      return "Computed from other KPIs.";
    case Measure::kElapsed:
      return "Time from " + ListedSteps(kpi.steps, " to ") + ".";
    case Measure::kFunnel:
      return "Each" + id + " that came so far: " + ListedSteps(kpi.steps, ", ") + ".";
    case Measure::kDwell:
      return "Time in each " + kpi.field + over;
    case Measure::kOpen:
      if (kpi.open_distinct) return "Different " + kpi.field + ", by" + id + ", open now.";
      return kpi.field.empty() ? "Open now, by" + id + "." : "Sum of " + kpi.field + ", by" + id + ", open now.";
    case Measure::kFirst:
      return "New" + id + over;
    default:
      break;
  }
  std::string text(ToString(kpi.measure));
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  if (!kpi.field.empty()) text += " of " + kpi.field;
  return text + (Contains(kOfIds, kpi.measure) ? id : "") + over;
}

void ReadUnit(Map* map, KpiSpec* kpi) {
  const bool time = kpi->measure == Measure::kElapsed || kpi->measure == Measure::kDwell;
  if (time) kpi->unit = "seconds";
  const std::optional<Value> value = map->Take("unit");
  const std::optional<std::string> unit = value ? value->Text() : std::nullopt;
  if (!unit) return;
  if (time && *unit != kpi->unit) {
    return value->Fail(std::string(ToString(kpi->measure)) + " is in seconds; leave it out");
  }
  kpi->unit = *unit;
  if (const std::string why = WhyNotUnit(*unit); !why.empty()) value->Fail(why);
}

void ReadKpiWindows(Map* map, KpiSpec* kpi) {
  std::optional<Duration> step;
  if (const auto given = map->Take("step")) step = ReadStep(*given);
  const std::optional<Value> windows = map->Take("windows");
  if (kpi->measure == Measure::kOpen) {
    kpi->windows.push_back(NowWindow(kpi->at["open"]));
  } else if (windows) {
    kpi->windows = ReadWindows(*windows, step, *kpi);
  } else if (!map->Has("windows")) {
    map->value().Fail("\"windows\" is missing");
  }
  if (const auto compare = map->Take("compare")) ReadCompare(*compare, kpi);
}

}  // namespace

void ReadKpi(const Value& value, const LimitSpec& limits, KpiSpec* kpi) {
  kpi->place = value.place();
  kpi->path = value.path();
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
  const bool measured = ReadMeasure(&*map, kpi);
  ReadUnit(&*map, kpi);
  ReadClauses(&*map, kpi);
  map->Set("max_series", &kpi->max_series, [](const Value& v) { return v.Whole(1, 100'000'000); });
  map->Set("series_idle", &kpi->series_idle,
           [](const Value& v) { return v.Time(std::chrono::minutes(1), kMaxWindow); });
  if (const auto by = map->Take("by")) ReadBy(*by, limits, kpi);
  ReadKpiWindows(&*map, kpi);
  if (const auto target = map->Take("target")) ReadTarget(*target, kpi);
  if (measured) CheckClauses(&*map, *kpi);
  map->Finish();
  if (kpi->help.empty()) kpi->help = DefaultHelp(*kpi);
}

}  // namespace tidemark::config
