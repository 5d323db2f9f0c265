#include "pipeline/engine/memory_source.h"

namespace tidemark {
namespace {

// Records of a log, from `first` on.
struct Part final : RecordBatch::Owner {
  Part(const MemoryLog& whole, size_t begin) : log(whole), first(begin) {}
  void Headers(size_t record, std::vector<RecordHeader>* out) const override {
    for (const auto& [name, value] : log.records[first + record].headers) out->push_back({name, value});
  }
  const MemoryLog& log;
  size_t first;
};

}  // namespace

MemorySource::MemorySource(MemoryLogs* logs) : logs_(*logs) {
  for (const auto& [tp, log] : logs_) waiting_.push_back(tp);
}

AssignmentChange MemorySource::Poll() {
  AssignmentChange change;
  change.assigned.swap(waiting_);
  return change;
}

Status MemorySource::Assign(std::span<const StartAt> starts) {
  for (const StartAt& start : starts) {
    MemoryLog& log = logs_.at(start.tp);
    State state{start.tp, &log, 0};
    while (state.next < log.records.size() && log.records[state.next].offset < start.next_offset) ++state.next;
    states_[start.id] = state;
  }
  return Status::Ok();
}

bool MemorySource::ready(PartitionId id) const {
  const State& state = states_.at(id);
  return state.next < state.log->records.size();
}

Result<RecordBatch> MemorySource::Take(PartitionId id, size_t max_records) {
  State& state = states_.at(id);
  std::vector<RecordView> views;
  const size_t first = state.next;
  for (; state.next < state.log->records.size() && views.size() < max_records; ++state.next) {
    const MemoryLog::Record& record = state.log->records[state.next];
    views.push_back({record.offset, record.kafka_time, {}, record.value});
  }
  return RecordBatch(std::move(views), std::make_unique<Part>(*state.log, first));
}

PartitionStatus MemorySource::status(PartitionId id) {
  const State& state = states_.at(id);
  PartitionStatus status;
  status.log_end = state.log->end;
  status.position = state.next < state.log->records.size() ? state.log->records[state.next].offset : state.log->end;
  if (proof_at_ != WallTime::min()) status.proof = LogEndProof{proof_at_, state.log->end};
  return status;
}

}  // namespace tidemark
