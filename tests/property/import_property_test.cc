// Part of the events imported, the rest from logs that hold some of the first part, too: at every commit every value is what one
// engine that got everything once would show.
#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/property/entity_specs.h"
#include "tests/property/entity_trial.h"
#include "tests/property/import.h"

namespace tidemark {
namespace {

std::shared_ptr<const Plan> CompilePlan(bool event_clock) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("entity_specs.h", kEntityConfig, &specs, &diagnostics);
  specs.time.event_clock = event_clock;
  specs.topics[0].dedup.horizon = std::chrono::hours(24 * 3650);
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

TEST(ImportProperty, AnImportAndTheRestAreTheWhole) {
  const auto by_events = CompilePlan(true), by_wall = CompilePlan(false);
  ASSERT_TRUE(by_events != nullptr && by_wall != nullptr);
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(40)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    const auto plan = seed % 4 == 0 ? by_wall : by_events;
    std::vector<EventTime> times;
    for (const auto& [tp, log] : trial.oracle.logs) {
      for (const EntityEventMade& e : log) times.push_back(e.time);
    }
    std::sort(times.begin(), times.end());
    // Mostly somewhere in the middle; now and then all, or next to nothing.
    const EventTime cut = trial.rng() % 8 == 0 ? times.back() + Duration(1) : times[trial.rng() % times.size()] + Duration(1);
    trial.oracle.cut = cut;
    TimedEvents events;
    for (auto& [tp, log] : trial.logs) {
      for (MemoryLog::Record& record : log.records) {
        EntityEventMade e = trial.oracle.logs[tp][static_cast<size_t>(record.offset.v)];
        if (e.time >= cut) continue;
        events.emplace_back(e.time, Serialize(e));
        e.id += " in Kafka";  // not even its id tells that it was imported
        record.value = Serialize(e);
      }
    }
    const WallTime now = WallTimeFromMicros(Micros(kTrialStart + kAfterAll));
    MemoryStore store;
    Import(plan, std::move(events), cut, now, trial.options, &trial.rng, &store);
    if (HasFatalFailure()) return;
    ForgetSome(cut, [&](const TopicPartition& tp, Offset o) { return trial.oracle.logs[tp][static_cast<size_t>(o.v)].time; }, &trial.rng, &trial.logs);
    Consume(plan, &trial.logs, now, trial.options, &trial.rng, [&](const View& view) { ExpectEqual(trial.oracle, view); }, &store);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tidemark
