// The greatest (or least) value since any instant: what subtraction cannot give.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "pipeline/base/time.h"

namespace tidemark {

// Panes in time order with values strictly falling (for a minimum: rising): a pane stays only while no later pane holds
// a value at least as great. One staircase serves every window and takes late values.
// Where windows end before all there is, panes hide each other only below `settled`, up to which every window that holds a
// pane holds what follows it; from there on all stay.
// Invariant: steps_[i].pane < steps_[i+1].pane; below what is settled steps_[i].value beats steps_[i+1].value.
class Staircase {
 public:
  struct Step {
    EventTime pane;
    int64_t value;
    bool operator==(const Step&) const = default;
  };

  void Add(EventTime pane, int64_t value, bool maximum, EventTime settled = EventTime::max());
  // More is settled than was when steps were added. Costs nothing where it isn't.
  void Settle(EventTime settled, bool maximum);
  // The extreme over panes p with from <= p < to; nullopt when there is none.
  std::optional<int64_t> Between(EventTime from, EventTime to, bool maximum) const;
  // Forgets panes that start before `from`; with `keep_best`, all of them but the first, the best of all time.
  void Expire(EventTime from, bool keep_best);

  bool empty() const { return steps_.empty(); }
  const std::vector<Step>& steps() const { return steps_; }
  static Staircase FromSteps(std::vector<Step> steps);

 private:
  std::vector<Step> steps_;
  EventTime settled_ = kNoEventTime;  // when Settle() went over them last; not stored: what is read back it goes over once
};

// The value of the latest event; equal event times are settled by a hash of the event's identity, so that the order of
// arrival doesn't matter.
struct LastValue {
  EventTime time = kNoEventTime;
  uint64_t tie = 0;
  int64_t value = 0;
  bool operator==(const LastValue&) const = default;

  void Add(EventTime t, uint64_t tie_break, int64_t v) {
    if (t < time || (t == time && tie_break < tie)) return;
    time = t;
    tie = tie_break;
    value = v;
  }
};

// The latest of all that is settled, and of each pane from there on: what a staircase is to extremes.
class LastValues {
 public:
  LastValues() = default;
  // Nothing to move by: a move copies the place of a value that isn't there, of which GCC 12 warns.
  LastValues(const LastValues&) = default;
  LastValues& operator=(const LastValues&) = default;

  void Add(const LastValue& value, Duration pane, EventTime settled);
  // The latest at `from` or later and before `to`; null when there is none.
  const LastValue* Between(EventTime from, EventTime to) const;

  std::span<const LastValue> values() const { return values_; }
  static LastValues FromValues(std::span<const LastValue> values);

 private:
  absl::InlinedVector<LastValue, 1> values_;  // ascending; where nothing holds T, one and no more
};

}  // namespace tidemark
