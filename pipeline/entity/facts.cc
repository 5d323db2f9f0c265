#include "pipeline/entity/facts.h"

#include <algorithm>

namespace tidemark {
namespace {

// The value of a kept field in an event that has it.
template <class Value>
Value ValueIn(const LayoutField& field, const Slot& slot) {
  if (field.type == SlotType::kString) return {0, std::string(slot.view())};
  return {slot.i, {}};
}

bool Has(const EventRow& row, int32_t slot) { return slot >= 0 && (row.present >> slot & 1) != 0; }

}  // namespace

bool FactsState::StateIn(const FoldPlan& fold, std::string_view part, std::string_view* state) {
  *state = part;
  if (fold.facts.empty() || part.empty()) return true;
  ByteReader reader(part);
  const std::string_view facts = reader.Bytes();
  if (!reader.ok()) return false;
  *state = part.substr(static_cast<size_t>(facts.data() + facts.size() - part.data()));
  return true;
}

bool FactsState::empty() const {
  return events_.empty() && std::all_of(sayings_.begin(), sayings_.end(), [](const auto& list) { return list.empty(); });
}

bool FactsState::Read(const FoldPlan& fold, std::string_view part, std::string_view* state) {
  sayings_.assign(fold.kept.size(), {});
  events_.clear();
  todo_.clear();
  next_ = 0;
  *state = part;
  if (part.empty()) return true;
  if (!StateIn(fold, part, state)) return false;
  ByteReader whole(part);
  ByteReader reader(whole.Bytes());
  const auto read = [&](const LayoutField& field, Value* value) {
    if (field.type == SlotType::kString) {
      value->text = reader.Bytes();
    } else {
      value->number = reader.ZigZag();
    }
  };
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    if ((fold.carried >> f & 1) == 0) continue;
    sayings_[f].resize(std::min<uint64_t>(reader.Varint(), kMostSayings));
    for (Saying& saying : sayings_[f]) {
      saying.at = entity::ReadMoment(&reader);
      saying.version = entity::ReadVersion(&reader);
      read(fold.kept[f], &saying.value);
      if (!saying.at.known()) return false;
    }
  }
  events_.resize(std::min<uint64_t>(reader.Varint(), kMostFacts * fold.facts.size()));
  for (Event& event : events_) {
    event.at = entity::ReadMoment(&reader);
    event.version = entity::ReadVersion(&reader);
    event.fact = static_cast<uint32_t>(reader.Varint());
    event.present = reader.Varint();
    event.values.resize(fold.kept.size());
    for (size_t f = 0; f < fold.kept.size(); ++f) {
      if ((event.present >> f & 1) != 0) read(fold.kept[f], &event.values[f]);
    }
    if (!event.at.known() || event.fact >= fold.of_facts.size()) return false;
  }
  return reader.Done();
}

void FactsState::Write(const FoldPlan& fold, std::string* out) const {
  std::string facts;
  const auto put = [&](const LayoutField& field, const Value& value) {
    if (field.type == SlotType::kString) {
      PutBytes(&facts, value.text);
    } else {
      PutZigZag(&facts, value.number);
    }
  };
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    if ((fold.carried >> f & 1) == 0) continue;
    PutVarint(&facts, sayings_[f].size());
    for (const Saying& saying : sayings_[f]) {
      entity::PutMoment(&facts, saying.at);
      entity::PutVersion(&facts, saying.version);
      put(fold.kept[f], saying.value);
    }
  }
  PutVarint(&facts, events_.size());
  for (const Event& event : events_) {
    entity::PutMoment(&facts, event.at);
    entity::PutVersion(&facts, event.version);
    PutVarint(&facts, event.fact);
    PutVarint(&facts, event.present);
    for (size_t f = 0; f < fold.kept.size(); ++f) {
      if ((event.present >> f & 1) != 0) put(fold.kept[f], event.values[f]);
    }
  }
  PutBytes(out, facts);
}

const FactsState::Saying* FactsState::AsOf(const FoldPlan& fold, size_t field, const Event& event) const {
  const auto& list = sayings_[field];
  const Duration within = fold.of_facts[event.fact].within;
  const auto after = std::partition_point(list.begin(), list.end(), [&](const Saying& s) {
    return std::tie(s.at.time, s.version) <= std::tie(event.at.time, event.version) || (within > Duration(0) && s.at.time - within <= event.at.time);
  });
  return after == list.begin() ? nullptr : &*(after - 1);
}

bool FactsState::Say(const FoldPlan& fold, const FoldOp& op, const EventRow& row, size_t field) {
  auto& list = sayings_[field];
  Saying saying{{row.time, row.tie}, VersionIn(op, row), ValueIn<Value>(fold.kept[field], row.slots[op.kept[field]])};
  const auto at = std::lower_bound(list.begin(), list.end(), saying);
  if (at != list.end() && !(saying < *at)) return true;  // the same event again
  bool room = true;
  const auto inserted = list.insert(at, std::move(saying));
  if (list.size() > kMostSayings) {
    room = false;
    const bool oldest = inserted == list.begin();
    list.erase(list.begin());
    if (oldest) return room;
  }
  const auto said = std::lower_bound(list.begin(), list.end(), Saying{{row.time, row.tie}, VersionIn(op, row), {}});
  for (const Event& event : events_) {
    const bool lacks = (fold.of_facts[event.fact].carries >> field & 1) != 0 && (event.present >> field & 1) == 0;
    if (!lacks || AsOf(fold, field, event) != &*said) continue;
    const bool known = std::any_of(todo_.begin(), todo_.end(), [&](const Todo& todo) { return todo.at == event.at && todo.fact == event.fact; });
    if (!known) todo_.push_back({event.at, event.at, event.fact});
  }
  return room;
}

bool FactsState::AddEvent(const FoldPlan& fold, const FoldOp& op, const EventRow& row) {
  Event event{{row.time, row.tie}, VersionIn(op, row), static_cast<uint32_t>(op.fact), 0, std::vector<Value>(fold.kept.size())};
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    if (!Has(row, op.kept[f])) continue;
    event.present |= uint64_t{1} << f;
    event.values[f] = ValueIn<Value>(fold.kept[f], row.slots[op.kept[f]]);
  }
  const auto same_type = [&](const Event& e) { return e.fact == event.fact; };
  Todo todo{event.at, {}, event.fact};
  if (op.once) {
    const auto had = std::find_if(events_.begin(), events_.end(), same_type);
    if (had != events_.end()) {
      if (std::tie(had->at.time, had->version, had->at.tie) <= std::tie(event.at.time, event.version, event.at.tie)) return true;
      todo.replaces = had->at;
      events_.erase(had);
    }
  }
  const auto at = std::lower_bound(events_.begin(), events_.end(), event, [](const Event& a, const Event& b) {
    return std::tie(a.at, a.fact) < std::tie(b.at, b.fact);
  });
  if (at != events_.end() && at->at == event.at && at->fact == event.fact) return true;
  events_.insert(at, std::move(event));
  todo_.push_back(todo);
  if (static_cast<size_t>(std::count_if(events_.begin(), events_.end(), [&](const Event& e) { return e.fact == todo.fact; })) <= kMostFacts) return true;
  const auto oldest = std::find_if(events_.begin(), events_.end(), [&](const Event& e) { return e.fact == todo.fact; });
  if (oldest->at == todo.at) todo_.pop_back();  // older than all that is remembered
  events_.erase(oldest);
  return false;
}

bool FactsState::Add(const FoldPlan& fold, const FoldOp& op, const EventRow& row) {
  if (op.fact >= 0) return AddEvent(fold, op, row);
  bool room = true;
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    if ((op.says >> f & 1) != 0 && Has(row, op.kept[f])) room &= Say(fold, op, row, f);
  }
  return room;
}

const FactsState::Change* FactsState::Next(const FoldPlan& fold) {
  if (next_ == todo_.size()) return nullptr;
  const Todo& todo = todo_[next_++];
  const auto event = std::find_if(events_.begin(), events_.end(), [&](const Event& e) { return e.at == todo.at && e.fact == todo.fact; });
  change_ = {&fold.of_facts[todo.fact], todo.at, todo.replaces, {}};
  const FoldOp& op = *change_.op;
  EventRow& row = change_.row;
  row.time = event->at.time;
  row.tie = event->at.tie;
  slots_.fill(Slot{});
  row.slots = slots_.data();
  for (size_t p = 0; p < op.version_slots.size(); ++p) {
    if (op.version_slots[p] < 0) continue;
    slots_[static_cast<size_t>(op.version_slots[p])].i = event->version[p];
    row.present |= uint64_t{1} << op.version_slots[p];
  }
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    if (op.kept[f] < 0) continue;
    const Value* value = (event->present >> f & 1) != 0 ? &event->values[f] : nullptr;
    if (value == nullptr && (op.carries >> f & 1) != 0) {
      if (const Saying* saying = AsOf(fold, f, *event)) value = &saying->value;
    }
    if (value == nullptr) continue;
    row.present |= uint64_t{1} << op.kept[f];
    Slot& slot = slots_[static_cast<size_t>(op.kept[f])];
    if (fold.kept[f].type == SlotType::kString) {
      slot.s = {value->text.data(), value->text.size()};
    } else {
      slot.i = value->number;
    }
  }
  return &change_;
}

}  // namespace tidemark
