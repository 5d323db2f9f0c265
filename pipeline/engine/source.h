// The port through which records come: Kafka (pipeline/kafka), files (replay), fakes (tests).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/ids.h"
#include "pipeline/base/status.h"
#include "pipeline/base/time.h"
#include "pipeline/mapping/raw_record.h"

namespace tidemark {

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

// One record, borrowed from its batch. A tombstone has value.data() == nullptr.
struct RecordView {
  Offset offset;
  WallTime kafka_time;      // the record's Kafka timestamp; min() when it has none
  std::string_view key;
  std::string_view value;
};

// Records of one partition in offset order. The views live until the batch is destroyed. Movable, not thread-safe.
class RecordBatch {
 public:
  // Whatever owns the memory of the views.
  struct Owner {
    virtual ~Owner() = default;
    // Headers of the batch's record-th record, as it came. Whoever has none leaves it.
    virtual void Headers(size_t /*record*/, std::vector<RecordHeader>* /*out*/) const {}
  };
  RecordBatch() = default;
  RecordBatch(std::vector<RecordView> records, std::unique_ptr<Owner> owner)
      : records_(std::move(records)), owner_(std::move(owner)) {}
  std::span<const RecordView> records() const { return records_; }
  bool empty() const { return records_.empty(); }
  // Into *out, in place of what it held; they live as long as the batch. Only who asks pays for them.
  void Headers(size_t record, std::vector<RecordHeader>* out) const {
    out->clear();
    if (owner_ != nullptr) owner_->Headers(dropped_ + record, out);
  }
  // REQUIRES: there are so many.
  void DropFront(size_t n) {
    records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(n));
    dropped_ += n;
  }

 private:
  std::vector<RecordView> records_;
  std::unique_ptr<Owner> owner_;
  size_t dropped_ = 0;
};

// Where to begin in one partition.
struct StartAt {
  PartitionId id;
  TopicPartition tp;
  Offset next_offset = kNoOffset;         // first offset not applied; kNoOffset: nothing stored, auto_offset_reset
  Offset last_offset = kNoOffset;         // last applied record, re-read first to recognise the log
  uint64_t last_digest = 0;               // RecordDigest of it
};

// The broker confirmed at `at` that the log ends at `end`: once every record before `end` is applied, event time is
// known through `at`. Never a cached value; no answer, no proof.
struct LogEndProof {
  WallTime at{};
  Offset end = kNoOffset;
};

enum class PartitionHealth : uint8_t {
  kOk,
  kUnreadable,   // fetch errors, leader unknown, topic deleted: may come back
  kWaiting,      // readable, but the schema that the next record names isn't here yet; only the engine finds that out
  kHalted,       // data loss or another log: needs a person (or on_data_loss: skip)
};

struct PartitionStatus {
  PartitionHealth health = PartitionHealth::kOk;
  std::string reason;                  // one sentence, empty when kOk
  Offset log_end = kNoOffset;          // last known end, for lag; kNoOffset when unknown
  Offset position = kNoOffset;         // all records before it were handed out by Take(), control records included
  std::optional<LogEndProof> proof;    // the newest, also when position has not reached its end yet
  // Records lost for good that on_data_loss: skip stepped over: [first, last). Reported once, by the next status().
  std::optional<std::pair<Offset, Offset>> gap;
  bool restarted = false;              // the log is another one (re-created) and on_data_loss: skip began it anew; once
};

// What changed since the last Poll.
struct AssignmentChange {
  std::vector<TopicPartition> assigned;  // to be answered by Assign() with where to begin
  std::vector<TopicPartition> revoked;   // the engine commits, if the disk has room, and stops using them before the next Poll()
};

// Threads: all calls from the engine's thread. Implementations may have threads of their own.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // Serves group changes and errors; returns at once.
  virtual AssignmentChange Poll() = 0;
  // Starts fetching. A partition keeps its PartitionId until it is revoked.
  virtual Status Assign(std::span<const StartAt> starts) = 0;
  // Up to `max_records` records of one partition that are here already; empty when none. Never blocks.
  virtual Result<RecordBatch> Take(PartitionId id, size_t max_records) = 0;
  virtual PartitionStatus status(PartitionId id) = 0;
  // True when Take(id) has something: cheap, may be wrong for a moment in either direction.
  virtual bool ready(PartitionId id) const = 0;
  // Blocks until some partition is ready, an assignment changed, a proof came, Wake() was called or `timeout` passed.
  virtual void Wait(Duration timeout) = 0;
  // Tells the group how far we are: informational, for lag tools; never read back.
  virtual void ReportProgress(std::span<const std::pair<TopicPartition, Offset>> next_offsets) = 0;
  // True when no further record can ever come (files). Kafka: always false.
  virtual bool exhausted() const { return false; }
};

// Recognises a record: 64 bits over offset, timestamp, key and value. The same on every machine and release. Headers are left out: they
// would tell no two logs apart that the rest doesn't, and what is stored of logs must go on being recognised.
uint64_t RecordDigest(const RecordView& record);

}  // namespace tidemark
