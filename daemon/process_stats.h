// What the operating system knows of this process.
#pragma once

#include <cstdint>

namespace tidemark {

struct ProcessStats {
  double cpu_seconds = 0;
  double start_time_seconds = 0;  // since the epoch
  int64_t resident_bytes = 0;
  int64_t virtual_bytes = 0;
  int64_t open_fds = 0;
  int64_t max_fds = 0;
  int64_t threads = 0;
};
// What cannot be read is zero.
ProcessStats ReadProcessStats();

}  // namespace tidemark
