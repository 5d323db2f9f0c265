#include "tests/simulation/ledger.h"

#include <algorithm>
#include <set>

namespace tidemark::simulation {
namespace {

std::string Name(const PartitionView& p) { return p.tp.topic + "/" + std::to_string(p.tp.partition); }

}  // namespace

void Ledger::Assigned(const StartAt& start) {
  std::vector<Entry>& entries = logs_[start.tp].entries;
  const auto stands_there = [&](const Position& at) { return at.next == start.next_offset && at.last == start.last_offset; };
  while (!entries.empty() && !stands_there(entries.back().after)) entries.pop_back();
}

void Ledger::Delivered(const TopicPartition& tp, const BrokerRecord& record) {
  Log& log = logs_[tp];
  Position at = End(log);
  at.next = Offset{record.offset.v + 1};
  at.last = record.offset;
  ++at.read;
  log.entries.push_back({at, true, record.kind, record.event});
  if (record.event >= 0) log.greatest = std::max(log.greatest, subject_->time(record.event));
}

void Ledger::Skipped(const TopicPartition& tp, Offset first, Offset last) {
  Log& log = logs_[tp];
  Position at = End(log);
  at.next = std::max(at.next, last);
  at.skipped += last.v - first.v;
  log.entries.push_back({at});
}

void Ledger::Restarted(const TopicPartition& tp) {
  Log& log = logs_[tp];
  Position at = End(log);
  at.next = at.last = kNoOffset;
  log.entries.push_back({at});
  for (auto& [instant, last_record] : log.proofs) last_record = kNoOffset;  // of a log that is no more
}

void Ledger::Proved(const TopicPartition& tp, WallTime at, Offset last) { logs_[tp].proofs.emplace(Micros(at), last); }

size_t Ledger::Find(const PartitionView& p) const {
  const auto it = logs_.find(p.tp);
  const RecordCounts& counts = p.counts;
  if (it != logs_.end()) {
    const std::vector<Entry>& entries = it->second.entries;
    for (size_t end = entries.size(); end > 0; --end) {
      const Position& at = entries[end - 1].after;
      if (at.next == p.next_offset && at.read == counts.read && at.skipped == counts.skipped_offsets) return end;
    }
  }
  return p.next_offset == kNoOffset && counts.read == 0 && counts.skipped_offsets == 0 ? 0 : SIZE_MAX;
}

std::string Ledger::Rewind(const View& view) {
  std::set<TopicPartition> known;
  for (const PartitionView& p : view.partitions()) {
    const size_t end = Find(p);
    if (end == SIZE_MAX) {
      return Name(p) + " was restored at offset " + std::to_string(p.next_offset.v) + " with " + std::to_string(p.counts.read) +
             " records read, where it never stood";
    }
    known.insert(p.tp);
    logs_[p.tp].entries.resize(end);
  }
  for (auto& [tp, log] : logs_) {
    log.greatest = kNoEventTime;
    if (!known.contains(tp)) log.entries.clear();
  }
  return "";
}

void Ledger::UseTable(uint64_t contents, std::span<const PartitionView> applied) {
  for (const PartitionView& p : applied) {
    const size_t end = Find(p);
    for (size_t i = 0; end != SIZE_MAX && i < end; ++i) {
      Entry& entry = logs_.at(p.tp).entries[i];
      if (!entry.table) entry.table = table_;
    }
  }
  table_ = contents;
}

AppliedEvents Ledger::Applied(std::span<const PartitionView> partitions) const {
  AppliedEvents applied;
  for (const PartitionView& p : partitions) {
    const size_t end = Find(p);
    std::vector<AppliedEvent>& events = applied[p.tp];
    for (size_t i = 0; end != SIZE_MAX && i < end; ++i) {
      const Entry& entry = logs_.at(p.tp).entries[i];
      if (entry.event >= 0) events.push_back({entry.event, entry.table.value_or(table_)});
    }
  }
  return applied;
}

bool Ledger::Lost(const View& view) const {
  for (const PartitionView& p : view.partitions()) {
    const size_t end = Find(p);
    bool any = false;
    for (size_t i = 0; end != SIZE_MAX && i < end; ++i) {
      const Entry& entry = logs_.at(p.tp).entries[i];
      if (!entry.record && any) return true;
      any |= entry.event >= 0;
    }
  }
  return false;
}

std::string Ledger::CheckCounts(const PartitionView& p, size_t end, Duration bound, bool dedup, bool always) const {
  RecordCounts want;
  EventTime stream = kNoEventTime;
  std::set<std::string> ids;
  int64_t events = 0, undecodable = 0;
  for (size_t i = 0; i < end; ++i) {
    const Entry& entry = logs_.at(p.tp).entries[i];
    if (!entry.record) continue;
    ++want.read;
    undecodable += entry.kind == RecordKind::kUndecodable ? 1 : 0;
    want.quarantined_no_time += entry.kind == RecordKind::kNoTime ? 1 : 0;
    want.quarantined_future += entry.kind == RecordKind::kFuture ? 1 : 0;
    if (entry.event < 0) continue;
    const int64_t made = subject_->yields(entry.event);
    events += made;
    const EventTime time = subject_->time(entry.event);
    const std::string& id = subject_->id(entry.event);
    if (!subject_->routed(entry.event)) {
      want.unrouted += made;
    } else if (dedup && !id.empty() && !ids.insert(id).second) {
      want.duplicate += made;
    } else {
      want.accepted += made;
      want.late += stream != kNoEventTime && time < stream - bound ? made : 0;
    }
    stream = std::max(stream, time);
  }
  const RecordCounts& got = p.counts;
  int64_t got_undecodable = 0;
  for (const int64_t n : got.undecodable) got_undecodable += n;
  const auto differs = [&](const char* what, int64_t is, int64_t should) {
    return is == should ? "" : Name(p) + ": " + what + " is " + std::to_string(is) + ", should be " + std::to_string(should);
  };
  std::string error = got.AddUp() ? "" : Name(p) + ": what became of records does not add up to those read";
  const auto add = [&](std::string more) { if (error.empty()) error = std::move(more); };
  add(differs("undecodable", got_undecodable, undecodable));
  add(differs("quarantined_no_time", got.quarantined_no_time, want.quarantined_no_time));
  add(differs("quarantined_future", got.quarantined_future, want.quarantined_future));
  add(differs("accepted, duplicate and unrouted", got.accepted + got.duplicate + got.unrouted, events));
  add(differs("conflict", got.conflict, 0));
  add(differs("stream time", Micros(p.stream_time), Micros(stream)));
  if (!always) return error;
  add(differs("accepted", got.accepted, want.accepted));
  add(differs("duplicate", got.duplicate, want.duplicate));
  add(differs("unrouted", got.unrouted, want.unrouted));
  add(differs("late", got.late, want.late));
  return error;
}

// Event time is known by events, or because at some instant the log was confirmed to hold no more than was applied.
std::string Ledger::CheckTime(const PartitionView& p, size_t end, Duration bound) const {
  if (p.known_through <= p.watermark) return "";
  const Log& log = logs_.at(p.tp);
  const auto [first, last] = log.proofs.equal_range(Micros(p.known_through));
  if (first != last) {
    const Offset next = end == 0 ? kNoOffset : log.entries[end - 1].after.next;
    const bool good = std::any_of(first, last, [&](const auto& proof) { return proof.second == kNoOffset || next > proof.second; });
    return good ? "" : Name(p) + ": time goes on to a proof, but records from before it were not applied";
  }
  const bool peeked = log.greatest != kNoEventTime && p.known_through <= log.greatest - bound;
  return peeked ? "" : Name(p) + ": event time is known through " + FormatRfc3339(p.known_through) + ", which nothing showed";
}

std::string Ledger::Check(const View& view, const Plan& plan, bool dedup, bool always) const {
  const Duration bound = plan.time().max_out_of_orderness;
  for (const PartitionView& p : view.partitions()) {
    const size_t end = Find(p);
    if (end == SIZE_MAX) {
      return Name(p) + " shows offset " + std::to_string(p.next_offset.v) + ", " + std::to_string(p.counts.read) + " records read and " +
             std::to_string(p.counts.skipped_offsets) + " offsets skipped, which is nowhere in what was handed out";
    }
    if (std::string error = CheckCounts(p, end, bound, dedup, always); !error.empty()) return error;
    if (std::string error = CheckTime(p, end, bound); !error.empty()) return error;
  }
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiCounts& c = view.status(KpiId{k}).counts;
    if (c.routed != c.counted + c.filtered + c.late_dropped + c.overflowed + c.unmatched) {
      return view.kpis()[k].name + ": what became of its events does not add up to those routed";
    }
  }
  return "";
}

}  // namespace tidemark::simulation
