// KPIs that the state doesn't have, counted over what the topics still hold: on a thread, in a state and through a Kafka
// client of its own, beside the engine, which goes on with the others.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/memory.h"
#include "daemon/own_metrics.h"
#include "daemon/reload.h"
#include "pipeline/engine/bounded_source.h"
#include "pipeline/engine/engine.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {

// Lifetime: what it borrows outlives it. The destructor stops and joins; what was counted is kept for the next Begin of the
// same KPIs. Threads: the engine's, but for its own.
class BackFill {
 public:
  // Null when the state has all KPIs of the configuration, or isn't to be back-filled. REQUIRES: no engine on `store`.
  static Result<std::unique_ptr<BackFill>> Begin(std::shared_ptr<const Configuration> configuration, Store* store,
                                                 const MemoryPlan& memory, SchemaBook schemas, OwnMetrics* own);
  ~BackFill();

  // What the engine beside it counts.
  const std::shared_ptr<const Plan>& rest() const { return rest_; }
  // What derived fields look into, from now on. REQUIRES: before the first Follow.
  void UseTables(LookupTables tables);
  // Where the engine stands.
  void Follow(std::shared_ptr<const View> view);
  // So near that the engine may stop and wait for it.
  bool near() const { return near_; }
  // It failed a while ago, and said so: to be begun again.
  bool failed() const { return failed_; }
  // Catches up with the engine's last view, and moves its KPIs into `store`. kUnavailable when that takes too long, as
  // without brokers: another one goes on where this one is. REQUIRES: no engine on `store`.
  Status Finish(std::shared_ptr<const View> view, Store* store);

 private:
  BackFill(std::shared_ptr<const Configuration> configuration, std::shared_ptr<const Plan> rest, std::shared_ptr<const Plan> plan,
           const MemoryPlan& memory, SchemaBook schemas, OwnMetrics* own);
  Status OpenSide(Store* store);
  void Main();
  Status Count();
  Status CountFrom(RecordSource* kafka, const std::vector<TopicPartition>& partitions);
  // The engine has stopped, and waits.
  Status CatchUp(BoundedSource* source, Engine* engine);
  std::shared_ptr<const View> followed() const;
  void Say(const BoundedSource::Left& left);

  const std::shared_ptr<const Configuration> configuration_;
  const std::shared_ptr<const Plan> rest_, plan_;
  const MemoryPlan memory_;
  const SchemaBook schemas_;              // the engine's
  const std::string path_;
  const std::vector<std::string> names_;  // of what it counts
  OwnMetrics* const own_;
  std::unique_ptr<RocksStore> side_;
  mutable std::mutex mu_;
  std::shared_ptr<const View> view_;  // GUARDED_BY(mu_)
  LookupTables tables_;               // GUARDED_BY(mu_)
  std::atomic<bool> stop_ = false, finish_ = false, near_ = false, failed_ = false;
  Duration said_{};  // confined to the thread
  Status status_;    // the thread's, once there is one
  std::thread thread_;
};

}  // namespace tidemark
