#include "tests/simulation/source.h"

#include <algorithm>
#include <memory>

namespace tidemark::simulation {
namespace {

constexpr uint64_t kFetchedTwice = 5;  // records, at most

// The records of a batch outlive the log's.
struct Values final : RecordBatch::Owner {
  std::deque<std::string> values;
};

std::string Text(const TopicPartition& tp) { return tp.topic + "/" + std::to_string(tp.partition); }

}  // namespace

SimulatedSource::SimulatedSource(const Broker& broker, Faults* faults, Trace* trace, OnDataLoss on_data_loss, SourceListener* listener,
                                 std::vector<TopicPartition> partitions)
    : broker_(broker), faults_(*faults), trace_(*trace), on_data_loss_(on_data_loss), listener_(listener), own_(std::move(partitions)) {
  const std::vector<TopicPartition> all = All();
  Change({}, all);
  if (own_.empty() && faults_.Strikes(Fault::kRevokeAtStart)) {
    Change(all, {});
    Change({}, all);
  }
}

std::vector<TopicPartition> SimulatedSource::All() const {
  if (!own_.empty()) return own_;
  std::vector<TopicPartition> all;
  for (const auto& [tp, log] : broker_.logs()) all.push_back(tp);
  return all;
}

void SimulatedSource::Change(std::vector<TopicPartition> revoked, std::vector<TopicPartition> assigned) {
  for (const TopicPartition& tp : revoked) members_.erase(tp);
  members_.insert(assigned.begin(), assigned.end());
  changes_.push_back({std::move(assigned), std::move(revoked)});
}

void SimulatedSource::Rebalance() {
  const std::vector<TopicPartition> all = All();
  std::vector<TopicPartition> outside, inside(members_.begin(), members_.end());
  for (const TopicPartition& tp : all) {
    if (!members_.contains(tp)) outside.push_back(tp);
  }
  if (!outside.empty()) {  // partitions that are new, or were with another member
    if (faults_.calm() || faults_.Stream(Fault::kRevokeSome).OneIn(2)) Change({}, outside);
    return;
  }
  if (inside.empty()) return;
  if (faults_.Strikes(Fault::kRevokeAll)) {
    trace_.Say("  all partitions are revoked");
    Change(inside, {});
    if (faults_.Stream(Fault::kRevokeAll).OneIn(2)) Change({}, inside);
  } else if (faults_.Strikes(Fault::kRevokeTwice)) {
    trace_.Say("  two rebalances in a row");
    for (int time = 0; time < 2; ++time) {
      Change(inside, {});
      Change({}, inside);
    }
  } else if (faults_.Strikes(Fault::kRevokeSome)) {
    Random& random = faults_.Stream(Fault::kRevokeSome);
    std::erase_if(inside, [&](const TopicPartition&) { return random.OneIn(2); });
    if (inside.empty()) inside.push_back(all[random.Below(all.size())]);
    trace_.Say("  some partitions are revoked: " + std::to_string(inside.size()));
    // Revoked and assigned in one go, or another member has them for a while.
    Change(inside, random.OneIn(2) ? inside : std::vector<TopicPartition>());
  }
}

void SimulatedSource::Settle() {
  for (auto& [id, reader] : readers_) {
    if (std::exchange(reader.unreadable, false)) ++reader.interruptions;
  }
}

void SimulatedSource::Tick(WallTime now) {
  if (own_.empty() && changes_.empty()) Rebalance();
  const bool silent = faults_.Strikes(Fault::kNoProof);
  for (auto& [id, reader] : readers_) {
    Random& random = faults_.Stream(Fault::kUnreadable);
    if (reader.unreadable && random.OneIn(4)) {
      reader.unreadable = false;
      ++reader.interruptions;
    } else if (!reader.unreadable && faults_.Strikes(Fault::kUnreadable)) {
      trace_.Say("  " + Text(reader.tp) + " cannot be read");
      reader.unreadable = true;
    }
    if (!reader.unreadable && faults_.Due(Fault::kRedelivery) && reader.fetch != kNoOffset && reader.fetch.v > 0) {
      const auto back = static_cast<int64_t>(1 + faults_.Stream(Fault::kRedelivery).Below(kFetchedTwice));
      reader.fetch.v = std::max(reader.fetch.v - back, broker_.log(reader.tp).low.v);
      reader.end_told = kNoOffset;
      faults_.Happened(Fault::kRedelivery);
    }
    if (reader.unreadable || silent) continue;
    const BrokerLog& log = broker_.log(reader.tp);
    reader.proof = LogEndProof{now, log.high};
    if (listener_ != nullptr) listener_->Proved(reader.tp, now, log.records.empty() ? kNoOffset : log.records.back().offset);
  }
}

AssignmentChange SimulatedSource::Poll() {
  for (const TopicPartition& tp : leaving_) {
    std::erase_if(readers_, [&](const auto& entry) { return entry.second.tp == tp; });
  }
  leaving_.clear();
  if (!expected_.empty()) misuse_ = "partitions were assigned, and Assign() was not called";
  AssignmentChange change;
  if (changes_.empty()) return change;
  change = std::move(changes_.front());
  changes_.pop_front();
  leaving_ = change.revoked;
  expected_ = change.assigned;
  return change;
}

Status SimulatedSource::Assign(std::span<const StartAt> starts) {
  // The engine is done with what was revoked together with this.
  for (const TopicPartition& tp : leaving_) {
    std::erase_if(readers_, [&](const auto& entry) { return entry.second.tp == tp; });
  }
  leaving_.clear();
  for (const StartAt& start : starts) {
    if (std::erase(expected_, start.tp) != 1) misuse_ = Text(start.tp) + " is not assigned to this member";
    if (listener_ != nullptr) listener_->Assigned(start);
    Reader reader(start, on_data_loss_);
    reader.changes = broker_.log(start.tp).changes;
    if (!readers_.emplace(start.id, std::move(reader)).second) misuse_ = "a partition's number was used before";
  }
  return Status::Ok();
}

const SimulatedSource::Reader* SimulatedSource::Find(PartitionId id) const {
  const auto it = readers_.find(id);
  return it == readers_.end() ? nullptr : &it->second;
}

SimulatedSource::Reader* SimulatedSource::Find(PartitionId id, const char* what) {
  const auto it = readers_.find(id);
  if (it != readers_.end()) return &it->second;
  misuse_ = std::string(what) + " of a partition that was revoked";
  return nullptr;
}

bool SimulatedSource::MayTake(const Reader& reader) const {
  return !reader.check.halted() && !reader.check.has_report() && !reader.unreadable && !reader.asking;
}

bool SimulatedSource::HasMore(const Reader& reader) const {
  return MayTake(reader) && (reader.fetch != broker_.log(reader.tp).high || reader.end_told != reader.fetch);
}

bool SimulatedSource::ready(PartitionId id) const {
  const Reader* reader = Find(id);
  return reader != nullptr && HasMore(*reader);
}

// Before a partition whose log is another one by now is read again, its brokers could not be asked for a while: what Kafka
// does that fast that nobody notices is a limit of pipeline/kafka.
void SimulatedSource::Serve(Reader* reader) {
  const BrokerLog& log = broker_.log(reader->tp);
  if (reader->unreadable) return;
  if (reader->changes != log.changes || reader->interruptions != reader->interruptions_told) {
    reader->changes = log.changes;
    reader->interruptions_told = reader->interruptions;
    Act(reader, reader->check.OnInterruption());
  }
  if (std::exchange(reader->asking, false)) Act(reader, reader->check.OnRange(log.low, log.high));
}

void SimulatedSource::Act(Reader* reader, LogCheck::Verdict verdict) {
  switch (verdict) {
    case LogCheck::Verdict::kAskRange:
      reader->asking = true;
      break;
    case LogCheck::Verdict::kSeek:
      reader->fetch = reader->check.fetch_from();
      reader->end_told = kNoOffset;
      break;
    case LogCheck::Verdict::kDeliver:
    case LogCheck::Verdict::kDrop:
    case LogCheck::Verdict::kHalt:
      break;
  }
}

Result<RecordBatch> SimulatedSource::Take(PartitionId id, size_t max_records) {
  Reader* reader = Find(id, "Take()");
  if (reader == nullptr) return RecordBatch();
  Serve(reader);
  if (!MayTake(*reader)) return RecordBatch();
  if (faults_.Strikes(Fault::kTakeError)) {
    trace_.Say("  the client fails");
    failed_ = true;
    return Unavailable("the client fails on request");
  }
  if (faults_.Strikes(Fault::kShortTake)) max_records = std::min<size_t>(max_records, faults_.Stream(Fault::kShortTake).Below(4));
  auto owner = std::make_unique<Values>();
  std::vector<RecordView> views;
  while (views.size() < max_records && HasMore(*reader)) {
    const BrokerLog& log = broker_.log(reader->tp);
    if (reader->fetch == kNoOffset) reader->fetch = log.low;
    if (reader->fetch < log.low || reader->fetch > log.high) {
      Act(reader, reader->check.OnOutOfRange());
      break;
    }
    const auto record = std::lower_bound(log.records.begin(), log.records.end(), reader->fetch,
                                         [](const BrokerRecord& r, Offset at) { return r.offset < at; });
    if (record == log.records.end()) {
      reader->fetch = reader->end_told = log.high;
      Act(reader, reader->check.OnEnd(log.high));
      continue;
    }
    reader->fetch = Offset{record->offset.v + 1};
    owner->values.push_back(record->value);
    const RecordView view{record->offset, record->kafka_time, {}, owner->values.back()};
    const LogCheck::Verdict verdict = reader->check.OnRecord(view);
    if (verdict == LogCheck::Verdict::kDeliver) {
      views.push_back(view);
      if (listener_ != nullptr) listener_->Delivered(reader->tp, *record);
    } else if (verdict != LogCheck::Verdict::kDrop) {
      Act(reader, verdict);
      break;
    }
  }
  if (!views.empty()) reader->check.Delivered(views.back());
  return RecordBatch(std::move(views), std::move(owner));
}

PartitionStatus SimulatedSource::status(PartitionId id) {
  PartitionStatus status;
  Reader* reader = Find(id, "status()");
  if (reader == nullptr) return status;
  Serve(reader);
  if (reader->proof) status.log_end = reader->proof->end;
  status.position = reader->check.next();
  if (reader->check.halted()) {
    status.health = PartitionHealth::kHalted;
    status.reason = reader->check.halt_reason();
    return status;
  }
  if (reader->unreadable) {
    status.health = PartitionHealth::kUnreadable;
    status.reason = "its leader is away";
  }
  if (reader->check.reading()) status.proof = reader->proof;
  if (reader->check.has_report()) {
    status.gap = reader->check.TakeGap();
    status.restarted = reader->check.TakeRestarted();
    if (listener_ != nullptr) {
      if (status.gap) listener_->Skipped(reader->tp, status.gap->first, status.gap->second);
      if (status.restarted) listener_->Restarted(reader->tp);
    }
  }
  return status;
}

bool SimulatedSource::halted() const {
  return std::any_of(readers_.begin(), readers_.end(), [](const auto& entry) { return entry.second.check.halted(); });
}

}  // namespace tidemark::simulation
