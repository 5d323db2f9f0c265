// Numbers of the wire as slots hold them. For this room and pipeline/mapping.
#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/base/time.h"

namespace tidemark::event {

// value * 10^scale rounded to the nearest integer, ties to even. nullopt: NaN, infinite or beyond int64.
std::optional<int64_t> ScaleDouble(double value, int scale);

// Microseconds since the epoch of a google.protobuf.Timestamp, finer digits cut off towards the past. nullopt: not
// within the years 1 to 9999, or nanos not within a second.
inline std::optional<int64_t> TimestampMicros(int64_t seconds, int32_t nanos) {
  constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
  constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z
  if (seconds < kFirstSecond || seconds > kLastSecond || nanos < 0 || nanos >= 1'000'000'000) return std::nullopt;
  return seconds * kMicrosPerSecond + nanos / 1000;
}
// Its parts again, for merging a second occurrence into the first.
void SplitTimestamp(int64_t micros, int64_t* seconds, int32_t* nanos);

// Microseconds of a google.protobuf.Duration, finer digits cut off towards zero. nullopt: beyond 10,000 years, nanos
// not within a second, or of another sign than seconds.
std::optional<int64_t> DurationMicros(int64_t seconds, int32_t nanos);
void SplitDuration(int64_t micros, int64_t* seconds, int32_t* nanos);

}  // namespace tidemark::event
