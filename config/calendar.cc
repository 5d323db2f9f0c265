// The section `calendar`: what calendar windows and business time go by.
#include <algorithm>
#include <charconv>

#include "config/sections.h"
#include "config/time_zone.h"

namespace tidemark::config {
namespace {

constexpr size_t kShortName = 3;  // "mon" of "monday", "jan" of "january"

const std::vector<std::string>& Weekdays() {
  static const std::vector<std::string> kNames = {"monday", "tuesday",  "wednesday", "thursday",
                                                  "friday", "saturday", "sunday"};
  return kNames;
}

const std::vector<std::string>& Months() {
  static const std::vector<std::string> kNames = {"january",   "february", "march",    "april",
                                                  "may",       "june",     "july",     "august",
                                                  "september", "october",  "november", "december"};
  return kNames;
}

// 1.. for the name or its first three letters, else nothing.
std::optional<int> IndexOf(std::string_view text, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (text == names[i] || text == names[i].substr(0, kShortName)) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

void ReadZone(const Value& value, CalendarSpec* calendar) {
  const std::optional<std::string> text = value.Text();
  if (!text) return;
  if (*text == "localtime") {
    value.Fail("\"localtime\" is another one on each machine; write an IANA name like Europe/Berlin");
  } else if (!IsTimeZoneName(*text)) {
    value.Fail(Quoted(*text) + " is not the name of a time zone, like Europe/Berlin" + NearestTimeZone(*text));
  } else {
    calendar->time_zone = *text;
  }
}

std::optional<int> ReadWeekday(const Value& value) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  const std::optional<int> day = IndexOf(*text, Weekdays());
  if (!day) value.Fail(Quoted(*text) + " is no weekday" + DidYouMean(*text, Weekdays()));
  return day;
}

std::optional<int> ReadMonth(const Value& value) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  if (const std::optional<int> month = IndexOf(*text, Months())) return month;
  int number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size()) {
    if (number >= 1 && number <= 12) return number;
    value.Fail(*text + " is not from 1 to 12; nearest: " + std::to_string(std::clamp(number, 1, 12)));
    return std::nullopt;
  }
  value.Fail(Quoted(*text) + " is no month" + DidYouMean(*text, Months()));
  return std::nullopt;
}

}  // namespace

void ReadCalendar(const Value& value, Specs* specs) {
  CalendarSpec* const calendar = &specs->calendar;
  specs->calendar_place = value.place();
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto zone = map->Take("time_zone")) {
    specs->calendar_place = zone->place();
    ReadZone(*zone, calendar);
  }
  map->Set("week_start", &calendar->week_start, ReadWeekday);
  map->Set("fiscal_year_start", &calendar->fiscal_year_start, ReadMonth);
  if (const auto days = map->Take("business_days")) {
    std::vector<int> weekdays;
    ReadDays(*days, &weekdays);
    if (!weekdays.empty()) calendar->business_days = 0;
    for (const int day : weekdays) calendar->business_days = static_cast<uint8_t>(calendar->business_days | 1u << (day - 1));
  }
  if (const auto holidays = map->Take("holidays")) {
    if (!holidays->is_scalar()) {
      holidays->Fail("the name of a table is wanted here, whose keys are the dates, like 2026-12-25");
    } else {
      specs->holidays = holidays->Text().value_or("");
      specs->holidays_place = holidays->place();
    }
  }
  map->Finish();
}

}  // namespace tidemark::config
