#include "pipeline/engine/router.h"

#include <algorithm>
#include "pipeline/aggregate/cells.h"
#include "pipeline/window/labels.h"

namespace tidemark {
namespace {

// One op on the hot words of its column.
void Apply(const Op& op, const EventRow& row, int64_t* words) {
  int64_t* cell = words + op.hot;
  const bool first = cell[0]++ == 0;
  switch (op.kind) {
    case CellKind::kCount:
      return;
    case CellKind::kSum:
      AddToSum(cell + 1, row.slots[op.slot].i);
      return;
    case CellKind::kMin:
      cell[1] = first ? row.slots[op.slot].i : std::min(cell[1], row.slots[op.slot].i);
      return;
    case CellKind::kMax:
      cell[1] = first ? row.slots[op.slot].i : std::max(cell[1], row.slots[op.slot].i);
      return;
    case CellKind::kLast: {
      LastValue last{first ? kNoEventTime : EventTimeFromMicros(cell[1]), static_cast<uint64_t>(cell[2]), cell[3]};
      last.Add(row.time, row.tie, row.slots[op.slot].i);
      cell[1] = Micros(last.time);
      cell[2] = static_cast<int64_t>(last.tie);
      cell[3] = last.value;
      return;
    }
  }
}

}  // namespace

Router::Router(const Plan& plan, Entities* entities, std::vector<std::unique_ptr<Table>>* tables)
    : plan_(plan), tables_(*tables), counts_(plan.kpis().size()), type_counts_(plan.routes().size()),
      folding_(plan, entities, tables, &counts_) {}

Status Router::Apply(const EventRow& row, EventTime watermark, const Hash128* keys) {
  const RoutePlan& route = plan_.routes()[row.type.v];
  ++type_counts_[row.type.v];
  uint64_t passed = 0;
  for (size_t f = 0; f < route.filters.size(); ++f) passed |= uint64_t{route.filters[f].Passes(row)} << f;
  for (const TableRoute& table : route.tables) ApplyTo(table, passed, row, watermark);
  return route.entities.empty() ? Status::Ok() : folding_.Apply(route, passed, row, keys);
}

uint64_t Router::Active(const TableRoute& route, uint64_t passed, const EventRow& row) {
  uint64_t active = 0;
  for (const Op& op : route.ops) {
    const bool fits = (op.filter < 0 || (passed >> op.filter & 1) != 0) && (!op.needs_present || (row.present >> op.slot & 1) != 0);
    active |= uint64_t{fits} << op.column;
    counts_[op.kpi.v].filtered += fits ? 0 : 1;
  }
  return active;
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

void Router::Run(const TableRoute& route, uint64_t columns, const EventRow& row, int64_t* words) {
  for (const Op& op : route.ops) {
    if ((columns >> op.column & 1) != 0) tidemark::Apply(op, row, words);
  }
}

void Router::ApplyTo(const TableRoute& route, uint64_t passed, const EventRow& row, EventTime watermark) {
  Table& table = *tables_[route.table.v];
  const TablePlan& plan = table.plan();
  uint64_t active = Active(route, passed, row);
  if (plan.min_keep && watermark != kNoEventTime && row.time < watermark - *plan.min_keep) [[unlikely]] {
    active = DropLate(route, plan, active, row.time, watermark);
  }
  if (active == 0) return;
  uint64_t granted = 0;
  packed_.clear();
  const bool fits = PackLabels(route.labels, row, plan_.limits().max_label_value_bytes, &packed_);
  const RowId id = fits ? table.rows().Admit(packed_, active, &granted) : kOtherRow;
  const EventTime pane = FloorTo(row.time, PaneSize(plan.hot_tier));
  if (granted != 0) Run(route, granted, row, table.Hot(id, pane));
  if (plan.buckets) AddToHistograms(route, granted, row, id);
  if (const uint64_t rest = active & ~granted; rest != 0) [[unlikely]] {
    table.rows().AdmitOther(rest);
    Run(route, rest, row, table.Hot(kOtherRow, pane));
    if (plan.buckets) AddToHistograms(route, rest, row, kOtherRow);
  }
}

void Router::AddToHistograms(const TableRoute& route, uint64_t columns, const EventRow& row, RowId of) {
  Table& buckets = *tables_[tables_[route.table.v]->plan().buckets->v];
  for (const Op& op : route.ops) {
    if ((columns >> op.column & 1) == 0 || op.bucket_hot < 0) continue;
    const RowId bucket = BucketRow(&buckets, of, row.slots[op.slot].i, uint64_t{1} << op.bucket_column);
    ++buckets.Hot(bucket, FloorTo(row.time, PaneSize(buckets.plan().hot_tier)))[op.bucket_hot];
  }
}

void Router::Fold() {
  for (size_t t = 0; t < type_counts_.size(); ++t) {
    if (type_counts_[t] == 0) continue;
    for (const TableRoute& route : plan_.routes()[t].tables) {
      for (const Op& op : route.ops) counts_[op.kpi.v].routed += type_counts_[t];
    }
    for (const EntityRoute& route : plan_.routes()[t].entities) {
      for (const FoldOp& op : route.ops) counts_[plan_.folds()[op.fold].kpi.v].routed += type_counts_[t];
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
  return bytes;
}

}  // namespace tidemark
