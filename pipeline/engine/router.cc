#include "pipeline/engine/router.h"

#include <algorithm>

#include "pipeline/aggregate/cells.h"
#include "pipeline/aggregate/staircase.h"
#include "pipeline/window/labels.h"

namespace tidemark {
namespace {

// What a group counted, into the hot words of a column.
void Merge(const Op& op, const int64_t* group, int64_t* words) {
  int64_t* cell = words + op.hot;
  const int64_t* from = group + op.word;
  const bool first = cell[0] == 0;
  cell[0] += group[0];
  switch (op.kind) {
    case CellKind::kCount:
      return;
    case CellKind::kSum:
      StoreSum(cell + 1, LoadSum(cell + 1) + LoadSum(from));
      return;
    case CellKind::kMin:
      cell[1] = first ? *from : std::min(cell[1], *from);
      return;
    case CellKind::kMax:
      cell[1] = first ? *from : std::max(cell[1], *from);
      return;
    case CellKind::kLast: {
      LastValue last = first ? LastValue() : LastValue{EventTimeFromMicros(cell[1]), static_cast<uint64_t>(cell[2]), cell[3]};
      last.Add(EventTimeFromMicros(from[0]), static_cast<uint64_t>(from[1]), from[2]);
      cell[1] = Micros(last.time);
      cell[2] = static_cast<int64_t>(last.tie);
      cell[3] = last.value;
      return;
    }
  }
}

void MergeAll(const TableRoute& route, uint64_t columns, const int64_t* group, int64_t* words) {
  for (const Op& op : route.ops) {
    if ((columns >> op.column & 1) != 0) Merge(op, group, words);
  }
}

}  // namespace

Router::Router(const Plan& plan, Entities* entities, std::vector<std::unique_ptr<Table>>* tables)
    : plan_(plan), tables_(*tables), counts_(plan.kpis().size()), type_counts_(plan.routes().size()),
      folding_(plan, entities, tables, &counts_) {
  for (const RoutePlan& route : plan.routes()) {
    OfType of;
    Tier finest = Tier::kDay;
    for (size_t t = 0; t < route.tables.size(); ++t) {
      const TablePlan& table = plan.tables()[route.tables[t].table.v];
      finest = std::min(finest, table.hot_tier);
      if (table.min_keep) of.keep = std::min(of.keep.value_or(Duration::max()), *table.min_keep);
      if (table.buckets) of.with_buckets.push_back(t);
    }
    of_types_.push_back(std::move(of));
    groups_.emplace_back(route, PaneSize(finest));
  }
}

Status Router::Apply(const EventRow& row, EventTime watermark, const Hash128* keys) {
  const RoutePlan& route = plan_.routes()[row.type.v];
  Groups& groups = groups_[row.type.v];
  const OfType& of = of_types_[row.type.v];
  ++type_counts_[row.type.v];
  const bool maybe_late = of.keep && watermark != kNoEventTime && row.time < watermark - *of.keep;
  const bool grouped = !maybe_late && groups.Pay();
  size_t group = grouped ? groups.Find(row) : Groups::kNone;
  uint64_t passed = 0;
  std::span<Target> targets;
  if (group != Groups::kNone) [[likely]] {
    passed = groups.passed(group);
    targets = groups.targets(group);
  } else {
    for (size_t f = 0; f < route.filters.size(); ++f) passed |= uint64_t{route.filters[f].Passes(row)} << f;
    if (grouped) group = groups.Add(passed);
    alone_.resize(route.tables.size());
    targets = group != Groups::kNone ? groups.targets(group) : std::span(alone_);
    for (size_t t = 0; t < targets.size(); ++t) targets[t] = TargetOf(route.tables[t], passed, row, watermark);
  }
  if (group != Groups::kNone) {
    groups.Count(row, group);
  } else {
    alone_words_.assign(route.grouping.words, 0);
    groups.CountIn(row, alone_words_.data());
    MergeInto(route, targets, alone_words_.data(), row.time);
  }
  for (const size_t t : of.with_buckets) AddToHistograms(route.tables[t], targets[t], row);
  return route.entities.empty() ? Status::Ok() : folding_.Apply(route, passed, row, keys);
}

uint64_t Router::Fits(const TableRoute& route, uint64_t passed, const EventRow& row) {
  uint64_t fits = 0;
  for (const Op& op : route.ops) {
    const bool one = (op.filter < 0 || (passed >> op.filter & 1) != 0) && (!op.needs_present || (row.present >> op.slot & 1) != 0);
    fits |= uint64_t{one} << op.column;
  }
  return fits;
}

uint64_t Router::DropLate(const TableRoute& route, const TablePlan& plan, uint64_t active, EventTime time, EventTime watermark) {
  for (const Op& op : route.ops) {
    const auto& keep = plan.columns[op.column].keep;
    if ((active >> op.column & 1) == 0 || !keep || time >= watermark - *keep) continue;
    active &= ~(uint64_t{1} << op.column);
    ++counts_[op.kpi.v].late_dropped;
  }
  return active;
}

Target Router::TargetOf(const TableRoute& route, uint64_t passed, const EventRow& row, EventTime watermark) {
  Table& table = *tables_[route.table.v];
  const TablePlan& plan = table.plan();
  Target target;
  target.fits = Fits(route, passed, row);
  uint64_t wanted = target.fits;
  if (plan.min_keep && watermark != kNoEventTime && row.time < watermark - *plan.min_keep) [[unlikely]] {
    wanted = DropLate(route, plan, wanted, row.time, watermark);
  }
  if (wanted == 0) return target;
  packed_.clear();
  const bool fits = PackLabels(route.labels, row, plan_.limits().max_label_value_bytes, &packed_);
  target.row = fits ? table.rows().Admit(packed_, wanted, &target.granted) : kOtherRow;
  target.rest = wanted & ~target.granted;
  if (target.rest != 0) table.rows().AdmitOther(target.rest);
  return target;
}

void Router::MergeInto(const RoutePlan& route, std::span<const Target> targets, const int64_t* words, EventTime time) {
  for (size_t t = 0; t < targets.size(); ++t) {
    const TableRoute& ops = route.tables[t];
    const Target& target = targets[t];
    Table& table = *tables_[ops.table.v];
    const EventTime pane = FloorTo(time, PaneSize(table.plan().hot_tier));
    if (target.granted != 0) MergeAll(ops, target.granted, words, table.Hot(target.row, pane));
    if (target.rest != 0) MergeAll(ops, target.rest, words, table.Hot(kOtherRow, pane));
    for (const Op& op : ops.ops) counts_[op.kpi.v].filtered += (target.fits >> op.column & 1) != 0 ? 0 : words[0];
  }
}

void Router::AddToHistograms(const TableRoute& route, const Target& target, const EventRow& row) {
  Table* buckets = tables_[tables_[route.table.v]->plan().buckets->v].get();
  AddToHistograms(route, target.granted, target.row, row, buckets);
  if (target.rest != 0) AddToHistograms(route, target.rest, kOtherRow, row, buckets);
}

void Router::AddToHistograms(const TableRoute& route, uint64_t columns, RowId of, const EventRow& row, Table* buckets) {
  for (const Op& op : route.ops) {
    if ((columns >> op.column & 1) == 0 || op.bucket_hot < 0) continue;
    const RowId bucket = BucketRow(buckets, of, row.slots[op.slot].i, uint64_t{1} << op.bucket_column);
    ++buckets->Hot(bucket, FloorTo(row.time, PaneSize(buckets->plan().hot_tier)))[op.bucket_hot];
  }
}

void Router::MergeGroups() {
  for (size_t type = 0; type < groups_.size(); ++type) {
    Groups& groups = groups_[type];
    if (groups.size() == 0) continue;
    for (size_t g = 0; g < groups.size(); ++g) MergeInto(plan_.routes()[type], groups.targets(g), groups.Words(g), groups.pane(g));
    groups.Clear();
  }
}

void Router::Fold() {
  MergeGroups();
  for (size_t t = 0; t < type_counts_.size(); ++t) {
    if (type_counts_[t] == 0) continue;
    for (const TableRoute& route : plan_.routes()[t].tables) {
      for (const Op& op : route.ops) counts_[op.kpi.v].routed += type_counts_[t];
    }
    for (const EntityRoute& route : plan_.routes()[t].entities) {
      for (const FoldOp& op : route.ops) counts_[plan_.folds()[op.fold].kpi.v].routed += op.says == 0 ? type_counts_[t] : 0;
    }
    type_counts_[t] = 0;
  }
  for (size_t t = 0; t < tables_.size(); ++t) {
    tables_[t]->Fold(&folded_[t]);
    if (tables_[t]->plan().folds || tables_[t]->plan().buckets_of) continue;
    const auto& columns = tables_[t]->plan().columns;
    for (size_t c = 0; c < columns.size(); ++c) {
      KpiCounts& counts = counts_[columns[c].kpi.v];
      counts.counted += folded_[t].counted[c];
      counts.overflowed += folded_[t].overflowed[c];
    }
  }
  for (const KpiCounts& c : counts_) {
    TM_CHECK(c.routed == c.counted + c.filtered + c.late_dropped + c.overflowed + c.unmatched);
  }
}

size_t Router::hot_bytes() const {
  size_t bytes = 0;
  for (const auto& table : tables_) bytes += table->hot_bytes();
  for (const Groups& groups : groups_) bytes += groups.bytes();
  return bytes;
}

}  // namespace tidemark
