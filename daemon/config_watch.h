// A configuration that follows its files, as those of a ConfigMap and a Secret change under a running daemon.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/periodic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// What an attempt to load a configuration has read, whether it was taken or refused. Contents count, not the files' times:
// that a ConfigMap was mounted anew is no change.
struct LoadAttempt {
  std::vector<ReadFile> files;
  // With stamps. Only of a configuration that was refused, perhaps for them: those of one in force are followed anyway.
  std::vector<std::pair<std::string, std::string>> tables;
};
LoadAttempt AttemptOf(const Specs& specs, bool refused);

// Once some file is another than at the last attempt and stands still, `reload` is called, which makes another attempt: so
// each content is tried once, good or bad. Lifetime: what the functions borrow outlives it.
class ConfigWatch {
 public:
  // `every`: from one look to the next; after a change that one follows soon.
  ConfigWatch(std::function<LoadAttempt()> last, std::function<void()> reload, Duration every);

 private:
  Duration Look();

  const std::function<LoadAttempt()> last_;
  const std::function<void()> reload_;
  const Duration every_;
  std::vector<std::string> seen_;  // at the last look, where it was another than at the attempt; confined to the thread
  Periodic thread_;
};

}  // namespace tidemark
