// What daemon/backfill does on a thread of its own, in steps beside the engine: the state's missing KPIs are counted from the logs'
// beginning, then adopted.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/engine/bounded_source.h"
#include "pipeline/engine/engine.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/source.h"

namespace tidemark::simulation {

class BackFill {
 public:
  BackFill(const Broker& broker, Faults* faults, Trace* trace) : broker_(broker), faults_(*faults), trace_(*trace) {}

  // The plan for the engine beside it. REQUIRES: no engine on `store`.
  Result<std::shared_ptr<const Plan>> Begin(const std::shared_ptr<const Plan>& plan, Store* store);
  // KPIs are being counted, or are to be.
  bool wanted() const { return plan_ != nullptr; }
  void Step(const View& view, const EngineOptions& options, WallTime now);
  // The engine may stop for it: it is near, or failed and is to be begun again.
  bool ends() const { return wanted() && (near_ || failed_); }
  // Catches up with the engine's last view, and moves its KPIs into `store`. REQUIRES: no engine on `store`.
  Status Finish(const View& view, Store* store, WallTime now);
  // The process is gone; what was committed stays.
  void Close();
  void LosePower();
  // The directory is gone.
  bool Lose();

 private:
  Status Open(const View& view, const EngineOptions& options, WallTime now);

  const Broker& broker_;
  Faults& faults_;
  Trace& trace_;
  std::shared_ptr<const Plan> plan_;     // null: the state has all KPIs
  std::unique_ptr<SimulatedDisk> side_;
  std::vector<TopicPartition> partitions_;
  std::unique_ptr<SimulatedSource> source_;
  std::unique_ptr<BoundedSource> bounded_;
  std::unique_ptr<Engine> engine_;
  bool near_ = false, failed_ = false, waits_ = false;
};

}  // namespace tidemark::simulation
