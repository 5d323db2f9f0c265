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

bool IsNothing(const std::string& value);

// Every value of the view is what kEntityConfig says over the events that the view has read.
void ExpectEqual(const EntityOracle& oracle, const View& view);

}  // namespace tidemark
