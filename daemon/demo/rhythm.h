// How busy a company is by the hour of the week, and how long work takes when it only goes on in office hours.
#pragma once

#include <optional>

#include "daemon/demo/random.h"
#include "pipeline/base/time.h"

namespace tidemark::demo {

enum class Pace {
  kAlways,  // machines
  kPeople,  // customers: evenings and weekends too, nights hardly
  kOffice,  // staff: weekdays from eight to six
};

// Share of the mean rate at t (UTC); its mean over a week is 1.
double Intensity(Pace pace, EventTime t);

// Event time of a company that from `rush_from` on does everything `rush` times as fast, around the clock: a demo shows
// days of business in a minute. Immutable.
class Rhythm {
 public:
  // REQUIRES: rush >= 1.
  Rhythm(std::optional<EventTime> rush_from, double rush) : rush_from_(rush_from), rush_(rush) {}

  // When something that takes d of plain time is done, begun at t.
  EventTime After(EventTime t, Duration d) const;
  // The same for staff: put off to the next office hours, were it to fall outside.
  EventTime AfterAtWork(EventTime t, Duration d, Random* random) const;
  // The next arrival of a process that arrives `per_day` times a day on average.
  EventTime NextArrival(EventTime t, double per_day, Pace pace, Random* random) const;

 private:
  bool rushing(EventTime t) const { return rush_from_ && t >= *rush_from_; }
  std::optional<EventTime> rush_from_;
  double rush_;
};

}  // namespace tidemark::demo
