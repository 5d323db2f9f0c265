#include "pipeline/time/local_time.h"

#include <absl/time/time.h>

namespace tidemark {

std::string LocalTime(EventTime t, const std::string& time_zone) {
  absl::TimeZone zone;
  absl::LoadTimeZone(time_zone, &zone);
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixMicros(Micros(t)), zone);
}

}  // namespace tidemark
