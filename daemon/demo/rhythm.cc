#include "daemon/demo/rhythm.h"

#include <array>
#include <chrono>

namespace tidemark::demo {
namespace {

using std::chrono::hours;

constexpr std::array<double, 24> kPeopleByHour = {0.25, 0.15, 0.1, 0.1, 0.1, 0.2, 0.4, 0.7, 1.1, 1.4, 1.6, 1.6,
                                                  1.5,  1.6,  1.6, 1.5, 1.4, 1.4, 1.3, 1.4, 1.6, 1.5, 1.0, 0.5};
constexpr std::array<double, 7> kPeopleByWeekday = {1.15, 1.15, 1.1, 1.1, 1.0, 0.7, 0.8};  // from Monday
constexpr int kOpens = 8, kCloses = 18;
constexpr double kOfficeHoursAWeek = 5.0 * (kCloses - kOpens);
constexpr double kGreatest = 168.0 / kOfficeHoursAWeek;  // of any intensity
static_assert(1.6 * 1.15 < kGreatest);

int64_t HourOfWeek(EventTime t) {  // 0: Monday 00:00
  const int64_t hour = FloorDiv(Micros(t), 60 * kMicrosPerMinute);
  return ((hour + 72) % 168 + 168) % 168;  // the epoch was a Thursday
}

double MeanByHour() {
  double sum = 0;
  for (const double v : kPeopleByHour) sum += v;
  return sum / 24;
}

bool AtWork(int64_t hour_of_week) {
  const int64_t hour = hour_of_week % 24;
  return hour_of_week / 24 < 5 && hour >= kOpens && hour < kCloses;
}

Duration FromSeconds(double seconds) { return Duration(static_cast<int64_t>(seconds * 1e6) + 1); }

}  // namespace

double Intensity(Pace pace, EventTime t) {
  static const double by_hour = MeanByHour();
  const int64_t hour = HourOfWeek(t);
  switch (pace) {
    case Pace::kPeople:
      return kPeopleByHour[static_cast<size_t>(hour % 24)] / by_hour * kPeopleByWeekday[static_cast<size_t>(hour / 24)];
    case Pace::kOffice:
      return AtWork(hour) ? kGreatest : 0;
    case Pace::kAlways:
      break;
  }
  return 1;
}

EventTime Rhythm::After(EventTime t, Duration d) const {
  const auto fast = [this](Duration span) {
    return Duration(static_cast<int64_t>(static_cast<double>(span.count()) / rush_));
  };
  if (rushing(t)) return t + fast(d);
  if (!rush_from_ || t + d <= *rush_from_) return t + d;
  return *rush_from_ + fast(t + d - *rush_from_);
}

EventTime Rhythm::AfterAtWork(EventTime t, Duration d, Random* random) const {
  EventTime due = After(t, d);
  if (rushing(due)) return due;
  const EventTime wanted = due;
  while (!AtWork(HourOfWeek(due))) due = FloorTo(due, hours(1)) + hours(1);
  // What piled up overnight is worked off in the first hours of the day.
  if (due != wanted) due += Duration(random->Between(0, 2 * 60 * kMicrosPerMinute));
  return rushing(due) ? After(wanted, due - wanted) : due;
}

EventTime Rhythm::NextArrival(EventTime t, double per_day, Pace pace, Random* random) const {
  for (;;) {  // thinning: candidates at the greatest rate, each kept as often as the hour's share of it
    const bool rush = rushing(t);
    t = After(t, FromSeconds(random->Exponential(86400.0 / (rush ? per_day : per_day * kGreatest))));
    if (rush || random->Unit() * kGreatest < (rushing(t) ? 1 : Intensity(pace, t))) return t;
  }
}

}  // namespace tidemark::demo
