// Rules: levels, hysteresis, `for`, samples, absence, hours; across restarts and batches.
#include <gtest/gtest.h>

#include <random>

#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;

// A KPI whose value the test sets: the latest order of a `last` KPI.
struct LevelRig : EngineRig {
  LevelRig() {
    Kpi("level", Measure::kLast, "order.paid", {}, {"1h", "lifetime"});
    Rule("high", "level", "lifetime", 10, 8);
  }
  BreachState Set(int64_t seconds, int64_t value) {
    Order(seconds, value * 1'000'000);
    EXPECT_TRUE(RunAt(seconds + 20).ok());
    return Breach().state;
  }
};

TEST(Breach, EntersAboveEnterAndLeavesWhenNoMoreAboveExit) {
  LevelRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  EXPECT_EQ(rig.Set(100, 10), BreachState::kInactive) << "not above";
  EXPECT_EQ(rig.Set(200, 11), BreachState::kFiring);
  EXPECT_EQ(rig.Set(300, 9), BreachState::kFiring) << "between exit and enter";
  EXPECT_EQ(rig.Set(400, 8), BreachState::kInactive);
  EXPECT_EQ(rig.Set(500, 9), BreachState::kInactive) << "between, coming from below";
  EXPECT_EQ(rig.Breach().transitions, 2);
}

TEST(Breach, HoldsForBeforeItFires) {
  LevelRig rig;
  rig.specs.rules[0].hold_for = std::chrono::minutes(10);
  ASSERT_TRUE(rig.Start(0).ok());
  EXPECT_EQ(rig.Set(60, 11), BreachState::kPending);
  ASSERT_TRUE(rig.RunAt(9 * kMinute).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kPending);
  ASSERT_TRUE(rig.RunAt(12 * kMinute).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring) << "time alone makes it fire";
  EXPECT_EQ(rig.Breach().since, EngineRig::At(660)) << "at the instant of the grid at which it was due";
}

// Only a lifetime window: nothing but the order itself changes anything.
TEST(Breach, SeesAfterARestartWhatCameAfterItsLastLook) {
  EngineRig rig;
  rig.Kpi("level", Measure::kLast, "order.paid", {}, {"lifetime"});
  rig.Rule("high", "level", "lifetime", 10, 8);
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(100, 1'000'000);
  ASSERT_TRUE(rig.RunAt(105).ok());
  rig.Order(106, 11'000'000);
  ASSERT_TRUE(rig.RunAt(107).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kInactive) << "not looked at yet";
  ASSERT_TRUE(rig.Start(107).ok());
  ASSERT_TRUE(rig.RunAt(121).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring);
  EXPECT_EQ(rig.Breach().since, EngineRig::At(120));
}

TEST(Breach, AShortBreachNeverFires) {
  LevelRig rig;
  rig.specs.rules[0].hold_for = std::chrono::minutes(10);
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Set(60, 11);
  EXPECT_EQ(rig.Set(300, 1), BreachState::kInactive);
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  EXPECT_EQ(rig.Breach().transitions, 0);
}

TEST(Breach, AbsentFollowsItsPolicy) {
  struct Row {
    Absent policy;
    BreachState state;
  };
  for (const Row& row : {Row{Absent::kHold, BreachState::kFiring}, Row{Absent::kClear, BreachState::kInactive},
                         Row{Absent::kBreach, BreachState::kFiring}}) {
    LevelRig rig;
    rig.specs.rules[0].window = "1h";
    rig.specs.rules[0].absent = row.policy;
    ASSERT_TRUE(rig.Start(0).ok());
    rig.Set(60, 11);
    ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
    EXPECT_EQ(rig.Value("level", "1h"), "absent");
    EXPECT_EQ(rig.Breach().state, row.state) << static_cast<int>(row.policy);
  }
}

TEST(Breach, TooFewSamplesCountAsAbsent) {
  EngineRig rig;
  rig.Kpi("orders", Measure::kCount, "order.paid", {}, {"1h"});
  rig.Rule("some", "orders", "1h", 0, 0).min_samples = 3;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(10, 1);
  rig.Order(11, 1);
  ASSERT_TRUE(rig.RunAt(60).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kInactive);
  rig.Order(61, 1);
  ASSERT_TRUE(rig.RunAt(90).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring);
}

TEST(Breach, OutsideActiveHoursTheStateIsHeld) {
  LevelRig rig;
  ActiveHours hours;
  hours.time_zone = "Europe/Berlin";  // one hour ahead of UTC in winter; day 19,700 is a Saturday
  hours.from_minute = 8 * 60;
  hours.to_minute = 18 * 60;
  rig.specs.rules[0].active = hours;
  ASSERT_TRUE(rig.Start(0).ok());
  EXPECT_EQ(rig.Set(6 * kHour, 11), BreachState::kInactive) << "half past seven there";
  ASSERT_TRUE(rig.RunAt(7 * kHour + 30).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring) << "when the hours begin";
  EXPECT_EQ(rig.Set(17 * kHour + 60, 1), BreachState::kFiring) << "after hours";
  ASSERT_TRUE(rig.RunAt(kDay + 7 * kHour + 30).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kInactive);
}

TEST(Breach, ARestartNeitherForgetsNorRepeats) {
  LevelRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Set(100, 11);
  const EventTime since = rig.Breach().since;
  ASSERT_TRUE(rig.Start(200).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring) << "before anything is read";
  EXPECT_EQ(rig.Breach().since, since);
  ASSERT_TRUE(rig.RunAt(400).ok());
  EXPECT_EQ(rig.Breach().transitions, 1);
  EXPECT_EQ(rig.Breach().since, since);
}

// Whether the breach lasted meanwhile nobody knows.
TEST(Breach, ARuleThatWasAwayBeginsAnew) {
  LevelRig rig;
  rig.specs.rules[0].hold_for = std::chrono::minutes(10);
  ASSERT_TRUE(rig.Start(0).ok());
  EXPECT_EQ(rig.Set(100, 11), BreachState::kPending);
  const std::vector<RuleSpec> rules = std::exchange(rig.specs.rules, {});
  ASSERT_TRUE(rig.Start(200).ok());
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  rig.specs.rules = rules;
  ASSERT_TRUE(rig.Start(kHour).ok());
  ASSERT_TRUE(rig.RunAt(kHour + 60).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kPending);
  EXPECT_GE(rig.Breach().since, EngineRig::At(kHour));
}

// Random levels over two partitions: every way of cutting the stream gives the same transitions at the same instants.
TEST(Breach, TheOutcomeDependsNeitherOnBatchesNorOnRestarts) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::string outcomes[3];
    for (int variant = 0; variant < 3; ++variant) {
      std::mt19937_64 rng(seed);
      EngineRig rig(2);
      rig.specs.time.event_clock = true;
      rig.Kpi("orders", Measure::kCount, "order.paid", {{"sales_region", "order.region"}}, {"1h"});
      RuleSpec& rule = rig.Rule("busy", "orders", "1h", 12, 9);
      rule.hold_for = std::chrono::minutes(3);
      for (int p = 0; p < 2; ++p) {
        for (int64_t t = 0, i = 0; i < 400; ++i) {
          t += static_cast<int64_t>(rng() % 400);
          rig.Order(t - static_cast<int64_t>(rng() % 8), 1, rng() % 2 == 0 ? "emea" : "apac", p);
        }
      }
      ASSERT_TRUE(rig.Start(0).ok());
      for (int round = 0; round < (variant == 2 ? 30 : 1); ++round) {
        rig.source->BatchSize(variant == 0 ? 1000 : 1 + static_cast<size_t>(round) % 5 + (variant == 1 ? 6 : 0));
        rig.source->ProveAt(EngineRig::WallAt(1));
        for (int step = 0; step < 40; ++step) ASSERT_TRUE(rig.engine->Step(EngineRig::WallAt(round)).ok());
        if (variant == 2) {
          ASSERT_TRUE(rig.Start(0).ok());
        }
      }
      ASSERT_TRUE(rig.RunAt(100).ok());
      for (const BreachInfo& b : rig.engine->view()->breaches(RuleId{0})) {
        outcomes[variant] += b.labels->values[0] + " " + std::to_string(static_cast<int>(b.state)) + " " + FormatRfc3339(b.since) + " " +
                             std::to_string(b.transitions) + "\n";
      }
    }
    EXPECT_EQ(outcomes[0], outcomes[1]);
    EXPECT_EQ(outcomes[0], outcomes[2]);
    EXPECT_NE(outcomes[0].find(' '), std::string::npos);
  }
}

// Series that nothing happens to leave; what is stored of a breach goes with them, also when they are back at once.
TEST(Breach, ASeriesThatLeftAndIsBackBeforeACommitIsNewAfterARestartToo) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {{"channel", "lead.channel"}}, {"1h"}).series_idle = std::chrono::hours(1);
  rig.Rule("few", "leads", "1h", 5, 5).direction = RuleSpec::Direction::kBelow;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(60);
  ASSERT_TRUE(rig.RunAt(120).ok());
  ASSERT_EQ(rig.Breach().state, BreachState::kFiring);
  for (int i = 0; i < 6; ++i) rig.Lead(5 * kDay + i);
  rig.Heartbeat(5 * kDay + 600);  // so that time has come to where it is back before the commit
  ASSERT_TRUE(rig.RunAt(5 * kDay + 660).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kInactive);
  EXPECT_EQ(rig.Breach().transitions, 0) << "of the new one";
  ASSERT_TRUE(rig.Start(5 * kDay + 670).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kInactive);
  EXPECT_EQ(rig.Breach().transitions, 0);
}

}  // namespace
}  // namespace tidemark
