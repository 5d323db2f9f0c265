// What is stored, kept, refused and shown.
#include <gtest/gtest.h>

#include "pipeline/engine/verify.h"
#include "pipeline/store/keys.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kHour = 3600, kDay = 86400;
const std::vector<std::pair<std::string, std::string>> kByChannel = {{"channel", "lead.channel"}};

TEST(State, ARestartShowsTheSameNumbersBeforeAnythingIsRead) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h", "lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  for (int i = 0; i < 10; ++i) rig.Lead(i, i % 2 == 0 ? "web" : "ads");
  ASSERT_TRUE(rig.RunAt(20).ok());
  ASSERT_TRUE(rig.Start(30).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "5");
  EXPECT_EQ(rig.Value("leads", "lifetime", "ads"), "5");
  EXPECT_EQ(rig.T(), EngineRig::At(20));
  EXPECT_EQ(rig.Counts().read, 10);
}

TEST(State, ReadersSeeOnlyWhatIsCommitted) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  rig.faulty.RefuseNextCommit();
  EXPECT_FALSE(rig.RunAt(2).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "0");
  ASSERT_TRUE(rig.RunAt(3).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
}

TEST(State, ARebalanceOnAFullDiskIsNotLost) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  ASSERT_TRUE(rig.RunAt(10).ok());
  rig.Lead(11);
  rig.logs[{kRigTopic, 1}];
  rig.source->Rebalance({.assigned = {{kRigTopic, 0}, {kRigTopic, 1}}, .revoked = {{kRigTopic, 0}}});
  rig.faulty.RefuseNextCommit();
  (void)rig.engine->Step(EngineRig::WallAt(20));
  rig.Lead(21, "web", 1);
  ASSERT_TRUE(rig.RunAt(30).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "3");
  EXPECT_EQ(rig.engine->view()->partitions().size(), 2u);
}

TEST(State, ACommitThatFailedIsReadAgainAfterARestart) {
  for (const bool applied : {false, true}) {
    EngineRig rig;
    rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "lifetime"});
    ASSERT_TRUE(rig.Start(0).ok());
    rig.Lead(1);
    ASSERT_TRUE(rig.RunAt(2).ok());
    rig.Lead(3);
    if (applied) {
      rig.faulty.FailNextCommitAfterApplying();
    } else {
      rig.faulty.FailNextCommit();
    }
    EXPECT_FALSE(rig.RunAt(4).ok());
    ASSERT_TRUE(rig.Start(5).ok());
    ASSERT_TRUE(rig.RunAt(5).ok());
    EXPECT_EQ(rig.Value("leads", "1h"), "2") << "applied: " << applied;
    EXPECT_EQ(rig.Value("leads", "lifetime"), "2") << "applied: " << applied;
  }
}

TEST(State, ADuplicateCountsOnceAlsoAcrossARestart) {
  EngineRig rig(2);
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1, "web", 0, "same");
  rig.Lead(1, "web", 1, "same");
  ASSERT_TRUE(rig.RunAt(2).ok());
  ASSERT_TRUE(rig.Start(3).ok());
  rig.Lead(1, "web", 0, "same");
  rig.Lead(1, "ads", 0, "same");
  ASSERT_TRUE(rig.RunAt(4).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
  EXPECT_EQ(rig.Counts(0).duplicate + rig.Counts(1).duplicate, 3);
  EXPECT_EQ(rig.Counts(0).conflict, 1);
}

TEST(State, SeriesBeyondTheLimitCountInOtherAndTotalsStayExact) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h", "lifetime"}).max_series = 2;
  ASSERT_TRUE(rig.Start(0).ok());
  for (int i = 0; i < 30; ++i) rig.Lead(i, "c" + std::to_string(i % 5));
  ASSERT_TRUE(rig.RunAt(40).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "c0"), "6");
  EXPECT_EQ(rig.Value("leads", "1h", "c1"), "6");
  EXPECT_EQ(rig.Value("leads", "1h", "c2"), "none");
  EXPECT_EQ(rig.Value("leads", "lifetime", "__other__"), "18");
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).counts.overflowed, 18);
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).counts.counted, 12);
  ASSERT_TRUE(rig.Start(50).ok());
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "__other__"), "0");
  EXPECT_EQ(rig.Value("leads", "lifetime", "__other__"), "18");
}

TEST(State, ALabelValueBeyondTheLimitCountsInOther) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1, std::string(257, 'x'));
  rig.Lead(1, std::string(256, 'x'));
  ASSERT_TRUE(rig.RunAt(2).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime", "__other__"), "1");
  EXPECT_EQ(rig.Value("leads", "lifetime", std::string(256, 'x')), "1");
}

TEST(State, ASeriesLeavesAfterSeriesIdleAndComesBack) {
  EngineRig rig;
  KpiSpec& kpi = rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h"});
  kpi.series_idle = std::chrono::hours(24);
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  rig.Lead(2);  // the row is remembered for the next of its series
  ASSERT_TRUE(rig.RunAt(kDay).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "0") << "empty, and still there";
  ASSERT_TRUE(rig.RunAt(4 * kDay).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "none");
  rig.Lead(4 * kDay + 1, "web");
  rig.Lead(4 * kDay + 1, "ads");
  ASSERT_TRUE(rig.RunAt(4 * kDay + 2).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "1");
  ASSERT_TRUE(rig.Start(4 * kDay + 3).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "1");
  EXPECT_EQ(rig.Value("leads", "1h", "ads"), "1");
}

TEST(State, DeclaredValuesAreThereFromTheStart) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h"}).by[0].values = {"web", "ads"};
  rig.Kpi("others", Measure::kCount, "lead.created", kByChannel, {"1h"}).where = [] {
    auto has = std::make_unique<Expr>();
    has->kind = Expr::Kind::kHas;
    has->field = "lead.channel";
    return has;
  }();
  ASSERT_TRUE(rig.Start(0).ok());
  ASSERT_TRUE(rig.RunAt(1).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "ads"), "0");
  EXPECT_EQ(rig.Value("others", "1h", "ads"), "none") << "declared for the other KPI only";
}

TEST(State, UnchangedKpisKeepTheirStateWhenOthersChange) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "lifetime"});
  rig.Kpi("revenue", Measure::kSum, "order.paid", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  rig.Order(1, 2'500'000);
  ASSERT_TRUE(rig.RunAt(2).ok());
  // revenue goes, leads gets a new window and new help, another KPI comes.
  rig.specs.kpis.pop_back();
  rig.specs.kpis[0].help = "All leads.";
  rig.specs.kpis[0].windows.push_back(EngineRig::Window("2h"));
  rig.Kpi("orders", Measure::kCount, "order.paid", {}, {"lifetime"});
  ASSERT_TRUE(rig.Start(3).ok());
  rig.Lead(4);
  rig.Order(4, 1'000'000);
  ASSERT_TRUE(rig.RunAt(5).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "2");
  EXPECT_EQ(rig.Value("leads", "2h"), "2") << "built from panes";
  EXPECT_EQ(rig.Value("orders", "lifetime"), "1") << "begins where it was added";
  EXPECT_LT(rig.engine->view()->status(KpiId{1}).coverage[0], 1.0);
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).coverage[1], 1.0);
}

TEST(State, AStateOfUnknownFormatIsRefused) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h"});
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, FormatKey(), "\x63"});
  ASSERT_TRUE(rig.store.Commit(batch).ok());
  const Status status = rig.Start(0);
  EXPECT_EQ(status.code(), Code::kCorrupt);
  EXPECT_NE(status.text().find("format 99"), std::string::npos) << status.text();
}

TEST(State, DamagedRowsAreRefusedAndNeverServed) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  ASSERT_TRUE(rig.RunAt(2).ok());
  const auto good = rig.store.Snapshot();
  for (size_t family = 0; family < kFamilyCount; ++family) {
    for (const auto& [key, value] : good[family]) {
      if (value.empty() || static_cast<Family>(family) == Family::kPanes) continue;
      auto bad = good;
      bad[family][key] = value.substr(0, value.size() - 1);
      rig.store.Restore(bad);
      const Status status = rig.Start(3);
      // A label may be shorter; what was shown is read by `explain` only.
      const bool not_values = static_cast<Family>(family) == Family::kRows && key[4] != 'V';
      if (not_values) continue;
      EXPECT_FALSE(status.ok()) << "family " << family << " key " << testing::PrintToString(key);
    }
  }
}

TEST(State, WhatWasShownIsVerifiedToo) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h", "lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  for (int hour = 0; hour < 4; ++hour) {
    rig.Lead(hour * kHour + 60, hour % 2 == 0 ? "web" : "ads");
    ASSERT_TRUE(rig.RunAt(hour * kHour + 90).ok());
  }
  const auto whole = rig.store.Snapshot();
  EXPECT_GT(VerifyState(rig.store)->shown, 2u);
  const auto rows = static_cast<size_t>(Family::kRows);
  for (const auto& [key, value] : whole[rows]) {
    if (key[4] != 'H') continue;
    auto damaged = whole;
    damaged[rows][key] = value.substr(0, value.size() - 1);
    rig.store.Restore(damaged);
    EXPECT_EQ(VerifyState(rig.store).status().code(), Code::kCorrupt) << testing::PrintToString(value);
  }
}

// A pane is stored in a fragment per commit; merged now and then, it stays what it is.
TEST(State, APaneOfManyCommitsIsMergedAndStaysExact) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", kByChannel, {"1h", "6h", "lifetime"});
  rig.Kpi("revenue", Measure::kSum, "order.paid", {{"channel", "order.channel"}}, {"6h"});
  ASSERT_TRUE(rig.Start(0).ok());
  size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    rig.Lead(60 + i % 3, i % 2 == 0 ? "web" : "ads");
    rig.Order(60, 1'000'000 + i);
    ASSERT_TRUE(rig.RunAt(120).ok());
    most = std::max(most, rig.store.Snapshot()[static_cast<size_t>(Family::kPanes)].size());
    if (i == 150) {
      ASSERT_TRUE(rig.Start(120).ok());
    }
  }
  EXPECT_LT(most, 300u) << "600 fragments were written";
  const auto report = VerifyState(rig.store);
  ASSERT_TRUE(report.ok()) << report.status().text();
  EXPECT_EQ(report->mismatch_count, 0u);
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "150");
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "0");
  EXPECT_EQ(rig.Value("leads", "6h", "ads"), "150");
  ASSERT_TRUE(rig.Start(3 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(7 * kHour).ok());
  EXPECT_EQ(rig.Value("leads", "6h", "web"), "0");
  EXPECT_EQ(rig.Value("revenue", "6h", ""), "0");
  EXPECT_EQ(rig.Value("leads", "lifetime", "web"), "150");
}

// Panes are read ahead of a window's edge: what comes late to them is not missed when they leave.
TEST(State, WhatComesLateToPanesReadAheadLeavesWithThem) {
  EngineRig rig;
  rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "6h"});
  ASSERT_TRUE(rig.Start(0).ok());
  for (int minute = 0; minute < 120; ++minute) rig.Lead(minute * 60);
  ASSERT_TRUE(rig.RunAt(121 * 60).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "58") << "minutes 62 to 119";
  ASSERT_TRUE(rig.RunAt(131 * 60).ok());
  rig.Lead(80 * 60);
  rig.Lead(100 * 60);
  ASSERT_TRUE(rig.RunAt(132 * 60).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "49") << "minutes 73 to 119, and two late";
  for (int minute = 133; minute < 200; minute += 7) {
    ASSERT_TRUE(rig.RunAt(minute * 60).ok());
    ASSERT_TRUE(VerifyState(rig.store).ok());
    EXPECT_EQ(VerifyState(rig.store)->mismatch_count, 0u) << minute;
  }
  EXPECT_EQ(rig.Value("leads", "1h"), "0");
  EXPECT_EQ(rig.Value("leads", "6h"), "122");
}

TEST(State, MinMaxAndLastFollowTheirWindows) {
  EngineRig rig;
  rig.Kpi("largest", Measure::kMax, "order.paid", {}, {"1h", "lifetime"});
  rig.Kpi("smallest", Measure::kMin, "order.paid", {}, {"1h", "lifetime"});
  rig.Kpi("latest", Measure::kLast, "order.paid", {}, {"1h", "lifetime"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(10, 9'000'000);
  rig.Order(20, 1'000'000);
  rig.Order(1800, 5'500'000);
  ASSERT_TRUE(rig.RunAt(1801).ok());
  EXPECT_EQ(rig.Value("largest", "1h"), "9");
  EXPECT_EQ(rig.Value("smallest", "1h"), "1");
  EXPECT_EQ(rig.Value("latest", "1h"), "5.5");
  ASSERT_TRUE(rig.RunAt(kHour + 120).ok());
  EXPECT_EQ(rig.Value("largest", "1h"), "5.5");
  EXPECT_EQ(rig.Value("smallest", "1h"), "5.5");
  ASSERT_TRUE(rig.RunAt(3 * kHour).ok());
  EXPECT_EQ(rig.Value("largest", "1h"), "absent");
  EXPECT_EQ(rig.Value("latest", "1h"), "absent");
  EXPECT_EQ(rig.Value("largest", "lifetime"), "9");
  EXPECT_EQ(rig.Value("latest", "lifetime"), "5.5");
}

}  // namespace
}  // namespace tidemark
