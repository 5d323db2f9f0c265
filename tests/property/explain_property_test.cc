// Entities and events as in entity_property_test, hour by hour: what was shown at an hour is found again.
#include <gtest/gtest.h>

#include "config/config.h"
#include "pipeline/explain/state_at.h"
#include "tests/property/entity_specs.h"
#include "tests/property/hourly.h"

namespace tidemark {
namespace {

constexpr Duration kHour = std::chrono::hours(1), kDay = std::chrono::hours(24);

std::shared_ptr<const Plan> CompilePlan() {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("entity_specs.h", kEntityConfig, &specs, &diagnostics);
  specs.time.max_hold = kDay * 3650;  // the wall clock jumps from one look to the next
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

std::set<uint32_t> AllTables(const Plan& plan) {
  std::set<uint32_t> tables;
  for (uint32_t t = 0; t < plan.tables().size(); ++t) tables.insert(t);
  return tables;
}

// What is kept of these hours is what was shown; others are not known.
void ExpectKept(const StateReader& reader, const std::map<EventTime, Answers>& shown, EventTime t) {
  for (const auto& [hour, answers] : shown) {
    const bool midnight = FloorTo(hour, kDay) == hour;
    const auto state = reader.At(hour, AllTables(reader.plan()));
    ASSERT_TRUE(state.ok()) << state.status().text();
    const Duration kept = midnight ? 35 * kDay : 48 * kHour, gone = midnight ? 37 * kDay : 48 * kHour;
    ASSERT_FALSE(t - hour <= kept && !*state) << FormatRfc3339(hour) << " is not there at " << FormatRfc3339(t);
    ASSERT_FALSE(t - hour > gone && *state) << FormatRfc3339(hour) << " is there at " << FormatRfc3339(t);
    if (!*state) continue;
    const Answers found = AnswersOf(*(*state)->view);
    for (const auto& [key, value] : answers) {
      const auto it = found.find(key);
      ASSERT_TRUE(it != found.end()) << std::get<0>(key) << "{" << std::get<1>(key) << "} " << std::get<2>(key) << " of " << FormatRfc3339(hour);
      ASSERT_EQ(it->second, value) << std::get<0>(key) << "{" << std::get<1>(key) << "} " << std::get<2>(key) << " of " << FormatRfc3339(hour);
    }
    ASSERT_EQ(found.size(), answers.size());
  }
}

TEST(ExplainProperty, WhatWasShownAtAnHourIsFoundAgain) {
  const auto plan = CompilePlan();
  ASSERT_TRUE(plan != nullptr);
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(20)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    Hourly engine(plan, &trial);
    std::map<EventTime, Answers> shown;
    const auto most = static_cast<uint64_t>((engine.last() - engine.first()) / kHour / 30 + 2);
    for (EventTime t = engine.first(); t < engine.last() + 3 * kDay; t += kHour * static_cast<int64_t>(1 + trial.rng() % most)) {
      if (trial.rng() % 3 == 0) t = FloorTo(t, kDay) + kDay;
      engine.To(t, trial.rng() % 6 == 0);
      if (HasFatalFailure()) return;
      shown[t] = AnswersOf(*engine.view());
      if (trial.rng() % 4 != 0) continue;
      const auto reader = StateReader::Open(plan, &engine.store);
      ASSERT_TRUE(reader.ok()) << reader.status().text();
      const auto now = reader->Now(AllTables(*plan));
      ASSERT_TRUE(now.ok()) << now.status().text();
      ASSERT_EQ(AnswersOf(*now->view), shown[t]);
      ExpectKept(*reader, shown, t);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace tidemark
