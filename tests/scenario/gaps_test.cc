// Gaps that a source tells of: what they do to coverage, whatever comes between.
#include <algorithm>
#include <random>

#include "config/config.h"
#include "pipeline/engine/partition.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int64_t kMinute = 60, kHour = 3600;

std::string ConfigOf(const std::string& on_gap) {
  return R"(
kafka: {brokers: none}
sources:
  sfdc: {topics: [crm], shape: salesforce_cdc, time: ms(meta.commitTimestamp), )" + on_gap + R"( events: [{emit: deal.updated, id: [item, meta.commitTimestamp], set: {deal.id: item, deal.stage: row.StageName}}]}
topics: [{name: plain, events: [order.paid, deal.won]}]
kpis:
- {name: updates, count: true, on: deal.updated, windows: [1h, 24h, lifetime]}
- {name: pipeline, key: deal.id, open: true, on: deal.updated, until: [deal.won]}
- {name: orders, count: true, on: order.paid, windows: [1h]}
)";
}

struct Gaps : testing::Test {
  Gaps() { Configure(""); }
  void Configure(const std::string& on_gap) { Configure(on_gap, &rig); }
  static void Configure(const std::string& on_gap, EngineRig* rig) {
    Diagnostics diagnostics;
    rig->specs = Specs();
    ParseConfig("gaps_test", ConfigOf(on_gap), &rig->specs, &diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  }
  static std::string Record(const std::string& type, int64_t seconds, const std::string& id) {
    return R"({"ChangeEventHeader":{"recordIds":[")" + id + R"("],"changeType":")" + type + R"(","commitTimestamp":)" + std::to_string((EngineRig::kStartSeconds + seconds) * 1000) +
           R"(},"StageName":"new"})";
  }
  void Say(const std::string& type, int64_t seconds, int64_t sent = -1) {
    rig.logs.at({kRigTopic, 0}).Append(Record(type, seconds, "006" + std::to_string(seconds % 7)), sent < 0 ? WallTime::min() : EngineRig::WallAt(sent));
  }
  // In minutes: of the 59 that a window of 1h holds at a full minute.
  double Covered(uint32_t kpi = 0, size_t window = 0) const { return rig.engine->view()->status(KpiId{kpi}).coverage[window] * 59; }
  std::vector<TimeSpan> Unobserved() const { return rig.engine->view()->partitions()[0].unobserved; }
  EngineRig rig;
};

TEST_F(Gaps, LowersCoverageOfWhatItsTopicFeedsAsLongAsAWindowHoldsIt) {
  rig.logs[{"plain", 0}];
  ASSERT_TRUE(rig.Start(0).ok());
  for (int64_t t = 0; t <= 2 * kHour; t += 5 * kMinute) Say("UPDATE", t);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 59);
  Say("GAP_UPDATE", 2 * kHour - 10 * kMinute + 17);
  Say("GAP_OVERFLOW", 2 * kHour - 10 * kMinute + 59);  // of the same minute
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 58);
  EXPECT_DOUBLE_EQ(Covered(0, 2), 59.0 * 119 / 120) << "lifetime";
  EXPECT_DOUBLE_EQ(Covered(1), 59.0 * 119 / 120) << "what is open is known but for what was lost";
  EXPECT_EQ(rig.Counts().gaps, 2);
  const TimeSpan minute{EngineRig::At(2 * kHour - 10 * kMinute), EngineRig::At(2 * kHour - 9 * kMinute)};
  EXPECT_EQ(Unobserved(), std::vector<TimeSpan>{minute});
  // A restart, and the same records again, change nothing.
  ASSERT_TRUE(rig.Start(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 58);
  Say("GAP_UPDATE", 2 * kHour - 10 * kMinute + 17);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 58);
  EXPECT_EQ(Unobserved(), std::vector<TimeSpan>{minute});
  // The window moves on.
  ASSERT_TRUE(rig.RunAt(2 * kHour + 48 * kMinute).ok());
  EXPECT_DOUBLE_EQ(Covered(), 58);
  ASSERT_TRUE(rig.RunAt(2 * kHour + 51 * kMinute).ok());
  EXPECT_DOUBLE_EQ(Covered(), 59);
  EXPECT_LT(Covered(0, 1), 59) << "24h still holds it";
}

TEST_F(Gaps, UnderCountTheyAreCountedAlone) {
  Configure("on_gap: count,");
  ASSERT_TRUE(rig.Start(0).ok());
  Say("UPDATE", 0);
  Say("GAP_UPDATE", kHour);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 59);
  EXPECT_EQ(rig.Counts().gaps, 1);
  EXPECT_TRUE(Unobserved().empty());
  Configure("on_gap: coverage,");
  ASSERT_TRUE(rig.Start(2 * kHour).ok());
  EXPECT_EQ(rig.Value("updates", "lifetime"), "1") << "it is the same mapping";
  Say("GAP_UPDATE", 2 * kHour - 5 * kMinute);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 58) << "from then on";
  Configure("on_gap: count,");
  ASSERT_TRUE(rig.Start(2 * kHour).ok());
  EXPECT_DOUBLE_EQ(Covered(), 59);
}

TEST_F(Gaps, OneOfNoPossibleTimeIsOfWhenItsRecordWasSent) {
  ASSERT_TRUE(rig.Start(0).ok());
  Say("UPDATE", 0, 0);
  Say("GAP_UPDATE", 40 * kHour, kHour + 30 * kMinute);
  Say("GAP_UPDATE", 40 * kHour);  // neither
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(Unobserved(), (std::vector<TimeSpan>{{EngineRig::At(kHour + 30 * kMinute), EngineRig::At(kHour + 31 * kMinute)}}));
  EXPECT_EQ(rig.Counts().gaps, 2);
}

TEST_F(Gaps, ARecordThatIsTooLargeTellsOfNone) {
  rig.specs.limits.max_record_bytes = 1024;
  ASSERT_TRUE(rig.Start(0).ok());
  Say("UPDATE", 0, 0);
  Say("GAP_UPDATE", 40 * kHour);
  rig.logs.at({kRigTopic, 0}).Append(std::string(1025, 'x'), EngineRig::WallAt(kHour + 30 * kMinute));
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(rig.Counts().gaps, 1);
  EXPECT_EQ(rig.Counts().undecodable[static_cast<size_t>(DecodeError::kTooLarge)], 1);
  EXPECT_TRUE(Unobserved().empty()) << "the gap before it isn't of its time";
}

TEST_F(Gaps, OneRecordMayTellOfSeveral) {
  Configure("each: root,");
  ASSERT_TRUE(rig.Start(0).ok());
  Say("UPDATE", 0);
  std::string records;
  for (const int64_t seconds : {90 * kMinute, 90 * kMinute + 59, 95 * kMinute, 80 * kMinute, 90 * kMinute + 30}) {
    records += (records.empty() ? "[" : ",") + Record("GAP_UPDATE", seconds, "006a");
  }
  rig.logs.at({kRigTopic, 0}).Append(records + "]", WallTime::min());
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  const auto minute = [](int64_t n) { return TimeSpan{EngineRig::At(n * kMinute), EngineRig::At((n + 1) * kMinute)}; };
  EXPECT_EQ(Unobserved(), (std::vector<TimeSpan>{minute(80), minute(90), minute(95)}));
  EXPECT_DOUBLE_EQ(Covered(), 56);
}

TEST_F(Gaps, TheirOrderMakesNoDifference) {
  std::vector<std::pair<std::string, int64_t>> records;
  for (int64_t n = 0; n < 40; ++n) records.emplace_back(n % 3 == 0 ? "GAP_CREATE" : "UPDATE", n * n * 7 % (2 * kHour));
  std::vector<double> coverage;
  for (int order = 0; order < 6; ++order) {
    EngineRig fresh(2);
    Configure("", &fresh);
    ASSERT_TRUE(fresh.Start(0).ok());
    for (int partition = 0; partition < 2; ++partition) fresh.logs.at({kRigTopic, partition}).Append(Record("UPDATE", 0, "006a"), WallTime::min());
    for (const auto& [type, seconds] : records) {
      fresh.logs.at({kRigTopic, order % 2 == 0 ? 0 : static_cast<int>(seconds % 2)}).Append(Record(type, seconds, "006a"), WallTime::min());
    }
    ASSERT_TRUE(fresh.RunAt(2 * kHour).ok());
    coverage.push_back(fresh.engine->view()->status(KpiId{0}).coverage[0] * 59);
    std::rotate(records.begin(), records.begin() + 7 + order, records.end());
  }
  EXPECT_LT(coverage[0], 59);
  EXPECT_EQ(coverage, std::vector<double>(6, coverage[0]));
}

TEST_F(Gaps, WhatIsCountedOverThePastKnowsThoseOfThePast) {
  Configure("on_gap: count,");
  ASSERT_TRUE(rig.Start(0).ok());
  Say("UPDATE", 0);
  Say("GAP_UPDATE", kHour + 30 * kMinute);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  Configure("on_gap: coverage,");
  rig.Kpi("more", Measure::kCount, "deal.updated", {{"deal_stage", "deal.stage"}}, {"1h", "24h"});
  ASSERT_TRUE(rig.BackFill(2 * kHour).ok());
  ASSERT_TRUE(rig.Start(2 * kHour).ok());
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_EQ(rig.Value("more", "24h", "new"), "1");
  ASSERT_EQ(rig.engine->view()->kpis()[3].name, "more");
  EXPECT_DOUBLE_EQ(Covered(3), 58);
  EXPECT_DOUBLE_EQ(Covered(), 58) << "what was counted before it was known";
  EXPECT_EQ(Unobserved(), (std::vector<TimeSpan>{{EngineRig::At(kHour + 30 * kMinute), EngineRig::At(kHour + 31 * kMinute)}}));
}

// Minute n, of each, one after the other.
Partition Marked(const std::vector<int64_t>& minutes) {
  Partition partition({"t", 0}, TopicId{0}, Duration(0));
  for (const int64_t n : minutes) {
    const TimeSpan span[] = {{EngineRig::At(n * kMinute), EngineRig::At((n + 1) * kMinute)}};
    MarkGaps(span, &partition);
  }
  return partition;
}

TEST(GapsKept, BeyondSoManyTheTwoOldestBecomeOne) {
  constexpr auto kMost = static_cast<int64_t>(SourceCover::kMaxGaps);
  std::vector<int64_t> minutes;
  for (int64_t n = 0; n < kMost; ++n) minutes.push_back(n * 10);
  EXPECT_EQ(Marked(minutes).gaps.size(), SourceCover::kMaxGaps);
  minutes.push_back(1003);
  Partition partition = Marked(minutes);
  ASSERT_EQ(partition.gaps.size(), SourceCover::kMaxGaps);
  EXPECT_EQ(partition.gaps[0], (TimeSpan{EngineRig::At(0), EngineRig::At(11 * kMinute)}));
  EXPECT_EQ(partition.gaps[1], (TimeSpan{EngineRig::At(20 * kMinute), EngineRig::At(21 * kMinute)}));
  minutes.push_back(5);  // within
  EXPECT_EQ(Marked(minutes).gaps, partition.gaps);
  Partition again({"t", 0}, TopicId{0}, Duration(0));
  partition.next_offset = partition.last_offset = Offset{0};
  ASSERT_TRUE(DecodePartition(EncodePartition(partition), &again).ok());
  EXPECT_EQ(again.gaps, partition.gaps);
  std::string stored = EncodePartition(partition);
  stored.append("\x02\x04");  // one that is before those
  EXPECT_FALSE(DecodePartition(stored, &again).ok());
}

TEST(GapsKept, BeyondSoManyTheNewestAreExactWhateverTheOrder) {
  constexpr auto kMost = static_cast<int64_t>(SourceCover::kMaxGaps), kMore = int64_t{150};
  std::vector<int64_t> minutes;
  for (int64_t n = 0; n < kMost + kMore; ++n) minutes.push_back(n * 10);
  std::vector<TimeSpan> expected = {{EngineRig::At(0), EngineRig::At((kMore * 10 + 1) * kMinute)}};
  for (int64_t n = kMore + 1; n < kMost + kMore; ++n) expected.push_back({EngineRig::At(n * 10 * kMinute), EngineRig::At((n * 10 + 1) * kMinute)});
  EXPECT_EQ(Marked(minutes).gaps, expected) << "forwards";
  std::reverse(minutes.begin(), minutes.end());
  EXPECT_EQ(Marked(minutes).gaps, expected) << "backwards";
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    std::mt19937 random(seed);
    std::shuffle(minutes.begin(), minutes.end(), random);
    EXPECT_EQ(Marked(minutes).gaps, expected) << "seed " << seed;
  }
  std::vector<TimeSpan> all;
  for (const int64_t n : minutes) all.push_back({EngineRig::At(n * kMinute), EngineRig::At((n + 1) * kMinute)});
  Partition at_once({"t", 0}, TopicId{0}, Duration(0));
  MarkGaps(all, &at_once);
  EXPECT_EQ(at_once.gaps, expected) << "as a back-fill brings them";
}

}  // namespace
}  // namespace tidemark
