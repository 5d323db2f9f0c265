// Calendar periods and comparisons against instants worked out by hand. All instants are UTC.
#include "pipeline/time/calendar.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark {
namespace {

constexpr auto kDay = CalendarUnit::kDay;
constexpr auto kWeek = CalendarUnit::kWeek;
constexpr auto kMonth = CalendarUnit::kMonth;
constexpr auto kQuarter = CalendarUnit::kQuarter;
constexpr auto kYear = CalendarUnit::kYear;

const CalendarSpec kBerlin{"Europe/Berlin"};  // +1, summer +2 from 2024-03-31 01:00 to 2024-10-27 01:00
const CalendarSpec kBerlinSunday{"Europe/Berlin", 7};
const CalendarSpec kBerlinApril{"Europe/Berlin", 1, 4};
const CalendarSpec kBerlinFebruary{"Europe/Berlin", 1, 2};
const CalendarSpec kNewYork{"America/New_York"};  // -5, summer -4 from 2024-03-10 07:00 to 2024-11-03 06:00
const CalendarSpec kNewYorkSunday{"America/New_York", 7};
const CalendarSpec kNewYorkOctober{"America/New_York", 7, 10};
const CalendarSpec kBangkok{"Asia/Bangkok"};  // +7
const CalendarSpec kBangkokSunday{"Asia/Bangkok", 7};
const CalendarSpec kKathmandu{"Asia/Kathmandu"};  // +5:45
const CalendarSpec kKathmanduSunday{"Asia/Kathmandu", 7};
const CalendarSpec kKathmanduApril{"Asia/Kathmandu", 1, 4};
// Clocks change at midnight: 00:00 -> 01:00 and 24:00 -> 23:00.
const CalendarSpec kSaoPaulo{"America/Sao_Paulo"};  // -3, summer -2
const CalendarSpec kBeirut{"Asia/Beirut"};          // +2, summer +3
const CalendarSpec kStJohns{"America/St_Johns"};    // until 2011 at 00:01, back to 23:01: the date is set back too
const CalendarSpec kApia{"Pacific/Apia"};           // -10 -> +14 at 2011-12-30 10:00: no 30 December

// "2024-03-31 01:00", or with seconds and their fraction.
EventTime At(std::string text) {
  text[10] = 'T';
  if (text.size() == 16) text += ":00";
  return ParseRfc3339(text + "Z").value();
}

std::string Text(const Period& period) { return FormatRfc3339(period.begin) + " .. " + FormatRfc3339(period.end); }

Calendar Make(const CalendarSpec& spec) { return *Calendar::Make(spec).value(); }

struct PeriodRow {
  const char* name;
  const CalendarSpec& spec;
  CalendarUnit unit;
  const char* at;
  const char* before;  // begin of the period before, whose end is `begin`
  const char* begin;
  const char* end;
};

void Check(const PeriodRow& row) {
  SCOPED_TRACE(row.name);
  const Calendar calendar = Make(row.spec);
  EXPECT_EQ(Text(calendar.PeriodOf(row.unit, At(row.at))), Text({At(row.begin), At(row.end)}));
  EXPECT_EQ(Text(calendar.PeriodBefore(row.unit, At(row.at))), Text({At(row.before), At(row.begin)}));
}

// clang-format off
TEST(Calendar, PeriodsInBerlin) {
  for (const PeriodRow& row : {
    PeriodRow
    {"a day's first instant", kBerlin, kDay, "2024-01-14 23:00", "2024-01-13 23:00", "2024-01-14 23:00", "2024-01-15 23:00"},
    {"a day's last instant", kBerlin, kDay, "2024-01-15 22:59:59.999999", "2024-01-13 23:00", "2024-01-14 23:00", "2024-01-15 23:00"},
    {"23 h, just before the change", kBerlin, kDay, "2024-03-31 00:59:59.999999", "2024-03-29 23:00", "2024-03-30 23:00", "2024-03-31 22:00"},
    {"23 h, at the change", kBerlin, kDay, "2024-03-31 01:00", "2024-03-29 23:00", "2024-03-30 23:00", "2024-03-31 22:00"},
    {"after 23 h", kBerlin, kDay, "2024-03-31 22:00", "2024-03-30 23:00", "2024-03-31 22:00", "2024-04-01 22:00"},
    {"25 h, the first 02:30", kBerlin, kDay, "2024-10-27 00:30", "2024-10-25 22:00", "2024-10-26 22:00", "2024-10-27 23:00"},
    {"25 h, the second 02:30", kBerlin, kDay, "2024-10-27 01:30", "2024-10-25 22:00", "2024-10-26 22:00", "2024-10-27 23:00"},
    {"after 25 h", kBerlin, kDay, "2024-10-27 23:00", "2024-10-26 22:00", "2024-10-27 23:00", "2024-10-28 23:00"},
    {"23 h of 2025", kBerlin, kDay, "2025-03-30 12:00", "2025-03-28 23:00", "2025-03-29 23:00", "2025-03-30 22:00"},
    {"25 h of 2025", kBerlin, kDay, "2025-10-26 12:00", "2025-10-24 22:00", "2025-10-25 22:00", "2025-10-26 23:00"},
    {"leap day", kBerlin, kDay, "2024-02-29 12:00", "2024-02-27 23:00", "2024-02-28 23:00", "2024-02-29 23:00"},
    {"after leap day", kBerlin, kDay, "2024-03-01 12:00", "2024-02-28 23:00", "2024-02-29 23:00", "2024-03-01 23:00"},
    {"week, spring", kBerlin, kWeek, "2024-03-31 01:00", "2024-03-17 23:00", "2024-03-24 23:00", "2024-03-31 22:00"},
    {"week after spring", kBerlin, kWeek, "2024-03-31 22:00", "2024-03-24 23:00", "2024-03-31 22:00", "2024-04-07 22:00"},
    {"week from Sunday, spring", kBerlinSunday, kWeek, "2024-03-31 01:00", "2024-03-23 23:00", "2024-03-30 23:00", "2024-04-06 22:00"},
    {"week, autumn", kBerlin, kWeek, "2024-10-27 01:30", "2024-10-13 22:00", "2024-10-20 22:00", "2024-10-27 23:00"},
    {"week from Sunday, autumn", kBerlinSunday, kWeek, "2024-10-27 01:30", "2024-10-19 22:00", "2024-10-26 22:00", "2024-11-02 23:00"},
    {"week over the year's end", kBerlin, kWeek, "2025-01-01 12:00", "2024-12-22 23:00", "2024-12-29 23:00", "2025-01-05 23:00"},
    {"March", kBerlin, kMonth, "2024-03-15 12:00", "2024-01-31 23:00", "2024-02-29 23:00", "2024-03-31 22:00"},
    {"October", kBerlin, kMonth, "2024-10-15 12:00", "2024-08-31 22:00", "2024-09-30 22:00", "2024-10-31 23:00"},
    {"February's last instant", kBerlin, kMonth, "2024-02-29 22:59:59.999999", "2023-12-31 23:00", "2024-01-31 23:00", "2024-02-29 23:00"},
    {"January's first instant", kBerlin, kMonth, "2024-12-31 23:00", "2024-11-30 23:00", "2024-12-31 23:00", "2025-01-31 23:00"},
    {"first quarter", kBerlin, kQuarter, "2024-03-31 21:59:59.999999", "2023-09-30 22:00", "2023-12-31 23:00", "2024-03-31 22:00"},
    {"fourth quarter", kBerlin, kQuarter, "2024-12-31 22:59:59.999999", "2024-06-30 22:00", "2024-09-30 22:00", "2024-12-31 23:00"},
    {"a year's last instant", kBerlin, kYear, "2024-12-31 22:59:59.999999", "2022-12-31 23:00", "2023-12-31 23:00", "2024-12-31 23:00"},
    {"a year's first instant", kBerlin, kYear, "2024-12-31 23:00", "2023-12-31 23:00", "2024-12-31 23:00", "2025-12-31 23:00"},
    {"fiscal year from April", kBerlinApril, kYear, "2024-02-15 12:00", "2022-03-31 22:00", "2023-03-31 22:00", "2024-03-31 22:00"},
    {"its first instant", kBerlinApril, kYear, "2024-03-31 22:00", "2023-03-31 22:00", "2024-03-31 22:00", "2025-03-31 22:00"},
    {"its fourth quarter", kBerlinApril, kQuarter, "2024-02-15 12:00", "2023-09-30 22:00", "2023-12-31 23:00", "2024-03-31 22:00"},
    {"its months", kBerlinApril, kMonth, "2024-02-15 12:00", "2023-12-31 23:00", "2024-01-31 23:00", "2024-02-29 23:00"},
    {"fiscal year from February", kBerlinFebruary, kYear, "2024-01-15 12:00", "2022-01-31 23:00", "2023-01-31 23:00", "2024-01-31 23:00"},
    {"its quarters shift too", kBerlinFebruary, kQuarter, "2024-01-15 12:00", "2023-07-31 22:00", "2023-10-31 23:00", "2024-01-31 23:00"},
  }) Check(row);
}

TEST(Calendar, PeriodsInNewYork) {
  for (const PeriodRow& row : {
    PeriodRow
    {"23 h", kNewYork, kDay, "2024-03-10 07:00", "2024-03-09 05:00", "2024-03-10 05:00", "2024-03-11 04:00"},
    {"25 h, the first 01:30", kNewYork, kDay, "2024-11-03 05:30", "2024-11-02 04:00", "2024-11-03 04:00", "2024-11-04 05:00"},
    {"25 h, the second 01:30", kNewYork, kDay, "2024-11-03 06:30", "2024-11-02 04:00", "2024-11-03 04:00", "2024-11-04 05:00"},
    {"23 h of 2025", kNewYork, kDay, "2025-03-09 06:59:59.999999", "2025-03-08 05:00", "2025-03-09 05:00", "2025-03-10 04:00"},
    {"25 h of 2025", kNewYork, kDay, "2025-11-02 06:00", "2025-11-01 04:00", "2025-11-02 04:00", "2025-11-03 05:00"},
    {"week", kNewYork, kWeek, "2024-03-10 07:00", "2024-02-26 05:00", "2024-03-04 05:00", "2024-03-11 04:00"},
    {"week from Sunday", kNewYorkSunday, kWeek, "2024-03-10 07:00", "2024-03-03 05:00", "2024-03-10 05:00", "2024-03-17 04:00"},
    {"November", kNewYork, kMonth, "2024-11-15 12:00", "2024-10-01 04:00", "2024-11-01 04:00", "2024-12-01 05:00"},
    {"quarter", kNewYork, kQuarter, "2024-02-29 12:00", "2023-10-01 04:00", "2024-01-01 05:00", "2024-04-01 04:00"},
    {"a year's last instant", kNewYork, kYear, "2025-01-01 04:59:59.999999", "2023-01-01 05:00", "2024-01-01 05:00", "2025-01-01 05:00"},
    {"fiscal year from October", kNewYorkOctober, kYear, "2024-02-15 12:00", "2022-10-01 04:00", "2023-10-01 04:00", "2024-10-01 04:00"},
  }) Check(row);
}

TEST(Calendar, PeriodsInBangkokAndKathmandu) {
  for (const PeriodRow& row : {
    PeriodRow
    {"leap day", kBangkok, kDay, "2024-02-28 17:00", "2024-02-27 17:00", "2024-02-28 17:00", "2024-02-29 17:00"},
    {"week", kBangkok, kWeek, "2024-12-31 17:00", "2024-12-22 17:00", "2024-12-29 17:00", "2025-01-05 17:00"},
    {"week from Sunday", kBangkokSunday, kWeek, "2024-12-31 17:00", "2024-12-21 17:00", "2024-12-28 17:00", "2025-01-04 17:00"},
    {"February", kBangkok, kMonth, "2024-02-29 16:59:59.999999", "2023-12-31 17:00", "2024-01-31 17:00", "2024-02-29 17:00"},
    {"quarter", kBangkok, kQuarter, "2024-12-31 16:59:59.999999", "2024-06-30 17:00", "2024-09-30 17:00", "2024-12-31 17:00"},
    {"year", kBangkok, kYear, "2024-12-31 17:00", "2023-12-31 17:00", "2024-12-31 17:00", "2025-12-31 17:00"},
    {"leap day", kKathmandu, kDay, "2024-02-29 18:14:59.999999", "2024-02-27 18:15", "2024-02-28 18:15", "2024-02-29 18:15"},
    {"week", kKathmandu, kWeek, "2024-03-02 18:15", "2024-02-18 18:15", "2024-02-25 18:15", "2024-03-03 18:15"},
    {"week from Sunday", kKathmanduSunday, kWeek, "2024-03-02 18:15", "2024-02-24 18:15", "2024-03-02 18:15", "2024-03-09 18:15"},
    {"January", kKathmandu, kMonth, "2024-12-31 18:15", "2024-11-30 18:15", "2024-12-31 18:15", "2025-01-31 18:15"},
    {"fiscal quarter", kKathmanduApril, kQuarter, "2024-03-31 18:15", "2023-12-31 18:15", "2024-03-31 18:15", "2024-06-30 18:15"},
    {"year", kKathmandu, kYear, "2024-06-01 00:00", "2022-12-31 18:15", "2023-12-31 18:15", "2024-12-31 18:15"},
  }) Check(row);
}

TEST(Calendar, ADayBeginsAtTheFirstInstantOfItsDateWhereMidnightIsMissingOrTwice) {
  for (const PeriodRow& row : {
    PeriodRow
    {"begins at 01:00", kSaoPaulo, kDay, "2018-11-04 03:00", "2018-11-03 03:00", "2018-11-04 03:00", "2018-11-05 02:00"},
    {"ends after a second 23:30", kSaoPaulo, kDay, "2018-02-18 02:30", "2018-02-16 02:00", "2018-02-17 02:00", "2018-02-18 03:00"},
    {"begins at 01:00", kBeirut, kDay, "2024-03-31 12:00", "2024-03-29 22:00", "2024-03-30 22:00", "2024-03-31 21:00"},
    {"ends after a second 23:30", kBeirut, kDay, "2024-10-26 21:30", "2024-10-24 21:00", "2024-10-25 21:00", "2024-10-26 22:00"},
    {"the date is set back, the day is not", kStJohns, kDay, "2010-11-07 02:45", "2010-11-06 02:30", "2010-11-07 02:30", "2010-11-08 03:30"},
    {"nor is the week", CalendarSpec{"America/St_Johns", 7}, kWeek, "2010-11-07 02:45", "2010-10-31 02:30", "2010-11-07 02:30", "2010-11-14 03:30"},
    {"before a date that never was", kApia, kDay, "2011-12-30 09:59:59.999999", "2011-12-28 10:00", "2011-12-29 10:00", "2011-12-30 10:00"},
    {"after a date that never was", kApia, kDay, "2011-12-30 10:00", "2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00"},
  }) Check(row);
}

TEST(Calendar, SameElapsedIsMeasuredByTheWallClock) {
  struct Row {
    const char* name;
    const CalendarSpec& spec;
    CalendarUnit unit;
    const char* at;
    const char* other;  // any instant of the other period
    const char* begin;
    const char* end;
  };
  for (const Row& row : {
    Row
    {"31 March against February", kBerlin, kMonth, "2024-03-31 10:00", "2024-02-10 00:00", "2024-01-31 23:00", "2024-02-29 23:00"},
    {"29 March against February", kBerlin, kMonth, "2024-03-29 09:30", "2024-02-10 00:00", "2024-01-31 23:00", "2024-02-29 09:30"},
    {"a month's first instant", kBerlin, kMonth, "2024-02-29 23:00", "2024-02-10 00:00", "2024-01-31 23:00", "2024-01-31 23:00"},
    {"a shorter month's last instant", kBerlin, kMonth, "2024-02-29 22:59:59.999999", "2024-01-10 00:00", "2023-12-31 23:00", "2024-01-29 22:59:59.999999"},
    {"summer against winter", kBerlin, kQuarter, "2024-05-15 08:00", "2024-02-10 00:00", "2023-12-31 23:00", "2024-02-14 09:00"},
    {"week over the change", kBerlin, kWeek, "2024-04-03 07:00", "2024-03-26 00:00", "2024-03-24 23:00", "2024-03-27 08:00"},
    {"day 61 of a leap year", kBerlin, kYear, "2024-03-01 11:00", "2023-06-01 00:00", "2022-12-31 23:00", "2023-03-02 11:00"},
    {"day 366", kBerlin, kYear, "2024-12-31 11:00", "2023-06-01 00:00", "2022-12-31 23:00", "2023-12-31 23:00"},
    {"23 h, before the change", kBerlin, kDay, "2024-03-31 00:59:59.999999", "2024-03-30 12:00", "2024-03-29 23:00", "2024-03-30 00:59:59.999999"},
    {"23 h, at the change", kBerlin, kDay, "2024-03-31 01:00", "2024-03-30 12:00", "2024-03-29 23:00", "2024-03-30 02:00"},
    {"23 h, 14:00", kBerlin, kDay, "2024-03-31 12:00", "2024-03-30 12:00", "2024-03-29 23:00", "2024-03-30 13:00"},
    {"against 23 h, before the gap", kBerlin, kDay, "2024-03-31 23:59:59", "2024-03-31 12:00", "2024-03-30 23:00", "2024-03-31 00:59:59"},
    {"against 23 h, in the gap", kBerlin, kDay, "2024-04-01 00:30", "2024-03-31 12:00", "2024-03-30 23:00", "2024-03-31 01:00"},
    {"against 23 h, after the gap", kBerlin, kDay, "2024-04-01 01:30", "2024-03-31 12:00", "2024-03-30 23:00", "2024-03-31 01:30"},
    {"25 h, the first 02:30", kBerlin, kDay, "2024-10-27 00:30", "2024-10-26 12:00", "2024-10-25 22:00", "2024-10-26 00:30"},
    {"25 h, the second 02:30 stands at 03:00", kBerlin, kDay, "2024-10-27 01:30", "2024-10-26 12:00", "2024-10-25 22:00", "2024-10-26 01:00"},
    {"25 h, 03:00", kBerlin, kDay, "2024-10-27 02:00", "2024-10-26 12:00", "2024-10-25 22:00", "2024-10-26 01:00"},
    {"25 h, 23:30", kBerlin, kDay, "2024-10-27 22:30", "2024-10-26 12:00", "2024-10-25 22:00", "2024-10-26 21:30"},
    {"against 25 h, 02:30", kBerlin, kDay, "2024-10-28 01:30", "2024-10-27 12:00", "2024-10-26 22:00", "2024-10-27 00:30"},
    {"against 25 h, 03:00", kBerlin, kDay, "2024-10-28 02:00", "2024-10-27 12:00", "2024-10-26 22:00", "2024-10-27 02:00"},
    {"against 25 h, the last instant", kBerlin, kDay, "2024-10-28 22:59:59.999999", "2024-10-27 12:00", "2024-10-26 22:00", "2024-10-27 22:59:59.999999"},
    {"New York, the second 01:30", kNewYork, kDay, "2024-11-03 06:30", "2024-11-02 12:00", "2024-11-02 04:00", "2024-11-02 06:00"},
    {"against a day that begins at 01:00", kSaoPaulo, kDay, "2018-11-05 02:30", "2018-11-04 12:00", "2018-11-04 03:00", "2018-11-04 03:00"},
    {"a day that begins at 01:00", kSaoPaulo, kDay, "2018-11-04 03:30", "2018-11-03 12:00", "2018-11-03 03:00", "2018-11-03 04:30"},
    {"a second 23:30 stands at 24:00", kSaoPaulo, kDay, "2018-02-18 02:30", "2018-02-16 12:00", "2018-02-16 02:00", "2018-02-17 02:00"},
    {"a date set back stands at 00:01", kStJohns, kDay, "2010-11-07 02:45", "2010-11-06 12:00", "2010-11-06 02:30", "2010-11-06 02:31"},
  }) {
    SCOPED_TRACE(row.name);
    const Calendar calendar = Make(row.spec);
    const Period other = calendar.PeriodOf(row.unit, At(row.other));
    EXPECT_EQ(Text(calendar.SameElapsed(row.unit, At(row.at), other)), Text({At(row.begin), At(row.end)}));
  }
}

TEST(Calendar, MonthsAndDaysBeforeKeepTheWallClock) {
  struct Row {
    const char* name;
    const CalendarSpec& spec;
    int months;
    int days;
    const char* at;
    const char* before;
  };
  for (const Row& row : {
    Row
    {"leap day, a year before", kBerlin, 12, 0, "2024-02-29 11:00", "2023-02-28 11:00"},
    {"leap day, a month before", kBerlin, 1, 0, "2024-02-29 11:00", "2024-01-29 11:00"},
    {"leap day, four years before", kBerlin, 48, 0, "2024-02-29 11:00", "2020-02-29 11:00"},
    {"31 March, leap year", kBerlin, 1, 0, "2024-03-31 10:00", "2024-02-29 11:00"},
    {"31 March", kBerlin, 1, 0, "2025-03-31 10:00", "2025-02-28 11:00"},
    {"over the year's begin", kBerlin, 1, 0, "2024-01-14 23:00:00.25", "2023-12-14 23:00:00.25"},
    {"into the gap", kBerlin, 1, 0, "2025-04-30 00:30:00.5", "2025-03-30 01:00"},
    {"into the repeated hour", kBerlin, 1, 0, "2024-11-27 01:30:00.5", "2024-10-27 00:30:00.5"},
    {"out of the second 02:30", kBerlin, 1, 0, "2024-10-27 01:30", "2024-09-27 00:30"},
    {"a month later", kBerlin, -1, 0, "2024-01-31 11:00", "2024-02-29 11:00"},
    {"a week over the change", kBerlin, 0, 7, "2024-04-03 07:00", "2024-03-27 08:00"},
    {"a day into the gap", kBerlin, 0, 1, "2024-04-01 00:30", "2024-03-31 01:00"},
    {"a day into the repeated hour", kBerlin, 0, 1, "2024-10-28 01:30", "2024-10-27 00:30"},
    {"a day to leap day", kKathmandu, 0, 1, "2024-02-29 18:15", "2024-02-28 18:15"},
    {"a day to a date that never was", kApia, 0, 1, "2011-12-30 22:00", "2011-12-30 10:00"},
  }) {
    SCOPED_TRACE(row.name);
    const Calendar calendar = Make(row.spec);
    const EventTime at = At(row.at);
    EXPECT_EQ(FormatRfc3339(row.months != 0 ? calendar.MonthsBefore(at, row.months) : calendar.DaysBefore(at, row.days)),
              FormatRfc3339(At(row.before)));
  }
}
// clang-format on

TEST(Calendar, GrainIsTheCoarsestThatEveryDayBeginsOn) {
  struct Row {
    const char* zone;
    int minutes;
  };
  for (const Row& row : {Row{"UTC", 60}, Row{"Europe/Berlin", 60}, Row{"America/New_York", 60}, Row{"Asia/Bangkok", 60},
                         Row{"Asia/Kolkata", 10}, Row{"Australia/Adelaide", 10}, Row{"Australia/Lord_Howe", 10},
                         Row{"America/St_Johns", 10}, Row{"Asia/Kathmandu", 1}, Row{"Pacific/Chatham", 1},
                         Row{"Asia/Hong_Kong", 60},  // clocks changed at half hours until 1979, but never at midnight
                         Row{"Asia/Singapore", 10},  // +7:30 until 1981
                         Row{"Africa/Monrovia", 1}}) {
    EXPECT_EQ(Make({row.zone}).Grain(), std::chrono::minutes(row.minutes)) << row.zone;
  }
}

TEST(Calendar, WhatIsWrongIsSaid) {
  struct Row {
    CalendarSpec spec;
    const char* error;
  };
  for (const Row& row : {Row{{"Europe/Berlinn"}, "no time zone \"Europe/Berlinn\"; write it like Europe/Berlin"},
                         Row{{""}, "no time zone \"\""}, Row{{"UTC", 0}, "from 1 (Monday) to 7 (Sunday), not 0"},
                         Row{{"UTC", 8}, "from 1 (Monday) to 7 (Sunday), not 8"},
                         Row{{"UTC", 1, 0}, "from 1 (January) to 12 (December), not 0"},
                         Row{{"UTC", 1, 13}, "from 1 (January) to 12 (December), not 13"}}) {
    const auto made = Calendar::Make(row.spec);
    ASSERT_FALSE(made.ok()) << row.error;
    EXPECT_EQ(made.status().code(), Code::kInvalid);
    EXPECT_NE(made.status().text().find(row.error), std::string::npos) << made.status().text();
  }
}

}  // namespace
}  // namespace tidemark
