// Exact duplicate detection by event id within a horizon of event time, per topic.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/hash.h"
#include "pipeline/base/time.h"
#include "pipeline/engine/id_set.h"
#include "pipeline/plan/spec.h"
#include "pipeline/store/store.h"

namespace tidemark {

// Remembers 128-bit hashes of (source, id), in runs: each pane of event time has one, and more when it has many ids.
// Beyond max_ids the oldest runs go and the horizon shortens. Two events of one id count as one; with different payloads
// the later one is also a conflict.
// Invariants: (1) after Expire at most max_ids ids, a run and what one commit added; (2) every id of an event at floor()
// or later is known. Which ids are forgotten at the limit depends on when commits were; what is within it does not.
// Threads: confined to the engine.
class Dedup {
 public:
  static constexpr uint64_t kMemoryPerId = 42;  // at most: 20, an index with between 10 and 22, and blocks that aren't full

  enum class Verdict : uint8_t { kNew, kDuplicate, kConflict, kTooOld };

  Dedup(const DedupSpec& spec, std::string_view topic);

  [[gnu::always_inline]] void Prefetch(const Hash128& id) const { ids_.Prefetch(id); }
  // Judges an event and remembers it when new. `watermark`: of the record's own partition.
  Verdict Check(const Hash128& id, uint32_t payload_hash, EventTime time, EventTime watermark) {
    if (watermark != kNoEventTime && time < watermark - spec_.horizon) return Verdict::kTooOld;
    if (time < floor_) return Verdict::kTooOld;
    const EventTime pane = FloorTo(time, kPane);
    if (pane != memo_pane_) Turn(pane);
    const IdEntry* seen = ids_.FindOrAdd(id, payload_hash, &memo_->ids);
    if (seen != nullptr) return seen->payload_hash == payload_hash ? Verdict::kDuplicate : Verdict::kConflict;
    memo_->last = std::max(memo_->last, time);
    return Verdict::kNew;
  }

  // Forgets what no record can ask for any more: panes before T - horizon, and the oldest runs beyond max_ids.
  void Expire(EventTime t);
  // What was remembered since the last commit, and what is forgotten.
  void AppendTo(uint64_t sequence, CommitBatch* batch);
  void Committed();
  Status Load(const Store& store);

  // From here on every id is known.
  EventTime floor() const { return floor_; }
  double HorizonSeconds() const;
  int64_t MemoryBytes() const { return ids_.MemoryBytes(); }
  size_t size() const { return ids_.size(); }

 private:
  static constexpr Duration kPane = std::chrono::minutes(10);
  struct Run {
    IdSet::Run ids;
    size_t stored = 0;                         // of its ids, in the store
    EventTime last = kNoEventTime;             // greatest event time in it
    uint64_t first_commit = 0, last_commit = 0;  // that stored it; 0: none yet
    bool full = false;                         // further ids of its pane go to the next run
  };
  using Runs = std::map<std::pair<EventTime, uint32_t>, Run>;  // by pane and number
  struct Stored {
    EventTime pane;
    uint64_t first_commit, last_commit;
  };

  void Turn(EventTime pane);
  void DropFirst();
  bool Full(const Run& run) const { return run.ids.size >= std::max<size_t>(spec_.max_ids / 64, 1); }

  const DedupSpec spec_;
  const uint64_t topic_hash_;
  IdSet ids_;
  Runs runs_;
  EventTime memo_pane_ = kNoEventTime;
  Run* memo_ = nullptr;              // the last run of that pane, not full
  EventTime floor_ = kNoEventTime;
  EventTime stored_floor_ = kNoEventTime;
  std::vector<Stored> dropped_;      // to erase from the store
};

}  // namespace tidemark
