// Of which event time a source is known to have told everything: it said something often enough, or said so.
#pragma once

#include <span>
#include <vector>

#include "pipeline/base/time.h"

namespace tidemark {

// [from, to) of event time.
struct TimeSpan {
  EventTime from, to;
  bool operator==(const TimeSpan&) const = default;
};
// Brings them in order and joins those that touch.
void Join(std::vector<TimeSpan>* spans);
// How much of [from, to) lies within them. REQUIRES: joined.
Duration Within(std::span<const TimeSpan> spans, EventTime from, EventTime to);

// Covered is [t, t + expect_every) for each t at which the source was heard, and all from its first hearing to what it said is
// complete. Invariant: a function of the set of what was heard and said, whatever the order; beyond kMaxGaps gaps the two
// oldest are taken for one. Another expect_every counts from then on: gaps that are known stay.
// Threads: confined to the engine.
class SourceCover {
 public:
  static constexpr size_t kMaxGaps = 256;

  // Both return true when something changed, or may have.
  bool Hear(EventTime t, Duration expect_every);
  // No event before `through` will follow. REQUIRES: heard.
  bool Complete(EventTime through);

  bool heard() const { return first_ != kNoEventTime; }
  EventTime first() const { return first_; }        // heard; kNoEventTime: never
  EventTime last() const { return last_; }          // heard
  EventTime complete() const { return complete_; }  // kNoEventTime: never said
  // What is uncovered between the first and the last hearing, in order.
  std::span<const TimeSpan> gaps() const { return gaps_; }
  // Where cover ends; kNoEventTime when never heard.
  EventTime End(Duration expect_every) const;
  // Appends what is uncovered of [from, to).
  void AppendUncovered(EventTime from, EventTime to, Duration expect_every, std::vector<TimeSpan>* spans) const;

  // False when it can't be the state of a cover.
  bool Restore(EventTime first, EventTime last, EventTime complete, std::vector<TimeSpan> gaps);

 private:
  // Covers [from, to) between the first and the last hearing.
  bool Close(EventTime from, EventTime to);
  void Bound();

  EventTime first_ = kNoEventTime, last_ = kNoEventTime, complete_ = kNoEventTime;
  std::vector<TimeSpan> gaps_;
};

}  // namespace tidemark
