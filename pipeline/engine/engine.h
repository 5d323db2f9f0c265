// The engine: one thread, one source, one store. Takes records, moves time, evaluates rules, commits, publishes views.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/engine/letter.h"
#include "pipeline/engine/source.h"
#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"
#include "pipeline/view/view.h"

namespace tidemark {

struct EngineOptions {
  // The wall clock within a step: how long a commit took, which paces commits, and when a source that comes in batches was heard, which
  // proofs are compared with. null: commits cost nothing, and all of a step is at its `now`.
  std::function<WallTime()> stopwatch;
  // Memory for open panes, hot cells and changed entities; beyond it a commit is due at once. With less, what several events
  // change is written more often; more makes commits of a backlog larger, not cheaper.
  uint64_t open_panes_bytes = 32u << 20;
  // Memory for entities that were used lately.
  uint64_t entity_cache_bytes = 64u << 20;
  // Memory for the ids of events of all topics together. Where their max_ids need more, each is lowered by the same factor.
  uint64_t dedup_bytes = UINT64_MAX;
  // Event time in which a million of them are looked at for what is of no use any more; zero: all, at each commit.
  Duration sweep_interval = std::chrono::hours(1);
  // The engine of an import: pipeline/engine/import.h. Its source hands out kImportPartition alone.
  bool importing = false;
  // Commits are at least this far apart, and as far as they stay under 5 % of the engine's time, up to max.
  Duration min_commit_interval = std::chrono::milliseconds(100);
  Duration max_commit_interval = std::chrono::seconds(5);
  // Who takes the records that can't be counted; null: nobody. Outlives the engine.
  LetterBox* letters = nullptr;
  // Schemas that records name by number, shared with whoever fetches them; of sources that aren't in it those of the store are all
  // there are.
  SchemaBook schemas;
  // What is shown at whole hours is stored, for `explain`.
  bool keep_shown = true;
  // Is told of each instant of a clock at which rules look, before they do; within Step() and AdvanceTo(). null: nobody.
  std::function<void(size_t clock, EventTime t)> on_instant;
};

struct ErasedIds {
  std::vector<std::string> keys;           // of the rows, in Family::kEntities
  std::map<std::string, size_t> parts;     // how many of them, by the KPI that knew them
  std::map<std::string, size_t> open;      // of those, how many were taken out of what is open
};

// Invariants: (1) what view() shows was committed before; (2) a commit holds everything together with the offsets;
// (3) T never decreases. Threads: everything from one thread, except view().
// Failure: after Step() or Stop() returned an error that is not kNoSpace the engine must not be used any more.
class Engine {
 public:
  // Restores the stored state; an unknown format, or state that contradicts itself, is refused (kCorrupt).
  // `store` and `source` outlive the engine.
  static Result<std::unique_ptr<Engine>> Open(std::shared_ptr<const Plan> plan, Store* store, RecordSource* source,
                                              WallTime now, EngineOptions options = {});
  ~Engine();
  // One round: serves the group, applies what is here, moves time, evaluates rules, commits when due. Never blocks on
  // the source. Returns how long the caller may wait on the source before the next round (zero: more is here).
  // kNoSpace (disk full): nothing was lost, nothing is shown; call again later, unless the store takes no more.
  Result<Duration> Step(WallTime now);
  // Replay and import only: the caller vouches that every event up to t was applied; evaluates and commits at exactly T = t.
  Status AdvanceTo(EventTime t, WallTime now);
  // Back-fill and import only: applies what is here in any order, and no rule sees what lies between. True when there was something.
  Result<bool> Drain(WallTime now);
  // New contents of the tables that derived fields, targets and holidays are looked up in, by Plan::lookups(); until then
  // they are the plan's. What was counted stays as it is. REQUIRES: laid out as the plan says.
  void SetTables(LookupTables tables);
  // With the next commit nothing is known any more of these ids, of one kind of entity (FoldPlan::entity_kind) or of every one. What
  // was counted stays, but for what is open: nothing could close it any more. REQUIRES: nothing was applied since the last commit.
  Result<ErasedIds> Erase(std::span<const std::string> ids, std::optional<uint64_t> kind);
  // Commits now what is applied.
  Status Commit(WallTime now);
  // A last commit; the same as Commit, with the group told how far we are.
  Status Stop(WallTime now);
  // The newest committed result; never null. Any thread.
  std::shared_ptr<const View> view() const;
  // How far partitions are applied by now, which no commit may hold yet: for whoever follows what rules saw. Not to be shown.
  std::vector<PartitionView> applied() const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
