// A RecordSource over events that are all here already, as one partition in event-time order.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/engine/source.h"
#include "pipeline/event/decoder.h"

namespace tidemark {

// First Add() everything, then Seal(), then hand it to an engine.
// Invariants: (1) records come in event-time order, those of one instant in the order added; records without a usable
// time come first; (2) no record later than the instant released is handed out.
// Threads: one.
class ReplaySource final : public RecordSource {
 public:
  // `decoder` reads the event time; borrowed until Seal().
  ReplaySource(std::string topic, const Decoder* decoder);
  void Add(std::string_view event);
  void Seal();
  size_t size() const { return order_.size(); }
  size_t taken() const { return taken_; }
  // Greatest event time; kNoEventTime when no event has one.
  EventTime end() const { return end_; }

  // Everything up to and including t may be handed out.
  void Release(EventTime t);
  void ReleaseAll();
  // All that is released was handed out.
  bool drained() const { return taken_ == released_; }

  AssignmentChange Poll() override;
  Status Assign(std::span<const StartAt> starts) override;
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override;
  PartitionStatus status(PartitionId id) override;
  bool ready(PartitionId) const override { return assigned_ && !drained(); }
  void Wait(Duration) override {}
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}
  bool exhausted() const override { return taken_ == order_.size(); }

 private:
  struct Entry {
    EventTime time;
    std::string_view bytes;
  };

  const std::string topic_;
  const Decoder* decoder_;
  std::vector<Slot> slots_;
  std::deque<std::string> blocks_;  // own the bytes; a block never grows beyond what it reserved
  std::vector<Entry> order_;
  EventTime end_ = kNoEventTime;
  size_t released_ = 0, taken_ = 0;
  bool announced_ = false, assigned_ = false;
};

}  // namespace tidemark
