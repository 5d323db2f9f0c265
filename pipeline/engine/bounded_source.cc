#include "pipeline/engine/bounded_source.h"

#include <algorithm>

namespace tidemark {
namespace {

// Several batches of views over one that was taken whole.
struct Part final : RecordBatch::Owner {
  Part(std::shared_ptr<RecordBatch> batch, size_t begin) : whole(std::move(batch)), first(begin) {}
  void Headers(size_t record, std::vector<RecordHeader>* out) const override { whole->Headers(first + record, out); }
  std::shared_ptr<RecordBatch> whole;
  size_t first;
};

}  // namespace

void BoundedSource::State::Move(Offset to) {
  if (to <= at) return;
  if (first == kNoOffset) first = to;
  at = to;
}

void BoundedSource::Follow(std::span<const PartitionView> partitions) {
  for (const PartitionView& partition : partitions) {
    State& state = partitions_[partition.tp];
    state.end = std::max(state.end, partition.next_offset);
    state.known_through = std::max(state.known_through, partition.known_through);
  }
}

bool BoundedSource::FollowOn(std::span<const PartitionView> partitions, bool waits) {
  const bool there = reached();
  if (there || waits) Follow(partitions);
  return there;
}

BoundedSource::Left BoundedSource::left() const {
  Left left;
  for (const auto& [tp, state] : partitions_) {
    left.assigned &= state.assigned;
    left.total += std::max<int64_t>(state.end.v - std::max<int64_t>(state.first.v, 0), 0);
    left.now += std::max<int64_t>(state.end.v - state.at.v, 0);
  }
  return left;
}

bool BoundedSource::reached() const {
  const Left all = left();
  const bool ahead = std::any_of(partitions_.begin(), partitions_.end(), [](const auto& p) { return p.second.stored > p.second.end; });
  return all.assigned && all.now == 0 && !ahead;
}

AssignmentChange BoundedSource::Poll() {
  AssignmentChange change = source_.Poll();
  for (const TopicPartition& gone : change.revoked) {
    State& state = partitions_[gone];
    std::erase_if(assigned_, [&](const auto& entry) { return entry.second == &state; });
    state.assigned = false;
    state.rest.reset();
  }
  return change;
}

Status BoundedSource::Assign(std::span<const StartAt> starts) {
  for (const StartAt& start : starts) {
    State& state = partitions_[start.tp];
    state.assigned = true;
    state.first = state.stored = start.next_offset;
    state.at = std::max(start.next_offset, Offset{0});
    assigned_[start.id] = &state;
  }
  return source_.Assign(starts);
}

bool BoundedSource::ready(PartitionId id) const {
  const auto it = assigned_.find(id);
  if (it == assigned_.end()) return false;
  const State& state = *it->second;
  return state.holds() ? state.held() < state.end : state.at < state.end && source_.ready(id);
}

Result<RecordBatch> BoundedSource::Take(PartitionId id, size_t max_records) {
  if (!ready(id)) return RecordBatch();
  State& state = *assigned_.at(id);
  if (!state.holds()) {
    TM_ASSIGN_OR_RETURN(RecordBatch batch, source_.Take(id, max_records));
    if (batch.empty()) return RecordBatch();
    if (state.first == kNoOffset) state.first = batch.records().front().offset;
    state.rest = std::make_shared<RecordBatch>(std::move(batch));
    state.next = 0;
  }
  std::vector<RecordView> views;
  const size_t first = state.next;
  while (state.holds() && views.size() < max_records && state.held() < state.end) views.push_back(state.rest->records()[state.next++]);
  if (!views.empty()) state.Move(Offset{views.back().offset.v + 1});
  return RecordBatch(std::move(views), std::make_unique<Part>(state.rest, first));
}

PartitionStatus BoundedSource::status(PartitionId id) {
  PartitionStatus status = source_.status(id);
  const auto it = assigned_.find(id);
  if (it == assigned_.end()) return status;
  State& state = *it->second;
  // Between its records a log has offsets that are none.
  if (!state.holds()) {
    state.Move(status.position);
  } else if (state.held() >= state.end) {
    state.Move(state.end);
  }
  status.position = state.at;
  status.log_end = state.end;
  status.proof.reset();
  if (status.health == PartitionHealth::kOk && state.at >= state.end && state.known_through != kNoEventTime) {
    status.proof = LogEndProof{WallTimeFromMicros(Micros(state.known_through)), state.end};
  }
  return status;
}

}  // namespace tidemark
