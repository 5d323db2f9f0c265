// Days, weeks, months, quarters and years of a time zone, as intervals of event time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"
#include "pipeline/base/time.h"

namespace tidemark {

enum class CalendarUnit : uint8_t { kDay, kWeek, kMonth, kQuarter, kYear };

// What calendar windows, business days and fiscal years go by.
struct CalendarSpec {
  std::string time_zone = "UTC";  // IANA
  int week_start = 1;             // 1 = Monday .. 7 = Sunday
  int fiscal_year_start = 1;      // month in which years and quarters begin, 1 = January
  uint8_t business_days = 0x7f;   // weekdays on which business is done, bit 0 = Monday
  bool operator==(const CalendarSpec&) const = default;
};

struct Period {
  EventTime begin;
  EventTime end;  // exclusive
  bool operator==(const Period&) const = default;
};

// How much of a period's business time is over: each of its business days counts the same, and within one as much as
// has passed from its first instant to its end. Where there is none among its days, all of them count.
struct BusinessTime {
  int64_t over = 0;  // 0 <= over < all
  int64_t all = 1;
  int64_t day = 1;   // what one day counts
};

// Calendar arithmetic in one time zone. A day begins at the first instant of its local date, be that not midnight, and
// lasts until the next day begins; longer periods are made of days.
// Where a local time has to become an instant: one that the zone skips (spring) is the first instant after the gap, one
// that comes twice (autumn) is its first.
// Invariants: (1) the periods of a unit tile time, without gap, overlap or empty period; (2) PeriodOf and PeriodBefore
// never decrease as t grows, nor does SameElapsed while t stays in one period.
// REQUIRES: instants, given and returned, of the years 1 to 9999.
// Threads: immutable; any. Nothing is cached: a call is a few look-ups in the zone, about a microsecond in all.
class Calendar {
 public:
  // Invalid: an unknown time zone, week_start or fiscal_year_start out of range. Reads tzdata, which nothing else here
  // does, and takes milliseconds.
  static Result<std::shared_ptr<const Calendar>> Make(const CalendarSpec& spec);

  // The period that holds t, and the one before that.
  Period PeriodOf(CalendarUnit unit, EventTime t) const;
  Period PeriodBefore(CalendarUnit unit, EventTime t) const;

  // What the wall clock of t showed so many days or calendar months earlier; the day of the month is at most the
  // month's last: 31 March, a month before, is 28 or 29 February. Negative: later.
  EventTime DaysBefore(EventTime t, int days) const;
  EventTime MonthsBefore(EventTime t, int months) const;

  // As much of `other` as has passed at t of the period of `unit` that holds t, in days and time of day; all of
  // `other` where that is shorter. While the wall clock goes again through what it was set back by, nothing passes.
  // REQUIRES: `other` is a period of any unit.
  Period SameElapsed(CalendarUnit unit, EventTime t, const Period& other) const;

  // Of the period of `unit` that holds t. `is_holiday` is asked about dates like "2026-12-25": no business is done on them.
  // As t grows within a period, over / all never decreases.
  BusinessTime BusinessTimeAt(CalendarUnit unit, EventTime t, const std::function<bool(std::string_view date)>& is_holiday) const;

  // The coarsest of 1 h, 10 min and 1 min that every day of the years 1970 to 2100 begins on a multiple of. (No such
  // for Africa/Monrovia, whose days began at half minutes until 1972: it gets 1 min.) Multiples compare with multiples,
  // but for the hours around a clock change at an odd minute; there was none since 2011 outside Antarctica.
  Duration Grain() const { return grain_; }
  const CalendarSpec& spec() const { return spec_; }

 private:
  struct Zone;
  Calendar(const CalendarSpec& spec, std::shared_ptr<const Zone> zone);

  CalendarSpec spec_;
  std::shared_ptr<const Zone> zone_;
  Duration grain_;
};

}  // namespace tidemark
