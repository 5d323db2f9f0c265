// Tables follow their files and topics: what is new is read, checked and handed to the engine, or refused, and then the old
// contents stay.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "daemon/followed_table.h"
#include "daemon/periodic.h"

namespace tidemark {

// Looks now and then, on a thread of its own, since reading a large table takes longer than the engine may stand still.
// Without tables there is no thread. Lifetime: what it borrows outlives it.
class TableWatch {
 public:
  TableWatch(const Specs& specs, const Plan& plan, OwnMetrics* own, Duration every = std::chrono::seconds(1));

  // All tables, once after each change. Threads: any.
  std::optional<LookupTables> Take();
  // As they are now. Nothing: a topic was not read to its end yet. Threads: any.
  std::optional<LookupTables> contents() const;

 private:
  Duration Look(const std::atomic<bool>& stop);
  Duration Wait() const;

  std::vector<std::unique_ptr<FollowedTable>> tables_;  // confined to the thread
  OwnMetrics* const own_;
  const Duration every_;
  mutable std::mutex mu_;
  std::optional<LookupTables> contents_;  // GUARDED_BY(mu_)
  bool new_ = false;                      // GUARDED_BY(mu_): not taken yet
  std::optional<Periodic> thread_;        // the last: it uses the others
};

}  // namespace tidemark
