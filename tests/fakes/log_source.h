// A RecordSource over logs in memory, with the control a test needs: what is visible, when the log end is proven.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/engine/source.h"

namespace tidemark {

// One partition's log; outlives the sources that read it. Offsets count from 0, with holes where a test wants them.
struct FakeLog {
  struct Record {
    Offset offset;
    WallTime kafka_time;
    std::string value;
  };
  std::vector<Record> records;
  Offset end{0};  // one past the last record or control record
  void Append(std::string value, WallTime kafka_time = WallTime::min()) {
    records.push_back({end, kafka_time, std::move(value)});
    ++end.v;
  }
};

class LogSource : public RecordSource {
 public:
  explicit LogSource(std::map<TopicPartition, FakeLog>* logs) : logs_(*logs) {
    for (const auto& [tp, log] : logs_) waiting_.push_back(tp);
  }

  // Batches are at most this long.
  void BatchSize(size_t n) { batch_size_ = n; }
  // Log ends are proven at this instant by every status() until changed; min(): the broker doesn't answer.
  void ProveAt(WallTime at) { proof_at_ = at; }
  // This partition can't be read any more (or again).
  void Break(const TopicPartition& tp, bool broken) { broken_[tp] = broken; }

  AssignmentChange Poll() override {
    AssignmentChange change;
    change.assigned.swap(waiting_);
    return change;
  }
  Status Assign(std::span<const StartAt> starts) override {
    for (const StartAt& start : starts) {
      FakeLog& log = logs_.at(start.tp);
      State state{start.tp, &log, 0};
      while (state.next < log.records.size() && log.records[state.next].offset < start.next_offset) ++state.next;
      states_[start.id] = state;
    }
    return Status::Ok();
  }
  bool ready(PartitionId id) const override {
    const State& state = states_.at(id);
    return state.next < state.log->records.size() && !Broken(state.tp);
  }
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override {
    State& state = states_.at(id);
    std::vector<RecordView> views;
    for (; ready(id) && views.size() < std::min(max_records, batch_size_); ++state.next) {
      const auto& record = state.log->records[state.next];
      views.push_back({record.offset, record.kafka_time, {}, record.value});
    }
    return RecordBatch(std::move(views), nullptr);
  }
  PartitionStatus status(PartitionId id) override {
    const State& state = states_.at(id);
    PartitionStatus status;
    status.log_end = state.log->end;
    status.position = state.next < state.log->records.size() ? state.log->records[state.next].offset : state.log->end;
    if (Broken(state.tp)) {
      status.health = PartitionHealth::kUnreadable;
      status.reason = "broken by the test";
    } else if (proof_at_ != WallTime::min()) {
      status.proof = LogEndProof{proof_at_, state.log->end};
    }
    return status;
  }
  void Wait(Duration) override {}
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}

 private:
  struct State {
    TopicPartition tp;
    FakeLog* log = nullptr;
    size_t next = 0;
  };
  bool Broken(const TopicPartition& tp) const {
    const auto it = broken_.find(tp);
    return it != broken_.end() && it->second;
  }

  std::map<TopicPartition, FakeLog>& logs_;
  std::vector<TopicPartition> waiting_;
  std::map<PartitionId, State> states_;
  std::map<TopicPartition, bool> broken_;
  size_t batch_size_ = 1000;
  WallTime proof_at_ = WallTimeFromMicros(1);
};

}  // namespace tidemark
