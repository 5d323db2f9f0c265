#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "pipeline/aggregate/staircase.h"
#include "pipeline/base/decimal.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/nearest.h"
#include "pipeline/base/pseudonyms.h"
#include "pipeline/base/time.h"
#include "pipeline/plan/tier.h"

namespace tidemark {
namespace {

TEST(Decimals, AreWrittenExactlyAndReadBack) {
  struct Row {
    const char* name;
    Int128 mantissa;
    int scale;
    const char* text;
  };
  for (const Row& row : {Row{"zero", 0, 6, "0"}, Row{"money", 2'030'270'940'000, 6, "2030270.94"}, Row{"small", 5, 6, "0.000005"},
                         Row{"negative", -1'500'000, 6, "-1.5"}, Row{"whole", 42, 0, "42"}, Row{"small negative", -5, 1, "-0.5"}}) {
    EXPECT_EQ(ToString(Decimal{row.mantissa, row.scale}), row.text) << row.name;
    const auto back = ParseDecimal(row.text);
    ASSERT_TRUE(back.ok()) << row.name;
    EXPECT_EQ(Compare(*back, {row.mantissa, row.scale}), 0) << row.name;
  }
  for (const char* bad : {"", "-", ".", "1e3", "1.2.3", "0.1234567890123456789", "999999999999999999999999999999999999999999"}) {
    EXPECT_FALSE(ParseDecimal(bad).ok()) << bad;
  }
}

TEST(Decimals, OverflowIsSaidAndNeverWraps) {
  const Decimal most{(Int128{1} << 126) - 1 + (Int128{1} << 126), 0};
  EXPECT_FALSE(Add(most, {1, 0}).has_value());
  EXPECT_FALSE(Multiply(most, {2, 0}).has_value());
  EXPECT_FALSE(Rescale(most, 1).has_value());
  EXPECT_EQ(Compare(most, {1, 18}), 1) << "also where they cannot be brought to one scale";
  const Decimal least{-most.mantissa - 1, 18};
  EXPECT_EQ(Compare(least, {least.mantissa + 1, 18}), -1) << "whose whole part, times 10^18, is beyond 128 bits";
  EXPECT_EQ(Compare(least, least), 0);
}

TEST(Decimals, ThoseThatCannotBeBroughtToOneScaleAreRefused) {
  const Decimal most{(Int128{1} << 126) - 1 + (Int128{1} << 126), 0};
  EXPECT_FALSE(Add(most, {1, 18}).has_value());
  EXPECT_FALSE(Subtract({1, 18}, most).has_value());
  EXPECT_FALSE(Subtract(most, {-1, 0}).has_value());
  EXPECT_FALSE(Multiply({1, 18}, {1, 18}).has_value()) << "36 digits after the point";
  EXPECT_EQ(ToString(Multiply({Int128{1'000'000'000'000'000'000}, 18}, {1, 18}).value()), "0.000000000000000001");
  EXPECT_EQ(ToString(Rescale({150, 2}, 1).value()), "1.5");
  EXPECT_FALSE(Rescale({151, 2}, 1).has_value());
  EXPECT_FALSE(Rescale({1, 0}, 19).has_value());
  EXPECT_FALSE(ParseDecimal("170141183460469231731687303715884105728").ok()) << "2^127";
  EXPECT_TRUE(ParseDecimal("170141183460469231731687303715884105727").ok());
}

TEST(Decimals, AQuotientOfAnySizeIsTheNearestDouble) {
  const Int128 large = Int128{1} << 100;
  EXPECT_EQ(NearestQuotient(0, large), 0);
  EXPECT_EQ(NearestQuotient(large, 1), 0x1p100) << "a quotient of more than 64 bits";
  EXPECT_EQ(NearestQuotient(large + 1, 1), 0x1p100);
  EXPECT_EQ(NearestQuotient(large + (Int128{1} << 47) + 1, 1), 0x1.0000000000001p100) << "just above the middle";
  EXPECT_EQ(NearestQuotient(large + (Int128{1} << 47), 1), 0x1p100) << "the middle, to even";
  EXPECT_EQ(NearestQuotient(large, -3), -0x1.5555555555555p98);
  EXPECT_EQ(NearestQuotient(-large, -large), 1);
}

TEST(Times, DurationsAndInstantsReadBack) {
  for (const char* text : {"90s", "15m", "24h", "7d", "100ms", "250us", "0s"}) {
    const auto d = ParseDuration(text);
    ASSERT_TRUE(d.ok()) << text;
    EXPECT_EQ(FormatDuration(*d), text);
  }
  for (const char* bad : {"", "h", "1", "1x", "-1h", "1h-2m", "99999999999999d", "106751990d106751990d"}) EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  for (const char* text : {"2026-11-24T03:36:49Z", "1969-12-31T23:59:59.5Z", "2024-02-29T00:00:00.000001Z"}) {
    const auto t = ParseRfc3339(text);
    ASSERT_TRUE(t.ok()) << text;
    EXPECT_EQ(FormatRfc3339(*t), text);
  }
  EXPECT_EQ(ParseRfc3339("2026-11-24T03:36:49+05:45").value(), ParseRfc3339("2026-11-23T21:51:49Z").value());
  EXPECT_EQ(ParseRfc3339("2026-11-24T00:00:00-23:59").value(), ParseRfc3339("2026-11-24T23:59:00Z").value());
  for (const char* bad : {"2026-11-24T00:60:00Z", "2026-11-24T00:00:61Z", "2026-11-24T00:00:00.Z", "2026-11-24T00:00:00+2:00", "2026-11-24T00:00:00+0200",
                          "2026-11-24T00:00:00+02:0", "2026-11-24T00:00:00+24:00", "2026-11-24T00:00:00+00:60", "2026-11-24T00:00", "2026-11-24T00:00:0/Z"}) {
    EXPECT_FALSE(ParseRfc3339(bad).ok()) << bad;
  }
  for (const char* bad : {"2026-11-24", "2026-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T00:00:00", "x", "9999-12-31T23:59:60Z",
                          "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"}) {
    EXPECT_FALSE(ParseRfc3339(bad).ok()) << bad;
  }
}

TEST(Windows, LowerEdgeMovesByTheStepAndTheWindowNeverExceedsItsLength) {
  const Duration length = std::chrono::hours(24), step = std::chrono::minutes(10);
  for (int64_t t = 0; t < 3 * 3600; t += 37) {
    const EventTime now = EventTimeFromMicros(t * kMicrosPerSecond);
    const EventTime edge = LowerEdge(now, length, step);
    EXPECT_EQ(Micros(edge) % step.count(), 0);
    EXPECT_LE(now - edge, length);
    EXPECT_GE(now - edge, length - step);
  }
}

TEST(Staircases, EqualTheNaiveExtremeForEveryWindowInAnyOrder) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 rng(seed);
    const bool maximum = seed % 2 == 0;
    Staircase stairs;
    std::multimap<EventTime, int64_t> all;
    for (int i = 0; i < 60; ++i) {
      const EventTime pane = EventTimeFromMicros(static_cast<int64_t>(rng() % 40));
      const auto value = static_cast<int64_t>(rng() % 15) - 7;
      stairs.Add(pane, value, maximum);
      all.emplace(pane, value);
      for (int64_t from = 0; from <= 40; ++from) {
        std::optional<int64_t> want;
        for (auto it = all.lower_bound(EventTimeFromMicros(from)); it != all.end(); ++it) {
          want = !want ? it->second : maximum ? std::max(*want, it->second) : std::min(*want, it->second);
        }
        ASSERT_EQ(stairs.Between(EventTimeFromMicros(from), EventTime::max(), maximum), want) << "seed " << seed << " from " << from;
      }
      for (size_t s = 1; s < stairs.steps().size(); ++s) {
        const int64_t before = stairs.steps()[s - 1].value, after = stairs.steps()[s].value;
        ASSERT_TRUE(maximum ? before > after : before < after) << "a step that no window needs, seed " << seed;
      }
    }
  }
}

TEST(Staircases, AndLastValuesAreExactForEveryWindowThatEndsWhereAllIsSettledOrLater) {
  constexpr Duration kPane{4};
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 rng(seed);
    const bool maximum = seed % 2 == 0;
    Staircase stairs;
    LastValues last;
    std::vector<LastValue> all;
    int64_t settled = 0;
    for (int i = 0; i < 60; ++i) {
      if (rng() % 4 == 0) settled += 4 * static_cast<int64_t>(rng() % 3);
      const EventTime time = EventTimeFromMicros(static_cast<int64_t>(rng() % 40));
      const LastValue added{time, rng(), static_cast<int64_t>(rng() % 15) - 7};
      stairs.Settle(EventTimeFromMicros(settled), maximum);
      stairs.Add(FloorTo(time, kPane), added.value, maximum, EventTimeFromMicros(settled));
      last.Add(added, kPane, EventTimeFromMicros(settled));
      all.push_back(added);
      for (size_t n = 1; n < last.values().size(); ++n) {
        const EventTime before = last.values()[n - 1].time, after = last.values()[n].time;
        ASSERT_GE(after, EventTimeFromMicros(settled)) << "of what is settled one is enough, seed " << seed;
        ASSERT_LT(FloorTo(before, kPane), FloorTo(after, kPane)) << "and of a pane, seed " << seed;
      }
      for (int64_t to = settled; to <= 44; to += 4) {
        for (int64_t from = 0; from < to; from += 4) {
          const EventTime lower = EventTimeFromMicros(from), upper = EventTimeFromMicros(to);
          std::optional<int64_t> want;
          LastValue latest;
          for (const LastValue& v : all) {
            if (v.time < lower || v.time >= upper) continue;
            want = !want ? v.value : maximum ? std::max(*want, v.value) : std::min(*want, v.value);
            latest.Add(v.time, v.tie, v.value);
          }
          ASSERT_EQ(stairs.Between(lower, upper, maximum), want) << "seed " << seed << " from " << from << " to " << to;
          const LastValue* got = last.Between(lower, upper);
          ASSERT_EQ(got == nullptr ? LastValue() : *got, latest) << "seed " << seed << " from " << from << " to " << to;
        }
      }
    }
  }
}

// Where what is settled begins falls when a period begins anew (30 and 31 May, a month before).
TEST(Staircases, KeepTheBestOfAllTimeThoughLessIsSettledMeanwhile) {
  const auto at = [](int64_t micros) { return EventTimeFromMicros(micros); };
  Staircase stairs;
  for (const auto& [settled, pane, value] : {std::tuple(20, 4, 5), std::tuple(8, 12, 9)}) {
    stairs.Settle(at(settled), true);
    stairs.Add(at(pane), value, true, at(settled));
  }
  stairs.Settle(at(20), true);
  stairs.Expire(at(16), true);
  EXPECT_EQ(stairs.Between(kNoEventTime, EventTime::max(), true), 9);
}

// Hashes are stored: the tail is its little-endian bytes, however it is read.
TEST(Hash, ATailIsItsBytes) {
  const std::string bytes = "\x81\x02\xf3\x04\xa5\x06\xc7\x08";
  for (size_t n = 1; n < 8; ++n) {
    uint64_t want = 0;
    for (size_t i = 0; i < n; ++i) want |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    EXPECT_EQ(hash_internal::LoadTail(bytes.data(), n), want) << n;
  }
}

TEST(Pseudonyms, AreThoseOfHmacSha256) {
  const auto of = [](const std::string& key, const std::string& value) {
    Pseudonyms pseudonyms(key);
    const Pseudonyms::Text text = pseudonyms.Of(value);
    return std::string(text.data(), text.size());
  };
  EXPECT_EQ(of(std::string(20, '\x0b'), "Hi There"), "b0344c61d8db3853") << "RFC 4231, case 1";
  EXPECT_EQ(of("Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e") << "case 2";
  EXPECT_EQ(of(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"), "60e431591ee0b67f") << "case 6";
  EXPECT_NE(Pseudonyms::Fingerprint("Jefe"), Pseudonyms::Fingerprint("Jefd"));
  EXPECT_EQ(Pseudonyms::Fingerprint("0123456789abcdef0123456789abcdef"), "927a3a3deca81dda") << "stored with KPIs: it must not change";
}

TEST(Pseudonyms, WhatIsRememberedIsWhatIsHashed) {
  Pseudonyms one("key");
  std::mt19937_64 random(1);
  for (int i = 0; i < 30'000; ++i) {
    const std::string value = i % 100 == 0 ? std::string(random() % 600, 'x') : std::to_string(random() % 9'000);
    Pseudonyms::Text text = one.Of(value);
    if (i % 50 == 0) {
      EXPECT_EQ(text, Pseudonyms("key").Of(value)) << value;
    }
  }
}

TEST(Decimal, QuotientsAreRoundedOnce) {
  // Rounded to 64 bits first and to 53 then, these come out a bit too low or too high.
  EXPECT_EQ(NearestQuotient((Int128{1} << 100) + (Int128{1} << 47) + 1, Int128{1} << 100), 1.0000000000000002);
  EXPECT_EQ(NearestQuotient((Int128{1} << 100) + (Int128{1} << 47), Int128{1} << 100), 1.0) << "a tie, to even";
  EXPECT_EQ(NearestQuotient((Int128{1} << 100) + (Int128{1} << 47) - 1, Int128{1} << 100), 1.0);
  EXPECT_EQ(NearestQuotient(-(Int128{3} << 120), Int128{1} << 60), -3.0 * std::pow(2.0, 60));
  EXPECT_EQ(NearestQuotient(1, (Int128{1} << 126) - 1), std::pow(2.0, -126));
  EXPECT_EQ(NearestQuotient(-1, 3), -1.0 / 3);
  EXPECT_EQ(ToDouble({Int128{123'456'789'012'345'678}, 9}), 123456789.012345678);
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    // Around the middle between two neighbouring doubles: a bit less, the middle itself, a bit more.
    const Int128 divisor = static_cast<Int128>(random() >> (4 + random() % 50)) + 1;
    const Int128 lower = static_cast<Int128>((random() >> 12) | uint64_t{1} << 52);
    const Int128 middle = (2 * lower + 1) * divisor;
    const auto low = static_cast<double>(lower), high = static_cast<double>(lower + 1);
    EXPECT_EQ(NearestQuotient(middle - 1, 2 * divisor), low) << i;
    EXPECT_EQ(NearestQuotient(middle, 2 * divisor), lower % 2 == 0 ? low : high) << i;
    EXPECT_EQ(NearestQuotient(middle + 1, 2 * divisor), high) << i;
  }
}

TEST(Nearest, IsAFewChangesAwayAndTheFirstOfEquals) {
  EXPECT_EQ(Nearest("leda", {"orders", "leads", "lead"}), "lead") << "two neighbours changed places";
  EXPECT_EQ(Nearest("led", {"leds", "lead"}), "leds");
  EXPECT_EQ(Nearest("leads", {"leads_b"}), "leads_b") << "two bytes longer";
  EXPECT_EQ(Nearest("leads", {"leads_by"}), "") << "three bytes longer";
  EXPECT_EQ(Nearest("leads_by", {"leads"}), "") << "three bytes shorter";
  EXPECT_EQ(Nearest("leads_by_c", {"leads_b"}), "leads_b") << "a third of a long word";
  EXPECT_EQ(Nearest("", {"ab", "abc"}), "ab");
  EXPECT_EQ(Nearest("abcd", {"xycd"}), "xycd") << "two bytes others: four letters differ";
  EXPECT_EQ(Nearest("abcd", {"xyzd"}), "") << "three";
  EXPECT_EQ(Nearest("abcdefghi", {"xyzdefghi"}), "xyzdefghi") << "three of nine: six letters differ";
  EXPECT_EQ(Nearest("abcdefghi", {"xyzwefghi"}), "");
  EXPECT_EQ(Nearest("aabb", {"abab"}), "abab") << "no letter differs";
}

}  // namespace
}  // namespace tidemark
