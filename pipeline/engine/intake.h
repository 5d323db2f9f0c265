// From records to applied events: decode, guard, duplicates, route. Counts every record exactly once.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "pipeline/engine/dead_letters.h"
#include "pipeline/engine/dedup.h"
#include "pipeline/engine/partition.h"
#include "pipeline/engine/router.h"
#include "pipeline/engine/sources.h"
#include "pipeline/engine/stored_schemas.h"

namespace tidemark {

// Threads: confined to the engine.
class Intake {
 public:
  // `dedup_bytes` as in EngineOptions.
  Intake(const Plan& plan, uint64_t dedup_bytes, const StoredSchemas& schemas, Router* router, Sources* sources, DeadLetters* letters);

  // Decodes a batch into partition->pending, which must be empty. A function of the bytes and of the schemas that they name: a
  // record whose schema isn't here waits with all that follow it.
  Status Decode(RecordBatch batch, Partition* partition);
  // Decodes the rest of a batch that waits; false when the schema still isn't here. REQUIRES: pending.waits().
  Result<bool> GoOn(Partition* partition);
  // For people. REQUIRES: pending.waits().
  std::string WhyWaiting(const Partition& partition) const;
  // Applies pending records in order as long as their event time less the out-of-orderness bound is before `limit`;
  // the first beyond it waits, and its partition's clock has peeked at it. Returns how many were applied.
  Result<size_t> ApplyBefore(EventTime limit, WallTime now, Partition* partition);

  // What derived fields look into, from the next event that is applied. REQUIRES: one for each of the plan's lookups, with
  // its columns.
  void SetTables(LookupTables tables);
  const LookupTables& tables() const { return tables_; }

  // What is before it comes from the import alone.
  void SetCut(EventTime cut) { cut_ = cut; }

  std::vector<std::unique_ptr<Dedup>>& dedups() { return dedups_; }  // by topic; null where off
  // Of each source that maps records.
  std::vector<MappingStats> Mappings() const;

 private:
  enum class Guard : uint8_t { kPass, kNoTime, kFuture };
  Guard Judge(const EventRow& row, const RecordView& record, WallTime now) const;
  Guard JudgeTime(EventTime time, const RecordView& record, WallTime now) const;
  // What the record says was lost, when coverage is to know.
  void MarkGapsOf(size_t record, WallTime now, Partition* partition) const;
  // The earliest time of a record's events, when all of them must wait for event time to come; else kNoEventTime.
  EventTime WaitsAt(size_t record, EventTime limit, WallTime now, const PendingBatch& pending) const;
  Status ApplyOne(size_t index, WallTime now, Partition* partition);
  // True when the record is one that can't be counted, for the dead letters.
  static bool IsDead(const PendingBatch& pending, size_t record);
  void WriteLetter(size_t record, const Partition& partition);
  // True when the event is to be counted.
  bool IsNew(size_t row, Partition* partition);
  // The events of a batch whose records are mapped.
  void MapBatch(size_t topic, Partition* partition);
  // One event's bytes into a row; `slots` are its.
  void DecodeRow(std::string_view event, Slot* slots, size_t row, bool dedup, PendingBatch* pending);
  // Counts a record that yields nothing; false when it has events.
  static bool WithoutEvents(MapOutcome outcome, DecodeError error, RecordCounts* counts);
  Status ApplyEvent(size_t row, const RecordView& record, WallTime now, Partition* partition);
  bool Precedes(EventTime time, const Partition& partition) const;
  void CountDelay(EventTime happened, WallTime said, MappingStats* of) const;

  const Plan& plan_;
  Router& router_;
  Sources& sources_;
  DeadLetters& letters_;
  std::vector<std::unique_ptr<Dedup>> dedups_;
  std::vector<std::unique_ptr<Mapper::Scratch>> scratches_;  // by topic; null where records are events
  std::vector<MappingStats> delays_;                         // by topic; of them only the delays
  std::vector<std::shared_ptr<WriterSchemas>> schemas_;      // by topic; null where records name none
  LookupTables tables_;
  std::optional<Derivation::Hashes> hashes_;  // where the plan has a key
  EventTime cut_ = kNoEventTime;
  std::vector<Hash128> derived_keys_;  // of one event
  std::vector<RecordHeader> headers_;  // of one record; empty where nobody looks at them
};

}  // namespace tidemark
