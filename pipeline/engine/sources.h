// The configuration's sources: when each was heard, by its events and heartbeats.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"
#include "pipeline/time/source_cover.h"
#include "pipeline/view/view.h"

namespace tidemark {

// Threads: confined to the engine.
class Sources {
 public:
  explicit Sources(const Plan& plan);

  bool empty() const { return sources_.empty(); }
  // Every event whose time is sane, also one that no KPI reads.
  void Hear(const EventRow& row);

  // How far a source that comes in batches is complete, as it is now known. What it says counts once all that was in its log then is
  // applied: when the ends of all its partitions were confirmed at `proven`, and that is no earlier. kNoEventTime: it has said
  // nothing of it; a heartbeat alone doesn't.
  EventTime CompleteThrough(uint32_t source, EventTime proven, WallTime now);

  // The newest event that is no heartbeat, of one that comes in batches.
  EventTime newest(uint32_t source) const { return sources_[source].event; }

  // Appends what these sources, by their indices, leave uncovered before `t`.
  void AppendUncovered(std::span<const uint32_t> sources, EventTime t, std::vector<TimeSpan>* spans) const;
  std::vector<SourceView> ViewsAt(EventTime t) const;

  // ---- stored ----
  // False when there is no such source in the configuration any more.
  Result<bool> Load(uint64_t fingerprint, std::string_view value);
  // Sources that are not stored are judged from here on: kNoEventTime in a new state, else a T.
  void BeginOthers(EventTime t);
  void AppendTo(CommitBatch* batch) const;
  void Committed();

 private:
  struct Source {
    const SourcePlan* plan = nullptr;
    SourceCover cover;
    EventTime judged_from = kNoEventTime;  // before it nothing is uncovered: the configuration had no such source
    EventTime event = kNoEventTime;        // of one that comes in batches: its newest that is no heartbeat
    // Of one that comes in batches; not stored, T is. What counts; what was said and is waited for, and what was said last, with
    // when that was heard.
    EventTime through = kNoEventTime, said = kNoEventTime, newest = kNoEventTime;
    WallTime said_at{}, newest_at{};
    bool stored = false;
    bool dirty = false;
  };
  Source* Find(std::string_view name);
  static EventTime Said(const Source& source);

  const HeartbeatPlan heartbeat_;
  std::vector<Source> sources_;
  absl::flat_hash_map<std::string_view, Source*> by_name_;
  std::string memo_name_;     // the last that was looked for
  Source* memo_ = nullptr;
};

}  // namespace tidemark
