#include "pipeline/engine/bounded_source.h"

#include <algorithm>

namespace tidemark {
namespace {

// Several batches of views over one that was taken whole.
struct Part final : RecordBatch::Owner {
  explicit Part(std::shared_ptr<RecordBatch> batch) : whole(std::move(batch)) {}
  std::shared_ptr<RecordBatch> whole;
};

}  // namespace

void BoundedSource::Follow(std::span<const PartitionView> partitions) {
  const std::lock_guard lock(mu_);
  for (const PartitionView& partition : partitions) {
    Bound& bound = bounds_[partition.tp];
    if (partition.next_offset != kNoOffset) bound.end = std::max(bound.end, partition.next_offset);
    bound.known_through = std::max(bound.known_through, partition.known_through);
  }
}

BoundedSource::Bound BoundedSource::BoundOf(const TopicPartition& tp) const {
  const std::lock_guard lock(mu_);
  const auto it = bounds_.find(tp);
  return it == bounds_.end() ? Bound{} : it->second;
}

BoundedSource::Left BoundedSource::left() const {
  const std::lock_guard lock(mu_);
  Left left;
  left.assigned = true;
  for (const auto& [tp, bound] : bounds_) {
    const auto it = progress_.find(tp);
    left.assigned &= it != progress_.end();
    const Offset first = it == progress_.end() || it->second.first == kNoOffset ? Offset{0} : it->second.first;
    const Offset at = it == progress_.end() ? Offset{0} : it->second.second;
    left.total += std::max<int64_t>(bound.end.v - first.v, 0);
    left.now += std::max<int64_t>(bound.end.v - std::max(at, first).v, 0);
  }
  return left;
}

void BoundedSource::Move(State* state, Offset to) {
  if (to == kNoOffset || to <= state->at) return;
  if (state->first == kNoOffset) state->first = to;
  state->at = to;
  const std::lock_guard lock(mu_);
  progress_[state->tp] = {state->first, state->at};
}

AssignmentChange BoundedSource::Poll() {
  AssignmentChange change = source_.Poll();
  for (const TopicPartition& gone : change.revoked) {
    std::erase_if(states_, [&](const auto& entry) { return entry.second.tp == gone; });
  }
  return change;
}

Status BoundedSource::Assign(std::span<const StartAt> starts) {
  for (const StartAt& start : starts) {
    State state;
    state.tp = start.tp;
    if (start.next_offset != kNoOffset) state.at = state.first = start.next_offset;
    {
      const std::lock_guard lock(mu_);
      progress_[state.tp] = {state.first, state.at};
    }
    states_[start.id] = std::move(state);
  }
  return source_.Assign(starts);
}

bool BoundedSource::ready(PartitionId id) const {
  const auto it = states_.find(id);
  if (it == states_.end()) return false;
  const State& state = it->second;
  const Offset end = BoundOf(state.tp).end;
  return Holds(state) ? state.rest->records()[state.next].offset < end : state.at < end && source_.ready(id);
}

Result<RecordBatch> BoundedSource::Take(PartitionId id, size_t max_records) {
  if (!ready(id)) return RecordBatch();
  State& state = states_.at(id);
  if (!Holds(state)) {
    TM_ASSIGN_OR_RETURN(RecordBatch batch, source_.Take(id, max_records));
    if (batch.empty()) return RecordBatch();
    if (state.first == kNoOffset) state.first = batch.records().front().offset;
    state.rest = std::make_shared<RecordBatch>(std::move(batch));
    state.next = 0;
  }
  const Offset end = BoundOf(state.tp).end;
  const auto all = state.rest->records();
  size_t to = state.next;
  while (to < all.size() && to - state.next < max_records && all[to].offset < end) ++to;
  std::vector<RecordView> views(all.begin() + static_cast<std::ptrdiff_t>(state.next), all.begin() + static_cast<std::ptrdiff_t>(to));
  state.next = to;
  if (!views.empty()) Move(&state, Offset{views.back().offset.v + 1});
  return RecordBatch(std::move(views), std::make_unique<Part>(state.rest));
}

PartitionStatus BoundedSource::status(PartitionId id) {
  PartitionStatus status = source_.status(id);
  const auto it = states_.find(id);
  if (it == states_.end()) return status;
  State& state = it->second;
  const Bound bound = BoundOf(state.tp);
  // Between its records a log has offsets that are none.
  if (!Holds(state)) Move(&state, status.position);
  if (Holds(state) && state.rest->records()[state.next].offset >= bound.end) Move(&state, bound.end);
  status.position = state.at;
  status.log_end = bound.end;
  status.proof.reset();
  if (status.health == PartitionHealth::kOk && state.at >= bound.end && bound.known_through != kNoEventTime) {
    status.proof = LogEndProof{WallTimeFromMicros(Micros(bound.known_through)), bound.end};
  }
  return status;
}

bool BoundedSource::reached() const {
  const Left all = left();
  return all.assigned && all.now == 0;
}

}  // namespace tidemark
