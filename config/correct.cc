// `correct`: what later events of the same thing do to what it was counted for.
#include <array>
#include <map>

#include "config/kpi_parts.h"
#include "config/measures.h"
#include "config/paths.h"

namespace tidemark::config {

void ReadCorrect(const Value& value, KpiSpec* kpi) {
  if (!value.is_map()) {
    return value.Fail("a map like {by: [deal.updated], revoke: [deal.deleted]} is wanted here");
  }
  if (value.node().entries.empty()) return value.Fail("is empty; it has at least one of by, add and revoke");
  Map map = *Map::Open(value);
  std::map<std::string, std::string> role_of;
  for (const auto& step : kpi->steps) {
    for (const std::string& type : step) role_of.emplace(type, "a step");
  }
  for (const std::string& type : kpi->on) role_of.emplace(type, "on");
  for (const std::string& type : kpi->until) role_of.emplace(type, "until");
  const std::array<std::pair<std::string, std::vector<std::string>*>, 3> parts = {
      {{"by", &kpi->correct.by}, {"add", &kpi->correct.add}, {"revoke", &kpi->correct.revoke}}};
  for (const auto& [word, out] : parts) {
    const std::optional<Value> given = map.Take(word);
    if (!given) continue;
    std::vector<EventTypeRef> types;
    for (const EventTypeRef& type : ReadEventTypes(*given)) {
      const auto [role, fresh] = role_of.emplace(type.name, "correct." + word);
      if (fresh) {
        types.push_back(type);
      } else {
        type.at.Fail(Quoted(type.name) + " stands in " + role->second + " already; an event does one thing to a KPI");
      }
    }
    *out = Keep(types, "correct." + word, kpi);
  }
  if (Contains(kRevocable, kpi->measure)) {
    const std::string why = "belongs to " + Listed(kCorrectable) + ", not to " + std::string(ToString(kpi->measure));
    map.FailAt("by", why);
    map.FailAt("add", why);
  } else if (kpi->measure != Measure::kSum && kpi->measure != Measure::kAvg) {
    map.FailAt("add", "belongs to sum and avg, not to " + std::string(ToString(kpi->measure)));
  }
  map.Finish();
}

}  // namespace tidemark::config
