// What was handed to the engine, in order, and whether what it shows is just that: nothing lost, nothing twice, no time guessed.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/view/view.h"
#include "tests/simulation/source.h"
#include "tests/simulation/subject.h"

namespace tidemark::simulation {

// Follows one state. Where a view stands is told by its counters and offsets, which must fit what was handed out.
class Ledger final : public SourceListener {
 public:
  // Before anything else; outlives it.
  void Follow(const Subject* subject) { subject_ = subject; }

  void Assigned(const StartAt& start) override;
  void Delivered(const TopicPartition& tp, const BrokerRecord& record) override;
  void Skipped(const TopicPartition& tp, Offset first, Offset last) override;
  void Restarted(const TopicPartition& tp) override;
  void Proved(const TopicPartition& tp, WallTime at, Offset last) override;

  // The engine goes on from a stored state. What is wrong with it; "" when nothing.
  std::string Rewind(const View& view);
  // From what is applied on, the table has other contents.
  void UseTable(uint64_t contents, std::span<const PartitionView> applied);
  // A view that was committed. `always`: the plan counts every KPI of the subject, and did so from the beginning.
  std::string Check(const View& view, const Plan& plan, bool dedup, bool always) const;
  AppliedEvents Applied(std::span<const PartitionView> partitions) const;
  // Something was lost after an event that counts.
  bool Lost(const View& view) const;

 private:
  // After an entry.
  struct Position {
    Offset next = kNoOffset, last = kNoOffset;
    int64_t read = 0, skipped = 0;
  };
  struct Entry {
    Position after;
    bool record = false;  // else a gap, or a new beginning
    RecordKind kind = RecordKind::kEvent;
    int event = -1;
    std::optional<uint64_t> table = {};  // that it was applied with; not said: it is the present one's, if it is applied
  };
  struct Log {
    std::vector<Entry> entries;
    EventTime greatest = kNoEventTime;  // of the events handed out to this engine
    std::multimap<int64_t, Offset> proofs;  // by instant: the last record before the log's end; kNoOffset: nothing to apply
  };

  Position End(const Log& log) const { return log.entries.empty() ? Position() : log.entries.back().after; }
  // How many entries the partition stands behind; SIZE_MAX: at none.
  size_t Find(const PartitionView& p) const;
  std::string CheckCounts(const PartitionView& p, size_t end, Duration bound, bool dedup, bool always) const;
  std::string CheckTime(const PartitionView& p, size_t end, Duration bound) const;

  const Subject* subject_ = nullptr;
  uint64_t table_ = 0;
  std::map<TopicPartition, Log> logs_;
};

}  // namespace tidemark::simulation
