// For an engine that only restores.
#pragma once

#include "pipeline/engine/source.h"

namespace tidemark {

// Never has anything.
class IdleSource final : public RecordSource {
 public:
  AssignmentChange Poll() override { return {}; }
  Status Assign(std::span<const StartAt>) override { return Status::Ok(); }
  Result<RecordBatch> Take(PartitionId, size_t) override { return RecordBatch(); }
  PartitionStatus status(PartitionId) override { return {}; }
  bool ready(PartitionId) const override { return false; }
  void Wait(Duration) override {}
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}
};

}  // namespace tidemark
