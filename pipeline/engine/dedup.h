// Exact duplicate detection by event id within a horizon of event time, per topic.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/hash.h"
#include "pipeline/base/time.h"
#include "pipeline/engine/id_set.h"
#include "pipeline/plan/spec.h"
#include "pipeline/store/store.h"

namespace tidemark {

// Remembers 128-bit hashes of (source, id), by pane of event time. Beyond max_ids the oldest panes go and the horizon
// shortens. Two events of one id count as one; with different payloads the later one is also a conflict.
// Invariants: (1) at most max_ids ids and one pane more; (2) every id of a pane at floor() or later is known.
// Threads: confined to the engine.
class Dedup {
 public:
  enum class Verdict : uint8_t { kNew, kDuplicate, kConflict, kTooOld };

  Dedup(const DedupSpec& spec, std::string_view topic);

  [[gnu::always_inline]] void Prefetch(const Hash128& id) const { ids_.Prefetch(id); }
  // Judges an event and remembers it when new. `watermark`: of the record's own partition.
  Verdict Check(const Hash128& id, uint32_t payload_hash, EventTime time, EventTime watermark) {
    if (watermark != kNoEventTime && time < watermark - spec_.horizon) return Verdict::kTooOld;
    const EventTime pane = FloorTo(time, kPane);
    if (pane < floor_) return Verdict::kTooOld;
    if (pane != memo_pane_) Turn(pane);
    const IdEntry* seen = ids_.FindOrAdd(id, payload_hash, &memo_->run);
    if (seen != nullptr) return seen->payload_hash == payload_hash ? Verdict::kDuplicate : Verdict::kConflict;
    return Verdict::kNew;
  }

  // Forgets what no record can ask for any more: panes before T - horizon, and the oldest beyond max_ids.
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
  struct Pane {
    IdSet::Run run;
    size_t stored = 0;  // of its ids, in the store
  };
  void Turn(EventTime pane);
  void DropFirst();

  const DedupSpec spec_;
  const uint64_t topic_hash_;
  IdSet ids_;
  std::map<EventTime, Pane> panes_;
  EventTime memo_pane_ = kNoEventTime;
  Pane* memo_ = nullptr;
  EventTime floor_ = kNoEventTime;
  EventTime newest_ = kNoEventTime;
  std::vector<EventTime> dropped_;   // panes to erase from the store
  EventTime stored_floor_ = kNoEventTime;
};

}  // namespace tidemark
