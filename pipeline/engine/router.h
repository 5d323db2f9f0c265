// From a decoded event to cells: conditions, label values, rows and operations. The hot path.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/engine/folding.h"
#include "pipeline/engine/groups.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"
#include "pipeline/view/view.h"
#include "pipeline/window/table.h"

namespace tidemark {

// Threads: confined to the engine.
class Router {
 public:
  Router(const Plan& plan, Entities* entities, std::vector<std::unique_ptr<Table>>* tables);

  bool routed(EventTypeId type) const { return !plan_.routes()[type.v].empty(); }
  Folding& folding() { return folding_; }
  // Counts one accepted event everywhere it belongs. `watermark`: of its partition, before this event.
  // `keys`: of its entities, as Folding::Want gave them.
  Status Apply(const EventRow& row, EventTime watermark, const Hash128* keys);

  // Once all tables are there.
  void Resize() { folded_.resize(tables_.size()); }

  // Folds all tables and balances the second conservation law.
  void Fold();
  std::span<const KpiCounts> counts() const { return counts_; }
  std::vector<KpiCounts>& mutable_counts() { return counts_; }
  size_t hot_bytes() const;

 private:
  struct OfType {
    std::optional<Duration> keep;      // what is later than that may be too late for one of the tables
    std::vector<size_t> with_buckets;  // of its tables
  };

  // Columns of the table that this event fits.
  static uint64_t Fits(const TableRoute& route, uint64_t passed, const EventRow& row);
  uint64_t DropLate(const TableRoute& route, const TablePlan& plan, uint64_t active, EventTime time, EventTime watermark);
  Target TargetOf(const TableRoute& route, uint64_t passed, const EventRow& row, EventTime watermark);
  // `words`: what events at `time`, or of the pane that begins then, come to.
  void MergeInto(const RoutePlan& route, std::span<const Target> targets, const int64_t* words, EventTime time);
  void MergeGroups();
  void AddToHistograms(const TableRoute& route, const Target& target, const EventRow& row);
  void AddToHistograms(const TableRoute& route, uint64_t columns, RowId of, const EventRow& row, Table* buckets);

  const Plan& plan_;
  std::vector<std::unique_ptr<Table>>& tables_;
  std::vector<KpiCounts> counts_;       // by KPI
  std::vector<int64_t> type_counts_;    // by event type, since the last fold
  std::vector<Groups> groups_;          // by event type
  std::vector<OfType> of_types_;        // by event type
  std::vector<Target> alone_;           // of an event without a group,
  std::vector<int64_t> alone_words_;    // and what it counts
  std::string packed_;
  std::vector<FoldCounts> folded_;
  Folding folding_;
};

}  // namespace tidemark
