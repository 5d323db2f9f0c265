#include "pipeline/time/calendar.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tidemark {
namespace {

using absl::CivilDay;
using absl::CivilMonth;
using absl::CivilSecond;

EventTime FromAbsl(absl::Time t) { return EventTimeFromMicros(absl::ToUnixMicros(t)); }
absl::Time ToAbsl(EventTime t) { return absl::FromUnixMicros(Micros(t)); }

// What a wall clock shows.
struct Reading {
  CivilDay day;
  Duration of_day;  // since 00:00, as shown
};

Reading ReadingOf(CivilSecond shown, absl::Duration subsecond) {
  const CivilDay day(shown);
  return {day, std::chrono::seconds(shown - CivilSecond(day)) + Duration(absl::ToInt64Microseconds(subsecond))};
}

struct Days {
  CivilDay first;
  CivilDay next;  // the first of the next period
};

Days DaysOf(const CalendarSpec& spec, CalendarUnit unit, CivilDay day) {
  if (unit == CalendarUnit::kDay) return {day, day + 1};
  if (unit == CalendarUnit::kWeek) {
    const int weekday = static_cast<int>(absl::GetWeekday(day)) + 1;  // absl: Monday is 0
    const CivilDay first = day - (weekday - spec.week_start + 7) % 7;
    return {first, first + 7};
  }
  const int months = unit == CalendarUnit::kMonth ? 1 : unit == CalendarUnit::kQuarter ? 3 : 12;
  const CivilMonth month(day);
  const CivilMonth first = month - (month.month() - spec.fiscal_year_start + 12) % months;
  return {CivilDay(first), CivilDay(first + months)};
}

}  // namespace

struct Calendar::Zone {
  absl::TimeZone zone;

  Reading At(EventTime t) const {
    const auto now = zone.At(ToAbsl(t));
    return ReadingOf(now.cs, now.subsecond);
  }

  // The furthest that the clock got by t: differs from At(t) where it was set back.
  Reading FurthestAt(EventTime t) const {
    const auto now = zone.At(ToAbsl(t));
    const auto same = zone.At(now.cs);
    if (same.kind != absl::TimeZone::TimeInfo::REPEATED || ToAbsl(t) < same.trans) {
      return ReadingOf(now.cs, now.subsecond);
    }
    return ReadingOf(now.cs + absl::ToInt64Seconds(same.trans - same.pre), absl::ZeroDuration());
  }

  EventTime InstantOf(CivilDay day, Duration of_day) const {
    const auto whole = std::chrono::floor<std::chrono::seconds>(of_day);
    const auto found = zone.At(CivilSecond(day) + whole.count());
    if (found.kind == absl::TimeZone::TimeInfo::SKIPPED) return FromAbsl(found.trans);
    return FromAbsl(found.pre) + (of_day - whole);
  }

  EventTime BeginOf(CivilDay day) const { return InstantOf(day, Duration::zero()); }

  // The day that holds t: the date shown, or the next one where midnight had come before the clock was set back.
  CivilDay DayOf(EventTime t) const {
    const CivilDay shown = At(t).day;
    return t < BeginOf(shown + 1) ? shown : shown + 1;
  }

  Duration Grain() const {
    constexpr Duration kGrains[] = {std::chrono::hours(1), std::chrono::minutes(10), std::chrono::minutes(1)};
    const Duration* grain = kGrains;
    const auto fit = [&](CivilDay day) {
      const EventTime begin = BeginOf(day);
      while (grain != std::end(kGrains) - 1 && FloorTo(begin, *grain) != begin) ++grain;
    };
    // Between two changes of the clock all days begin alike: the one after a change stands for them.
    const CivilDay first(1970, 1, 1), last(2100, 12, 31);
    fit(first);
    absl::TimeZone::CivilTransition change;
    for (absl::Time at = absl::FromCivil(first, zone); zone.NextTransition(at, &change); at = zone.At(change.to).trans) {
      const auto [from, to] = std::minmax(change.from, change.to);
      if (CivilDay(from) > last) break;
      for (CivilDay day(from); day <= std::min(CivilDay(to) + 1, last); ++day) fit(day);
    }
    return *grain;
  }
};

Calendar::Calendar(const CalendarSpec& spec, std::shared_ptr<const Zone> zone)
    : spec_(spec), zone_(std::move(zone)), grain_(zone_->Grain()) {}

Result<std::shared_ptr<const Calendar>> Calendar::Make(const CalendarSpec& spec) {
  if (spec.week_start < 1 || spec.week_start > 7) {
    return Invalid("a week starts on a day from 1 (Monday) to 7 (Sunday), not " + std::to_string(spec.week_start));
  }
  if (spec.fiscal_year_start < 1 || spec.fiscal_year_start > 12) {
    return Invalid("a fiscal year starts in a month from 1 (January) to 12 (December), not " +
                   std::to_string(spec.fiscal_year_start));
  }
  auto zone = std::make_shared<Zone>();
  if (!absl::LoadTimeZone(spec.time_zone, &zone->zone)) {
    return Invalid("there is no time zone \"" + spec.time_zone +
                   "\"; write it like Europe/Berlin (is the package tzdata installed?)");
  }
  return std::make_shared<const Calendar>(Calendar(spec, std::move(zone)));
}

Period Calendar::PeriodOf(CalendarUnit unit, EventTime t) const {
  const Days days = DaysOf(spec_, unit, zone_->DayOf(t));
  return {zone_->BeginOf(days.first), zone_->BeginOf(days.next)};
}

BusinessTime Calendar::BusinessTimeAt(CalendarUnit unit, EventTime t,
                                      const std::function<bool(std::string_view date)>& is_holiday) const {
  const CivilDay today = zone_->DayOf(t);
  const Days days = DaysOf(spec_, unit, today);
  struct Counted {
    int64_t over = 0, all = 0;
    bool today = false;
  } business, every;
  const auto count = [&](Counted* counted, CivilDay day) {
    ++counted->all;
    counted->over += day < today ? 1 : 0;
    counted->today |= day == today;
  };
  for (CivilDay day = days.first; day < days.next; ++day) {
    count(&every, day);
    const auto weekday = static_cast<unsigned>(absl::GetWeekday(day));  // absl: Monday is 0
    if ((spec_.business_days >> weekday & 1) != 0 && !is_holiday(absl::FormatCivilTime(day))) count(&business, day);
  }
  const Counted& counted = business.all > 0 ? business : every;
  const EventTime begin = zone_->BeginOf(today);
  const int64_t length = (zone_->BeginOf(today + 1) - begin).count();
  return {counted.over * length + (counted.today ? (t - begin).count() : 0), counted.all * length, length};
}

Period Calendar::PeriodBefore(CalendarUnit unit, EventTime t) const {
  return PeriodOf(unit, PeriodOf(unit, t).begin - Duration(1));
}

EventTime Calendar::DaysBefore(EventTime t, int days) const {
  const Reading shown = zone_->At(t);
  return zone_->InstantOf(shown.day - days, shown.of_day);
}

EventTime Calendar::MonthsBefore(EventTime t, int months) const {
  const Reading shown = zone_->At(t);
  const CivilMonth month = CivilMonth(shown.day) - months;
  const CivilDay last = CivilDay(month + 1) - 1;
  return zone_->InstantOf(std::min(CivilDay(month) + (shown.day.day() - 1), last), shown.of_day);
}

Period Calendar::SameElapsed(CalendarUnit unit, EventTime t, const Period& other) const {
  const Reading now = zone_->FurthestAt(t);
  const auto days = now.day - zone_->At(PeriodOf(unit, t).begin).day;
  const EventTime end = zone_->InstantOf(zone_->At(other.begin).day + days, now.of_day);
  return {other.begin, std::min(end, other.end)};
}

}  // namespace tidemark
