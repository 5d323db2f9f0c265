// From an event to what it changes in the entity it is about, and from that to cells.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/entity/entities.h"
#include "pipeline/entity/facts.h"
#include "pipeline/entity/fold.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"
#include "pipeline/view/view.h"
#include "pipeline/window/table.h"

namespace tidemark {

// Threads: confined to the engine.
class Folding final : private RowFinder {
 public:
  Folding(const Plan& plan, Entities* entities, std::vector<std::unique_ptr<Table>>* tables, std::vector<KpiCounts>* counts)
      : plan_(plan), entities_(*entities), tables_(*tables), counts_(*counts), full_(plan.folds().size()) {}

  // What derived fields of entities look into. Outlives this; its contents may change between two events.
  void SetTables(const LookupTables* tables) { lookups_ = tables; }
  // `numbers`: by fold, of its KPI in the registry, 0 where it is not counted here. `known`: all in the registry, ascending.
  void SetNumbers(std::vector<uint32_t> numbers, std::vector<uint32_t> known) {
    numbers_ = std::move(numbers);
    known_ = std::move(known);
  }
  // Appends a key for each of the event's entities, zero where it has no id.
  void KeysOf(const EventRow& row, std::vector<Hash128>* keys);
  // The same, and says that they will be needed; then those that are not here are read, all in one go.
  void Want(const EventRow& row, std::vector<Hash128>* keys);
  Status ReadWanted() { return entities_.ReadWanted(); }
  // Folds the event into its entities. `passed`: conditions that hold, by RoutePlan::filters.
  // `keys`: as KeysOf gave them.
  Status Apply(const RoutePlan& route, uint64_t passed, const EventRow& row, const Hash128* keys);
  // Differences of a fold, by its index, to be folded into its table.
  Status Add(uint32_t fold, std::span<const Contribution> deltas);
  // By fold: an entity found no room, so that what is stored is worth nothing. Its events are overflowed from then on.
  const std::vector<bool>& full() const { return full_; }
  void SetFull(size_t fold) { full_[fold] = true; }
  // Whether parts of entities may be of no use: of folds that let go of them, and after the start of KPIs that are forgotten.
  bool sweeps() const;
  // Takes them out of the next so many entities. What is shown is the same without them.
  Status Sweep(size_t rows);

 private:
  // Empty when the event has none. Valid until the next call.
  std::string_view IdOf(const EntityRoute& route, const EventRow& row);
  Status ApplyOne(const FoldOp& op, const EventRow& row, const Hash128& key, EntityRow* entity);
  // What one op makes of the part: into part_, deltas_ and *result.
  Status Fold(const FoldPlan& fold, const FoldOp& op, const EventRow& row, std::string_view part, FoldResult* result);
  FoldEvent EventOf(const FoldPlan& fold, const FoldOp& op, const EventRow& row);
  RowId RowOf(const FoldPlan& fold, std::string_view packed_labels) override;
  RowId Admit(const FoldPlan& fold, std::string_view packed_labels);
  RowId Other(const FoldPlan& fold);
  RowId RowOfLabels(const FoldPlan& fold, const std::vector<LabelSlot>& labels, const EventRow& row);
  Status AddOne(const FoldPlan& fold, const Contribution& delta);
  // A value that one open entity more has, or one less.
  Status AddValue(uint32_t fold, const Contribution& delta);

  const Plan& plan_;
  Entities& entities_;
  std::vector<std::unique_ptr<Table>>& tables_;
  std::vector<KpiCounts>& counts_;
  std::vector<uint32_t> numbers_, known_;
  std::vector<bool> full_;
  int passes_ = 0;  // of sweeping, ended since the start
  const LookupTables* lookups_ = nullptr;
  Folder folder_;
  FactsState facts_;
  // Scratch of one event.
  std::string id_, packed_, from_, to_, part_, state_, new_state_;
  std::vector<Contribution> deltas_;
  std::vector<std::pair<uint32_t, Contribution>> values_;  // with the index of the fold
};

// One row of a table's histograms: that of a row's bucket.
RowId BucketRow(Table* buckets, RowId row, int64_t value, uint64_t columns);

}  // namespace tidemark
