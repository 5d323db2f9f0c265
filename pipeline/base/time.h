// Event time and processing time as types that do not mix, with their text forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"

namespace tidemark {

using Duration = std::chrono::microseconds;

// Time in the record. Deliberately no now(): event time cannot come from a clock.
struct EventClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EventClock, duration>;
  static constexpr bool is_steady = false;
};
using EventTime = EventClock::time_point;

// Wall-clock time as handed in by daemon/, the only room that reads a clock. Microseconds since the epoch, UTC.
struct WallClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock, duration>;
  static constexpr bool is_steady = false;
};
using WallTime = WallClock::time_point;

inline constexpr EventTime kNoEventTime = EventTime::min();  // nothing known yet
inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;

constexpr EventTime EventTimeFromMicros(int64_t micros) { return EventTime(Duration(micros)); }
constexpr int64_t Micros(EventTime t) { return t.time_since_epoch().count(); }
constexpr int64_t Micros(WallTime t) { return t.time_since_epoch().count(); }
constexpr WallTime WallTimeFromMicros(int64_t micros) { return WallTime(Duration(micros)); }

// A proof of the log end says that event time is known through a wall-clock instant: the one place where the two meet.
constexpr EventTime EventTimeOfProof(WallTime t) { return EventTimeFromMicros(Micros(t)); }

constexpr int64_t FloorDiv(int64_t a, int64_t b) { return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0); }
// The greatest multiple of `step` since the epoch that is not after t. REQUIRES: step > 0.
constexpr EventTime FloorTo(EventTime t, Duration step) {
  return EventTimeFromMicros(FloorDiv(Micros(t), step.count()) * step.count());
}

// "90s", "15m", "24h", "7d", "2w", "100ms", "250us"; several may follow one another: "1h30m". Positive or zero.
Result<Duration> ParseDuration(std::string_view text);
// The shortest such text with one unit where possible: 24h, 7d, 90s.
std::string FormatDuration(Duration d);

// RFC 3339 with any offset, up to microseconds: "2026-11-24T03:36:49.25Z".
Result<EventTime> ParseRfc3339(std::string_view text);
std::string FormatRfc3339(EventTime t);

}  // namespace tidemark
