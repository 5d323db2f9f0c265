// A source that ends where another engine stands: what a back-fill reads through.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/engine/source.h"
#include "pipeline/view/view.h"

namespace tidemark {

// Hands out the records of each partition before its bound. At the bound event time is known through what the other
// engine knows there, and no further; on the way to it nothing is proven.
// Threads: one, as for every RecordSource.
class BoundedSource final : public RecordSource {
 public:
  // `source` outlives it.
  explicit BoundedSource(RecordSource* source) : source_(*source) {}

  // The bounds are where these partitions stand. Bounds never fall; a partition without one hands out nothing.
  void Follow(std::span<const PartitionView> partitions);
  // Bounds stay until all of them are reached, which shows that every partition can be read: true then, and they follow. They also
  // follow when the reader `waits`: it may hold a record that is ahead of the time it knows of.
  bool FollowOn(std::span<const PartitionView> partitions, bool waits);
  // Offsets between what was handed out and the bounds: all of them, and those that were there at first.
  struct Left {
    int64_t now = 0, total = 0;
    bool assigned = true;  // every partition with a bound
  };
  Left left() const;
  // Everything before the bounds was handed out, and nothing behind them ever was: a state whose last commits went with the power
  // may stand behind its back-fill, until it has read as much again.
  bool reached() const;

  AssignmentChange Poll() override;
  Status Assign(std::span<const StartAt> starts) override;
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override;
  PartitionStatus status(PartitionId id) override;
  bool ready(PartitionId id) const override;
  void Wait(Duration timeout) override { source_.Wait(timeout); }
  // The group's progress is that of the engine that is followed.
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}

 private:
  struct State {
    Offset end{0};                      // the bound
    EventTime known_through = kNoEventTime;
    bool assigned = false;
    std::shared_ptr<RecordBatch> rest;  // taken, not handed out yet: its records from `next` on
    size_t next = 0;
    Offset first = kNoOffset;           // where it began
    Offset stored = kNoOffset;          // where the reader's state stood then
    Offset at{0};                       // everything before it was handed out
    bool holds() const { return rest != nullptr && next < rest->records().size(); }
    Offset held() const { return rest->records()[next].offset; }
    void Move(Offset to);
  };

  RecordSource& source_;
  std::map<TopicPartition, State> partitions_;
  std::map<PartitionId, State*> assigned_;
};

}  // namespace tidemark
