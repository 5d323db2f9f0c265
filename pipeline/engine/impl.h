// The engine's parts. impl.cc: rounds and time; commit.cc: commits and views; open.cc: restoring.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/alert/breach.h"
#include "pipeline/engine/dead_letters.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/intake.h"
#include "pipeline/engine/partition.h"
#include "pipeline/engine/router.h"
#include "pipeline/engine/shown.h"
#include "pipeline/engine/sources.h"
#include "pipeline/view/snapshot.h"
#include "tidemark/state/v1/registry.pb.h"

namespace tidemark {

inline constexpr Duration kRuleGrid = std::chrono::seconds(15);
inline constexpr Duration kPaceGrid = std::chrono::minutes(5);   // for what moves with time alone
inline constexpr double kCommitPrice = 20;                       // 5 % of the engine's time
inline constexpr Duration kCommitBurst = std::chrono::seconds(2);  // debt that nothing waits for

class Engine::Impl {
 public:
  Impl(std::shared_ptr<const Plan> plan, Store* store, RecordSource* source, EngineOptions options);

  Status Open(WallTime now);
  Result<Duration> Step(WallTime now);
  Status AdvanceTo(EventTime t, WallTime now);
  Result<bool> Drain(WallTime now);
  void SetTables(LookupTables tables);
  Result<ErasedIds> Erase(std::span<const std::string> ids, std::optional<uint64_t> kind);
  Status Commit(WallTime now);
  Status Stop(WallTime now);
  std::shared_ptr<const View> view() const;
  std::vector<PartitionView> PartitionViews() const;

 private:
  // ---- rounds (impl.cc) ----
  // The clock may be set back: then what was measured with it goes back, too.
  void FollowClock(WallTime now);
  Status ServeGroup(WallTime now);
  void Revoke(const TopicPartition& tp);
  StartAt Own(const TopicPartition& tp);
  Partition* FindOrAdd(const TopicPartition& tp);
  void RefreshStatus(WallTime now);
  void Refresh(Partition* partition, WallTime now);
  void HoldOut(WallTime now);
  // Takes and applies everything that may be applied now; true when something was.
  Result<bool> TakeRound(EventTime limit, WallTime now);
  Result<size_t> TakeFrom(Partition* partition, EventTime limit, WallTime now);
  EventTime Limit(WallTime now) const;
  bool Strict(WallTime now) const;

  // ---- time (impl.cc) ----
  // T of a clock, or of all (clock == SIZE_MAX), as partitions stand. `all`: with those that left the minimum.
  EventTime KnownThrough(size_t clock, bool all = false) const;
  bool OfClock(const Partition& partition, size_t clock) const;
  void MoveClocks();
  // How far sources that come in batches are complete of what the clock is about.
  EventTime HeldAt(size_t clock);
  // Evaluates rules at each instant of the grid up to each clock's T.
  void PassOver(size_t clock);
  Status EvaluateThrough();
  Status EvaluateAt(size_t clock, EventTime t);
  Status AdvanceTables(size_t clock, EventTime t);

  // ---- what was shown at whole hours (shown.cc) ----
  struct Clock;
  EventTime Arrival(const Clock& clock) const;
  Status KeepShown(size_t clock, EventTime hour);
  void ForgetShown(size_t clock, EventTime midnight);

  // ---- commits and views (commit.cc) ----
  // What a view says of its partitions beside numbers: reason for a commit when it changes.
  struct Standing {
    bool complete = false, caught_up = false;
    std::vector<PartitionHealth> health;  // of those owned
    std::vector<std::string> awaited;     // why some wait
    bool operator==(const Standing&) const = default;
  };
  Standing StandingNow() const;
  bool CommitDue(WallTime now) const;
  Status BuildBatch(CommitBatch* batch);
  // A slice of the entities loses what is of no use any more, as fast as time goes.
  Status SweepEntities();
  void AppendMeta(CommitBatch* batch);
  // What rules see: values alone.
  SnapshotData Values();
  std::shared_ptr<const Snapshot> MakeSnapshot();
  void Publish(std::shared_ptr<const View> view);
  KpiStatus StatusOf(KpiId id) const;
  EventTime EvaluatedAt(const KpiPlan& kpi) const;
  bool IsHeld(const KpiPlan& kpi) const;
  EventTime FirstTime(size_t clock) const;
  // What was not observed of event time, to the T at which the clock's tables stand: losses of its partitions, what records say
  // that their sources lost, and what sources of the set leave uncovered. Joined.
  const std::vector<TimeSpan>& Unobserved(size_t clock, uint32_t source_set) const;
  bool Lost(size_t clock) const;
  bool TellsGaps(const Partition& partition) const;
  bool Overdue(size_t clock, uint32_t source_set) const;
  bool IsAhead(size_t clock, EventTime t) const;
  // `other`: index into Plan::others(), 0: now.
  double Coverage(const KpiPlan& kpi, size_t window, size_t other = 0) const;
  EventTime LeastT() const;
  EventTime LeastKnown() const;        // of what no source holds
  PartitionView ViewOf(const Partition& partition) const;
  void FillStats();
  size_t OpenBytes() const;

  // ---- erasing ids (erase.cc) ----
  Status EraseOne(std::string_view key, const EntityRow& row, ErasedIds* erased);

  // ---- restoring (open.cc) ----
  Status CheckFormat();
  Status LoadRegistry();
  Status MakeTables();
  // From when on all events reach what is counted from now on.
  EventTime WholeFromNow(size_t clock) const;
  EventTime KeptFrom(const TablePlan& table, const ColumnPlan& column, const TableHead& head, uint32_t number, Tier tier) const;
  ColumnState StateOf(const TablePlan& table, const ColumnPlan& column, const TableHead& head, uint32_t table_number, bool first_ever);
  void ForgetRemoved();
  // KPIs that had no room for their entities, and may have it now: they begin anew.
  void ForgetFull();
  void ForgetTable(int index);
  // Shows no more of KPIs that have no room for their entities.
  void Withhold();
  void NumberFolds();
  Status LoadMeta();
  Status LoadRules();
  Status LoadOne(std::string_view key, std::string_view value);

  struct Clock {
    uint64_t fingerprint = 0;
    EventTime t = kNoEventTime;          // T; never decreases
    EventTime known = kNoEventTime;      // T if no source held it; never decreases either
    EventTime evaluated = kNoEventTime;  // last instant of the grid at which rules were evaluated
    EventTime read_at = kNoEventTime;    // as of which its tables stand
    bool changed = true;                 // a table of it changed since then; after a restart, perhaps
    EventTime shown_from = kNoEventTime; // days before have only their midnights left
  };

  const std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const Plan> view_plan_;   // the same, without what is withheld; keeps plan_, too
  std::vector<bool> withheld_;              // by fold
  Store& store_;
  RecordSource& source_;
  const EngineOptions options_;

  state::v1::Registry registry_;
  bool registry_dirty_ = false;
  std::vector<std::unique_ptr<Table>> tables_;
  Entities entities_;
  Router router_;
  Sources sources_;
  DeadLetters letters_;
  StoredSchemas schemas_;
  Intake intake_;
  std::vector<RuleState> rules_;
  std::vector<Clock> clocks_;
  std::map<TopicPartition, std::unique_ptr<Partition>> partitions_;
  std::vector<Partition*> owned_;           // by nothing in particular
  uint32_t next_partition_id_ = 0;

  uint64_t sequence_ = 0;
  bool applied_since_commit_ = false;
  bool moved_since_commit_ = false;
  WallTime now_ = WallTime::min();                // of the last call
  WallTime last_commit_ = WallTime::min();
  WallTime last_status_ = WallTime::min();
  WallTime last_report_ = WallTime::min();
  Duration commit_debt_{};                  // as of last_commit_
  Standing shown_standing_;                 // of the newest view
  EventTime swept_ = kNoEventTime;          // T when entities were swept last
  CommitBatch erase_at_open_;
  CommitBatch shown_;                       // for the next commit
  size_t shown_bytes_ = 0;
  EngineStats stats_;

  std::vector<std::shared_ptr<const TableView>> table_views_;
  // By clock and source set; of one look at coverage, for which it is cleared.
  mutable std::map<std::pair<size_t, uint32_t>, std::vector<TimeSpan>> unobserved_;
  mutable std::mutex view_mu_;
  std::shared_ptr<const View> view_;        // guarded by view_mu_
};

}  // namespace tidemark
