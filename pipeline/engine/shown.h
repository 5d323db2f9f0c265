// How long it is kept what was shown at whole hours.
#pragma once

#include "pipeline/base/time.h"

namespace tidemark {

inline constexpr Duration kShownGrid = std::chrono::hours(1);
inline constexpr Duration kHoursShown = std::chrono::hours(48);
inline constexpr Duration kMidnightsShown = std::chrono::hours(35 * 24);  // in UTC

// Whether it is kept at T = t what was shown at an hour.
constexpr bool IsShownKept(EventTime hour, EventTime t) {
  return t - hour <= (FloorTo(hour, std::chrono::hours(24)) == hour ? kMidnightsShown : kHoursShown);
}

}  // namespace tidemark
