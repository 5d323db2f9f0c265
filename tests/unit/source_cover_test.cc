// What a source covers is a function of the set of what was heard of it.
#include "pipeline/time/source_cover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tidemark {
namespace {

EventTime At(int64_t seconds) { return EventTimeFromMicros(seconds * kMicrosPerSecond); }
constexpr Duration kEvery = std::chrono::seconds(10);

std::vector<TimeSpan> Uncovered(const SourceCover& cover, int64_t from, int64_t to) {
  std::vector<TimeSpan> spans;
  cover.AppendUncovered(At(from), At(to), kEvery, &spans);
  return spans;
}

TEST(SourceCover, OneNeverHeardCoversNothing) {
  const SourceCover cover;
  EXPECT_EQ(Uncovered(cover, 5, 9), (std::vector<TimeSpan>{{At(5), At(9)}}));
  EXPECT_EQ(cover.End(kEvery), kNoEventTime);
}

TEST(SourceCover, EachHearingCoversWhatFollowsIt) {
  SourceCover cover;
  for (const int64_t t : {100, 105, 115, 140}) cover.Hear(At(t), kEvery);
  EXPECT_EQ(Uncovered(cover, 90, 160), (std::vector<TimeSpan>{{At(90), At(100)}, {At(125), At(140)}, {At(150), At(160)}}));
  EXPECT_EQ(cover.End(kEvery), At(150));
  cover.Hear(At(128), kEvery);  // late
  EXPECT_EQ(Uncovered(cover, 100, 150), (std::vector<TimeSpan>{{At(125), At(128)}, {At(138), At(140)}}));
  cover.Hear(At(60), kEvery);   // before all others
  EXPECT_EQ(Uncovered(cover, 0, 110), (std::vector<TimeSpan>{{At(0), At(60)}, {At(70), At(100)}}));
}

TEST(SourceCover, WhatIsCompleteIsCoveredFromTheFirstHearingOn) {
  SourceCover cover;
  for (const int64_t t : {100, 200, 300}) cover.Hear(At(t), kEvery);
  cover.Complete(At(250));
  EXPECT_EQ(Uncovered(cover, 90, 320), (std::vector<TimeSpan>{{At(90), At(100)}, {At(250), At(300)}, {At(310), At(320)}}));
  EXPECT_FALSE(cover.Complete(At(220))) << "less than was said before";
  cover.Complete(At(400));
  EXPECT_EQ(Uncovered(cover, 100, 420), (std::vector<TimeSpan>{{At(400), At(420)}}));
  cover.Hear(At(500), kEvery);
  EXPECT_EQ(Uncovered(cover, 100, 510), (std::vector<TimeSpan>{{At(400), At(500)}}));
  cover.Hear(At(20), kEvery);
  EXPECT_EQ(Uncovered(cover, 20, 510), (std::vector<TimeSpan>{{At(400), At(500)}}));
}

// The naive answer, second by second.
std::vector<bool> Naive(const std::vector<std::pair<int64_t, int64_t>>& heard, int64_t to) {
  std::vector<bool> covered(static_cast<size_t>(to));
  int64_t first = to, complete = 0;
  const auto cover = [&](int64_t from, int64_t end) {
    for (int64_t s = from; s < std::min(end, to); ++s) covered[static_cast<size_t>(s)] = true;
  };
  for (const auto& [t, through] : heard) {
    first = std::min(first, t);
    complete = std::max(complete, through);
    cover(t, t + kEvery / std::chrono::seconds(1));
  }
  cover(first, complete);
  return covered;
}

TEST(SourceCover, IsAFunctionOfTheSetOfWhatWasHeard) {
  constexpr int64_t kTo = 1500;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<std::pair<int64_t, int64_t>> heard;  // at, complete through (0: not said)
    const size_t n = 1 + random() % 60;
    for (size_t i = 0; i < n; ++i) {
      const auto t = static_cast<int64_t>(1 + random() % (kTo - 1));
      heard.emplace_back(t, random() % 20 == 0 ? static_cast<int64_t>(random() % static_cast<uint32_t>(t)) : 0);
    }
    const std::vector<bool> naive = Naive(heard, kTo);
    for (int order = 0; order < 5; ++order) {
      SourceCover cover;
      for (const auto& [t, through] : heard) {
        cover.Hear(At(t), kEvery);
        if (through > 0) cover.Complete(At(through));
      }
      std::vector<bool> covered(kTo, true);
      for (const TimeSpan& span : Uncovered(cover, 0, kTo)) {
        for (auto s = Micros(span.from) / kMicrosPerSecond; s < Micros(span.to) / kMicrosPerSecond; ++s) covered[static_cast<size_t>(s)] = false;
      }
      EXPECT_EQ(covered, naive);
      SourceCover restored;
      EXPECT_TRUE(restored.Restore(cover.first(), cover.last(), cover.complete(), {cover.gaps().begin(), cover.gaps().end()}));
      std::shuffle(heard.begin(), heard.end(), random);
    }
  }
}

TEST(SourceCover, BeyondTheBoundTheTwoOldestGapsAreOne) {
  SourceCover cover;
  constexpr auto kHearings = static_cast<int64_t>(SourceCover::kMaxGaps) + 3;
  for (int64_t i = 0; i < kHearings; ++i) cover.Hear(At(100 * i), kEvery);
  ASSERT_EQ(cover.gaps().size(), SourceCover::kMaxGaps);
  EXPECT_EQ(cover.gaps()[0], (TimeSpan{At(10), At(300)}));
  EXPECT_EQ(cover.gaps()[1], (TimeSpan{At(310), At(400)}));
}

TEST(SourceCover, WhatNoCoverCanBeIsNotRestored) {
  SourceCover cover;
  EXPECT_FALSE(cover.Restore(At(2), At(1), kNoEventTime, {}));
  EXPECT_FALSE(cover.Restore(At(0), At(9), kNoEventTime, {{At(4), At(4)}}));
  EXPECT_FALSE(cover.Restore(At(0), At(9), kNoEventTime, {{At(4), At(6)}, {At(5), At(7)}}));
  EXPECT_FALSE(cover.Restore(At(0), At(9), kNoEventTime, {{At(8), At(10)}}));
}

TEST(TimeSpans, AreJoinedAndMeasured) {
  std::vector<TimeSpan> spans = {{At(20), At(30)}, {At(0), At(5)}, {At(25), At(27)}, {At(30), At(31)}};
  Join(&spans);
  EXPECT_EQ(spans, (std::vector<TimeSpan>{{At(0), At(5)}, {At(20), At(31)}}));
  EXPECT_EQ(Within(spans, At(3), At(22)), std::chrono::seconds(4));
  EXPECT_EQ(Within(spans, At(5), At(20)), Duration(0));
  EXPECT_EQ(Within(spans, EventTime::min(), EventTime::max()), std::chrono::seconds(16));
}

}  // namespace
}  // namespace tidemark
