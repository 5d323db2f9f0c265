// The greatest (or least) value since any instant: what subtraction cannot give.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/base/time.h"

namespace tidemark {

// Panes in time order with values strictly falling (for a minimum: rising): a pane stays only while no later pane holds
// a value at least as great. One staircase serves every window and takes late values.
// Invariant: steps_[i].pane < steps_[i+1].pane and steps_[i].value beats steps_[i+1].value.
class Staircase {
 public:
  struct Step {
    EventTime pane;
    int64_t value;
    bool operator==(const Step&) const = default;
  };

  void Add(EventTime pane, int64_t value, bool maximum);
  // The extreme over panes that start at `from` or later; nullopt when there is none.
  std::optional<int64_t> Since(EventTime from) const;
  // Forgets panes that start before `from`; with `keep_best`, all of them but the first, the best of all time.
  void Expire(EventTime from, bool keep_best);

  bool empty() const { return steps_.empty(); }
  const std::vector<Step>& steps() const { return steps_; }
  static Staircase FromSteps(std::vector<Step> steps);

 private:
  std::vector<Step> steps_;
};

// The value of the latest event; equal event times are settled by a hash of the event's identity, so that the order of
// arrival doesn't matter.
struct LastValue {
  EventTime time = kNoEventTime;
  uint64_t tie = 0;
  int64_t value = 0;

  void Add(EventTime t, uint64_t tie_break, int64_t v) {
    if (t < time || (t == time && tie_break < tie)) return;
    time = t;
    tie = tie_break;
    value = v;
  }
};

}  // namespace tidemark
