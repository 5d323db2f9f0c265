// Event time of one partition, and T over many.
#pragma once

#include <algorithm>

#include "pipeline/base/time.h"

namespace tidemark {

// Tracks how far event time is known for one partition.
// Invariants: (1) stream_time(), watermark() and known_through() never decrease;
// (2) watermark() == stream time - bound once an event was seen, kNoEventTime before.
// Threads: confined to the engine.
class PartitionClock {
 public:
  explicit PartitionClock(Duration bound) : bound_(bound) {}

  // An accepted event's time.
  void Saw(EventTime t) { stream_time_ = std::max(stream_time_, t); }
  // The log ended at our position at this wall-clock instant.
  void Proved(WallTime at) { proven_ = std::max(proven_, EventTimeOfProof(at)); }
  // The next record, not applied yet, shows that event time got this far.
  void Peeked(EventTime t) { peeked_ = std::max(peeked_, t - bound_); }

  EventTime stream_time() const { return stream_time_; }
  EventTime proven() const { return proven_; }
  EventTime watermark() const { return stream_time_ == kNoEventTime ? kNoEventTime : stream_time_ - bound_; }
  // t_p
  EventTime known_through() const { return std::max({watermark(), proven_, peeked_}); }

  void Restore(EventTime stream_time, EventTime proven) {
    stream_time_ = stream_time;
    proven_ = proven;
  }

 private:
  Duration bound_;
  EventTime stream_time_ = kNoEventTime;
  EventTime proven_ = kNoEventTime;
  EventTime peeked_ = kNoEventTime;
};

}  // namespace tidemark
