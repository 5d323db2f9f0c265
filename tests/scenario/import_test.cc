// An import and what comes of it in the running state: the cut, coverage, rules, and what is refused.
#include "pipeline/engine/import.h"

#include "pipeline/engine/verify.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kHour = 3600, kDay = 86400;

struct ImportRig : EngineRig {
  ImportRig() { Kpi("leads", Measure::kCount, "lead.created", {}, {"24h", "lifetime"}); }

  // Imports what is in the log, which is empty afterwards.
  Status Import(int64_t cut) {
    MemoryLogs past;
    past[kImportPartition] = logs.at({kRigTopic, 0});
    logs.at({kRigTopic, 0}) = {};
    Diagnostics diagnostics;
    const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    TM_RETURN_IF_ERROR(BeginImport(&store, At(cut)));
    LogSource from(&past);
    EngineOptions options;
    options.importing = true;
    TM_ASSIGN_OR_RETURN(const auto importer, Engine::Open(plan->Counting(std::vector<bool>(plan->kpis().size(), true), false), &store, &from, WallAt(cut), options));
    for (bool more = true; more;) {
      TM_ASSIGN_OR_RETURN(more, importer->Drain(WallAt(cut)));
    }
    TM_RETURN_IF_ERROR(importer->AdvanceTo(At(cut), WallAt(cut)));
    return EndImport(&store);
  }
  double Coverage(uint32_t kpi, size_t window) const { return engine->view()->status(KpiId{kpi}).coverage[window]; }
};

TEST(Import, WhatIsBeforeTheCutIsOfTheImportAndTheRestOfKafka) {
  ImportRig rig;
  for (int hour = 0; hour < 30; ++hour) rig.Lead(hour * kHour, "web", 0, "old" + std::to_string(hour));
  ASSERT_TRUE(rig.Import(30 * kHour).ok());
  for (int hour = 20; hour < 40; ++hour) rig.Lead(hour * kHour, "web", 0, "other id " + std::to_string(hour));
  ASSERT_TRUE(rig.Start(30 * kHour).ok());
  EXPECT_EQ(rig.T(), EngineRig::At(30 * kHour));
  EXPECT_EQ(rig.Value("leads", "lifetime"), "30");
  EXPECT_TRUE(rig.engine->view()->partitions().empty()) << "the import is nobody's";
  for (int restart = 0; restart < 2; ++restart) {
    ASSERT_TRUE(rig.RunAt(40 * kHour).ok());
    EXPECT_EQ(rig.Value("leads", "lifetime"), "40");
    EXPECT_EQ(rig.Value("leads", "24h"), "23");
    EXPECT_EQ(rig.Counts().imported, 10);
    EXPECT_EQ(rig.Counts().accepted, 10);
    EXPECT_EQ(rig.Counts().read, 20);
    EXPECT_EQ(rig.T(), EngineRig::At(40 * kHour));
    EXPECT_EQ(rig.Coverage(0, 0), 1);
    EXPECT_EQ(rig.Coverage(0, 1), 1);
    ASSERT_TRUE(rig.Start(40 * kHour).ok());
  }
  rig.Lead(29 * kHour);  // late, but of the import's time
  rig.Lead(30 * kHour);
  ASSERT_TRUE(rig.RunAt(41 * kHour).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "41");
  EXPECT_EQ(VerifyState(rig.store)->mismatch_count, 0u);
}

TEST(Import, CoverageBeginsWithItsFirstEvent) {
  ImportRig rig;
  rig.Lead(12 * kHour);
  rig.Lead(13 * kHour);
  ASSERT_TRUE(rig.Import(14 * kHour).ok());
  rig.Lead(0);  // still in Kafka, and not in the import
  rig.Lead(15 * kHour);
  ASSERT_TRUE(rig.Start(15 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(24 * kHour).ok());
  EXPECT_DOUBLE_EQ(rig.Coverage(0, 0), 12 / (24 - 10.0 / 60)) << "of a window that moves by ten minutes";
}

TEST(Import, SourcesAreJudgedFromTheCutOn) {
  ImportRig rig;
  SourceSpec source;
  source.name = source.source = "crm";
  source.expect_every = std::chrono::hours(1);
  rig.specs.sources.push_back(std::move(source));
  rig.Lead(0);
  rig.Lead(40 * kHour);
  ASSERT_TRUE(rig.Import(48 * kHour).ok());
  ASSERT_TRUE(rig.Start(48 * kHour).ok());
  EXPECT_EQ(rig.Coverage(0, 0), 1);
  ASSERT_TRUE(rig.RunAt(49 * kHour).ok());
  EXPECT_EQ(rig.Coverage(0, 0), 1);
  ASSERT_TRUE(rig.RunAt(60 * kHour).ok());
  EXPECT_LT(rig.Coverage(0, 0), 0.6);
}

TEST(Import, NoBreachIsOlderThanTheCut) {
  ImportRig rig;
  rig.Rule("many", "leads", "24h", 5, 5);
  RuleSpec& few = rig.Rule("few", "leads", "24h", 3, 3);
  few.direction = RuleSpec::Direction::kBelow;
  for (int i = 0; i < 20; ++i) rig.Lead(kHour + i);  // many then, few now
  ASSERT_TRUE(rig.Import(3 * kDay).ok());
  ASSERT_TRUE(rig.Start(3 * kDay).ok());
  ASSERT_TRUE(rig.RunAt(3 * kDay + 60).ok());
  EXPECT_EQ(rig.Breach(0).state, BreachState::kInactive);
  EXPECT_EQ(rig.Breach(0).transitions, 0);
  EXPECT_EQ(rig.Breach(1).state, BreachState::kFiring);
  EXPECT_GE(rig.Breach(1).since, EngineRig::At(3 * kDay));
}

TEST(Import, AKpiThatComesLaterIsCountedFromTheCutOn) {
  ImportRig rig;
  for (int hour = 0; hour < 30; ++hour) rig.Order(hour * kHour, 1'000'000);
  ASSERT_TRUE(rig.Import(20 * kHour).ok());
  for (int hour = 10; hour < 40; ++hour) rig.Order(hour * kHour, 1'000'000);
  ASSERT_TRUE(rig.Start(40 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(40 * kHour).ok());
  rig.Kpi("revenue", Measure::kSum, "order.paid", {}, {"24h", "lifetime"});
  ASSERT_TRUE(rig.BackFill(40 * kHour).ok());
  ASSERT_TRUE(rig.Start(40 * kHour).ok());
  EXPECT_EQ(rig.Value("revenue", "lifetime"), "20") << "hours 20 to 39";
  EXPECT_EQ(rig.Coverage(1, 1), 0);
  EXPECT_DOUBLE_EQ(rig.Coverage(1, 0), 20 / (24 - 10.0 / 60));
}

TEST(Import, IsRefusedWhereThereIsSomethingAlready) {
  ImportRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Lead(1);
  ASSERT_TRUE(rig.RunAt(2).ok());
  rig.engine.reset();
  const Status busy = BeginImport(&rig.store, EngineRig::At(5));
  EXPECT_EQ(busy.code(), Code::kCorrupt);
  EXPECT_NE(busy.text().find("empty directory"), std::string::npos) << busy.text();
  rig.store = MemoryStore();
  ASSERT_TRUE(rig.Import(5).ok());
  const Status twice = BeginImport(&rig.store, EngineRig::At(9));
  EXPECT_EQ(twice.code(), Code::kCorrupt);
  EXPECT_NE(twice.text().find("holds an import already"), std::string::npos) << twice.text();
}

TEST(Import, HalfAnImportIsNotServedAndCanBeBegunAnew) {
  ImportRig rig;
  ASSERT_TRUE(BeginImport(&rig.store, EngineRig::At(kHour)).ok());
  const Status half = rig.Start(kHour);
  EXPECT_EQ(half.code(), Code::kCorrupt);
  EXPECT_NE(half.text().find("was not finished"), std::string::npos) << half.text();
  rig.Lead(1);
  ASSERT_TRUE(rig.Import(kHour).ok());
  ASSERT_TRUE(rig.Start(kHour).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
}

}  // namespace
}  // namespace tidemark
