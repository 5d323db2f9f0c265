// open, and counts with corrections: entities as their events left them.
#include <algorithm>

#include "pipeline/base/hash.h"
#include "pipeline/entity/states.h"
#include "pipeline/window/labels.h"

namespace tidemark::entity {
namespace {

constexpr size_t kMostChanges = 16;  // of one label, between which late events may still fall
constexpr size_t kMostCounted = 8;   // events of one entity that a later revocation may leave standing; reopenings

// Positive: what is taken back has it with the other sign.
Int128 ValueHash(std::string_view text) {
  const Hash128 hash = HashPair("value", text);
  return static_cast<Int128>(Uint128{hash.hi >> 1} << 64 | hash.lo);
}

}  // namespace

bool MergedState::Field::OlderThan(const FoldEvent& event) const {
  if (!at.known()) return true;
  if (event.time != at.time) return at.time < event.time;
  if (event.version != version) return version < event.version;
  return at.tie < event.tie;
}

bool MergedState::Read(ByteReader* reader) {
  fields.resize(std::min<uint64_t>(reader->Varint(), 64));
  for (Field& f : fields) {
    f.at = ReadMoment(reader);
    if (!f.at.known()) continue;
    f.version = ReadVersion(reader);
    f.number = reader->ZigZag();
    f.text = reader->Bytes();
  }
  changes.resize(std::min<uint64_t>(reader->Varint(), 64));
  for (auto& list : changes) {
    list.resize(std::min<uint64_t>(reader->Varint(), kMostChanges));
    for (Change& c : list) {
      c.at = ReadMoment(reader);
      if (!c.at.known()) return false;
      c.version = ReadVersion(reader);
      c.value = reader->BigEndian(8);
    }
  }
  counted.resize(std::min<uint64_t>(reader->Varint(), 64));
  for (Moment& m : counted) m = ReadMoment(reader);
  reopened.resize(std::min<uint64_t>(reader->Varint(), 64));
  for (Moment& m : reopened) m = ReadMoment(reader);
  for (Moment* m : {&ended, &seen}) *m = ReadMoment(reader);
  adds = reader->Count();
  added = reader->Sum();
  holds = reader->Varint() != 0;
  row = RowId{static_cast<uint32_t>(reader->Varint())};
  return reader->ok();
}

bool MergedState::Fits(const FoldPlan& fold) const {
  constexpr int64_t kMostAdds = 1 << 30;
  if (adds < 0 || adds > kMostAdds) return false;
  const bool timed = fold.kind == FoldKind::kOpen ? seen.known() : !counted.empty() && counted.front().known();
  return !holds || (timed && (fold.value_slot < 0 || !fields.empty()));
}

void MergedState::Write(std::string* out) const {
  PutVarint(out, fields.size());
  for (const Field& f : fields) {
    PutMoment(out, f.at);
    if (!f.at.known()) continue;
    PutVersion(out, f.version);
    PutZigZag(out, f.number);
    PutBytes(out, f.text);
  }
  PutVarint(out, changes.size());
  for (const auto& list : changes) {
    PutVarint(out, list.size());
    for (const Change& c : list) {
      PutMoment(out, c.at);
      PutVersion(out, c.version);
      PutBigEndian(out, c.value, 8);
    }
  }
  PutVarint(out, counted.size());
  for (const Moment& m : counted) PutMoment(out, m);
  PutVarint(out, reopened.size());
  for (const Moment& m : reopened) PutMoment(out, m);
  for (const Moment* m : {&ended, &seen}) PutMoment(out, *m);
  PutZigZag(out, adds);
  PutZigZag128(out, added);
  PutVarint(out, holds ? 1 : 0);
  PutVarint(out, row.v);
}

EventRow MergedState::AsRow(const FoldPlan& fold, const LookupTables& tables, std::vector<Slot>* slots) const {
  slots->assign(fold.slots, Slot{});
  EventRow merged;
  merged.time = seen.time;
  merged.slots = slots->data();
  for (size_t f = 0; f < std::min(fields.size(), fold.layout.size()); ++f) {
    if (!fields[f].at.known()) continue;
    merged.present |= uint64_t{1} << f;
    if (fold.layout[f].type == SlotType::kString) {
      (*slots)[f].s = {fields[f].text.data(), fields[f].text.size()};
    } else {
      (*slots)[f].i = fields[f].number;
    }
  }
  fold.derivation.Evaluate(tables, nullptr, &merged);
  return merged;
}

// A close is final, but for an explicit reopening after it, in time.
bool MergedState::IsOpen(const FoldPlan& fold) const {
  if (!seen.known() || !ended.known()) return seen.known();
  return std::any_of(reopened.begin(), reopened.end(), [&](const Moment& m) { return Reopens(fold, m); });
}

bool MergedState::Reopens(const FoldPlan& fold, const Moment& m) const {
  return m.time > ended.time && m.time - ended.time <= fold.reopen_within;
}

bool MergedState::Passes(const FoldPlan& fold, const EventRow& merged) const {
  if (fold.filter && !fold.filter->Passes(merged)) return false;
  return !fold.needs_value || (fold.value_slot >= 0 && (merged.present >> fold.value_slot & 1) != 0);
}

std::string MergedState::LabelsOf(const FoldPlan& fold, const EventRow& merged) const {
  std::string packed;
  for (const LabelSlot& label : fold.labels) PutLabel(&packed, label, merged.slots[label.slot], (merged.present >> label.slot & 1) != 0);
  return packed;
}

void MergedState::FindRow(const FoldPlan& fold, const LookupTables& tables, RowFinder* rows) {
  const bool derived = fold.value_slot >= static_cast<int32_t>(fold.layout.size());
  fields.resize(fold.layout.size() + (derived ? 1 : 0));
  if (derived) fields.back() = {};
  holds = fold.kind == FoldKind::kOpen ? IsOpen(fold) : !counted.empty();
  if (!holds) return;
  std::vector<Slot> slots;
  const EventRow merged = AsRow(fold, tables, &slots);
  holds = Passes(fold, merged);
  if (!holds) return;
  if (derived && (merged.present >> fold.value_slot & 1) != 0) {
    const Slot& value = merged.slots[fold.value_slot];
    fields.back() = {{EventTime{}, 0}, {}, fold.text_value ? 0 : value.i, fold.text_value ? std::string(value.view()) : std::string()};
  }
  row = rows->RowOf(fold, LabelsOf(fold, merged));
}

const MergedState::Field* MergedState::ValueOf(const FoldPlan& fold) const {
  if (fold.value_slot < 0 || fields.empty()) return nullptr;
  return &fields[std::min(static_cast<size_t>(fold.value_slot), fields.size() - 1)];
}

void MergedState::Describe(const FoldPlan& fold, const LookupTables& tables, EntitySummary* summary) const {
  if (fold.kind != FoldKind::kOpen || !seen.known()) return;
  std::vector<Slot> slots;
  const EventRow merged = AsRow(fold, tables, &slots);
  summary->labels = LabelsOf(fold, merged);
  if (fold.value_slot >= 0 && !fold.text_value) summary->value = merged.slots[fold.value_slot].i;
  if (!counted.empty()) summary->since = counted.front().time;
  if (!IsOpen(fold)) {
    if (Passes(fold, merged)) summary->closed = ended.time;
    return;
  }
  const auto again = std::find_if(reopened.begin(), reopened.end(), [&](const Moment& m) { return ended.known() && Reopens(fold, m); });
  if (again != reopened.end()) summary->since = again->time;
}

bool MergedState::Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder* rows) {
  const Moment now{event.time, event.tie};
  if (fold.kind == FoldKind::kOpen) {
    if (!seen.known()) counted.assign(1, now);
    if (!counted.empty()) counted.front() = std::min(counted.front(), now);
  }
  if (event.replaces.known() && seen == event.replaces) seen = ended;
  seen = std::max(seen, now);
  bool room = true;
  if ((event.roles & fold.kEnds) != 0) ended = std::max(ended, now);
  if ((event.roles & fold.kReopens) != 0) {
    reopened.insert(std::upper_bound(reopened.begin(), reopened.end(), now), now);
    if (reopened.size() > kMostCounted) reopened.erase(reopened.begin());
  }
  if (event.replaces.known()) {
    std::erase(counted, event.replaces);
    for (Field& field : fields) {
      if (field.at == event.replaces) field = {};
    }
  }
  if ((event.roles & fold.kCounts) != 0) {
    counted.insert(std::upper_bound(counted.begin(), counted.end(), now), now);
    // The last are kept: a revocation leaves standing what comes after it. And the first, which is where it counts.
    if (counted.size() > kMostCounted) {
      counted.erase(counted.begin() + 1);
      room = false;
    }
  }
  if (fold.kind == FoldKind::kCounted && ended.known()) std::erase_if(counted, [&](const Moment& m) { return m.time <= ended.time; });
  if ((event.roles & fold.kAdds) != 0) {
    ++adds;
    added += event.added;
  } else if (fold.facts.empty() || (event.roles & fold.kEnds) == 0) {  // a fact that moves takes its fields with it, and only its own
    fields.resize(std::max(fields.size(), fold.layout.size()));
    for (size_t f = 0; f < fold.layout.size(); ++f) {
      const int32_t slot = (*event.fields)[f];
      if (slot < 0 || (event.event->present >> slot & 1) == 0 || !fields[f].OlderThan(event)) continue;
      const Slot& value = event.event->slots[slot];
      fields[f] = {now, event.version, 0, {}};
      if (fold.layout[f].type == SlotType::kString) {
        fields[f].text = value.view();
      } else {
        fields[f].number = value.i;
      }
    }
  }
  if (fold.waiting) NoteLabels(fold, event);
  FindRow(fold, *event.tables, rows);
  return room;
}

void MergedState::NoteLabels(const FoldPlan& fold, const FoldEvent& event) {
  changes.resize(fold.labels.size());
  for (size_t l = 0; l < changes.size(); ++l) {
    const int32_t slot = (*event.fields)[fold.layout.size() + l];
    if (slot < 0 || (event.event->present >> slot & 1) == 0) continue;
    std::string value;
    PutLabel(&value, fold.labels[l], event.event->slots[slot], true);
    const Change change{{event.time, event.tie}, event.version, Hash64(value)};
    auto& list = changes[l];
    list.insert(std::upper_bound(list.begin(), list.end(), change), change);
    if (list.size() <= kMostChanges) continue;
    // One in the midst of equal ones tells least: since when the value is what it is stays known.
    size_t i = 1;
    while (i + 1 < list.size() && (list[i - 1].value != list[i].value || list[i].value != list[i + 1].value)) ++i;
    list.erase(list.begin() + (i + 1 < list.size() ? static_cast<ptrdiff_t>(i) : 0));
  }
}

EventTime MergedState::WaitingSince() const {
  EventTime since = kNoEventTime;
  for (const auto& list : changes) {
    size_t first = list.size();
    while (first > 0 && list[first - 1].value == list.back().value) --first;
    if (first < list.size()) since = std::max(since, list[first].at.time);
  }
  return since == kNoEventTime ? seen.time : since;
}

void MergedState::Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const {
  if (!holds) return;
  int64_t value = 0;
  const Field* field = ValueOf(fold);
  if (field != nullptr) value = field->number;
  if (fold.distinct) {
    out->push_back({row, fold.main_column, EventTime(), 1, ValueHash(fold.text_value ? field->text : std::to_string(value)), 0});
  } else if (fold.kind == FoldKind::kOpen) {
    EventTime at{};
    if (fold.silent) at = FloorTo(seen.time, fold.pane);
    if (fold.waiting) at = FloorTo(WaitingSince(), fold.pane);
    out->push_back({row, fold.main_column, at, 1, value, 0});
  } else {
    const Int128 sum = value + added;
    out->push_back({row, fold.main_column, FloorTo(counted.front().time, fold.pane), 1, sum, value});
  }
}

// What was added to something that has not been counted (yet).
int MergedState::Unmatched(const FoldPlan& fold) const {
  return fold.kind == FoldKind::kCounted && counted.empty() ? static_cast<int>(adds) : 0;
}

}  // namespace tidemark::entity
