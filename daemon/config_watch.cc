#include "daemon/config_watch.h"

#include <algorithm>

#include "config/read_file.h"
#include "config/table_file.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

constexpr Duration kToSettle = std::chrono::seconds(1);

std::vector<std::string> AsRead(const LoadAttempt& attempt) {
  std::vector<std::string> states;
  for (const ReadFile& file : attempt.files) states.push_back(std::to_string(file.content));
  for (const auto& [file, stamp] : attempt.tables) states.push_back(stamp);
  return states;
}

std::vector<std::string> AsTheyAre(const LoadAttempt& attempt) {
  std::vector<std::string> states;
  for (const ReadFile& file : attempt.files) states.push_back(std::to_string(ContentOf(file.path, file.limit)));
  for (const auto& [file, stamp] : attempt.tables) states.push_back(FileStamp(file));
  return states;
}

}  // namespace

LoadAttempt AttemptOf(const Specs& specs, bool refused) {
  LoadAttempt attempt;
  attempt.files = specs.files;
  for (const auto* secrets : {&specs.kafka.files, &specs.privacy.files}) {
    attempt.files.insert(attempt.files.end(), secrets->begin(), secrets->end());
  }
  if (!refused) return attempt;
  // A registry's files are read at each request: only of a missing one is it waited for.
  if (specs.registry) attempt.files.insert(attempt.files.end(), specs.registry->files.begin(), specs.registry->files.end());
  for (const TableSpec& table : specs.tables) {
    if (!table.file.empty()) attempt.tables.emplace_back(table.file, table.stamp);
  }
  return attempt;
}

ConfigWatch::ConfigWatch(std::function<LoadAttempt()> last, std::function<void()> reload, Duration every)
    : last_(std::move(last)),
      reload_(std::move(reload)),
      every_(every),
      thread_(every, [this](const std::atomic<bool>&) { return Look(); }) {}

Duration ConfigWatch::Look() {
  const LoadAttempt last = last_();
  std::vector<std::string> now = AsTheyAre(last);
  if (now == AsRead(last)) {
    seen_.clear();
  } else if (now != seen_) {
    seen_ = std::move(now);
    return std::min(every_, kToSettle);
  } else {
    Log(LogLevel::kInfo, "the configuration's files have changed");
    reload_();
    seen_.clear();
  }
  return every_;
}

}  // namespace tidemark
