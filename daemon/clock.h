// The only place that reads clocks: everything below daemon/ gets time as an argument.
#pragma once

#include <chrono>
#include <ctime>

#include "pipeline/base/time.h"

namespace tidemark {

inline WallTime WallNow() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return WallTime(std::chrono::duration_cast<Duration>(since_epoch));
}

// Monotonic; for time spans within this process only.
inline Duration SteadyNow() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

// CPU time of the calling thread.
inline Duration ThreadCpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

constexpr double Seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }
constexpr double Seconds(EventTime t) { return Seconds(t.time_since_epoch()); }
constexpr double Seconds(WallTime t) { return Seconds(t.time_since_epoch()); }

}  // namespace tidemark
