// A RecordSource without Kafka: for `test`, whose events a user wrote down, and for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/engine/source.h"

namespace tidemark {

// One partition's log; outlives the sources that read it. Offsets count from 0, with holes where `end` was moved on.
struct MemoryLog {
  struct Record {
    Offset offset;
    WallTime kafka_time;
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers = {};
  };
  std::vector<Record> records;
  Offset end{0};  // one past the last record or control record
  void Append(std::string value, WallTime kafka_time = WallTime::min(), std::vector<std::pair<std::string, std::string>> headers = {}) {
    records.push_back({end, kafka_time, std::move(value), std::move(headers)});
    ++end.v;
  }
};
using MemoryLogs = std::map<TopicPartition, MemoryLog>;

// Hands out the records of all logs there are when it is made; what is appended later too.
// Invariant: no log end is proven before ProveAt() said when. Threads: one, which also appends.
class MemorySource : public RecordSource {
 public:
  explicit MemorySource(MemoryLogs* logs);

  // Log ends are proven at this instant by every status() until changed; min(): the broker doesn't answer.
  void ProveAt(WallTime at) { proof_at_ = at; }

  AssignmentChange Poll() override;
  Status Assign(std::span<const StartAt> starts) override;
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override;
  PartitionStatus status(PartitionId id) override;
  bool ready(PartitionId id) const override;
  void Wait(Duration) override {}
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}

 protected:
  const TopicPartition& Where(PartitionId id) const { return states_.at(id).tp; }

 private:
  struct State {
    TopicPartition tp;
    MemoryLog* log = nullptr;
    size_t next = 0;
  };

  MemoryLogs& logs_;
  std::vector<TopicPartition> waiting_;
  std::map<PartitionId, State> states_;
  WallTime proof_at_ = WallTime::min();
};

}  // namespace tidemark
