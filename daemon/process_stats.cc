#include "daemon/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace tidemark {
namespace {

// Seconds since the epoch at which the machine booted; the start time in /proc counts from there.
double BootTime() {
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line);) {
    if (line.rfind("btime ", 0) == 0) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

int64_t CountOpenFds() {
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  int64_t count = -3;  // ".", ".." and the directory itself
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The program's name, in parentheses, may hold anything; the third field follows it.
  const size_t name_end = text.rfind(')');
  if (name_end != std::string::npos) {
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    for (int number = 3; fields >> field && number <= 24; ++number) {
      const double value = std::strtod(field.c_str(), nullptr);
      if (number == 14 || number == 15) stats.cpu_seconds += value / ticks;
      if (number == 20) stats.threads = static_cast<int64_t>(value);
      if (number == 22) stats.start_time_seconds = BootTime() + value / ticks;
      if (number == 23) stats.virtual_bytes = static_cast<int64_t>(value);
      if (number == 24) stats.resident_bytes = static_cast<int64_t>(value) * sysconf(_SC_PAGESIZE);
    }
  }
  stats.open_fds = CountOpenFds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = static_cast<int64_t>(limit.rlim_cur);
  return stats;
}

}  // namespace tidemark
