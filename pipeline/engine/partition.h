// One partition as the engine knows it, and what was taken from it but not applied yet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/hash.h"
#include "pipeline/engine/import.h"
#include "pipeline/engine/source.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"
#include "pipeline/time/partition_clock.h"
#include "pipeline/time/source_cover.h"
#include "pipeline/view/view.h"

namespace tidemark {

// A batch, decoded whole, or to the first record whose schema isn't here yet; records from `next` on wait for their turn.
struct PendingBatch {
  RecordBatch batch;
  std::vector<EventRow> rows;
  std::vector<Slot> slots;
  std::vector<Hash128> ids;           // of (source, id); only where the topic is deduplicated
  std::vector<uint32_t> payload_hashes;
  std::vector<Hash128> entities;      // keys of the entities that events are about; those of row i from
  std::vector<uint32_t> entities_of;  // entities_of[i] on
  // Where records are mapped: their events, what became of each record, and where its rows end. Else a record is a row.
  MappedEvents mapped;
  std::vector<MapOutcome> outcomes;
  std::vector<DecodeError> errors;    // of those that are kUndecodable
  std::vector<uint32_t> ends;
  std::vector<RejectedRecord> rejected;  // in order
  std::vector<std::pair<size_t, EventTime>> gaps;  // records that tell of changes which their source lost, and of when; in order
  size_t next = 0;                    // record
  size_t decoded = 0;                 // records before it are
  uint32_t awaited = 0;               // the schema of the record at `decoded`, where there is one
  bool empty() const { return next == batch.records().size(); }
  bool waits() const { return next == decoded && !empty(); }
  size_t first_row(size_t record) const { return ends.empty() ? record : record == 0 ? 0 : ends[record - 1]; }
  // What a mapping makes can be decoded, but for messages of one's own, which nobody has looked into before: a record of which one
  // can't be is undecodable as a whole. REQUIRES: records are mapped, and the row has an error.
  void Spoil(size_t row) {
    const auto record = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), row) - ends.begin());
    outcomes[record] = MapOutcome::kUndecodable;
    errors[record] = rows[row].error;
  }
  size_t end_row(size_t record) const { return ends.empty() ? record + 1 : ends[record]; }
  void Clear() {
    batch = RecordBatch();
    rows.clear();
    entities.clear();
    mapped.Clear();
    outcomes.clear();
    errors.clear();
    ends.clear();
    rejected.clear();
    gaps.clear();
    next = decoded = 0;
  }
};

// Event time in which records may have been lost, at positions that were stepped over. to: EventTime::max() until the next
// event shows where time is.
using Loss = TimeSpan;

struct Partition {
  Partition(TopicPartition where, TopicId topic_id, Duration bound) : tp(std::move(where)), topic(topic_id), clock(bound) {}

  TopicPartition tp;
  TopicId topic;
  PartitionClock clock;
  PartitionId id{UINT32_MAX};          // while owned
  bool owned = false;
  Offset next_offset = kNoOffset;
  Offset last_offset = kNoOffset;
  uint64_t last_digest = 0;
  EventTime first_time = kNoEventTime; // of its first accepted event
  std::vector<Loss> losses;            // in order; at most kMaxLosses
  std::vector<TimeSpan> gaps;          // minutes of which its source lost changes; joined, at most SourceCover::kMaxGaps
  RecordCounts counts;
  RejectedRecord rejected;             // the last; not stored
  bool dirty = false;                  // to be stored with the next commit
  PendingBatch pending;
  PartitionStatus status;
  bool at_end = false;                 // everything in the log was applied, as far as is known
  bool blocked = false;                // its next record is for the dead letters, where there is no room
  WallTime waits_since = WallTime::min();  // for a schema; min(): it doesn't
  bool held_out = false;               // not read for max_hold while others went on: left the minimum
  bool imported() const { return tp == kImportPartition; }
  bool losing() const { return !losses.empty() && losses.back().to == EventTime::max(); }
  WallTime last_progress{};            // when its event time last moved
};

// The log went on somewhere else: what lies between is lost.
void BeginLoss(Partition* partition);
void EndLoss(EventTime next, Partition* partition);
// The source lost something in these spans of whole minutes. Of more than SourceCover::kMaxGaps the two oldest become one: the newest are
// what windows still hold.
void MarkGaps(std::span<const TimeSpan> gaps, Partition* partition);

std::string EncodePartition(const Partition& partition);
Status DecodePartition(std::string_view bytes, Partition* partition);

}  // namespace tidemark
