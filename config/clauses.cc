// The clauses beside the measure, and which of them go with it.
#include <algorithm>
#include <array>

#include "config/expression.h"
#include "config/kpi_parts.h"
#include "config/measures.h"
#include "config/paths.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

struct Clause {
  std::string_view word;
  Measures with;
};
constexpr Measures kKeyed = kOfSteps | Of(Measure::kDwell, Measure::kOpen);
constexpr std::array<Clause, 15> kClauses = {
    {{"on", kAllMeasures & ~(kOfSteps | Of(Measure::kFormula))},
     {"where", kAllMeasures & ~Of(Measure::kFormula)},
     {"key", kKeyed | kCorrectable},
     {"at_least", Of(Measure::kDistinct)},
     {"stats", kWithStats},
     {"until", Of(Measure::kDwell, Measure::kOpen)},
     {"reopen", Of(Measure::kOpen)},
     {"reopen_within", Of(Measure::kOpen)},
     {"correct", kCorrectable | kRevocable},
     {"compare", kComparable},
     {"top", kOfIds | Of(Measure::kCount, Measure::kSum, Measure::kOpen)},
     {"nonnegative", Of(Measure::kSum)},
     {"min_samples", kWithStats | Of(Measure::kAvg, Measure::kFunnel, Measure::kFormula)},
     {"windows", kAllMeasures & ~Of(Measure::kOpen)},
     {"step", kAllMeasures & ~Of(Measure::kOpen)}}};

// What stands in another word's map.
struct Inner {
  std::string_view word;
  std::string_view in;
};
constexpr std::array<Inner, 10> kInner = {{{"from", "elapsed"},
                                           {"to", "elapsed"},
                                           {"steps", "funnel"},
                                           {"within", "elapsed or funnel"},
                                           {"mature", "elapsed or funnel"},
                                           {"value", "open"},
                                           {"silent_for", "open"},
                                           {"waiting_for", "open"},
                                           {"add", "correct"},
                                           {"revoke", "correct"}}};

// Why the clause doesn't go with the measure, with what to do.
std::string WhyNot(std::string_view word, Measures with, Measure measure) {
  const std::string name(ToString(measure));
  if (measure == Measure::kFormula && word == "on") return "a formula takes its events from its KPIs; leave it out";
  if (measure == Measure::kFormula && word == "where")
    return "a formula takes its events from its KPIs; put the condition there";
  if (word == "on") return "the events of " + name + " are those of its steps; leave it out";
  if (word == "key" && Contains(kOfIds, measure)) return name + " names the id itself; leave it out";
  if (word == "windows" || word == "step") return "open has no windows: it is what is open now; leave it out";
  return "belongs to " + Listed(with) + ", not to " + name;
}

// What a measure can't do without.
void CheckNeeded(const Map& map, const KpiSpec& kpi) {
  const auto need = [&](std::string_view word, Measures of, const std::string& what) {
    if (Contains(of, kpi.measure) && !map.Has(word)) map.value().Fail(Quoted(word) + " is missing: " + what);
  };
  constexpr Measures kOfEntities = Of(Measure::kDwell, Measure::kOpen);
  need("on", kAllMeasures & ~(kOfSteps | kOfEntities | Of(Measure::kFormula)), "the event type or types it counts");
  need("on", Of(Measure::kDwell), "the event types that carry the field");
  need("on", Of(Measure::kOpen), "the event types that say something about the entity");
  need("key", kKeyed, "the field with the id, like deal.id");
  need("stats", kWithStats, "what to tell of the values, like [p50, p90, avg]");
  need("until", Of(Measure::kOpen), "the event types that close it, like [deal.won, deal.lost]");
}

void CheckTogether(const Map& map, const KpiSpec& kpi) {
  if (Contains(kCorrectable, kpi.measure)) {
    if (map.Has("correct") && !map.Has("key")) {
      map.value().Fail("\"key\" is missing: the field with the id of what is corrected, like deal.id");
    }
    if (!map.Has("correct")) map.FailAt("key", "belongs to correct here; leave it out, or say what corrects");
    if (map.Has("correct")) map.FailAt("nonnegative", "what can be corrected can fall; leave it out");
  }
  if (kpi.measure == Measure::kOpen && !map.Has("reopen")) map.FailAt("reopen_within", "needs reopen");
  if (kpi.at_least > 1) map.FailAt("compare", "can't go with at_least; leave one of them out");
  if (!map.Has("by")) map.FailAt("top", "needs by: the labels whose greatest series stay");
}

bool IsAmong(const std::vector<EventTypeRef>& types, const std::string& name) {
  return std::any_of(types.begin(), types.end(), [&](const EventTypeRef& type) { return type.name == name; });
}

// The events that close an entity, and those that undo that, are events of it.
void JoinEnds(const Map& map, const std::vector<EventTypeRef>& until, const std::vector<EventTypeRef>& reopen,
              KpiSpec* kpi) {
  for (const EventTypeRef& type : reopen) {
    if (IsAmong(until, type.name)) type.at.Fail(Quoted(type.name) + " stands in until already; it closes or reopens");
  }
  const bool opens = std::any_of(kpi->on.begin(), kpi->on.end(), [&](const std::string& name) {
    return !IsAmong(until, name) && !IsAmong(reopen, name);
  });
  if (!kpi->on.empty() && !until.empty() && !opens) map.FailAt("on", "none of them opens it; name those that do too");
  AddOn(until, kpi);
  AddOn(reopen, kpi);
}

void ReadEnds(Map* map, KpiSpec* kpi) {
  std::vector<EventTypeRef> until, reopen;
  if (const auto value = map->Take("until")) until = ReadEventTypes(*value);
  if (const auto value = map->Take("reopen")) reopen = ReadEventTypes(*value);
  map->Set("reopen_within", &kpi->reopen_within,
           [](const Value& v) { return v.Time(std::chrono::hours(1), kMaxWindow); });
  kpi->until = Keep(until, "until", kpi);
  kpi->reopen = Keep(reopen, "reopen", kpi);
  if (kpi->measure == Measure::kOpen) JoinEnds(*map, until, reopen, kpi);
}

}  // namespace

void ReadClauses(Map* map, KpiSpec* kpi) {
  if (const auto on = map->Take("on")) {
    if (!Contains(kOfSteps, kpi->measure)) kpi->on = Keep(ReadEventTypes(*on), "on", kpi);
  }
  if (const auto where = map->Take("where")) kpi->where = ParseWhere(*where);
  if (const auto key = map->Take("key")) {
    if (!Contains(kOfIds, kpi->measure)) ReadKey(*key, "deal.id", kpi);
  }
  map->Set("at_least", &kpi->at_least, [](const Value& v) { return v.Whole(1, 1'000); });
  if (const auto stats = map->Take("stats")) kpi->stats = ReadStats(*stats);
  ReadEnds(map, kpi);
  if (const auto correct = map->Take("correct")) ReadCorrect(*correct, kpi);
  map->Set("top", &kpi->top, [](const Value& v) { return v.Whole(1, 1'000); });
  map->Set("nonnegative", &kpi->nonnegative, [](const Value& v) { return v.Bool(); });
  map->Set("min_samples", &kpi->min_samples, [](const Value& v) { return v.Whole(0, 1'000'000'000); });
}

void CheckClauses(Map* map, const KpiSpec& kpi) {
  for (const Clause& clause : kClauses) {
    if (!Contains(clause.with, kpi.measure)) map->FailAt(clause.word, WhyNot(clause.word, clause.with, kpi.measure));
  }
  for (const Inner& inner : kInner) map->Refuse(inner.word, "stands in the map of " + std::string(inner.in));
  CheckNeeded(*map, kpi);
  CheckTogether(*map, kpi);
}

}  // namespace tidemark::config
