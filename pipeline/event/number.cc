#include "pipeline/event/number.h"

#include <array>
#include <cmath>

#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"

namespace tidemark::event {
namespace {

constexpr std::array<double, kMaxScale + 1> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                                            1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

}  // namespace

std::optional<int64_t> ScaleDouble(double value, int scale) {
  const double scaled = std::nearbyint(value * kPowersOfTen[static_cast<size_t>(scale)]);
  if (!(scaled >= -kTwoTo63 && scaled < kTwoTo63)) return std::nullopt;  // written so that NaN fails too
  return static_cast<int64_t>(scaled);
}

void SplitTimestamp(int64_t micros, int64_t* seconds, int32_t* nanos) {
  *seconds = FloorDiv(micros, kMicrosPerSecond);
  *nanos = static_cast<int32_t>(micros - *seconds * kMicrosPerSecond) * 1000;
}

std::optional<int64_t> DurationMicros(int64_t seconds, int32_t nanos) {
  if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds) return std::nullopt;
  if (nanos <= -kNanosPerSecond || nanos >= kNanosPerSecond) return std::nullopt;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return std::nullopt;
  return seconds * kMicrosPerSecond + nanos / 1000;
}

void SplitDuration(int64_t micros, int64_t* seconds, int32_t* nanos) {
  *seconds = micros / kMicrosPerSecond;
  *nanos = static_cast<int32_t>(micros % kMicrosPerSecond) * 1000;
}

}  // namespace tidemark::event
