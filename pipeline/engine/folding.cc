#include "pipeline/engine/folding.h"

#include <algorithm>

#include "pipeline/aggregate/cells.h"
#include "pipeline/aggregate/sketch.h"
#include "pipeline/store/bytes.h"
#include "pipeline/window/labels.h"

namespace tidemark {

namespace {

// Where the part of this number is, or would be.
auto PartOf(EntityRow* entity, uint32_t number) {
  return std::lower_bound(entity->parts.begin(), entity->parts.end(), number, [](const auto& p, uint32_t n) { return p.first < n; });
}

}  // namespace

RowId BucketRow(Table* buckets, RowId row, int64_t value, uint64_t columns) {
  std::string tag;
  PutBigEndian(&tag, BucketTag(row, BucketOf(value)), 8);
  uint64_t granted = 0;
  return buckets->rows().Admit(tag, columns, &granted);
}

std::string_view Folding::IdOf(const EntityRoute& route, const EventRow& row) {
  for (const LabelSlot& id : route.ids) {
    if ((row.present >> id.slot & 1) == 0) continue;
    if (id.type == SlotType::kString) {
      if (row.slots[id.slot].s.size > 0) return row.slots[id.slot].view();
    } else {
      return id_ = std::to_string(row.slots[id.slot].i);
    }
  }
  return {};
}

void Folding::KeysOf(const EventRow& row, std::vector<Hash128>* keys) {
  for (const EntityRoute& route : plan_.routes()[row.type.v].entities) {
    const std::string_view id = IdOf(route, row);
    keys->push_back(id.empty() ? Hash128{} : Entities::KeyOf(route.kind, id));
  }
}

void Folding::Want(const EventRow& row, std::vector<Hash128>* keys) {
  const size_t first = keys->size();
  KeysOf(row, keys);
  for (size_t k = first; k < keys->size(); ++k) {
    if ((*keys)[k] != Hash128{}) entities_.Want((*keys)[k]);
  }
}

// Labels that a fold kept: they may be longer than a label can be.
RowId Folding::RowOf(const FoldPlan& fold, std::string_view packed_labels) {
  for (ByteReader labels(packed_labels); !labels.empty();) {
    if (labels.Bytes().size() > plan_.limits().max_label_value_bytes) return Other(fold);
  }
  return Admit(fold, packed_labels);
}

RowId Folding::Other(const FoldPlan& fold) {
  tables_[fold.table.v]->rows().AdmitOther(fold.columns);
  return kOtherRow;
}

RowId Folding::Admit(const FoldPlan& fold, std::string_view packed_labels) {
  Rows& rows = tables_[fold.table.v]->rows();
  uint64_t granted = 0;
  const RowId row = rows.Admit(packed_labels, fold.columns, &granted);
  return granted == fold.columns ? row : Other(fold);
}

RowId Folding::RowOfLabels(const FoldPlan& fold, const std::vector<LabelSlot>& labels, const EventRow& row) {
  packed_.clear();
  return PackLabels(labels, row, plan_.limits().max_label_value_bytes, &packed_) ? Admit(fold, packed_) : Other(fold);
}

FoldEvent Folding::EventOf(const FoldPlan& fold, const FoldOp& op, const EventRow& row) {
  FoldEvent event;
  event.time = row.time;
  event.tie = row.tie;
  event.roles = op.roles;
  event.version = VersionIn(op, row);
  event.event = &row;
  event.fields = &op.fields;
  event.tables = lookups_;
  if ((op.roles & FoldPlan::kRevokes) != 0) return event;
  constexpr size_t kAny = SIZE_MAX;  // RowOf looks at the length of what is kept
  switch (fold.kind) {
    case FoldKind::kDistinct:
    case FoldKind::kLatest:
    case FoldKind::kFirst:
      event.row = RowOfLabels(fold, op.labels, row);
      if (fold.kind == FoldKind::kDistinct && plan_.clocks()[plan_.tables()[fold.table.v].clock].held) event.settled = tables_[fold.table.v]->SettledBefore(fold.columns);
      if (fold.at_least > 1) tables_[fold.table.v]->Saw(event.row, fold.columns, FloorTo(row.time, fold.pane));
      break;
    case FoldKind::kDwell:
      if ((op.roles & FoldPlan::kEnds) != 0) break;
      from_.clear();
      PackLabels(op.labels, row, kAny, &from_);
      event.from = from_;
      if (op.value_slot >= 0 && (row.present >> op.value_slot & 1) != 0) event.text = row.slots[op.value_slot].view();
      break;
    case FoldKind::kSteps:
      from_.clear();
      to_.clear();
      PackLabels(op.labels, row, kAny, &from_);
      PackLabels(op.to_labels, row, kAny, &to_);
      event.from = from_;
      event.to = to_;
      break;
    case FoldKind::kOpen:
    case FoldKind::kCounted:
      if (op.value_slot >= 0 && (row.present >> op.value_slot & 1) != 0) event.added = row.slots[op.value_slot].i;
      break;
  }
  return event;
}

Status Folding::AddOne(const FoldPlan& fold, const Contribution& delta) {
  Table& table = *tables_[fold.table.v];
  if (delta.row.v >= table.rows().size()) return Corrupt("what is stored of an entity names a series that isn't there");
  const ColumnPlan& column = table.plan().columns[delta.column];
  int64_t* cell = table.Hot(delta.row, delta.at) + column.hot;
  cell[0] += delta.count;
  if (HasSum(column.kind)) AddToSum(cell + 1, delta.sum);
  if (!table.plan().buckets) return Status::Ok();
  Table& buckets = *tables_[table.plan().buckets->v];
  buckets.Hot(BucketRow(&buckets, delta.row, delta.sample, 1), delta.at)[0] += delta.count;
  return Status::Ok();
}

Status Folding::Fold(const FoldPlan& fold, const FoldOp& op, const EventRow& row, std::string_view part, FoldResult* result) {
  if (fold.facts.empty()) return folder_.Apply(fold, EventOf(fold, op, row), part, &part_, this, &deltas_, result);
  std::string_view state;
  if (!facts_.Read(fold, part, &state)) return Corrupt("what is stored of an entity cannot be read");
  state_ = state;
  const auto apply = [&](const FoldEvent& event) {
    FoldResult one;
    TM_RETURN_IF_ERROR(folder_.Apply(fold, event, state_, &new_state_, this, &deltas_, &one));
    if (one.changed) state_.swap(new_state_);
    result->unmatched += one.unmatched;
    result->overflowed |= one.overflowed;
    return Status::Ok();
  };
  if (op.fact < 0 && op.says == 0) {
    TM_RETURN_IF_ERROR(apply(EventOf(fold, op, row)));
  } else {
    result->overflowed |= !facts_.Add(fold, op, row);
    while (const FactsState::Change* change = facts_.Next(fold)) {
      FoldEvent event = EventOf(fold, *change->op, change->row);
      event.replaces = change->replaces;
      TM_RETURN_IF_ERROR(apply(event));
    }
  }
  if (part.empty() && state_.empty() && facts_.empty()) return Status::Ok();  // it said nothing of what is carried
  part_.clear();
  facts_.Write(fold, &part_);
  part_ += state_;
  result->changed = part_ != part;
  return Status::Ok();
}

Status Folding::ApplyOne(const FoldOp& op, const EventRow& row, const Hash128& key, EntityRow* entity) {
  const FoldPlan& fold = plan_.folds()[op.fold];
  const uint32_t number = numbers_[op.fold];
  const auto part = PartOf(entity, number);
  const bool has = part != entity->parts.end() && part->first == number;
  FoldResult result;
  deltas_.clear();
  TM_RETURN_IF_ERROR(Fold(fold, op, row, has ? std::string_view(part->second) : std::string_view(), &result));
  KpiCounts& counts = counts_[fold.kpi.v];
  const bool no_room = result.changed && entity->parts.empty() && entities_.full();
  if (op.says == 0) ++(no_room || result.overflowed ? counts.overflowed : counts.counted);
  if (no_room) {
    full_[op.fold] = true;
    return Status::Ok();
  }
  counts.unmatched += result.unmatched;
  counts.counted -= result.unmatched;
  if (!result.changed) return Status::Ok();
  if (fold.distinct) {
    for (const Contribution& delta : deltas_) values_.emplace_back(op.fold, delta);  // reading theirs could move this entity
  } else {
    for (const Contribution& delta : deltas_) TM_RETURN_IF_ERROR(AddOne(fold, delta));
  }
  const auto growth = static_cast<int64_t>(part_.size()) - (has ? static_cast<int64_t>(part->second.size()) : -int64_t{sizeof(*part)});
  if (has) {
    part->second = part_;
  } else {
    entity->parts.emplace(part, number, part_);
  }
  entities_.Changed(key, growth);
  return Status::Ok();
}

Status Folding::Apply(const RoutePlan& route, uint64_t passed, const EventRow& row, const Hash128* keys) {
  for (size_t e = 0; e < route.entities.size(); ++e) {
    const EntityRoute& entities = route.entities[e];
    const std::string_view id = IdOf(entities, row);
    EntityRow* entity = nullptr;
    for (const FoldOp& op : entities.ops) {
      if (id.empty() || (op.filter >= 0 && (passed >> op.filter & 1) == 0)) {
        counts_[plan_.folds()[op.fold].kpi.v].filtered += op.says == 0 ? 1 : 0;
        continue;
      }
      if (full_[op.fold]) [[unlikely]] {
        counts_[plan_.folds()[op.fold].kpi.v].overflowed += op.says == 0 ? 1 : 0;
        continue;
      }
      if (entity == nullptr) {
        Status status;
        entity = entities_.Get(keys[e], id, &status);
        if (entity == nullptr) return status;
      }
      TM_RETURN_IF_ERROR(ApplyOne(op, row, keys[e], entity));
    }
  }
  for (const auto& [fold, delta] : values_) TM_RETURN_IF_ERROR(AddValue(fold, delta));
  values_.clear();
  return Status::Ok();
}

Status Folding::Add(uint32_t fold, std::span<const Contribution> deltas) {
  for (const Contribution& delta : deltas) {
    if (plan_.folds()[fold].distinct) {
      TM_RETURN_IF_ERROR(AddValue(fold, delta));
    } else {
      TM_RETURN_IF_ERROR(AddOne(plan_.folds()[fold], delta));
    }
  }
  return Status::Ok();
}

Status Folding::AddValue(uint32_t index, const Contribution& delta) {
  const FoldPlan& fold = plan_.folds()[index];
  const auto hash = static_cast<Uint128>(delta.count < 0 ? -delta.sum : delta.sum);
  const uint32_t number = numbers_[index];
  std::string id;
  PutBigEndian(&id, plan_.kpis()[fold.kpi.v].fingerprint, 8);
  PutBigEndian(&id, delta.row.v, 4);
  PutBigEndian(&id, static_cast<uint64_t>(hash >> 64), 8);
  PutBigEndian(&id, static_cast<uint64_t>(hash), 8);
  const Hash128 key = Entities::KeyOf(Entities::kValues, id);
  Status status;
  EntityRow* value = entities_.Get(key, id, &status);
  if (value == nullptr) return status;
  const auto part = PartOf(value, number);
  const bool has = part != value->parts.end() && part->first == number;
  ByteReader reader(has ? std::string_view(part->second) : std::string_view());
  const int64_t before = has ? reader.Count() : 0;
  if (!reader.Done()) return Corrupt("how many open entities have a value cannot be read");
  if (value->parts.empty() && entities_.full()) {
    full_[index] = true;
    return Status::Ok();
  }
  const int64_t after = before + delta.count;
  part_.clear();
  PutZigZag(&part_, after);
  if (!has) {
    value->parts.emplace(part, number, part_);
  } else if (after != 0) {
    part->second = part_;
  } else {
    value->parts.erase(part);
  }
  entities_.Changed(key, has == (after != 0) ? 0 : (has ? -1 : 1) * int64_t{sizeof(*part)});
  const int64_t change = (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  return change == 0 ? Status::Ok() : AddOne(fold, {delta.row, delta.column, delta.at, change, 0, 0});
}

bool Folding::sweeps() const {
  constexpr int kWhole = 2;  // the first pass began somewhere
  if (passes_ < kWhole) return true;
  for (size_t f = 0; f < numbers_.size(); ++f) {
    if (numbers_[f] != 0 && (plan_.folds()[f].expires || full_[f])) return true;
  }
  return false;
}

Status Folding::Sweep(size_t rows) {
  const auto end = entities_.Sweep(rows, [&](uint32_t number, std::string_view part) -> Result<bool> {
    const auto at = std::find(numbers_.begin(), numbers_.end(), number);
    if (at == numbers_.end()) return !std::binary_search(known_.begin(), known_.end(), number);
    const auto f = static_cast<size_t>(at - numbers_.begin());
    if (full_[f]) return true;
    const FoldPlan& fold = plan_.folds()[f];
    return Expired(fold, part, tables_[fold.table.v]->erased());
  });
  if (!end.ok()) return end.status().In("sweeping entities");
  passes_ += *end ? 1 : 0;
  return Status::Ok();
}

}  // namespace tidemark
