// Sources that come in batches: what is shown of them ends where they are complete, whenever the batches come.
#include <algorithm>
#include <random>

#include "tests/scenario/export.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
topics: [{name: live, events: [deal.won, lead.created]}]
sources:
  export:
    topics: [crm]
    expect_every: 26h
    complete_after: 48h
    id: [row.id]
    time: s(row.at)
    events:
    - {emit: web.page_view, when: row.type == "page", set: {web.visitor: row.who}}
    - {emit: lead.created, when: row.type == "lead", set: {lead.id: row.id}}
    - {emit: heartbeat, when: row.type == "alive"}
    - {emit: heartbeat, when: row.type == "done", set: {complete_through: s(row.through)}}
kpis:
- {name: pages, count: true, on: web.page_view, windows: [24h, today, yesterday, lifetime], compare: [previous]}
- {name: visitors, distinct: web.visitor, on: web.page_view, windows: [24h]}
- {name: leads, count: true, on: lead.created, windows: [24h]}
- {name: wins, count: true, on: deal.won, windows: [1h]}
)";
enum Kpi : uint32_t { kPages, kVisitors, kLeads, kWins };

struct Batches : testing::Test, Export {
  Batches() : Export(kConfig) {}
};

TEST_F(Batches, AnEmptyLogProvesNothingOfThem) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay + 9 * kHour);
  Done(kDay, kDay + 10 * kHour);
  Win(kDay + 10 * kHour);
  ASSERT_TRUE(RunTo(kDay + 10 * kHour).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(kDay));
  EXPECT_EQ(rig.Value("pages", "24h"), "24");
  EXPECT_EQ(rig.Value("visitors", "24h"), "24");
  EXPECT_EQ(rig.Value("pages", "yesterday"), "24");
  EXPECT_EQ(rig.Value("pages", "today"), "0");
  EXPECT_DOUBLE_EQ(rig.engine->view()->status(KpiId{kPages}).coverage[0], 1) << "of what is shown all is known";
  EXPECT_TRUE(rig.engine->view()->status(KpiId{kPages}).held);
  EXPECT_FALSE(rig.engine->view()->status(KpiId{kWins}).held);
  // Two days later nothing came: what is shown still is that day, and of the rest time goes on.
  Win(3 * kDay);
  ASSERT_TRUE(RunTo(3 * kDay).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(kDay));
  EXPECT_EQ(rig.Value("pages", "24h"), "24");
  EXPECT_EQ(rig.T(kWins), EngineRig::At(3 * kDay));
  EXPECT_EQ(rig.Value("wins", "1h"), "1");
  EXPECT_TRUE(rig.engine->view()->sources()[0].overdue);
  EXPECT_EQ(rig.engine->view()->sources()[0].complete_through, EngineRig::At(kDay));
}

TEST_F(Batches, WhatIsAheadOfWhatIsCompleteIsNotInAnyWindowYet) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay + 9 * kHour);
  Done(kDay, kDay + 10 * kHour);
  ASSERT_TRUE(RunTo(kDay + 10 * kHour).ok());
  for (int64_t hour = 0; hour < 24; hour += 3) Row("page", kDay + hour * kHour, 2 * kDay, 1, "new");  // a part of the next batch
  ASSERT_TRUE(RunTo(2 * kDay + kHour).ok());
  EXPECT_EQ(rig.Value("pages", "24h"), "24");
  EXPECT_EQ(rig.Value("visitors", "24h"), "24");
  EXPECT_EQ(rig.Value("pages", "today"), "0");
  EXPECT_EQ(rig.Value("pages", "lifetime"), "24") << "all that is complete";
  Row("page", kDay + kHour, 2 * kDay, 0, "late");
  Done(2 * kDay, 2 * kDay + 2 * kHour);
  ASSERT_TRUE(RunTo(2 * kDay + 2 * kHour).ok());
  EXPECT_EQ(rig.Value("pages", "24h"), "9");
  EXPECT_EQ(rig.Value("visitors", "24h"), "2");
  EXPECT_EQ(rig.Value("pages", "yesterday"), "9");
  EXPECT_EQ(rig.T(kPages), EngineRig::At(2 * kDay));
}

TEST_F(Batches, AHeartbeatThatOnlySaysItIsAliveMovesNothing) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay + 9 * kHour);
  Done(kDay, kDay + 10 * kHour);
  ASSERT_TRUE(RunTo(kDay + 11 * kHour).ok());
  const EventTime complete = rig.T(kPages);
  for (int64_t day = 2; day <= 5; ++day) {
    Row("alive", day * kDay, day * kDay);
    ASSERT_TRUE(RunTo(day * kDay + 60).ok());
    ASSERT_TRUE(rig.Start(day * kDay + 60).ok());
    ASSERT_TRUE(RunTo(day * kDay + 120).ok());
  }
  EXPECT_EQ(Micros(rig.T(kPages)), Micros(complete)) << "nothing of the export came";
}

TEST_F(Batches, WithoutAHeartbeatTheNewestEventSaysWhatIsComplete) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay);
  ASSERT_TRUE(RunTo(kDay).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(23 * kHour - 2 * kDay));
  DayOfPages(2, 3 * kDay);
  DayOfPages(1, 3 * kDay);  // late, and in time
  ASSERT_TRUE(RunTo(3 * kDay).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(2 * kDay + 23 * kHour - 2 * kDay));
  EXPECT_EQ(rig.Value("pages", "today"), "23") << "to 23:00 of the first day";
  EXPECT_EQ(rig.engine->view()->sources()[0].complete_through, rig.T(kPages));
}

TEST_F(Batches, HoldAlsoWhatOtherTopicsFeed) {
  ASSERT_TRUE(rig.Start(0).ok());
  Row("lead", 5 * kHour, kDay);
  LiveLead(6 * kHour);
  LiveLead(kDay + 6 * kHour);
  Done(kDay, kDay + 6 * kHour);
  ASSERT_TRUE(RunTo(kDay + 7 * kHour).ok());
  EXPECT_EQ(rig.T(kLeads), EngineRig::At(kDay));
  EXPECT_EQ(rig.Value("leads", "24h"), "2") << "of the second day nothing is complete";
  Done(2 * kDay, 2 * kDay);
  ASSERT_TRUE(RunTo(2 * kDay).ok());
  EXPECT_EQ(rig.Value("leads", "24h"), "1");
}

TEST_F(Batches, WhatIsSaidCountsOnceAllPartitionsAreRead) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay);
  ASSERT_TRUE(RunTo(kDay).ok());
  const EventTime before = rig.T(kPages);
  Done(kDay, kDay + kHour);
  ASSERT_TRUE(rig.RunUnproven(kDay + kHour).ok());
  EXPECT_EQ(rig.T(kPages), before) << "an end that was confirmed before it was said proves nothing";
  rig.source->Break({kRigTopic, 1}, true);
  ASSERT_TRUE(RunTo(kDay + kHour + 30).ok());
  EXPECT_EQ(rig.T(kPages), before) << "a partition may hold more";
  rig.source->Break({kRigTopic, 1}, false);
  ASSERT_TRUE(RunTo(kDay + kHour + 60).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(kDay));
}

TEST_F(Batches, TAndWhatIsKnownSurviveARestart) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay + 9 * kHour);
  Done(kDay, kDay + 10 * kHour);
  ASSERT_TRUE(RunTo(3 * kDay).ok());
  ASSERT_TRUE(rig.Start(3 * kDay).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(kDay));
  EXPECT_EQ(rig.Value("pages", "24h"), "24");
  EXPECT_EQ(rig.Value("visitors", "24h"), "24");
  EXPECT_TRUE(rig.engine->view()->sources()[0].overdue);
  ASSERT_TRUE(RunTo(3 * kDay + 60).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(kDay));
  Done(3 * kDay, 3 * kDay + 120);
  ASSERT_TRUE(RunTo(3 * kDay + 120).ok());
  EXPECT_EQ(rig.Value("pages", "24h"), "0");
}

TEST_F(Batches, WithoutThemTimeGoesOnAgain) {
  ASSERT_TRUE(rig.Start(0).ok());
  DayOfPages(0, kDay);
  Done(kDay, kDay);
  DayOfPages(1, 2 * kDay);
  ASSERT_TRUE(RunTo(2 * kDay).ok());
  EXPECT_EQ(rig.Value("pages", "24h"), "24");
  rig.specs.sources[0].complete_after.reset();
  ASSERT_TRUE(rig.Start(2 * kDay).ok());
  ASSERT_TRUE(RunTo(2 * kDay).ok());
  EXPECT_EQ(rig.T(kPages), EngineRig::At(2 * kDay));
  EXPECT_EQ(rig.Value("pages", "24h"), "23") << "of the second day, the present step included";
  EXPECT_EQ(rig.Value("pages", "yesterday"), "24");
}

// Two weeks of a daily export with restatements, in whatever order within complete_after, in pieces of whatever size, with restarts:
// once the last day is complete the numbers are the same.
TEST(BatchesProperty, TheNumbersDontDependOnWhenBatchesCome) {
  std::string want;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Export trial(kConfig);
    EngineRig& rig = trial.rig;
    std::mt19937 rng(seed);
    ASSERT_TRUE(rig.Start(0).ok());
    std::vector<std::pair<int64_t, int>> rows;  // day, number of the row in it
    constexpr int64_t kDays = 14;
    for (int64_t day = 0; day < kDays; ++day) {
      for (int n = 0; n < 40; ++n) rows.emplace_back(day, n);
    }
    if (seed > 1) {
      // Each comes up to two days late, but not more.
      std::vector<std::pair<double, size_t>> order;
      for (size_t r = 0; r < rows.size(); ++r) order.emplace_back(static_cast<double>(rows[r].first) + std::uniform_real_distribution<>(0, 1.9)(rng), r);
      std::sort(order.begin(), order.end());
      std::vector<std::pair<int64_t, int>> shuffled;
      for (const auto& [at, r] : order) shuffled.push_back(rows[r]);
      rows = std::move(shuffled);
    }
    int64_t wall = 0;
    for (size_t r = 0; r < rows.size();) {
      const size_t piece = seed == 1 ? 40 : 1 + rng() % 60;
      for (size_t n = 0; n < piece && r < rows.size(); ++n, ++r) {
        const auto [day, number] = rows[r];
        wall = std::max(wall, (day + 1) * kDay);
        const int64_t at = day * kDay + (number * 2137) % 1440 * 60;
        const std::string row = R"({"type":"page","id":"p)" + std::to_string(day) + "-" + std::to_string(number) + R"(","at":)" + std::to_string(EngineRig::kStartSeconds + at) +
                                R"(,"who":"v)" + std::to_string((day + number * number) % 23) + "\"}";
        const int partition = seed == 1 ? 0 : static_cast<int>(rng() % 2);
        for (int copies = seed > 1 && rng() % 4 == 0 ? 2 : 1; copies > 0; --copies) rig.logs.at({kRigTopic, partition}).Append(row, EngineRig::WallAt(wall));
      }
      wall += 60;
      if (seed % 3 == 0 && rng() % 5 == 0) {
        ASSERT_TRUE(rig.Start(wall).ok());
      }
      ASSERT_TRUE(rig.RunAt(wall).ok());
    }
    trial.Done(kDays * kDay, kDays * kDay + 2 * kHour + 3600);
    ASSERT_TRUE(trial.RunTo(kDays * kDay + 4 * kHour).ok());
    std::string got;
    for (const char* window : {"24h", "yesterday", "today", "lifetime"}) {
      for (const auto& [kpi, label] : {std::pair("pages", ""), std::pair("visitors", ""), std::pair("pages_compare", "previous")}) {
        got += std::string(kpi) + " " + window + " " + rig.Value(kpi, window, label) + "\n";
      }
    }
    if (seed == 1) {
      want = got;
      EXPECT_EQ(rig.Value("pages", "24h"), "40");
      EXPECT_EQ(rig.Value("pages_compare", "24h", "previous"), "40");
    }
    EXPECT_EQ(got, want) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tidemark
