// A child process of the demo: the daemon itself, on the path that everybody uses.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/status.h"

namespace tidemark::demo {

// Invariant: the process does not outlive this object, nor the process that started it.
// Threads: confined to one; Start from a thread that lives on, since the child is told when that thread dies.
class Child {
 public:
  // Runs this very program with other arguments; what it writes goes to a file.
  static Result<std::unique_ptr<Child>> StartSelf(std::vector<std::string> arguments, const std::string& output_file);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its exit status, 128 + signal when it was killed; nullopt while it runs.
  std::optional<int> Poll();
  // SIGTERM, and SIGKILL when that did not help in time. The exit status.
  int Stop(std::chrono::milliseconds patience);

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> ended_;
};

}  // namespace tidemark::demo
