// Entities whose events come in any order, repeated, in several partitions, with corrections, restarts and a cache that
// is too small: at every commit every KPI is what its definition says over the same set of events.
#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/property/entity_specs.h"
#include "tests/property/entity_trial.h"

namespace tidemark {
namespace {

std::shared_ptr<const Plan> CompilePlan(bool event_clock) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("entity_specs.h", kEntityConfig, &specs, &diagnostics);
  specs.time.event_clock = event_clock;
  specs.topics[0].dedup.horizon = std::chrono::hours(24 * 3650);  // duplicates come at any time here
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

TEST(EntityProperty, EveryValueAtEveryCommitEqualsTheOracle) {
  const auto by_events = CompilePlan(true), by_wall = CompilePlan(false);
  ASSERT_TRUE(by_events != nullptr && by_wall != nullptr);
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(60)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    Consume(seed % 4 == 0 ? by_wall : by_events, &trial.logs, WallTimeFromMicros(Micros(kTrialStart + kAfterAll)), trial.options, &trial.rng,
            [&](const View& view) { ExpectEqual(trial.oracle, view); });
    if (HasFatalFailure()) return;
  }
}

TEST(EntityProperty, TheEndIsTheSameInAnyOrder) {
  const auto plan = CompilePlan(true);
  ASSERT_TRUE(plan != nullptr);
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(20)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    std::vector<MemoryLog::Record> records;
    for (const auto& [tp, log] : trial.logs) records.insert(records.end(), log.records.begin(), log.records.end());
    std::vector<Answers> ends;
    for (int order = 0; order < 3; ++order) {
      MemoryLogs logs;
      std::shuffle(records.begin(), records.end(), trial.rng);
      for (size_t i = 0; i < records.size(); ++i) logs[{"crm", static_cast<int>(i % (1 + order))}].Append(records[i].value);
      Answers last;
      Consume(plan, &logs, WallTimeFromMicros(Micros(kTrialStart + kAfterAll)), trial.options, &trial.rng, [&](const View& view) { last = AnswersOf(view); });
      std::erase_if(last, [](const auto& one) { return IsNothing(one.second); });
      ends.push_back(std::move(last));
    }
    for (size_t i = 1; i < ends.size(); ++i) {
      for (const auto& [key, value] : ends[i]) {
        const auto it = ends[0].find(key);
        ASSERT_EQ(it == ends[0].end() ? "" : it->second, value) << std::get<0>(key) << "{" << std::get<1>(key) << "} " << std::get<2>(key);
      }
      ASSERT_EQ(ends[0].size(), ends[i].size());
    }
  }
}

}  // namespace
}  // namespace tidemark
