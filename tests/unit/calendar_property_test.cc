// What holds for every calendar, unit and instant: over all days of 1970..2100, and at random.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "pipeline/time/calendar.h"

namespace tidemark {
namespace {

constexpr CalendarUnit kUnits[] = {CalendarUnit::kDay, CalendarUnit::kWeek, CalendarUnit::kMonth,
                                   CalendarUnit::kQuarter, CalendarUnit::kYear};
constexpr Duration kInstant(1);  // the finest step of event time

EventTime Year(int year) {
  return EventTimeFromMicros(absl::ToUnixMicros(absl::FromCivil(absl::CivilYear(year), absl::UTCTimeZone())));
}

uint64_t Seed() {
  const char* text = std::getenv("TIDEMARK_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

// Zones whose clocks change at, around and far from midnight, by half an hour to a day, and some at odd offsets.
class CalendarProperty : public testing::TestWithParam<const char*> {
 protected:
  CalendarProperty() {
    spec_ = {GetParam(), static_cast<int>(Random(1, 7)), static_cast<int>(Random(1, 12))};
    calendar_ = Calendar::Make(spec_).value();
    EXPECT_TRUE(absl::LoadTimeZone(spec_.time_zone, &zone_));
  }

  int64_t Random(int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(random_); }
  EventTime RandomInstant() { return EventTimeFromMicros(Random(Micros(Year(1970)), Micros(Year(2101)))); }

  // Half of them are near a clock change, or a day from one.
  EventTime TellingInstant() {
    const EventTime t = RandomInstant();
    const absl::Time from = absl::FromUnixMicros(Micros(t));
    absl::TimeZone::CivilTransition change;
    if (Random(0, 1) == 0 || !zone_.NextTransition(from, &change)) return t;
    const auto at = EventTimeFromMicros(absl::ToUnixMicros(absl::FromCivil(change.to, zone_)));
    return at + std::chrono::hours(24 * Random(-1, 1)) + std::chrono::minutes(Random(-150, 150)) +
           Random(-2, 2) * kInstant;
  }

  absl::CivilDay Date(EventTime t) const { return absl::ToCivilDay(absl::FromUnixMicros(Micros(t)), zone_); }

  std::mt19937_64 random_{Seed()};
  testing::ScopedTrace trace_{__FILE__, __LINE__, "TIDEMARK_SEED=" + std::to_string(Seed())};
  CalendarSpec spec_;
  std::shared_ptr<const Calendar> calendar_;
  absl::TimeZone zone_;
};
INSTANTIATE_TEST_SUITE_P(Zones, CalendarProperty,
                         testing::Values("UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut",
                                         "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns",
                                         "Pacific/Apia", "Pacific/Kwajalein", "Asia/Gaza", "Pacific/Chatham",
                                         "Africa/Casablanca", "Antarctica/Casey", "Antarctica/Troll"));

TEST_P(CalendarProperty, DaysTileTimeAndEachBeginsWithItsDate) {
  Period day = calendar_->PeriodOf(CalendarUnit::kDay, Year(1970));
  while (day.end < Year(2101)) {
    const EventTime noon = day.begin + (day.end - day.begin) / 2;
    for (const EventTime t : {day.begin, noon, day.end - kInstant}) {
      ASSERT_EQ(calendar_->PeriodOf(CalendarUnit::kDay, t), day) << FormatRfc3339(t);
    }
    ASSERT_LT(Date(day.begin - kInstant), Date(day.begin)) << FormatRfc3339(day.begin);
    ASSERT_EQ(FloorTo(day.begin, calendar_->Grain()), day.begin);
    const Period next = calendar_->PeriodOf(CalendarUnit::kDay, day.end);
    ASSERT_EQ(next.begin, day.end) << "a gap or an overlap";
    ASSERT_LT(next.begin, next.end);
    ASSERT_EQ(calendar_->PeriodBefore(CalendarUnit::kDay, next.begin), day);
    day = next;
  }
}

TEST_P(CalendarProperty, PeriodsHoldTheirInstantTileTimeAndAreMadeOfDays) {
  for (int i = 0; i < 1000; ++i) {
    const EventTime t = TellingInstant();
    SCOPED_TRACE(FormatRfc3339(t));
    for (const CalendarUnit unit : kUnits) {
      const Period period = calendar_->PeriodOf(unit, t);
      ASSERT_LE(period.begin, t);
      ASSERT_LT(t, period.end);
      ASSERT_EQ(calendar_->PeriodOf(unit, period.begin), period);
      ASSERT_EQ(calendar_->PeriodOf(unit, period.end - kInstant), period);
      ASSERT_EQ(calendar_->PeriodOf(unit, period.end).begin, period.end);
      ASSERT_EQ(calendar_->PeriodBefore(unit, t), calendar_->PeriodOf(unit, period.begin - kInstant));
      ASSERT_EQ(calendar_->PeriodOf(CalendarUnit::kDay, period.begin).begin, period.begin);
      const absl::CivilDay first = Date(period.begin);
      if (unit == CalendarUnit::kWeek && spec_.time_zone != "Pacific/Kwajalein" && spec_.time_zone != "Pacific/Apia") {
        ASSERT_EQ(static_cast<int>(absl::GetWeekday(first)) + 1, spec_.week_start);
      }
      if (unit >= CalendarUnit::kMonth) {
        ASSERT_EQ(first.day(), 1);
      }
      if (unit >= CalendarUnit::kQuarter) {
        ASSERT_EQ((first.month() - spec_.fiscal_year_start + 12) % (unit == CalendarUnit::kYear ? 12 : 3), 0);
      }
    }
  }
}

TEST_P(CalendarProperty, LaterInstantsAreOfTheSameOrALaterPeriod) {
  for (int i = 0; i < 1000; ++i) {
    const EventTime t = TellingInstant();
    const EventTime later = t + Duration(Random(0, 90 * kMicrosPerMinute));
    for (const CalendarUnit unit : kUnits) {
      const Period a = calendar_->PeriodOf(unit, t);
      const Period b = calendar_->PeriodOf(unit, later);
      ASSERT_TRUE(a == b || a.end <= b.begin) << FormatRfc3339(t) << ' ' << FormatRfc3339(later);
    }
  }
}

TEST_P(CalendarProperty, SameElapsedNeverGoesBackWhileAPeriodGoesOn) {
  for (int i = 0; i < 200; ++i) {
    const CalendarUnit unit = kUnits[Random(0, 4)];
    const Period period = calendar_->PeriodOf(unit, TellingInstant());
    // The other is the period before, one some months before, or one that a change is near.
    const Period other = i % 3 == 0   ? calendar_->PeriodBefore(unit, period.begin)
                         : i % 3 == 1 ? calendar_->PeriodOf(unit, calendar_->MonthsBefore(period.begin, i % 24))
                                      : calendar_->PeriodOf(unit, TellingInstant());
    std::vector<EventTime> times = {period.begin, period.end - kInstant};
    for (int j = 0; j < 50; ++j)
      times.push_back(EventTimeFromMicros(Random(Micros(period.begin), Micros(period.end) - 1)));
    for (int j = 0; j < 50; ++j) {  // and where the clock changes
      const EventTime t = TellingInstant();
      if (period.begin <= t && t < period.end) times.push_back(t);
    }
    std::sort(times.begin(), times.end());
    EventTime reached = other.begin;
    for (const EventTime t : times) {
      SCOPED_TRACE(FormatRfc3339(t) + " against " + FormatRfc3339(other.begin));
      const Period same = calendar_->SameElapsed(unit, t, other);
      ASSERT_EQ(same.begin, other.begin);
      ASSERT_LE(reached, same.end);
      ASSERT_LE(same.end, other.end);
      reached = same.end;
    }
  }
}

TEST_P(CalendarProperty, AgainstItsOwnPeriodAllThatPassedIsTheSame) {
  for (int i = 0; i < 1000; ++i) {
    const EventTime t = TellingInstant();
    for (const CalendarUnit unit : kUnits) {
      const Period period = calendar_->PeriodOf(unit, t);
      const Period same = calendar_->SameElapsed(unit, t, period);
      // But for what the wall clock shows twice: the first time ends at the first, the second after both.
      const auto shown = zone_.At(absl::ToCivilSecond(absl::FromUnixMicros(Micros(t)), zone_));
      const bool twice = shown.kind == absl::TimeZone::TimeInfo::REPEATED;
      if (twice && absl::FromUnixMicros(Micros(t)) >= shown.trans) {
        ASSERT_GE(same.end, t) << FormatRfc3339(t);
      } else {
        ASSERT_EQ(same.end, t) << FormatRfc3339(t);
      }
    }
  }
}

}  // namespace
}  // namespace tidemark
