// How long it is kept what was shown at whole hours.
#pragma once

#include "pipeline/base/time.h"

namespace tidemark {

inline constexpr Duration kShownGrid = std::chrono::hours(1);
inline constexpr Duration kHoursShown = std::chrono::hours(48);
inline constexpr Duration kMidnightsShown = std::chrono::hours(35 * 24);  // in UTC

}  // namespace tidemark
