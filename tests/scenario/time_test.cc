// Event time as users meet it: late events, quiet partitions, broken clocks, outages, backlogs.
#include <gtest/gtest.h>

#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;

TEST(Time, LateEventCountsInEveryWindowThatStillHoldsIt) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "24h", "lifetime"});
  ASSERT_TRUE(rig.Start(kDay).ok());
  rig.Lead(kDay);
  rig.Lead(kDay - 30 * kMinute);  // late, inside the hour
  rig.Lead(kDay - 3 * kHour);     // late, out of the hour, inside the day
  rig.Lead(kDay - 30 * kHour);    // late, in no rolling window
  ASSERT_TRUE(rig.RunAt(kDay).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "2");
  EXPECT_EQ(rig.Value("leads", "24h"), "3");
  EXPECT_EQ(rig.Value("leads", "lifetime"), "4");
  EXPECT_EQ(rig.Counts().late, 3);
}

// Both are in one table, whose rows are kept for the longer window.
TEST(Time, AnEventTooLateForOneKpiCountsInAnother) {
  EngineRig rig;
  rig.Kpi("orders_today", Measure::kCount, "order.paid", {}, {"24h"});
  rig.Kpi("revenue", Measure::kSum, "order.paid", {}, {"1h"});
  ASSERT_TRUE(rig.Start(kDay).ok());
  rig.Order(kDay, 1'000'000);
  rig.Order(kDay - 30 * kMinute, 2'000'000);  // inside the hour
  rig.Order(kDay - 20 * kHour, 4'000'000);    // long out of it
  ASSERT_TRUE(rig.RunAt(kDay).ok());
  EXPECT_EQ(rig.Value("orders_today", "24h"), "3");
  EXPECT_EQ(rig.Value("revenue", "1h"), "3");
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).counts.late_dropped, 0);
  EXPECT_EQ(rig.engine->view()->status(KpiId{1}).counts.late_dropped, 1);
}

TEST(Time, WindowHoldsAtMostItsLengthAndAtLeastThatLessAStep) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(10);  // in minute 0
  struct Row {
    const char* name;
    int64_t t;
    const char* value;
  };
  for (const Row& row : {Row{"in its own minute", 30, "1"}, Row{"in the last minute of the hour", 59 * kMinute + 59, "1"},
                         Row{"when the edge has passed its minute", 60 * kMinute, "0"}}) {
    ASSERT_TRUE(rig.RunAt(row.t).ok());
    EXPECT_EQ(rig.Value("leads", "1h"), row.value) << row.name;
  }
}

TEST(Time, AnEventFromTheFutureIsQuarantinedAndMovesNoClock) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "lifetime"});
  ASSERT_TRUE(rig.Start(kHour).ok());
  rig.Lead(kHour);
  rig.Lead(kHour + 365 * kDay);
  ASSERT_TRUE(rig.RunAt(kHour + 1).ok());
  EXPECT_EQ(rig.T(), EngineRig::At(kHour + 1));
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
  EXPECT_EQ(rig.Counts().quarantined_future, 1);
}

TEST(Time, ZeroNegativeAndAbsentTimesAreQuarantined) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(-EngineRig::kStartSeconds);      // 1970
  rig.Lead(-EngineRig::kStartSeconds - 5);  // before
  tidemark::events::v1::Event e;
  e.mutable_lead_created();
  rig.logs.at({kRigTopic, 0}).Append(e.SerializeAsString());
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Counts().quarantined_no_time, 3);
  EXPECT_EQ(rig.Value("leads", "lifetime"), "0");
}

TEST(Time, BrokersUnreachableForHoursDrainNoWindow) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  rig.Lead(2, "web", 1);
  ASSERT_TRUE(rig.RunAt(5).ok());
  rig.source->ProveAt(WallTime::min());
  for (int p = 0; p < 2; ++p) rig.source->Break({kRigTopic, p}, true);
  for (int64_t hours = 1; hours <= 8; ++hours) ASSERT_TRUE(rig.RunUnproven(hours * kHour).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "2");
  EXPECT_EQ(rig.T(), EngineRig::At(5));
  // Back again: time goes on, and only now the hour is over.
  for (int p = 0; p < 2; ++p) rig.source->Break({kRigTopic, p}, false);
  ASSERT_TRUE(rig.RunAt(9 * kHour).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "0");
  EXPECT_EQ(rig.T(), EngineRig::At(9 * kHour));
}

// Where nothing can be read nothing moves: that alone must be seen.
TEST(Time, WhatCannotBeReadIsShownAlthoughNothingElseChanges) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(0);
  ASSERT_TRUE(rig.RunAt(10).ok());
  const auto step = [&](int64_t from, int64_t to) {
    for (int64_t second = from; second <= to; ++second) {
      if (!rig.engine->Step(EngineRig::WallAt(second)).ok()) ADD_FAILURE();
    }
  };
  EXPECT_TRUE(rig.engine->view()->caught_up());
  rig.source->Break({kRigTopic, 0}, true);
  step(11, 14);
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kUnreadable);
  EXPECT_TRUE(rig.engine->view()->caught_up());
  step(15, 200);
  EXPECT_FALSE(rig.engine->view()->caught_up());
  EXPECT_EQ(rig.Value("leads", "1h"), "1");
  rig.source->Break({kRigTopic, 0}, false);
  rig.source->ProveAt(EngineRig::WallAt(201));
  step(201, 204);
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kOk);
  EXPECT_TRUE(rig.engine->view()->caught_up());
}

TEST(Time, APartitionQuietForThreeDaysHoldsNothingBackAndMovesNoClockBack) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "24h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1, "web", 1);
  for (int64_t t = 0; t <= 3 * kDay; t += 6 * kHour) {
    rig.Lead(t + 1);
    ASSERT_TRUE(rig.RunAt(t + 2).ok());
    EXPECT_EQ(rig.T(), EngineRig::At(t + 2));
  }
  // Its next record is old by now: counted where a window still holds it, and T stays.
  rig.Lead(3 * kDay - 2 * kHour, "web", 1);
  const EventTime before = rig.T();
  ASSERT_TRUE(rig.RunAt(3 * kDay + 3).ok());
  EXPECT_GE(rig.T(), before);
  EXPECT_EQ(rig.Value("leads", "1h"), "1");
  EXPECT_EQ(rig.Value("leads", "24h"), "5");
}

TEST(Time, APartitionThatCannotBeReadHoldsTheOthersForMaxHoldOnly) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  ASSERT_TRUE(rig.RunAt(1).ok());
  EXPECT_TRUE(rig.engine->view()->complete());
  rig.source->Break({kRigTopic, 1}, true);
  ASSERT_TRUE(rig.RunAt(60).ok());
  EXPECT_EQ(rig.T(), EngineRig::At(1)) << "held back";
  ASSERT_TRUE(rig.RunAt(1 + 121).ok());
  ASSERT_TRUE(rig.RunAt(1 + 122).ok());
  EXPECT_EQ(rig.T(), EngineRig::At(123)) << "after max_hold time goes on without it";
  EXPECT_FALSE(rig.engine->view()->complete()) << "and says so";
  rig.source->Break({kRigTopic, 1}, false);
  ASSERT_TRUE(rig.RunAt(130).ok());
  EXPECT_TRUE(rig.engine->view()->complete());
}

TEST(Time, ABacklogOfVeryDifferentLagNeverShowsMoreThanTheTruth) {
  constexpr int kPartitions = 8;
  EngineRig rig(kPartitions);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  rig.Rule("many", "leads", "1h", 1'000'000, 1'000'000);
  // One lead every 20 s in each partition; partition p was last read p hours ago: its log begins later.
  for (int p = 0; p < kPartitions; ++p) {
    for (int64_t t = p * kHour; t < 8 * kHour; t += 20) rig.Lead(t, "web", p);
  }
  ASSERT_TRUE(rig.Start(8 * kHour).ok());
  rig.source->BatchSize(97);
  rig.source->ProveAt(EngineRig::WallAt(8 * kHour));
  int64_t most = 0;
  for (int idle = 0; idle < 3;) {
    const auto wait = rig.engine->Step(EngineRig::WallAt(8 * kHour));
    ASSERT_TRUE(wait.ok());
    idle = wait->count() == 0 ? 0 : idle + 1;
    ASSERT_TRUE(rig.engine->Commit(EngineRig::WallAt(8 * kHour)).ok());
    if (rig.T() == kNoEventTime) continue;
    const int64_t hour = (Micros(rig.T()) / kMicrosPerSecond - EngineRig::kStartSeconds) / kHour;
    const int64_t live = std::min<int64_t>(hour + 1, kPartitions);
    const int64_t shown = std::stoll(rig.Value("leads", "1h"));
    most = std::max(most, shown);
    // An hour holds 180 leads of each partition that has begun; `align` (1 min) allows 3 more each.
    ASSERT_LE(shown, live * (180 + 3) + 3) << "at T " << FormatRfc3339(rig.T());
  }
  EXPECT_GT(most, 1000);
}

// Producers may stamp their records with any number.
TEST(Time, ARecordTimeAtTheLimitOfItsTypeMakesNoEventOneOfTheFuture) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  events::v1::Event e;
  e.mutable_lead_created();
  e.set_id("a");
  e.mutable_time()->set_seconds(EngineRig::kStartSeconds + 1);
  rig.logs.at({kRigTopic, 0}).Append(e.SerializeAsString(), WallTimeFromMicros(INT64_MAX / 1000 * 1000));
  ASSERT_TRUE(rig.RunAt(2).ok());
  EXPECT_EQ(rig.Counts().quarantined_future, 0);
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
}

}  // namespace
}  // namespace tidemark
