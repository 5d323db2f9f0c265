// The engine's thread: opens state and source, restores, goes round until told to stop, makes the last commit.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "daemon/backfill.h"
#include "daemon/backup_service.h"
#include "daemon/lifecycle.h"
#include "daemon/memory.h"
#include "daemon/own_metrics.h"
#include "daemon/reload.h"
#include "daemon/schema_watch.h"
#include "daemon/state_offer.h"
#include "daemon/table_watch.h"
#include "pipeline/kafka/kafka_source.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Lifetime: what it borrows outlives it. The destructor stops and joins.
// Failure: status() once done() is true; the lifecycle then says kFailed.
class EngineRunner {
 public:
  EngineRunner(std::shared_ptr<const Configuration> configuration, const MemoryPlan& memory, Lifecycle* lifecycle,
               OwnMetrics* own, StateOffer* offer, BackupService* backup);
  ~EngineRunner();

  // Returns at once; the configuration takes effect between two batches, after a commit. Threads: any.
  void Use(std::shared_ptr<const Configuration> configuration);
  // Returns at once; the thread ends after its round and the last commit.
  void RequestStop() { stop_ = true; }
  void Join();
  bool done() const { return done_; }
  // The last commit is on disk: what is left to close may be cut short without loss.
  bool committed() const { return committed_; }
  // REQUIRES: done().
  const Status& status() const { return status_; }

 private:
  class Round;
  void Main();
  Status Serve();
  Result<std::unique_ptr<KafkaSource>> OpenSource() const;
  // The state, and backups of it offered. A full disk is waited for, until told to stop.
  Result<std::unique_ptr<RocksStore>> OpenStore();
  // A commit failed while writing, for want of space: once there is some, what the state holds is found out.
  Status OpenAgain(const Status& why, std::unique_ptr<RocksStore>* store);
  bool AwaitSpace();  // false: told to stop
  // Until told to stop, until there is another configuration, or until a back-fill is done or has failed. `goes_on`: with the
  // partitions that the engine before had.
  Status Run(RocksStore* store, KafkaSource* source, bool goes_on);
  // The engine has stopped for it.
  void EndBackFill(RocksStore* store);
  bool TakeUpNext(bool* same_input);

  std::shared_ptr<const Configuration> configuration_;
  const MemoryPlan memory_;
  const SharedMemory shared_;
  Lifecycle* const lifecycle_;
  OwnMetrics* const own_;
  StateOffer* const offer_;
  BackupService* const backup_;
  std::unique_ptr<TableWatch> tables_;         // of configuration_; confined to the thread, as is the next
  std::unique_ptr<SchemaWatch> schemas_;       // likewise
  std::unique_ptr<BackFill> backfill_;
  std::mutex mu_;
  std::shared_ptr<const Configuration> next_;  // GUARDED_BY(mu_)
  std::atomic<bool> changed_ = false;          // next_ is there
  std::atomic<bool> stop_ = false, done_ = false, committed_ = false;
  Status status_;  // written by the thread before done_
  std::thread thread_;
};

}  // namespace tidemark
