// A KPI that joins a running state: what it shows meanwhile, what its coverage says afterwards, and where its source ends.
#include "pipeline/engine/adopt.h"
#include "pipeline/engine/bounded_source.h"
#include "pipeline/explain/explain.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kHour = 3600;

std::shared_ptr<const Plan> Compile(const Specs& specs) {
  Diagnostics diagnostics;
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

// Leads ran for a while; orders and their rule are new.
struct BackFilled {
  explicit BackFilled(int partitions = 1, bool event_clock = false) : rig(partitions) {
    rig.specs.time.event_clock = event_clock;
    rig.specs.time.max_hold = std::chrono::hours(1000);
    rig.Kpi("leads", Measure::kCount, "lead.created", {}, {"24h", "lifetime"});
    KpiSpec& quiet = rig.Kpi("quiet", Measure::kOpen, "deal.created", {}, {"lifetime"});
    quiet.key = {"deal.id"};
    quiet.field.clear();
    quiet.silent_for = std::chrono::hours(1);
    events::v1::Event deal;
    deal.mutable_deal_created()->mutable_deal()->set_id("d1");
    rig.Append(deal, 0, 0, "");
    EXPECT_TRUE(rig.Start(0).ok());
    for (int hour = 0; hour < 20; ++hour) {
      rig.Lead(hour * kHour);
      rig.Order(hour * kHour + 1, 1'000'000);
    }
    EXPECT_TRUE(rig.RunAt(30 * kHour).ok());
    rig.engine.reset();
    rig.Kpi("revenue", Measure::kSum, "order.paid", {}, {"24h", "lifetime"});
    rig.Rule("much", "revenue", "24h", 1, 1);
    plan = Compile(rig.specs);
    known = *KnownKpis(*plan, rig.store);
    missing = known;
    missing.flip();
  }

  // Opens the engine with the whole plan, of which it counts only what the state has.
  void OpenRest() {
    rig.source = std::make_unique<LogSource>(&rig.logs);
    rig.source->ProveAt(rig.WallAt(30 * kHour));
    auto opened = Engine::Open(plan->Counting(known, true), &rig.store, rig.source.get(), rig.WallAt(30 * kHour));
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    rig.engine = std::move(opened).value();
    ASSERT_TRUE(rig.RunAt(30 * kHour).ok());
  }

  // Counts what is missing over these logs up to where the engine stands, and adopts it. Held out: at the end it doesn't
  // hear of the second partition any more, and takes T from the first.
  void BackFill(MemoryLogs* logs, bool held_out = false) {
    const auto there = plan->Counting(missing, false);
    MemoryStore side;
    ASSERT_TRUE(BeginSide(*there, &rig.store, &side).ok());
    LogSource source(logs);
    BoundedSource bounded(&source);
    bounded.Follow(rig.engine->view()->partitions());
    rig.engine.reset();
    auto engine = Engine::Open(there, &side, &bounded, rig.WallAt(30 * kHour));
    ASSERT_TRUE(engine.ok());
    while (true) {
      const auto more = (*engine)->Drain(rig.WallAt(30 * kHour));
      ASSERT_TRUE(more.ok());
      if (!*more && bounded.reached()) break;
    }
    if (held_out) {
      source.Break({kRigTopic, 1}, true);
      ASSERT_TRUE((*engine)->Drain(rig.WallAt(1100 * kHour)).ok());
    }
    ASSERT_TRUE((*engine)->Stop(rig.WallAt(30 * kHour)).ok());
    engine->reset();
    ASSERT_TRUE(Adopt(*there, &rig.store, &side).ok());
    ASSERT_TRUE(rig.Start(30 * kHour).ok());
    opened_at = rig.T();
    ASSERT_TRUE(rig.RunAt(30 * kHour).ok());
  }

  double Coverage(uint32_t kpi, size_t window) const { return rig.engine->view()->status(KpiId{kpi}).coverage[window]; }

  EngineRig rig;
  std::shared_ptr<const Plan> plan;
  std::vector<bool> known, missing;
  EventTime opened_at;  // T of what was adopted, before anything else is read
};

TEST(BackFill, MeanwhileTheKpiIsNotShownAndTheOthersAre) {
  BackFilled b;
  EXPECT_EQ(b.known, (std::vector<bool>{true, true, false}));
  b.OpenRest();
  EXPECT_EQ(b.rig.Value("leads", "lifetime"), "20");
  EXPECT_EQ(b.rig.Value("revenue", "lifetime"), "none");
  EXPECT_EQ(b.Coverage(2, 0), 0);
  EXPECT_FALSE(b.rig.engine->view()->status(KpiId{2}).counted);
  EXPECT_TRUE(b.rig.engine->view()->breaches(RuleId{0}).empty());
}

TEST(BackFill, ThenItIsWhatItWouldHaveBeen) {
  BackFilled b;
  b.OpenRest();
  b.BackFill(&b.rig.logs);
  EXPECT_EQ(b.rig.Value("revenue", "lifetime"), "20");
  EXPECT_EQ(b.rig.Value("revenue", "24h"), "13");  // those from 6:10 on
  EXPECT_EQ(b.rig.Value("leads", "lifetime"), "20");
  EXPECT_EQ(b.Coverage(2, 0), 1);
  EXPECT_EQ(b.Coverage(2, 1), 1);
  const KpiCounts& counts = b.rig.engine->view()->status(KpiId{2}).counts;
  EXPECT_EQ(counts.routed, 20);
  EXPECT_EQ(counts.counted, 20);
  ASSERT_TRUE(b.rig.RunAt(30 * kHour + 15).ok());
  EXPECT_EQ(b.rig.Breach().state, BreachState::kFiring);
  b.rig.Order(30 * kHour, 500'000);
  ASSERT_TRUE(b.rig.RunAt(30 * kHour + 60).ok());
  EXPECT_EQ(b.rig.Value("revenue", "lifetime"), "20.5");
}

TEST(BackFill, WhatTheLogLostIsNotCovered) {
  BackFilled b;
  b.OpenRest();
  MemoryLogs retained = b.rig.logs;
  auto& records = retained.begin()->second.records;
  records.erase(records.begin(), records.begin() + 25);  // the deal, and twelve hours of leads and orders
  b.BackFill(&retained);
  EXPECT_EQ(b.rig.Value("revenue", "lifetime"), "8");
  EXPECT_EQ(b.Coverage(2, 1), 0);                  // not all events ever
  EXPECT_NEAR(b.Coverage(2, 0), 18.0 / 24, 0.01);  // from the first one that was left, of the 24 h before 30:00
  EXPECT_EQ(b.Coverage(0, 1), 1);
}

TEST(BackFill, TimeThatOnlyTheBackFillKnowsIsKnown) {
  BackFilled b(2, true);
  const TopicPartition second{kRigTopic, 1};
  b.rig.Lead(kHour, "web", 1);
  b.rig.Lead(25 * kHour, "web", 1);
  b.OpenRest();
  EXPECT_EQ(b.rig.T(), b.rig.At(25 * kHour - 10));
  b.rig.Lead(25 * kHour + 5);
  b.rig.source->Break(second, true);  // where its log ends isn't known now, and holds T
  ASSERT_TRUE(b.rig.RunAt(30 * kHour + 60).ok());
  EXPECT_EQ(b.rig.T(), b.rig.At(25 * kHour - 10));
  const Offset read = b.rig.engine->view()->partitions()[0].next_offset;
  EXPECT_GT(read, Offset{41});
  b.BackFill(&b.rig.logs);  // takes the bounds for the ends
  EXPECT_EQ(b.rig.Value("revenue", "lifetime"), "20");
  EXPECT_EQ(b.opened_at, b.rig.At(25 * kHour - 5));
}

TEST(BackFill, WhatLiesBetweenTheTimesOfBothIsNotGoneThrough) {
  BackFilled b(2);
  b.OpenRest();
  b.rig.source->Break({kRigTopic, 1}, true);
  ASSERT_TRUE(b.rig.RunAt(36 * kHour).ok());
  EXPECT_EQ(b.rig.T(), b.rig.At(30 * kHour));
  EXPECT_EQ(b.rig.Value("quiet", "lifetime"), "1");
  b.BackFill(&b.rig.logs, true);
  EXPECT_EQ(b.opened_at, b.rig.At(36 * kHour));
  EXPECT_EQ(b.rig.T(), b.rig.At(36 * kHour));
  EXPECT_EQ(b.rig.Value("quiet", "lifetime"), "1");
  ASSERT_TRUE(b.rig.RunAt(38 * kHour).ok());
  ExplainRequest request{"leads"};
  for (const int64_t hour : {29, 30, 33, 36, 37}) {
    request.from = b.rig.At(hour * kHour);
    const auto got = Explain(b.plan, b.rig.store, request, [] { return true; });
    ASSERT_TRUE(got.ok()) << got.status().text();
    EXPECT_EQ(got->from, b.rig.At((hour < 36 ? std::min<int64_t>(hour, 30) : hour) * kHour)) << "nobody looked at 31 to 35";
  }
}

TEST(BackFill, TheSourceEndsAtItsBoundAndProvesNoMore) {
  EngineRig rig;
  for (int i = 0; i < 10; ++i) rig.Lead(i);
  LogSource all(&rig.logs);
  all.ProveAt(rig.WallAt(1000));
  BoundedSource source(&all);
  PartitionView at;
  at.tp = {kRigTopic, 0};
  at.next_offset = Offset{4};
  at.known_through = rig.At(3);
  source.Follow(std::span(&at, 1));
  EXPECT_EQ(source.Poll().assigned.size(), 1u);
  ASSERT_TRUE(source.Assign(std::vector<StartAt>{{PartitionId{7}, at.tp}}).ok());
  EXPECT_FALSE(source.reached());
  EXPECT_FALSE(source.status(PartitionId{7}).proof.has_value());
  EXPECT_EQ(source.Take(PartitionId{7}, 3)->records().size(), 3u);
  EXPECT_EQ(source.Take(PartitionId{7}, 100)->records().size(), 1u);
  EXPECT_FALSE(source.ready(PartitionId{7}));
  EXPECT_TRUE(source.Take(PartitionId{7}, 100)->empty());
  EXPECT_TRUE(source.reached());
  const PartitionStatus status = source.status(PartitionId{7});
  ASSERT_TRUE(status.proof.has_value());
  EXPECT_EQ(status.proof->end, Offset{4});
  EXPECT_EQ(Micros(status.proof->at), Micros(rig.At(3)));  // not what the log's end would prove
  at.next_offset = Offset{9};
  source.Follow(std::span(&at, 1));
  EXPECT_EQ(source.left().now, 5);
  EXPECT_FALSE(source.status(PartitionId{7}).proof.has_value());
  const auto rest = source.Take(PartitionId{7}, 100);
  ASSERT_EQ(rest->records().size(), 5u);
  EXPECT_EQ(rest->records().front().offset, Offset{4});
}

}  // namespace
}  // namespace tidemark
