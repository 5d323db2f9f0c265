// A MemorySource with the faults a test needs: short batches, and partitions that can't be read.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "pipeline/engine/memory_source.h"

namespace tidemark {

class LogSource : public MemorySource {
 public:
  explicit LogSource(MemoryLogs* logs) : MemorySource(logs) { ProveAt(WallTimeFromMicros(1)); }

  // Batches are at most this long.
  void BatchSize(size_t n) { batch_size_ = n; }
  // What the next Poll() answers.
  void Rebalance(AssignmentChange change) { rebalance_ = std::move(change); }
  AssignmentChange Poll() override { return rebalance_ ? *std::exchange(rebalance_, std::nullopt) : MemorySource::Poll(); }
  // This partition can't be read any more (or again).
  void Break(const TopicPartition& tp, bool broken) { broken_[tp] = broken; }

  bool ready(PartitionId id) const override { return MemorySource::ready(id) && !Broken(id); }
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override {
    return MemorySource::Take(id, Broken(id) ? 0 : std::min(max_records, batch_size_));
  }
  PartitionStatus status(PartitionId id) override {
    PartitionStatus status = MemorySource::status(id);
    if (Broken(id)) {
      status.health = PartitionHealth::kUnreadable;
      status.reason = "broken by the test";
      status.proof.reset();
    }
    return status;
  }

 private:
  bool Broken(PartitionId id) const {
    const auto it = broken_.find(Where(id));
    return it != broken_.end() && it->second;
  }

  std::map<TopicPartition, bool> broken_;
  std::optional<AssignmentChange> rebalance_;
  size_t batch_size_ = 1000;
};

}  // namespace tidemark
