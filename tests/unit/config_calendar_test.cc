// The section `calendar` and the windows that go by it: what right ones mean, and one row for every mistake.
#include <gtest/gtest.h>

#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

struct CalendarRow {
  const char* yaml;
  CalendarSpec expected;
};

TEST(Calendar, SaysWhereDaysBeginAndWhenWeeksAndYearsDo) {
  const CalendarRow rows[] = {
      {"", {"UTC", 1, 1}},
      {"calendar: {}", {"UTC", 1, 1}},
      {"calendar: {time_zone: Europe/Berlin}", {"Europe/Berlin", 1, 1}},
      {"calendar: {time_zone: America/Argentina/Buenos_Aires, week_start: sunday}",
       {"America/Argentina/Buenos_Aires", 7, 1}},
      {"calendar: {time_zone: Etc/GMT+1, week_start: sat, fiscal_year_start: april}", {"Etc/GMT+1", 6, 4}},
      {"calendar: {fiscal_year_start: 12}", {"UTC", 1, 12}},
      {"calendar: {fiscal_year_start: jul}", {"UTC", 1, 7}},
      {"calendar: {fiscal_year_start: may}", {"UTC", 1, 5}},
      // Whether there is such a zone is for Plan::Compile to say.
      {"calendar: {time_zone: Mars/Olympus}", {"Mars/Olympus", 1, 1}},
  };
  for (const CalendarRow& row : rows) {
    SCOPED_TRACE(row.yaml);
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", TextBefore(kWhole) + row.yaml + "\n", &specs, &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
    EXPECT_TRUE(specs.calendar == row.expected)
        << specs.calendar.time_zone << " " << specs.calendar.week_start << " " << specs.calendar.fiscal_year_start;
  }
}

TEST(Calendar, KeepsThePlaceOfItsZone) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kWhole) + "calendar:\n  week_start: mon\n  time_zone: Europe/Paris\n", &specs,
              &diagnostics);
  EXPECT_EQ(specs.calendar_place.line, 6);
  EXPECT_EQ(specs.calendar_place.column, 14);
}

const ConfigRow kCalendarMistakes[] = {
    {"CalendarIsText", kWhole, "calendar: Europe/Berlin", "c.yaml:4:11: calendar: a map (key: value) is wanted here\n"},
    {"CalendarKeyMisspelt", kWhole, "calendar: {timezone: UTC}",
     "c.yaml:4:12: calendar: unknown key \"timezone\"; did you mean \"time_zone\"?\n"},
    {"ZoneWithASpace", kWhole, "calendar: {time_zone: Europe Berlin}",
     "c.yaml:4:23: calendar.time_zone: \"Europe Berlin\" is not the name of a time zone, like Europe/Berlin; nearest: "
     "Europe/Berlin\n"},
    {"ZoneIsAPath", kWhole, "calendar: {time_zone: /etc/localtime}",
     "c.yaml:4:23: calendar.time_zone: \"/etc/localtime\" is not the name of a time zone, like Europe/Berlin\n"},
    {"ZoneClimbs", kWhole, "calendar: {time_zone: a/../../x}",
     "c.yaml:4:23: calendar.time_zone: \"a/../../x\" is not the name of a time zone, like Europe/Berlin\n"},
    {"ZoneOfTheMachine", kWhole, "calendar: {time_zone: localtime}",
     "c.yaml:4:23: calendar.time_zone: \"localtime\" is another one on each machine; write an IANA name like "
     "Europe/Berlin\n"},
    {"ZoneIsANumber", kWhole, "calendar: {time_zone: +01:00}",
     "c.yaml:4:23: calendar.time_zone: \"+01:00\" is not the name of a time zone, like Europe/Berlin\n"},
    {"ZoneTooLong", kWhole, "calendar: {time_zone: " + Times(65, "a") + "}",
     "c.yaml:4:23: calendar.time_zone: \"" + Times(60, "a") +
         "...\" is not the name of a time zone, like Europe/Berlin\n"},
    {"ZoneIsAList", kWhole, "calendar: {time_zone: [UTC]}",
     "c.yaml:4:23: calendar.time_zone: a single value is wanted here\n"},
    {"WeekStartCapital", kWhole, "calendar: {week_start: Monday}",
     "c.yaml:4:24: calendar.week_start: \"Monday\" is no weekday; did you mean \"monday\"?\n"},
    {"WeekStartIsANumber", kWhole, "calendar: {week_start: 1}",
     "c.yaml:4:24: calendar.week_start: \"1\" is no weekday; there are: monday, tuesday, wednesday, thursday, friday, "
     "saturday, sunday\n"},
    {"MonthMisspelt", kWhole, "calendar: {fiscal_year_start: febuary}",
     "c.yaml:4:31: calendar.fiscal_year_start: \"febuary\" is no month; did you mean \"february\"?\n"},
    {"MonthOutOfRange", kWhole, "calendar: {fiscal_year_start: 13}",
     "c.yaml:4:31: calendar.fiscal_year_start: 13 is not from 1 to 12; nearest: 12\n"},
    {"MonthZero", kWhole, "calendar: {fiscal_year_start: 0}",
     "c.yaml:4:31: calendar.fiscal_year_start: 0 is not from 1 to 12; nearest: 1\n"},
    {"MonthHuge", kWhole, "calendar: {fiscal_year_start: 99999999999999999999}",
     "c.yaml:4:31: calendar.fiscal_year_start: \"99999999999999999999\" is no month; there are: january, february, "
     "march, april, may, june, july, august, september, october, november, december\n"},
};

TEST(ConfigErrors, EveryMistakeOfTheCalendarIsReportedAtItsPlace) {
  for (const ConfigRow& row : kCalendarMistakes) ExpectRow(row);
}

const KpiRow kWindows[] = {
    {"ToDate", "on: a.b, count: true, windows: [today, week_to_date, month_to_date, quarter_to_date, year_to_date]",
     "count on=a.b windows=today=day-to-date,week_to_date=week-to-date,month_to_date=month-to-date,"
     "quarter_to_date=quarter-to-date,year_to_date=year-to-date"},
    {"Closed", "on: a.b, sum: a.c, windows: [yesterday, last_week, last_month, last_quarter, last_year]",
     "sum field=a.c on=a.b windows=yesterday=day-before,last_week=week-before,last_month=month-before,"
     "last_quarter=quarter-before,last_year=year-before"},
    {"All", "on: a.b, avg: a.c, windows: [1h, last_month, lifetime]",
     "avg field=a.c on=a.b windows=1h=1h,last_month=month-before,lifetime=ever"},
    {"StepIsOfTheRollingOnes", "on: a.b, count: true, step: 2m, windows: [2h, today]",
     "count on=a.b windows=2h=2h/2m,today=day-to-date"},
};

TEST(Windows, OfTheCalendarAreReadByName) {
  for (const KpiRow& row : kWindows) ExpectKpi(row);
}

std::string Counted(const std::string& windows) {
  return "kpis:\n- {name: x, on: a.b, count: true, windows: [" + windows + "]}";
}

const ConfigRow kWindowMistakes[] = {
    {"Month", kInput, Counted("month"),
     "c.yaml:4:45: kpis[0].windows[0]: \"month\" is no window; did you mean \"month_to_date\"?\n"},
    {"ThisMonth", kInput, Counted("this_month"),
     "c.yaml:4:45: kpis[0].windows[0]: \"this_month\" is no window; did you mean \"month_to_date\"?\n"},
    {"YearToDateShort", kInput, Counted("24h, ytd"),
     "c.yaml:4:50: kpis[0].windows[1]: \"ytd\" is no window; did you mean \"year_to_date\"?\n"},
    {"PreviousMonth", kInput, Counted("previous_month"),
     "c.yaml:4:45: kpis[0].windows[0]: \"previous_month\" is no window; did you mean \"last_month\"?\n"},
    {"Misspelt", kInput, Counted("last_quater"),
     "c.yaml:4:45: kpis[0].windows[0]: \"last_quater\" is no window; did you mean \"last_quarter\"?\n"},
    {"LifetimeMisspelt", kInput, Counted("life_time"),
     "c.yaml:4:45: kpis[0].windows[0]: \"life_time\" is no window; did you mean \"lifetime\"?\n"},
    {"Twice", kInput, Counted("today, today"), "c.yaml:4:52: kpis[0].windows[1]: today is the same window as today\n"},
    {"NowIsOfOpen", kInput, Counted("now"),
     "c.yaml:4:45: kpis[0].windows[0]: now is the window of open, and of formulas over it\n"},
    {"StepWithoutARollingWindow", kInput, "kpis:\n- {name: x, on: a.b, count: true, step: 2m, windows: [today]}",
     "c.yaml:4:54: kpis[0].windows: step: has no effect on today; leave it out\n"},
    {"OfMin", kInput, "kpis:\n- {name: x, on: a.b, min: a.c, windows: [24h, month_to_date, lifetime]}",
     "c.yaml:4:47: kpis[0].windows[1]: month_to_date is a window of the calendar; min takes rolling windows and "
     "lifetime; nearest: 30d\n"},
    {"OfMax", kInput, "kpis:\n- {name: x, on: a.b, max: a.c, windows: [today]}",
     "c.yaml:4:42: kpis[0].windows[0]: today is a window of the calendar; max takes rolling windows and lifetime; "
     "nearest: 24h\n"},
    {"OfLast", kInput, "kpis:\n- {name: x, on: a.b, last: a.c, windows: [last_year]}",
     "c.yaml:4:43: kpis[0].windows[0]: last_year is a window of the calendar; last takes rolling windows and lifetime; "
     "nearest: 365d\n"},
};

TEST(ConfigErrors, EveryMistakeOfACalendarWindowIsReportedAtItsPlace) {
  for (const ConfigRow& row : kWindowMistakes) ExpectRow(row);
}

}  // namespace
}  // namespace tidemark
