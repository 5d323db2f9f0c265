// How much of a period's business time is over, against instants worked out by hand, and against a count day by day.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "pipeline/time/calendar.h"

namespace tidemark {
namespace {

constexpr auto kDay = CalendarUnit::kDay;
constexpr auto kWeek = CalendarUnit::kWeek;
constexpr auto kMonth = CalendarUnit::kMonth;
constexpr auto kQuarter = CalendarUnit::kQuarter;
constexpr auto kYear = CalendarUnit::kYear;
constexpr uint8_t kAll = 0x7f, kMonFri = 0x1f, kSunThu = 0x4f, kSaturday = 0x20;

CalendarSpec Spec(const char* zone, uint8_t days, int year_start = 1, int week_start = 1) { return {zone, week_start, year_start, days}; }

// Good Friday, Easter Monday, Labour Day, Ascension; and one that is a Sunday anyway.
const std::set<std::string, std::less<>> kHolidays = {"2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09", "2024-03-31"};
const std::set<std::string, std::less<>> kNone, kThatSaturday = {"2024-03-30"};

EventTime At(std::string text) {
  text[10] = 'T';
  if (text.size() == 16) text += ":00";
  return ParseRfc3339(text + "Z").value();
}

BusinessTime Of(const CalendarSpec& spec, CalendarUnit unit, EventTime t, const std::set<std::string, std::less<>>& holidays) {
  return Calendar::Make(spec).value()->BusinessTimeAt(unit, t, [&](std::string_view date) { return holidays.contains(date); });
}

struct Row {
  const char* name;
  CalendarSpec spec;
  CalendarUnit unit;
  const std::set<std::string, std::less<>>& holidays;
  const char* at;  // UTC
  int days;        // that are over,
  int minutes;     // of the present day, if it counts,
  int day_hours;   // of how many hours it has,
  int all;         // of how many days
};

TEST(BusinessTime, IsTheDaysThatAreOverAndThePresentOnesShare) {
  const CalendarSpec berlin = Spec("Europe/Berlin", kMonFri), berlin_all = Spec("Europe/Berlin", kAll);
  const CalendarSpec berlin_april = Spec("Europe/Berlin", kMonFri, 4);
  const CalendarSpec new_york = Spec("America/New_York", kMonFri), new_york_all = Spec("America/New_York", kAll);
  // clang-format off
  const Row rows[] = {
    // March 2024 has 21 weekdays, Good Friday is the 29th; clocks change on Sunday the 31st.
    {"a month's first instant", berlin, kMonth, kNone, "2024-02-29 23:00", 0, 0, 24, 21},
    {"noon of its first day", berlin, kMonth, kNone, "2024-03-01 11:00", 0, 720, 24, 21},
    {"a Saturday", berlin, kMonth, kNone, "2024-03-02 09:00", 1, 0, 24, 21},
    {"a Monday's first minute", berlin, kMonth, kNone, "2024-03-03 23:01", 1, 1, 24, 21},
    {"a holiday", berlin, kMonth, kHolidays, "2024-03-29 11:00", 20, 0, 24, 20},
    {"after the last business day", berlin, kMonth, kHolidays, "2024-03-28 23:00", 20, 0, 24, 20},
    {"a free day of 23 h", berlin, kMonth, kHolidays, "2024-03-31 12:00", 20, 0, 23, 20},
    {"23 h, before the change", berlin_all, kMonth, kNone, "2024-03-31 00:30", 30, 90, 23, 31},
    {"23 h, noon", berlin_all, kMonth, kNone, "2024-03-31 10:00", 30, 660, 23, 31},
    {"25 h, the first 02:30", berlin_all, kMonth, kNone, "2024-10-27 00:30", 26, 150, 25, 31},
    {"25 h, the second 02:30", berlin_all, kMonth, kNone, "2024-10-27 01:30", 26, 210, 25, 31},
    {"after 25 h", berlin_all, kMonth, kNone, "2024-10-27 23:00", 27, 0, 24, 31},
    {"leap day, noon", berlin, kMonth, kNone, "2024-02-29 11:00", 20, 720, 24, 21},
    {"February without one", berlin, kMonth, kNone, "2023-02-28 11:00", 19, 720, 24, 20},
    {"after leap day", berlin_all, kYear, kNone, "2024-02-29 23:00", 60, 0, 24, 366},
    {"after 28 February 2023", berlin_all, kYear, kNone, "2023-02-28 23:00", 59, 0, 24, 365},
    {"a quarter over a holiday", berlin, kQuarter, kHolidays, "2024-05-01 10:00", 21, 0, 24, 62},  // April 22 - 1, May 23 - 2, June 20
    {"a fiscal year's quarter", berlin_april, kYear, kNone, "2024-06-30 22:00", 65, 0, 24, 261},   // from Monday to Monday
    {"a fiscal year over the winter", berlin_april, kYear, kNone, "2025-03-31 10:00", 260, 720, 24, 261},
    {"a week's Wednesday noon", berlin, kWeek, kNone, "2024-03-27 11:00", 2, 720, 24, 5},
    {"a week of four days", berlin, kWeek, kHolidays, "2024-03-27 11:00", 2, 720, 24, 4},
    {"a day", berlin, kDay, kNone, "2024-03-27 17:00", 0, 1080, 24, 1},
    {"a free day alone", berlin, kDay, kNone, "2024-03-31 10:00", 0, 660, 23, 1},
    {"a week all free", Spec("Europe/Berlin", kSaturday), kWeek, kThatSaturday, "2024-03-27 11:00", 2, 720, 24, 7},
    // Clocks change on Sunday, 10 March and 3 November.
    {"a Sunday of 23 h, New York", new_york, kMonth, kNone, "2024-03-10 12:00", 6, 0, 23, 21},
    {"the Monday after", new_york, kMonth, kNone, "2024-03-11 04:00", 6, 0, 24, 21},
    {"23 h, New York, noon", new_york_all, kMonth, kNone, "2024-03-10 16:00", 9, 660, 23, 31},
    {"25 h, New York, the first 01:30", new_york_all, kMonth, kNone, "2024-11-03 05:30", 2, 90, 25, 30},
    {"25 h, New York, the second 01:30", new_york_all, kMonth, kNone, "2024-11-03 06:30", 2, 150, 25, 30},
    {"Sunday is a business day", Spec("Asia/Kathmandu", kSunThu, 1, 7), kWeek, kNone, "2024-06-02 06:15", 0, 720, 24, 5},
    {"a Friday is not", Spec("Asia/Kathmandu", kSunThu, 1, 7), kWeek, kNone, "2024-06-07 06:15", 5, 0, 24, 5},
    // At midnight clocks go on to 01:00: the day has 23 h, and noon is 11 h after its beginning.
    {"a day without a midnight", Spec("America/Sao_Paulo", kAll), kMonth, kNone, "2018-11-04 14:00", 3, 660, 23, 30},
  };
  // clang-format on
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const BusinessTime time = Of(row.spec, row.unit, At(row.at), row.holidays);
    EXPECT_EQ(time.day, row.day_hours * 60 * kMicrosPerMinute);
    EXPECT_EQ(time.over, row.days * time.day + row.minutes * kMicrosPerMinute);
    EXPECT_EQ(time.all, row.all * time.day);
  }
}

TEST(BusinessTime, APeriodsLastInstantHasAllOfItBehind) {
  for (const CalendarUnit unit : {kWeek, kMonth, kQuarter, kYear}) {
    const CalendarSpec spec = Spec("Europe/Berlin", kMonFri);
    const Period period = Calendar::Make(spec).value()->PeriodOf(unit, At("2024-03-05 12:00"));
    const BusinessTime last = Of(spec, unit, period.end - Duration(1), kNone), first = Of(spec, unit, period.begin, kNone);
    EXPECT_GE(last.over, last.all - 1);
    EXPECT_EQ(first.over, 0);
  }
}

// Day by day, in the zone's own dates.
TEST(BusinessTime, EqualsACountDayByDay) {
  std::mt19937_64 random(20240310);
  for (const char* zone : {"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Sao_Paulo", "Australia/Lord_Howe"}) {
    absl::TimeZone local;
    ASSERT_TRUE(absl::LoadTimeZone(zone, &local));
    CalendarSpec spec;
    std::shared_ptr<const Calendar> calendar;
    for (int i = 0; i < 300; ++i) {
      if (i % 30 == 0) {
        spec = Spec(zone, static_cast<uint8_t>(1 + random() % 127), static_cast<int>(1 + random() % 12));
        calendar = Calendar::Make(spec).value();
      }
      const auto unit = static_cast<CalendarUnit>(random() % 5);
      const EventTime t = At("2015-01-01 00:00") + std::chrono::seconds(random() % (12LL * 366 * 86'400));
      const auto is_holiday = [&](std::string_view date) { return date.ends_with("7"); };
      const Period period = calendar->PeriodOf(unit, t), today = calendar->PeriodOf(kDay, t);
      double over[2] = {0, 0}, all[2] = {0, 0};  // of every day, of business days
      for (EventTime day = period.begin; day < period.end; day = calendar->PeriodOf(kDay, day).end) {
        const absl::CivilDay date(local.At(absl::FromUnixMicros(Micros(day))).cs);
        const bool business = (spec.business_days >> static_cast<int>(absl::GetWeekday(date)) & 1) != 0 && date.day() % 10 != 7;
        const double part = day < today.begin ? 1 : day > t ? 0 : std::chrono::duration<double>(t - day) / (today.end - day);
        for (int b = 0; b <= (business ? 1 : 0); ++b) {
          over[b] += part;
          all[b] += 1;
        }
      }
      const int counted = all[1] > 0 ? 1 : 0;
      const BusinessTime time = calendar->BusinessTimeAt(unit, t, is_holiday);
      EXPECT_NEAR(static_cast<double>(time.over) / static_cast<double>(time.all), over[counted] / all[counted], 1e-9)
          << zone << " " << FormatRfc3339(t) << " unit " << static_cast<int>(unit);
      EXPECT_EQ(time.all, static_cast<int64_t>(all[counted]) * time.day);
    }
  }
}

TEST(BusinessTime, NeverFallsWithinAPeriod) {
  const auto calendar = Calendar::Make(Spec("America/New_York", kMonFri)).value();
  const Period period = calendar->PeriodOf(kQuarter, At("2024-11-03 06:00"));
  double before = 0;
  for (EventTime t = period.begin; t < period.end; t += std::chrono::minutes(10)) {
    const BusinessTime time = calendar->BusinessTimeAt(kQuarter, t, [](std::string_view) { return false; });
    const double share = static_cast<double>(time.over) / static_cast<double>(time.all);
    EXPECT_GE(share, before) << FormatRfc3339(t);
    before = share;
  }
}

}  // namespace
}  // namespace tidemark
