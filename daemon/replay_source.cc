#include "daemon/replay_source.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr size_t kBlockBytes = 4 << 20;

}  // namespace

ReplaySource::ReplaySource(std::string topic, const Decoder* decoder)
    : topic_(std::move(topic)), decoder_(decoder), slots_(std::max<size_t>(1, decoder->max_slots())) {}

void ReplaySource::Add(std::string_view event) {
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < event.size()) {
    blocks_.emplace_back().reserve(std::max(kBlockBytes, event.size()));
  }
  std::string& block = blocks_.back();
  const size_t begin = block.size();
  block.append(event);
  const std::string_view bytes(block.data() + begin, event.size());
  EventRow row;
  decoder_->Decode(bytes, slots_.data(), &row);
  const bool timed = row.error == DecodeError::kNone && row.has_time;
  order_.push_back({timed ? row.time : kNoEventTime, bytes});
  if (timed) end_ = std::max(end_, row.time);
}

void ReplaySource::Seal() {
  std::stable_sort(order_.begin(), order_.end(), [](const Entry& a, const Entry& b) { return a.time < b.time; });
  decoder_ = nullptr;
}

void ReplaySource::Release(EventTime t) {
  const auto end = std::upper_bound(order_.begin(), order_.end(), t,
                                    [](EventTime instant, const Entry& entry) { return instant < entry.time; });
  released_ = std::max(released_, static_cast<size_t>(end - order_.begin()));
}

void ReplaySource::ReleaseAll() { released_ = order_.size(); }

AssignmentChange ReplaySource::Poll() {
  AssignmentChange change;
  if (!announced_) change.assigned.push_back({topic_, 0});
  announced_ = true;
  return change;
}

Status ReplaySource::Assign(std::span<const StartAt> starts) {
  if (starts.size() != 1) return Internal("a replay has one partition");
  assigned_ = true;
  return Status::Ok();
}

Result<RecordBatch> ReplaySource::Take(PartitionId, size_t max_records) {
  std::vector<RecordView> records;
  const size_t count = std::min(max_records, released_ - taken_);
  records.reserve(count);
  for (size_t i = 0; i < count; ++i, ++taken_) {
    // No Kafka time: a file says nothing of when its events were sent.
    records.push_back({Offset{static_cast<int64_t>(taken_)}, WallTime::min(), {}, order_[taken_].bytes});
  }
  return RecordBatch(std::move(records), nullptr);
}

PartitionStatus ReplaySource::status(PartitionId) {
  PartitionStatus status;
  status.log_end = Offset{static_cast<int64_t>(released_)};
  status.position = Offset{static_cast<int64_t>(taken_)};
  return status;
}

}  // namespace tidemark
