// A line on stderr that replaces itself, on a terminal only.
#pragma once

#include <unistd.h>

#include <iostream>
#include <string>

#include "daemon/clock.h"

namespace tidemark {

// Shows nothing in its first `quiet` of life, and wipes itself out at its end.
class ProgressLine {
 public:
  explicit ProgressLine(Duration quiet = Duration(0))
      : shown_(isatty(STDERR_FILENO) != 0), next_(SteadyNow() + quiet) {}
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const std::string& text) {
    const Duration now = SteadyNow();
    if (!shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    begun_ = true;
    std::cerr << "\r\x1b[K" << text << std::flush;
  }
  // Before something else is printed.
  void Clear() {
    if (begun_) std::cerr << "\r\x1b[K" << std::flush;
    begun_ = false;
  }

 private:
  const bool shown_;
  Duration next_;
  bool begun_ = false;
};

}  // namespace tidemark
