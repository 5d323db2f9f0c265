// Tables follow their files: a changed file is read, checked and handed to the engine, or refused, and then the old
// contents stay.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "daemon/own_metrics.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// What is known of the files, and one look at them. Threads: one.
// Lifetime: the specs outlive it.
class TableFiles {
 public:
  // `specs` and `layouts` are of the same configuration, whose contents were read at `now`.
  TableFiles(std::span<const TableSpec> specs, std::span<const LookupPlan> layouts, WallTime now);

  // Reads each file that has changed since it was read, and has stood still since the last look: whoever writes it in place
  // has likely finished. All tables, when there are new contents.
  std::optional<LookupTables> Look(WallTime now);
  // By table, as of the last look.
  const std::vector<TableState>& states() const { return states_; }

 private:
  struct Seen {
    std::string read;  // stamp of the file that was read last, whether it was taken or not
    std::string last;  // stamp at the last look
  };
  bool Reload(size_t t, WallTime now);

  const std::span<const TableSpec> specs_;
  const std::vector<LookupPlan> layouts_;
  std::vector<Seen> seen_;
  std::vector<TableState> states_;
  LookupTables tables_;
};

// Looks now and then, on a thread of its own, since reading a large file takes longer than the engine may stand still.
// Without tables there is no thread. Lifetime: what it borrows outlives it.
class TableWatch {
 public:
  TableWatch(const Specs& specs, const Plan& plan, OwnMetrics* own, Duration every = std::chrono::seconds(1));
  ~TableWatch();

  // New contents of tables, once. Threads: any.
  std::optional<LookupTables> Take();

 private:
  void Main();

  TableFiles files_;  // confined to the thread
  OwnMetrics* const own_;
  const Duration every_;
  std::mutex mu_;
  std::condition_variable cv_;
  bool stop_ = false;                // GUARDED_BY(mu_)
  std::optional<LookupTables> new_;  // GUARDED_BY(mu_)
  std::thread thread_;
};

}  // namespace tidemark
