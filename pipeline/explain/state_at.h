// Tables of a stored state, read without an engine: as of its last commit, or as they were shown at a whole hour.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"
#include "pipeline/view/snapshot.h"
#include "pipeline/window/table.h"
#include "tidemark/state/v1/registry.pb.h"

namespace tidemark {

// Some tables at one instant.
struct StateAt {
  EventTime at{};                                       // T, the least of its tables'; or the hour
  std::map<uint32_t, std::unique_ptr<Table>> tables;    // by TableId
  std::map<uint32_t, Table::Shown> shown;               // of an hour
  std::shared_ptr<const Snapshot> view;                 // of KPIs that need no other tables
};

// Borrows the store, which must not change meanwhile. Threads: one.
class StateReader {
 public:
  static Result<StateReader> Open(std::shared_ptr<const Plan> plan, const Store* store);

  // What targets are looked up in, by Plan::lookups(); until then those that tables hold are not known.
  void UseTables(LookupTables tables) { lookups_ = std::move(tables); }

  const Plan& plan() const { return *plan_; }
  const Store& store() const { return *store_; }
  // Of a KPI in the store's keys; nullopt when the state doesn't have it, or does not count it any more.
  std::optional<uint32_t> NumberOf(const TablePlan& table, const ColumnPlan& column) const;
  std::optional<StoredTable> NumberOf(const TablePlan& table) const;
  // The tables behind a KPI, through formulas.
  std::set<uint32_t> TablesOf(KpiId kpi) const;

  // The last instant at which a table's hours were looked at; kNoEventTime: none was.
  EventTime EvaluatedAt(uint32_t table) const { return clocks_[plan_->tables()[table].clock].evaluated; }

  Result<StateAt> Now(const std::set<uint32_t>& tables) const;
  // Those of the tables that were kept.
  Result<StateAt> KnownAt(EventTime hour, const std::set<uint32_t>& tables) const;
  // nullopt where one of the tables was not kept.
  Result<std::optional<StateAt>> At(EventTime hour, const std::set<uint32_t>& tables) const;
  // The latest hour that is kept not after `asked`, or the first one after it, at which the table showed a window of a column.
  Result<std::optional<EventTime>> ShownHour(uint32_t table, uint32_t column, uint32_t window, EventTime asked) const;

 private:
  struct Clock {
    EventTime t = kNoEventTime, evaluated = kNoEventTime;
  };
  StateReader(std::shared_ptr<const Plan> plan, const Store* store) : plan_(std::move(plan)), store_(store) {}
  Result<std::unique_ptr<Table>> Make(uint32_t table) const;
  bool IsKept(const Clock& clock, EventTime hour) const;
  void Finish(StateAt* state, const std::vector<EventTime>& read_at) const;

  std::shared_ptr<const Plan> plan_;
  const Store* store_;
  LookupTables lookups_;
  state::v1::Registry registry_;
  std::vector<Clock> clocks_;
};

}  // namespace tidemark
