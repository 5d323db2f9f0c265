// Panes: disjoint pieces of event time, aligned to the epoch, in four sizes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/base/time.h"

namespace tidemark {

enum class Tier : uint8_t { kMinute, kTenMinutes, kHour, kDay };
inline constexpr size_t kTierCount = 4;

constexpr Duration PaneSize(Tier tier) {
  constexpr std::array<int64_t, kTierCount> kMinutes = {1, 10, 60, 1440};
  return Duration(kMinutes[static_cast<size_t>(tier)] * kMicrosPerMinute);
}

// The largest tier whose panes fit a whole number of times into `step`. REQUIRES: step a multiple of a minute.
constexpr Tier TierOfStep(Duration step) {
  for (size_t t = kTierCount; t-- > 1;) {
    if (step.count() % PaneSize(static_cast<Tier>(t)).count() == 0) return static_cast<Tier>(t);
  }
  return Tier::kMinute;
}

// Default step of a rolling window: at least 60 steps each.
constexpr Duration DefaultStep(Duration length) {
  if (length <= std::chrono::hours(12)) return PaneSize(Tier::kMinute);
  if (length <= std::chrono::hours(5 * 24)) return PaneSize(Tier::kTenMinutes);
  if (length <= std::chrono::hours(60 * 24)) return PaneSize(Tier::kHour);
  return PaneSize(Tier::kDay);
}

// The lower edge at T of a rolling window: the panes of the last `length`, the step that holds T included.
constexpr EventTime LowerEdge(EventTime t, Duration length, Duration step) {
  if (t == kNoEventTime) return kNoEventTime;
  return FloorTo(t, step) + step - length;
}

}  // namespace tidemark
