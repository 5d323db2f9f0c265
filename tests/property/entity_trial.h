// Random streams of events about entities, and views compared with the oracle's answers over them.
#pragma once

#include <random>

#include "tests/property/consume.h"
#include "tests/property/entity_oracle.h"

namespace tidemark {

inline const EventTime kTrialStart = EventTimeFromMicros(1'711'800'000 * kMicrosPerSecond);  // 30 March 2024: a day before Berlin's spring
inline constexpr Duration kAfterAll = std::chrono::hours(24 * 700);

struct Trial {
  std::mt19937_64 rng;
  EntityOracle oracle;
  MemoryLogs logs;
  ConsumeOptions options;
};
Trial MakeTrial(uint64_t seed);

EntityEventMade RandomEntityEvent(std::mt19937_64& rng, EventTime now, int number, int entities);

bool IsNothing(const std::string& value);

// The first answer that is not the same, in a sentence; "" when they agree. Quantiles within their 1 %; what the oracle
// doesn't know is worked out from the rest.
std::string EntityDifference(const Answers& want, const Answers& got);

// KPIs with an entity that had no room for an event: eight, say, that wait for the step before theirs. They say so; what is
// made of them is among them.
std::set<std::string> FoundNoRoom(const View& view);

// Every value of the view is what kEntityConfig says over the events that the view has read.
void ExpectEqual(const EntityOracle& oracle, const View& view);

}  // namespace tidemark
