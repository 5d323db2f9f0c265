// What the simulation found once (tests/simulation), each in small.
#include <gtest/gtest.h>

#include "config/config.h"
#include "pipeline/engine/bounded_source.h"
#include "pipeline/store/keys.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kHour = 3600;

// Rounds over `seconds` from `from` on, the broker confirming log ends.
void Rounds(EngineRig* rig, int64_t from, int seconds) {
  for (int ms = 0; ms < seconds * 1000; ms += 250) {
    const WallTime now = EngineRig::WallAt(from) + std::chrono::milliseconds(ms);
    rig->source->ProveAt(now);
    ASSERT_TRUE(rig->engine->Step(now).ok());
  }
}

TEST(Reliability, ARebalanceWhoseCommitIsRefusedIsServed) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1, "web", 0);
  rig.Lead(1, "web", 1);
  ASSERT_TRUE(rig.engine->Step(EngineRig::WallAt(2)).ok());
  rig.source->Rebalance({.assigned = {}, .revoked = {{kRigTopic, 0}, {kRigTopic, 1}}});
  rig.faulty.RefuseNextCommit();
  ASSERT_TRUE(rig.engine->Step(EngineRig::WallAt(3)).ok());
  rig.source->Rebalance({.assigned = {{kRigTopic, 0}}, .revoked = {}});
  rig.Lead(4, "web", 0);
  for (int second = 4; second < 8; ++second) ASSERT_TRUE(rig.engine->Step(EngineRig::WallAt(second)).ok());
  const auto view = rig.engine->view();
  EXPECT_TRUE(view->partitions()[0].owned);
  EXPECT_EQ(view->partitions()[0].next_offset, Offset{2});
  EXPECT_FALSE(view->partitions()[1].owned) << "it was revoked";
}

TEST(Reliability, AClockThatIsSetBackHoldsNothingUp) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(10 * kHour).ok());
  rig.Lead(1);
  Rounds(&rig, 10 * kHour, 3);
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
  rig.Lead(2);
  Rounds(&rig, 9 * kHour, 3);
  EXPECT_EQ(rig.Value("leads", "lifetime"), "2");
  EXPECT_EQ(rig.T(), EngineRig::At(10 * kHour + 2) + std::chrono::milliseconds(750)) << "known before, and not unlearnt";
}

// Commits after the first one, of which each takes 100 ms and so owes 2 s, at a quarter of a second each. A lead comes with each
// step, `behind` seconds after it was made.
std::vector<int64_t> CommitsWhile(int64_t behind) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  WallTime spent{};
  rig.options.stopwatch = [&] { return spent += std::chrono::milliseconds(100); };
  constexpr int64_t kNow = 10 * kHour;
  EXPECT_TRUE(rig.Start(kNow).ok());
  std::vector<int64_t> commits;
  for (int ms = 0; ms < 3000; ms += 250) {
    const WallTime now = EngineRig::WallAt(kNow) + std::chrono::milliseconds(ms);
    rig.source->ProveAt(behind > 0 ? WallTime::min() : now);
    rig.Lead(kNow + ms / 1000 - behind);
    EXPECT_TRUE(rig.engine->Step(now).ok());
    commits.push_back(rig.engine->view()->stats().commits);
  }
  const int64_t first = commits[0];
  for (int64_t& n : commits) n -= first;
  return commits;
}

TEST(Reliability, ACommitIsPaidForBeforeTheNextUnlessSomebodyWaitsForIt) {
  const std::vector<int64_t> live = CommitsWhile(0), backlog = CommitsWhile(kHour);
  EXPECT_EQ(live[1], 1) << "what is owed is within the burst";
  EXPECT_EQ(backlog[7], 0) << "what was owed at first is not paid yet";
  EXPECT_EQ(backlog[8], 1);
  EXPECT_EQ(backlog[11], 1);
}

TEST(Reliability, APartitionThatCannotBeReadSaysSoThoughNothingElseMoves) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  Rounds(&rig, 10, 3);
  EXPECT_TRUE(rig.engine->view()->caught_up());
  rig.source->Break({kRigTopic, 0}, true);
  Rounds(&rig, 13, 3);
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kUnreadable);
  Rounds(&rig, 16, 200);
  EXPECT_FALSE(rig.engine->view()->caught_up());
  rig.source->Break({kRigTopic, 0}, false);
  Rounds(&rig, 216, 3);
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kOk);
  EXPECT_TRUE(rig.engine->view()->caught_up());
}

TEST(Reliability, WithoutAWallClockTheEndOfTheLogsIsSaid) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  rig.specs.time.event_clock = true;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  Rounds(&rig, 10, 3);
  EXPECT_TRUE(rig.engine->view()->caught_up());
}

TEST(Reliability, WhatARefusedCommitHeldOfABreachIsInTheNext) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  rig.Rule("many", "leads", "lifetime", 1, 1);
  ASSERT_TRUE(rig.Start(0).ok());
  ASSERT_TRUE(rig.RunAt(1).ok());
  rig.Lead(2);
  rig.Lead(3);
  const std::string rules = RuleKey(0, "").substr(0, RuleKey(0, "").size() - 8);  // without the fingerprint
  bool refused = false;
  rig.faulty.BeforeCommit([&](const CommitBatch& batch) {
    const auto of_a_rule = [&](const CommitBatch::Put& put) { return put.family == Family::kMeta && put.key.starts_with(rules); };
    if (refused || std::none_of(batch.puts.begin(), batch.puts.end(), of_a_rule)) return;
    refused = true;
    rig.faulty.RefuseNextCommit();
  });
  for (int second = 20; second < 60; ++second) {
    rig.source->ProveAt(EngineRig::WallAt(second));
    static_cast<void>(rig.engine->Step(EngineRig::WallAt(second)));
  }
  ASSERT_TRUE(refused);
  ASSERT_TRUE(rig.RunAt(60).ok());
  const EventTime since = rig.Breach().since;
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring);
  EXPECT_LT(since, EngineRig::At(30));
  ASSERT_TRUE(rig.Start(120).ok());
  ASSERT_TRUE(rig.RunAt(121).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring);
  EXPECT_EQ(rig.Breach().since, since);
}

TEST(Reliability, ALifetimeThatIsAddedLaterIsNotCovered) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  ASSERT_TRUE(rig.RunAt(2).ok());
  rig.specs.kpis[0].windows.push_back(EngineRig::Window("lifetime"));
  ASSERT_TRUE(rig.Start(3).ok());
  rig.Lead(4);
  ASSERT_TRUE(rig.RunAt(5).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).coverage[1], 0);
  // Gone and here again: it missed what came meanwhile.
  rig.specs.kpis[0].windows.pop_back();
  ASSERT_TRUE(rig.Start(6).ok());
  ASSERT_TRUE(rig.RunAt(7).ok());
  rig.specs.kpis[0].windows.push_back(EngineRig::Window("lifetime"));
  ASSERT_TRUE(rig.Start(8).ok());
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).coverage[1], 0);
}

// The horizon shortens, and is said to be shorter; what is within it is told apart.
TEST(Reliability, IdsTakeNoMoreMemoryThanTheyMay) {
  constexpr int64_t kIds = 40'000;
  for (const bool little : {false, true}) {
    EngineRig rig;
    rig.specs.topics[0].dedup.enabled = true;
    rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
    if (little) rig.options.dedup_bytes = 400'000;
    ASSERT_TRUE(rig.Start(0).ok());
    for (int64_t n = 0; n < kIds; ++n) {
      rig.Lead(n, "web", 0, "id" + std::to_string(n));
      if (n % 500 != 499) continue;
      ASSERT_TRUE(rig.RunAt(n + 1).ok());
    }
    const EngineStats& stats = rig.engine->view()->stats();
    if (little) {
      EXPECT_LT(stats.dedup_bytes, 600'000);
      EXPECT_LT(stats.dedup_horizon_seconds.at(kRigTopic), 12'000);
    } else {
      EXPECT_GT(stats.dedup_bytes, 800'000);
      EXPECT_GT(stats.dedup_horizon_seconds.at(kRigTopic), kIds);
    }
    rig.Lead(kIds, "web", 0, "id" + std::to_string(kIds - 1));
    ASSERT_TRUE(rig.RunAt(kIds + 1).ok());
    EXPECT_EQ(rig.Value("leads", "lifetime"), std::to_string(kIds));
  }
}

TEST(Reliability, AWindowThatGrowsIsNotCoveredWherePanesAreGone) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  for (int hour = 0; hour <= 30; ++hour) {
    rig.Lead(hour * kHour);
    ASSERT_TRUE(rig.RunAt(hour * kHour + 1).ok());
  }
  rig.specs.kpis[0].windows.push_back(EngineRig::Window("12h"));
  ASSERT_TRUE(rig.Start(30 * kHour + 2).ok());
  const std::string shown = rig.Value("leads", "12h");
  EXPECT_LT(std::stoi(shown), 12) << "panes are kept for an hour or two after their window";
  EXPECT_LT(rig.engine->view()->status(KpiId{0}).coverage[1], 0.5);
  ASSERT_TRUE(rig.RunAt(42 * kHour).ok());
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).coverage[1], 1) << "the window holds only what it saw";
}

// Of a KPI that has several columns, each says what it keeps itself: unique values of a week are apart from those of the last 24 hours.
TEST(Reliability, AWindowThatGrowsIsNotCoveredByWhatOtherColumnsKeep) {
  EngineRig rig;
  Diagnostics diagnostics;
  ParseConfig("c.yaml",
              "kafka: {brokers: \"b:1\"}\ntopics: [{name: crm}]\nkpis:\n"
              "  - {name: channels, distinct: lead.channel, on: lead.created, windows: [24h, week_to_date]}\n",
              &rig.specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "");
  ASSERT_TRUE(rig.Start(0).ok());
  constexpr int64_t kHours = 8 * 24;
  for (int64_t hour = 0; hour <= kHours; hour += 6) {
    rig.Lead(hour * kHour);
    ASSERT_TRUE(rig.RunAt(hour * kHour + 1).ok());
  }
  rig.specs.kpis[0].windows.push_back(EngineRig::Window("5d"));
  ASSERT_TRUE(rig.Start(kHours * kHour + 2).ok());
  const std::vector<double> coverage = rig.engine->view()->status(KpiId{0}).coverage;
  ASSERT_EQ(coverage.size(), 3u);
  EXPECT_EQ(coverage[0], 1);
  EXPECT_EQ(coverage[1], 1);
  EXPECT_LT(coverage[2], 0.5);
}

TEST(Reliability, AWindowThatGrowsIsNotCoveredWhereLateEventsWereDropped) {
  for (const bool late : {false, true}) {
    EngineRig rig;
    rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
    ASSERT_TRUE(rig.Start(0).ok());
    rig.Lead(1);
    ASSERT_TRUE(rig.RunAt(2).ok());
    rig.Lead(2 * kHour);
    if (late) rig.Lead(600);
    ASSERT_TRUE(rig.RunAt(2 * kHour + 10).ok());
    EXPECT_EQ(rig.engine->view()->status(KpiId{0}).counts.late_dropped, late ? 1 : 0);
    rig.specs.kpis[0].windows.push_back(EngineRig::Window("2h"));
    ASSERT_TRUE(rig.Start(2 * kHour + 11).ok());
    EXPECT_EQ(rig.engine->view()->status(KpiId{0}).coverage[1] < 1, late) << "panes are kept as long again";
    EXPECT_EQ(rig.Value("leads", "2h"), "1") << "what was dropped is not stored";
  }
}

TEST(Reliability, WhatIsComparedIsCoveredWhereBothTimesAre) {
  EngineRig rig;
  Diagnostics diagnostics;
  ParseConfig("c.yaml",
              "kafka: {brokers: \"b:1\"}\ntopics: [{name: crm}]\nkpis:\n"
              "  - {name: leads, count: true, on: lead.created, windows: [1h], compare: [24h]}\n"
              "  - {name: change, formula: leads - leads@previous, windows: [1h]}\n",
              &rig.specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "");
  ASSERT_TRUE(rig.Start(0).ok());
  const auto coverage = [&](const std::string& name) {
    const View& view = *rig.engine->view();
    for (uint32_t k = 0; k < view.kpis().size(); ++k) {
      if (view.kpis()[k].name == name) return view.status(KpiId{k}).coverage[0];
    }
    return -1.0;
  };
  struct Row {
    int64_t hour;
    double leads, compared, growth, change;
  };
  for (const Row& row : {Row{1, 1, 0, 0, 0}, Row{3, 1, 0, 0, 1}, Row{26, 1, 1, 1, 1}}) {
    if (row.hour == 1) rig.Lead(0);
    rig.Lead(row.hour * kHour);
    ASSERT_TRUE(rig.RunAt(row.hour * kHour + 1).ok());
    SCOPED_TRACE(row.hour);
    EXPECT_NEAR(coverage("leads"), row.leads, 0.02);
    EXPECT_NEAR(coverage("leads_compare"), row.compared, 0.02);
    EXPECT_NEAR(coverage("leads_growth_ratio"), row.growth, 0.02);
    EXPECT_NEAR(coverage("change"), row.change, 0.02);
  }
}

TEST(Reliability, AKpiThatIsAddedIsNotCoveredWhereEventsWereAheadOfT) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1000, "web", 0);
  rig.Lead(1030, "web", 1);
  rig.source->ProveAt(WallTime::min());
  ASSERT_TRUE(rig.RunUnproven(1040).ok());
  ASSERT_EQ(rig.T(), EngineRig::At(990));
  ASSERT_EQ(rig.Value("leads", "1h"), "2");
  rig.Kpi("again", Measure::kCount, "lead.created", {{"channel", "lead.channel"}}, {"1h"});
  ASSERT_TRUE(rig.Start(1041).ok());
  ASSERT_TRUE(rig.RunAt(1020 + kHour - 60).ok());  // the window begins at 1020
  EXPECT_EQ(rig.Value("leads", "1h"), "1");
  EXPECT_EQ(rig.Value("again", "1h", "web"), "none");
  EXPECT_LT(rig.engine->view()->status(KpiId{1}).coverage[0], 1);
}

TEST(Reliability, ABackFillThatStandsAheadOfItsStateWaitsForIt) {
  MemoryLogs logs;
  const TopicPartition tp{kRigTopic, 0};
  for (int i = 0; i < 20; ++i) logs[tp].Append("record");
  LogSource source(&logs);
  BoundedSource bounded(&source);
  std::vector<PartitionView> at(1);
  at[0].tp = tp;
  at[0].next_offset = Offset{10};  // commits were lost: it stood at 20
  bounded.Follow(at);
  ASSERT_EQ(bounded.Poll().assigned.size(), 1u);
  const std::vector<StartAt> starts = {{PartitionId{0}, tp, Offset{20}, Offset{19}, 0}};
  ASSERT_TRUE(bounded.Assign(starts).ok());
  bounded.status(PartitionId{0});
  EXPECT_FALSE(bounded.reached()) << "adopted now, records 10 to 19 would count twice";
  at[0].next_offset = Offset{20};
  bounded.Follow(at);
  EXPECT_TRUE(bounded.reached());
}

// A partition may be held out when a back-fill is told where to read to: the others have not gone as far.
TEST(Reliability, ABackFillThatHoldsARecordAheadOfItsTimeIsToldOfMore) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  rig.Lead(1, "web", 0);
  rig.Lead(kHour, "web", 1);
  rig.Lead(kHour, "web", 1);
  Diagnostics diagnostics;
  const auto plan = Plan::Compile(rig.specs, Schema::Canonical(), &diagnostics);
  ASSERT_NE(plan, nullptr);
  LogSource source(&rig.logs);
  source.BatchSize(1);
  BoundedSource bounded(&source);
  std::vector<PartitionView> at(2);
  for (int p = 0; p < 2; ++p) {
    at[static_cast<size_t>(p)].tp = {kRigTopic, p};
    at[static_cast<size_t>(p)].next_offset = Offset{1 + p};
    at[static_cast<size_t>(p)].known_through = EngineRig::At(2);
  }
  bounded.Follow(at);
  const auto engine = Engine::Open(plan, &rig.store, &bounded, EngineRig::WallAt(2 * kHour), EngineRig::Eager());
  ASSERT_TRUE(engine.ok());
  bool there = false, waits = false;
  const auto rounds = [&](int64_t from) {
    for (int ms = 0; ms < 1000; ms += 30) {
      const auto wait = (*engine)->Step(EngineRig::WallAt(from) + std::chrono::milliseconds(ms));
      ASSERT_TRUE(wait.ok());
      waits = wait->count() > 0;
      there = bounded.FollowOn(at, waits);
    }
  };
  rounds(2 * kHour);
  EXPECT_FALSE(there) << "the second lead waits for time to come, and the third behind it";
  for (PartitionView& partition : at) partition.known_through = EngineRig::At(2 * kHour);
  rounds(2 * kHour + 1);
  EXPECT_TRUE(there);
}

}  // namespace
}  // namespace tidemark
