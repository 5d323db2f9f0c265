#include "pipeline/engine/groups.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "pipeline/aggregate/cells.h"
#include "pipeline/aggregate/staircase.h"
#include "pipeline/base/hash.h"

namespace tidemark {
namespace {

constexpr size_t kLeastSlots = 64;
constexpr size_t kSpare = 8;              // memory that is kept, by what was used of it
constexpr uint32_t kLook = 1024;          // events that tell whether grouping pays
constexpr uint32_t kAlone = 16;           // where it didn't, so many times as many go alone,
constexpr uint32_t kMostAlone = 1 << 18;  // but no more than these

}  // namespace

Groups::Groups(const RoutePlan& route, Duration pane)
    : grouping_(route.grouping), tables_(route.tables.size()), pane_(pane), index_(kLeastSlots) {}

bool Groups::MakeKey(const EventRow& row) {
  size_t size = 0;
  key_[size++] = Micros(FloorTo(row.time, pane_));
  key_[size++] = static_cast<int64_t>(row.present & grouping_.present);
  uint64_t facts = 0;
  for (size_t f = 0; f < grouping_.facts.size(); ++f) facts |= uint64_t{grouping_.facts[f].Holds(row)} << f;
  key_[size++] = static_cast<int64_t>(facts);
  for (const Grouping::Label& label : grouping_.labels) {
    const Slot& slot = row.slots[label.slot];
    const bool text = label.text && (row.present >> label.slot & 1) != 0;
    const size_t bytes = text ? slot.s.size : 0;
    const size_t more = 1 + (bytes + 7) / 8;
    if (bytes >= 8 * kMaxKey || size + more > kMaxKey) {
      key_size_ = 0;
      return false;
    }
    key_[size + more - 1] = 0;  // what the last bytes don't fill
    key_[size] = label.text ? static_cast<int64_t>(bytes) : slot.i;
    if (bytes > 0) std::memcpy(&key_[size + 1], slot.s.data, bytes);
    size += more;
  }
  key_size_ = size;
  return true;
}

uint64_t Groups::HashOf(const int64_t* key, size_t size) const {
  return Hash64({reinterpret_cast<const char*>(key), size * 8}, reinterpret_cast<uintptr_t>(this));
}

size_t Groups::Find(const EventRow& row) {
  ++asked_;
  if (!MakeKey(row)) return kNone;
  hash_ = HashOf(key_.data(), key_size_);
  const size_t mask = index_.size() - 1;
  for (size_t at = hash_ & mask; index_[at] != 0; at = (at + 1) & mask) {
    if (index_[at] >> 32 != hash_ >> 32) continue;
    const size_t group = static_cast<uint32_t>(index_[at]) - 1;
    const Head& head = heads_[group];
    if (head.words - head.key == key_size_ && std::memcmp(&words_[head.key], key_.data(), key_size_ * 8) == 0) return group;
  }
  return kNone;
}

size_t Groups::Add(uint64_t passed) {
  if (key_size_ == 0) return kNone;
  ++added_;
  const auto key = static_cast<uint32_t>(words_.size());
  heads_.push_back({passed, key, static_cast<uint32_t>(key + key_size_)});
  words_.insert(words_.end(), key_.begin(), key_.begin() + static_cast<std::ptrdiff_t>(key_size_));
  words_.resize(words_.size() + grouping_.words);
  targets_.resize(targets_.size() + tables_);
  if (heads_.size() * 2 > index_.size()) {
    Index(index_.size() * 2);
  } else {
    const size_t mask = index_.size() - 1;
    size_t at = hash_ & mask;
    while (index_[at] != 0) at = (at + 1) & mask;
    index_[at] = (hash_ >> 32 << 32) | heads_.size();
  }
  return heads_.size() - 1;
}

// Of all groups anew.
void Groups::Index(size_t slots) {
  index_.assign(slots, 0);
  for (size_t group = 0; group < heads_.size(); ++group) {
    const Head& head = heads_[group];
    const uint64_t hash = HashOf(&words_[head.key], head.words - head.key);
    size_t at = hash & (slots - 1);
    while (index_[at] != 0) at = (at + 1) & (slots - 1);
    index_[at] = (hash >> 32 << 32) | (group + 1);
  }
}

void Groups::CountIn(const EventRow& row, int64_t* words) const {
  const bool first = words[0]++ == 0;
  for (const Grouping::Cell& cell : grouping_.cells) {
    const int64_t value = row.slots[cell.slot].i;
    int64_t* to = words + cell.word;
    switch (cell.kind) {
      case CellKind::kCount:
        break;
      case CellKind::kSum:
        AddToSum(to, value);
        break;
      case CellKind::kMin:
        *to = first ? value : std::min(*to, value);
        break;
      case CellKind::kMax:
        *to = first ? value : std::max(*to, value);
        break;
      case CellKind::kLast: {
        LastValue last = first ? LastValue() : LastValue{EventTimeFromMicros(to[0]), static_cast<uint64_t>(to[1]), to[2]};
        last.Add(row.time, row.tie, value);
        to[0] = Micros(last.time);
        to[1] = static_cast<int64_t>(last.tie);
        to[2] = last.value;
        break;
      }
    }
  }
}

void Groups::Clear() {
  if (asked_ >= kLook) {
    if (added_ * 2 > asked_) alone_ = std::min(asked_ * kAlone, kMostAlone);
    asked_ = added_ = 0;
  }
  // An index as large as it was needed this time, so that clearing it costs no more than filling it did.
  const size_t slots = std::bit_ceil(std::max(kLeastSlots, heads_.size() * 2 + 2));
  // Other event types may want the memory next time.
  if (words_.capacity() > kSpare * (words_.size() + kLeastSlots)) {
    heads_ = {};
    words_ = {};
    targets_ = {};
    index_ = {};
  }
  heads_.clear();
  words_.clear();
  targets_.clear();
  index_.assign(slots, 0);
}

}  // namespace tidemark
