// elapsed and funnel: steps that one id takes.
#include <map>

#include "config/kpi_parts.h"
#include "config/paths.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

constexpr size_t kFewestSteps = 2;
constexpr size_t kMostSteps = 16;

using Steps = std::vector<std::vector<EventTypeRef>>;

void ReadWithin(Map* map, KpiSpec* kpi) {
  map->Set("within", &kpi->within, [](const Value& v) { return v.Time(std::chrono::minutes(1), kMaxWindow); });
  map->Set("mature", &kpi->mature, [](const Value& v) { return v.Bool(); });
  if (kpi->mature && !map->Has("within")) map->FailAt("mature", "needs within: an id counts once that is over");
}

// The events of the KPI are those of its steps. One event can't take two of them.
void Set(const Steps& steps, KpiSpec* kpi) {
  std::map<std::string, size_t> step_of;
  for (size_t i = 0; i < steps.size(); ++i) {
    std::vector<std::string>& names = kpi->steps.emplace_back();
    for (const EventTypeRef& type : steps[i]) {
      names.push_back(type.name);
      if (step_of.emplace(type.name, i).first->second == i) continue;
      type.at.Fail(Quoted(type.name) + " is an earlier step already; one event can't be two steps");
    }
    AddOn(steps[i], kpi);
  }
}

}  // namespace

void ReadElapsed(const Value& value, KpiSpec* kpi) {
  if (!value.is_map()) return value.Fail("a map like {from: lead.created, to: lead.contacted} is wanted here");
  Map map = *Map::Open(value);
  Steps steps(2);
  if (const auto from = map.Require("from")) steps[0] = ReadEventTypes(*from);
  if (const auto to = map.Require("to")) steps[1] = ReadEventTypes(*to);
  ReadWithin(&map, kpi);
  map.Finish();
  Set(steps, kpi);
}

void ReadFunnel(const Value& value, KpiSpec* kpi) {
  if (!value.is_map()) {
    return value.Fail("a map like {steps: [lead.created, lead.qualified], within: 30d} is wanted here");
  }
  Map map = *Map::Open(value);
  if (const auto list = map.Require("steps")) {
    const std::vector<Value> items = list->Items();
    if (!list->is_list() || items.size() < kFewestSteps || items.size() > kMostSteps) {
      list->Fail("a list of 2 to 16 steps is wanted here, each an event type or a list of them");
    } else {
      Steps steps;
      for (const Value& item : items) steps.push_back(ReadEventTypes(item));
      Set(steps, kpi);
    }
  }
  ReadWithin(&map, kpi);
  if (!map.Has("within")) value.Fail("\"within\" is missing: how long an id may take for all steps, like 30d");
  map.Finish();
}

}  // namespace tidemark::config
