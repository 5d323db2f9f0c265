// Sources: what is heard of them, what they leave uncovered, and what that does to coverage and rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pipeline/base/hash.h"
#include "pipeline/store/keys.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

using events::v1::Event;
constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;

struct SourceRig : EngineRig {
  explicit SourceRig(int partitions = 1) : EngineRig(partitions) {
    Kpi("leads", Measure::kCount, "lead.created", {}, {"1h", "lifetime"});
    Kpi("orders", Measure::kCount, "order.paid", {}, {"1h"});
    Source("crm", "crm/eu", {"lead.created"});
  }
  SourceSpec& Source(const std::string& name, const std::string& source, std::vector<std::string> feeds) {
    SourceSpec spec;
    spec.name = name;
    spec.source = source;
    spec.feeds_at.resize(feeds.size());
    spec.feeds = std::move(feeds);
    spec.expect_every = std::chrono::minutes(10);
    specs.sources.push_back(std::move(spec));
    return specs.sources.back();
  }
  void LeadFrom(const std::string& source, int64_t seconds, int partition = 0) {
    Event e;
    e.set_source(source);
    e.mutable_lead_created()->mutable_lead();
    Append(e, seconds, partition, "");
  }
  void Beat(const std::string& envelope, const std::string& named, int64_t seconds, int64_t complete = -1, int partition = 0) {
    Event e;
    e.set_source(envelope);
    e.mutable_heartbeat()->set_source(named);
    if (complete >= 0) e.mutable_heartbeat()->mutable_complete_through()->set_seconds(kStartSeconds + complete);
    Append(e, seconds, partition, "");
  }
  // In minutes: of the 59 that a window of 1h holds at a full minute.
  double Covered(uint32_t kpi = 0, size_t window = 0) const { return engine->view()->status(KpiId{kpi}).coverage[window] * 59; }
  const SourceView& Seen(size_t source = 0) const {
    held = engine->view();
    return held->sources()[source];
  }
  std::string Stored() const { return store.Get(Family::kMeta, SourceKey(Hash64("crm/eu"))).value().value_or("nothing"); }
};

TEST(Source, WhileOverdueItLowersTheCoverageOfWhatItFeeds) {
  SourceRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  for (int64_t t = 0; t <= 2 * kHour; t += 5 * kMinute) rig.LeadFrom("crm/eu", t);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 59);
  EXPECT_FALSE(rig.Seen().overdue);
  EXPECT_EQ(rig.Seen().last_event, EngineRig::At(2 * kHour));
  EXPECT_EQ(rig.Seen().complete_through, kNoEventTime);
  ASSERT_TRUE(rig.RunAt(2 * kHour + 10 * kMinute).ok());
  EXPECT_TRUE(rig.Seen().overdue) << "cover ends here";
  ASSERT_TRUE(rig.RunAt(2 * kHour + 30 * kMinute).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 39);
  EXPECT_DOUBLE_EQ(rig.Covered(1), 59) << "it feeds no orders";
  EXPECT_DOUBLE_EQ(rig.Covered(0, 1), 59.0 * 130 / 150) << "lifetime";
  ASSERT_TRUE(rig.Start(2 * kHour + 30 * kMinute).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 39) << "restored";
  rig.LeadFrom("crm/eu", 2 * kHour + 15 * kMinute);  // late
  rig.LeadFrom("crm/eu", 2 * kHour + 40 * kMinute);
  ASSERT_TRUE(rig.RunAt(2 * kHour + 40 * kMinute).ok());
  EXPECT_FALSE(rig.Seen().overdue);
  EXPECT_DOUBLE_EQ(rig.Covered(), 39) << "10 to 15, and 25 to 40";
}

TEST(Source, OneThatWasNeverHeardCoversNothing) {
  SourceRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.LeadFrom("crm/us", 0);
  rig.LeadFrom("", 60);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(rig.Covered(), 0);
  EXPECT_EQ(rig.Covered(0, 1), 0);
  EXPECT_TRUE(rig.Seen().overdue);
  EXPECT_EQ(rig.Seen().last_event, kNoEventTime);
  EXPECT_DOUBLE_EQ(rig.Covered(1), 59);
}

TEST(Source, HeartbeatsAreHeardWhereNoKpiReadsThem) {
  SourceRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Beat("monitor", "crm/eu", 0);
  rig.Beat("crm/eu", "", 5 * kMinute);
  rig.Beat("crm/eu", "crm/us", 50 * kMinute);  // about another one
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  EXPECT_EQ(rig.Seen().last_event, EngineRig::At(5 * kMinute));
  EXPECT_DOUBLE_EQ(rig.Covered(), 14);
  EXPECT_EQ(rig.Counts().unrouted, 3);
  EXPECT_EQ(rig.Counts().read, 3);
}

TEST(Source, WhatASourceSaysIsCompleteIsCovered) {
  SourceRig rig;
  ASSERT_TRUE(rig.Start(0).ok());
  rig.LeadFrom("crm/eu", 0);
  rig.Beat("crm/eu", "", 50 * kMinute, 30 * kMinute);
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 39) << "all but 30 to 50";
  EXPECT_EQ(rig.Seen().complete_through, EngineRig::At(30 * kMinute));
  rig.Beat("crm/eu", "", kHour, 400 * kDay);  // knows no future
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(rig.Seen().complete_through, EngineRig::At(kHour));
  EXPECT_DOUBLE_EQ(rig.Covered(), 9);
}

TEST(Source, ItsCoverIsAFunctionOfTheSetOfEvents) {
  std::string stored;
  std::vector<int64_t> minutes;
  for (int i = 0; i < 40; ++i) minutes.push_back(i * i % 157);
  std::mt19937 random(7);
  for (int trial = 0; trial < 6; ++trial) {
    SourceRig rig(2);
    ASSERT_TRUE(rig.Start(0).ok());
    for (size_t i = 0; i < minutes.size(); ++i) {
      const int64_t at = minutes[i] * kMinute;
      minutes[i] % 40 == 1 ? rig.Beat("crm/eu", "", at, at - 3 * kMinute, trial % 2) : rig.LeadFrom("crm/eu", at, trial % 2);
      if (i % 10 == 0) {
        ASSERT_TRUE(rig.RunUnproven(3 * kHour).ok());
      }
      if (i % 15 == 0) {
        ASSERT_TRUE(rig.Start(0).ok());
      }
    }
    ASSERT_TRUE(rig.RunAt(3 * kHour).ok());
    if (trial == 0) stored = rig.Stored();
    ASSERT_GT(stored.size(), 34u) << "there are gaps";
    EXPECT_EQ(rig.Stored(), stored) << "trial " << trial;
    std::shuffle(minutes.begin(), minutes.end(), random);
  }
}

TEST(Source, OneThatComesLaterIsJudgedFromThenOn) {
  SourceRig rig;
  rig.specs.sources.clear();
  ASSERT_TRUE(rig.Start(0).ok());
  rig.LeadFrom("crm/eu", 0);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 59);
  rig.Source("crm", "crm/eu", {});
  ASSERT_TRUE(rig.Start(2 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(2 * kHour + 9 * kMinute).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 59);
  EXPECT_FALSE(rig.Seen().overdue);
  ASSERT_TRUE(rig.RunAt(2 * kHour + 30 * kMinute).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 39) << "never heard since it is listened to";
  EXPECT_DOUBLE_EQ(rig.Covered(1), 39) << "it feeds all";
  EXPECT_TRUE(rig.Seen().overdue);
  // It leaves and comes back: nobody listened meanwhile.
  rig.specs.sources.clear();
  ASSERT_TRUE(rig.Start(2 * kHour + 30 * kMinute).ok());
  ASSERT_TRUE(rig.RunAt(4 * kHour).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 59);
  EXPECT_EQ(rig.Stored(), "nothing");
  rig.Source("crm", "crm/eu", {});
  ASSERT_TRUE(rig.Start(4 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(4 * kHour + kMinute).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(), 59);
}

TEST(Source, WhatIsOpenNowIsUnknownWhileItIsOverdue) {
  SourceRig rig;
  KpiSpec& open = rig.Kpi("pipeline", Measure::kOpen, "deal.created", {}, {"lifetime"});
  open.key = {"deal.id"};
  open.field.clear();
  open.until = {"deal.won"};
  rig.specs.sources[0].feeds.clear();
  ASSERT_TRUE(rig.Start(0).ok());
  rig.LeadFrom("crm/eu", 0);
  rig.LeadFrom("crm/eu", 30 * kMinute);
  ASSERT_TRUE(rig.RunAt(35 * kMinute).ok());
  EXPECT_DOUBLE_EQ(rig.Covered(2), 59.0 * 15 / 35);
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  EXPECT_EQ(rig.Covered(2), 0);
}

TEST(Source, ARuleDoesNotTakeAValueThatIsNotCovered) {
  SourceRig rig;
  rig.Rule("none", "leads", "1h", 1, 1).direction = RuleSpec::Direction::kBelow;
  rig.specs.rules[0].min_coverage = {95, 2};
  rig.Rule("gone", "leads", "1h", 1, 1).direction = RuleSpec::Direction::kBelow;
  rig.specs.rules[1].min_coverage = {95, 2};
  rig.specs.rules[1].absent = Absent::kBreach;
  rig.Rule("plain", "leads", "1h", 1, 1).direction = RuleSpec::Direction::kBelow;
  ASSERT_TRUE(rig.Start(0).ok());
  for (int64_t t = 0; t <= kHour; t += 5 * kMinute) rig.LeadFrom("crm/eu", t);
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  for (uint32_t r = 0; r < 3; ++r) EXPECT_EQ(rig.Breach(r).state, BreachState::kInactive);
  ASSERT_TRUE(rig.RunAt(kHour + 20 * kMinute).ok());
  EXPECT_EQ(rig.Breach(0).state, BreachState::kInactive);
  EXPECT_EQ(rig.Breach(1).state, BreachState::kFiring) << "absent, though leads are counted";
  EXPECT_EQ(rig.Breach(1).since, EngineRig::At(kHour + 13 * kMinute)) << "the first look with 56 of 59 minutes";
  ASSERT_TRUE(rig.Start(3 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(3 * kHour).ok());
  EXPECT_EQ(rig.Breach(0).state, BreachState::kInactive) << "no leads, but nobody knows";
  EXPECT_EQ(rig.Breach(2).state, BreachState::kFiring);
  rig.Beat("crm/eu", "", 3 * kHour + kMinute, 3 * kHour + kMinute);  // there were none
  ASSERT_TRUE(rig.RunAt(3 * kHour + 2 * kMinute).ok());
  EXPECT_EQ(rig.Breach(0).state, BreachState::kFiring);
}

}  // namespace
}  // namespace tidemark
