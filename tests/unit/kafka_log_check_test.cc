#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/kafka/log_check.h"

namespace tidemark {
namespace {

using Verdict = LogCheck::Verdict;

RecordView Record(int64_t offset, std::string_view value = "v") {
  return {Offset{offset}, WallTimeFromMicros(1000), "k", value};
}

// State that knows everything before `next`, with the record at `last` applied.
StartAt Start(int64_t next, int64_t last, std::string_view value = "v") {
  StartAt start;
  start.tp = {"orders", 3};
  start.next_offset = Offset{next};
  start.last_offset = Offset{last};
  start.last_digest = RecordDigest(Record(last, value));
  return start;
}

TEST(LogCheck, WithoutStateEverythingIsHandedOut) {
  LogCheck check({.id = {}, .tp = {"orders", 0}}, OnDataLoss::kHalt);
  EXPECT_EQ(check.fetch_from(), kNoOffset);
  EXPECT_EQ(check.OnRecord(Record(7)), Verdict::kDeliver);
  EXPECT_EQ(check.next(), Offset{8});
}

TEST(LogCheck, TheLastAppliedRecordIsRecognisedAndNotHandedOutAgain) {
  LogCheck check(Start(10, 9), OnDataLoss::kHalt);
  EXPECT_EQ(check.fetch_from(), Offset{9});
  EXPECT_FALSE(check.reading());
  EXPECT_EQ(check.OnRecord(Record(9)), Verdict::kDrop);
  EXPECT_TRUE(check.reading());
  EXPECT_EQ(check.OnRecord(Record(10)), Verdict::kDeliver);
  EXPECT_EQ(check.unrecognised(), 0u);
}

TEST(LogCheck, AnotherRecordAtTheSameOffsetHalts) {
  LogCheck check(Start(10, 9), OnDataLoss::kHalt);
  EXPECT_EQ(check.OnRecord(Record(9, "other")), Verdict::kHalt);
  EXPECT_TRUE(check.halted());
  EXPECT_NE(check.halt_reason().find("topic orders, partition 3 was re-created"), std::string::npos);
  EXPECT_EQ(check.OnRecord(Record(10)), Verdict::kDrop);
}

TEST(LogCheck, AnotherRecordAtTheSameOffsetBeginsAnewWhenLossMayBeSkipped) {
  LogCheck check(Start(10, 9), OnDataLoss::kSkip);
  EXPECT_EQ(check.OnRecord(Record(9, "other")), Verdict::kAskRange);
  EXPECT_EQ(check.OnRecord(Record(10)), Verdict::kDrop) << "not before its begin is known";
  EXPECT_EQ(check.OnRange(Offset{2}, Offset{30}), Verdict::kSeek);
  EXPECT_EQ(check.fetch_from(), Offset{2});
  EXPECT_TRUE(check.TakeRestarted());
  EXPECT_FALSE(check.TakeRestarted()) << "told once";
  EXPECT_EQ(check.OnRecord(Record(2)), Verdict::kDeliver);
}

TEST(LogCheck, TheEndBeforeTheLastAppliedRecordAsksForTheRange) {
  LogCheck check(Start(10, 9), OnDataLoss::kHalt);
  EXPECT_EQ(check.OnEnd(Offset{9}), Verdict::kAskRange);
  EXPECT_EQ(check.OnRange(Offset{0}, Offset{9}), Verdict::kHalt);
}

TEST(LogCheck, ControlRecordsBehindTheLastRecordArePassedByTheEndOfTheLog) {
  LogCheck check(Start(10, 9), OnDataLoss::kHalt);
  EXPECT_EQ(check.OnRecord(Record(9)), Verdict::kDrop);
  EXPECT_EQ(check.OnEnd(Offset{12}), Verdict::kDrop);
  EXPECT_EQ(check.next(), Offset{12});
}

TEST(LogCheck, NoRecordIsHandedOutTwice) {
  LogCheck check(Start(10, 9), OnDataLoss::kHalt);
  EXPECT_EQ(check.OnRecord(Record(9)), Verdict::kDrop);
  EXPECT_EQ(check.OnRecord(Record(10)), Verdict::kDeliver);
  EXPECT_EQ(check.OnRecord(Record(10)), Verdict::kDrop);
  EXPECT_EQ(check.OnRecord(Record(8)), Verdict::kDrop);
}

TEST(LogCheck, AfterAnInterruptionTheLastRecordHandedOutIsRecognisedFirst) {
  LogCheck check({.id = {}, .tp = {"orders", 0}}, OnDataLoss::kHalt);
  EXPECT_EQ(check.OnInterruption(), Verdict::kDrop) << "nothing was read yet";
  const RecordView record = Record(4, "four");
  EXPECT_EQ(check.OnRecord(record), Verdict::kDeliver);
  check.Delivered(record);
  EXPECT_EQ(check.OnInterruption(), Verdict::kSeek);
  EXPECT_EQ(check.fetch_from(), Offset{4});
  EXPECT_EQ(check.OnRecord(record), Verdict::kDrop);
  EXPECT_TRUE(check.reading());
  EXPECT_EQ(check.OnInterruption(), Verdict::kSeek);
  EXPECT_EQ(check.OnRecord(Record(4, "another")), Verdict::kHalt);
}

struct RangeCase {
  const char* name;
  int64_t next, last;  // state; last -1: none
  int64_t low, high;   // of the log
  Verdict halt, skip;  // what follows under either policy
  int64_t from;        // where reading goes on under skip
  bool gap, restarted;
};

class LogCheckRange : public testing::TestWithParam<RangeCase> {};

TEST_P(LogCheckRange, DecidesWhatIsLost) {
  const RangeCase& c = GetParam();
  for (const OnDataLoss policy : {OnDataLoss::kHalt, OnDataLoss::kSkip}) {
    LogCheck check(Start(c.next, c.last), policy);
    ASSERT_EQ(check.OnOutOfRange(), Verdict::kAskRange);
    const bool skip = policy == OnDataLoss::kSkip;
    EXPECT_EQ(check.OnRange(Offset{c.low}, Offset{c.high}), skip ? c.skip : c.halt);
    EXPECT_EQ(check.halted(), !skip && c.halt == Verdict::kHalt);
    if (!skip) continue;
    EXPECT_EQ(check.fetch_from(), Offset{c.from});
    const auto gap = check.TakeGap();
    EXPECT_EQ(gap.has_value(), c.gap);
    if (gap) {
      EXPECT_EQ(*gap, std::make_pair(Offset{c.next}, Offset{c.low}));
    }
    EXPECT_EQ(check.TakeRestarted(), c.restarted);
  }
}

constexpr Verdict kSeek = Verdict::kSeek;
constexpr Verdict kHalt = Verdict::kHalt;

INSTANTIATE_TEST_SUITE_P(
    Edges, LogCheckRange,
    testing::Values(RangeCase{"LastStillThere", 10, 9, 9, 20, kSeek, kSeek, 9, false, false},
                    RangeCase{"LastJustDeleted", 10, 9, 10, 20, kSeek, kSeek, 10, false, false},
                    RangeCase{"NextJustDeleted", 10, 9, 11, 20, kHalt, kSeek, 11, true, false},
                    RangeCase{"AllDeletedNothingMissed", 10, 9, 10, 10, kSeek, kSeek, 10, false, false},
                    RangeCase{"EndsAtLast", 10, 9, 0, 9, kHalt, kSeek, 0, false, true},
                    RangeCase{"EndsBehindLast", 10, 9, 0, 10, kSeek, kSeek, 9, false, false},
                    RangeCase{"OnlyControlRecordsCutOff", 12, 9, 0, 10, kSeek, kSeek, 9, false, false},
                    RangeCase{"NoLastEndsAtNext", 5, -1, 0, 5, kSeek, kSeek, 5, false, false},
                    RangeCase{"NoLastEndsBeforeNext", 5, -1, 0, 4, kHalt, kSeek, 0, false, true},
                    RangeCase{"NoLastNextDeleted", 5, -1, 6, 9, kHalt, kSeek, 6, true, false}),
    [](const auto& info) { return info.param.name; });

TEST(RecordDigest, IsTheSameOnEveryMachineAndRelease) {
  // Stored next to the offsets: these numbers never change.
  EXPECT_EQ(RecordDigest(Record(0, "")), 14088907754626522652u);
  EXPECT_EQ(RecordDigest(Record(42, "nine bytes")), 12580603259198900921u);
}

TEST(RecordDigest, TellsEveryPartOfARecordApart) {
  const RecordView base{Offset{1}, WallTimeFromMicros(5), "key", "value"};
  std::vector<RecordView> others(7, base);
  others[0].offset = Offset{2};
  others[1].kafka_time = WallTimeFromMicros(6);
  others[2].key = "kex";
  others[3].value = "valuf";
  others[4].key = "keyv";
  others[4].value = "alue";
  others[5].value = {};
  others[6].value = "";
  std::vector<uint64_t> digests = {RecordDigest(base)};
  for (const RecordView& other : others) {
    for (const uint64_t seen : digests) EXPECT_NE(RecordDigest(other), seen);
    digests.push_back(RecordDigest(other));
  }
}

}  // namespace
}  // namespace tidemark
