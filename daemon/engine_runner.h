// The engine's thread: opens state and source, restores, goes round until told to stop, makes the last commit.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "daemon/lifecycle.h"
#include "daemon/memory.h"
#include "daemon/own_metrics.h"
#include "daemon/table_watch.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Lifetime: what it borrows outlives it. The destructor stops and joins.
// Failure: status() once done() is true; the lifecycle then says kFailed.
class EngineRunner {
 public:
  EngineRunner(const Specs* specs, std::shared_ptr<const Plan> plan, const MemoryPlan& memory, Lifecycle* lifecycle,
               OwnMetrics* own, TableWatch* tables);
  ~EngineRunner();

  // Returns at once; the thread ends after its round and the last commit.
  void RequestStop() { stop_ = true; }
  void Join();
  bool done() const { return done_; }
  // The last commit is on disk: what is left to close may be cut short without loss.
  bool committed() const { return committed_; }
  // REQUIRES: Join() returned.
  const Status& status() const { return status_; }

 private:
  class Round;
  void Main();
  Status Serve();

  const Specs* const specs_;
  const std::shared_ptr<const Plan> plan_;
  const MemoryPlan memory_;
  Lifecycle* const lifecycle_;
  OwnMetrics* const own_;
  TableWatch* const tables_;
  std::atomic<bool> stop_ = false, done_ = false, committed_ = false;
  Status status_;  // written by the thread before done_
  std::thread thread_;
};

}  // namespace tidemark
