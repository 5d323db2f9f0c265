// Events of one type that no KPI tells apart (plan/grouping.h), counted together between two folds.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/ids.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Where the events of a group are counted in one table, as masks of columns.
struct Target {
  RowId row{};
  uint64_t fits = 0;     // their conditions hold, and their fields are there
  uint64_t granted = 0;  // of those that fit and are not too late: counted in `row`
  uint64_t rest = 0;     // the same: counted in kOtherRow
};

// The groups of one event type, in the order of their first events. A group lives until Clear(), so what was found for
// its first event, rows among it, holds for all. Threads: confined to the engine.
class Groups {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // `pane`: the finest of its tables'.
  Groups(const RoutePlan& route, Duration pane);

  // False where grouping costs more than it saves: there were about as many groups as events.
  bool Pay() {
    if (alone_ == 0) return grouping_.possible;
    --alone_;
    return false;
  }
  // The group of this event; kNone when there is none yet.
  size_t Find(const EventRow& row);
  // A new group for the event that Find() was last asked about; kNone when its labels are too long for one.
  size_t Add(uint64_t passed);
  // Counts the event.
  void Count(const EventRow& row, size_t group) { CountIn(row, Words(group)); }
  // The same in Grouping::words words that are no group's, all zero at first.
  void CountIn(const EventRow& row, int64_t* words) const;

  size_t size() const { return heads_.size(); }
  EventTime pane(size_t group) const { return EventTimeFromMicros(words_[heads_[group].key]); }
  uint64_t passed(size_t group) const { return heads_[group].passed; }
  std::span<Target> targets(size_t group) { return std::span(targets_).subspan(group * tables_, tables_); }
  int64_t* Words(size_t group) { return words_.data() + heads_[group].words; }
  size_t bytes() const { return words_.size() * 8 + heads_.size() * (sizeof(Head) + 16) + targets_.size() * sizeof(Target); }
  void Clear();

 private:
  static constexpr size_t kMaxKey = 64;  // words

  // Places in words_.
  struct Head {
    uint64_t passed;
    uint32_t key, words;
  };

  // False when it doesn't fit.
  bool MakeKey(const EventRow& row);
  uint64_t HashOf(const int64_t* key, size_t size) const;
  void Index(size_t slots);

  const Grouping& grouping_;
  const size_t tables_;
  const Duration pane_;
  std::vector<Head> heads_;
  std::vector<int64_t> words_;      // of each group its key, beginning with its pane, and what is counted
  std::vector<Target> targets_;     // of each group one for each table
  std::vector<uint64_t> index_;     // linear probing: high half of the hash, and 1 + group; 0: free
  std::array<int64_t, kMaxKey> key_{};
  size_t key_size_ = 0;             // words; 0: too long
  uint64_t hash_ = 0;
  uint32_t asked_ = 0, added_ = 0;  // events and new groups since Clear() last looked whether it pays
  uint32_t alone_ = 0;              // so many events more go alone
};

}  // namespace tidemark
