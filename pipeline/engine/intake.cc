#include "pipeline/engine/intake.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr int64_t kMaxEventMicros = 253'402'300'800 * kMicrosPerSecond;  // the year 10000
constexpr size_t kIdsAhead = 8;
constexpr size_t kRecordsAhead = 4;

// The beginning of a record: another thread wrote it.
template <size_t kLines>
[[gnu::always_inline]] inline void PrefetchBytes(std::string_view bytes) {
  constexpr size_t kLine = 64;
  for (size_t line = 0; line < kLines * kLine; line += kLine) __builtin_prefetch(bytes.data() + line);
}
constexpr size_t kEventLines = 4, kSourceLines = 7;  // of records as they usually are

// Of each id that the topics want to remember, for how many there is room: at most 1.
double RoomForIds(const Plan& plan, uint64_t bytes) {
  double wanted = 0;
  for (const TopicPlan& topic : plan.topics()) wanted += topic.dedup.enabled ? static_cast<double>(topic.dedup.max_ids) : 0;
  return std::min(1.0, static_cast<double>(bytes / Dedup::kMemoryPerId) / std::max(wanted, 1.0));
}

}  // namespace

Intake::Intake(const Plan& plan, uint64_t dedup_bytes, const StoredSchemas& schemas, Router* router, Sources* sources, DeadLetters* letters)
    : plan_(plan), router_(*router), sources_(*sources), letters_(*letters) {
  const double room = RoomForIds(plan, dedup_bytes);
  for (const TopicPlan& topic : plan.topics()) {
    DedupSpec spec = topic.dedup;
    spec.max_ids = static_cast<uint64_t>(static_cast<double>(spec.max_ids) * room);
    dedups_.push_back(spec.enabled ? std::make_unique<Dedup>(spec, topic.name) : nullptr);
    schemas_.push_back(schemas.Of(topic.source));
    scratches_.push_back(topic.mapper != nullptr ? std::make_unique<Mapper::Scratch>(*topic.mapper, schemas_.back()) : nullptr);
  }
  delays_.resize(plan.topics().size());
  tables_ = ContentsOf(plan.lookups());
  if (!plan.hash_key().empty()) hashes_.emplace(plan.hash_key());
  router_.folding().SetTables(&tables_);
}

void Intake::SetTables(LookupTables tables) {
  TM_CHECK(tables.size() == plan_.lookups().size());
  for (size_t t = 0; t < tables.size(); ++t) {
    TM_CHECK(tables[t] == nullptr || std::ranges::equal(tables[t]->columns(), plan_.lookups()[t].columns));
  }
  tables_ = std::move(tables);
}

void Intake::MapBatch(size_t topic, Partition* partition) {
  PendingBatch& pending = partition->pending;
  const Mapper& mapper = *plan_.topics()[topic].mapper;
  headers_.clear();
  const auto records = pending.batch.records();
  for (size_t i = 0; i < records.size(); ++i) {
    const RecordView& record = records[i];
    if (i + kRecordsAhead < records.size()) PrefetchBytes<kSourceLines>(records[i + kRecordsAhead].value);
    MapOutcome outcome = MapOutcome::kUndecodable;
    DecodeError error = DecodeError::kTooLarge;
    if (record.value.size() <= plan_.limits().max_record_bytes) {
      if (mapper.wants_headers()) pending.batch.Headers(i, &headers_);
      const RawRecord raw{partition->tp.topic, partition->tp.partition, record.offset, record.kafka_time, record.key, record.value, headers_};
      outcome = mapper.Map(raw, scratches_[topic].get(), &pending.mapped);
      error = scratches_[topic]->error();
      if (mapper.spec().on_gap == OnGap::kCoverage) {
        for (const EventTime gap : scratches_[topic]->gaps()) pending.gaps.emplace_back(i, gap);
      }
    }
    if (outcome == MapOutcome::kAwaitsSchema) [[unlikely]] {
      pending.awaited = scratches_[topic]->awaited_schema();
      schemas_[topic]->Want(pending.awaited);
      break;
    }
    const bool schema = outcome == MapOutcome::kUndecodable && (error == DecodeError::kBadSchema || error == DecodeError::kBadFraming);
    if (outcome == MapOutcome::kRejected || schema) pending.rejected.push_back({record.offset, mapper.Describe(scratches_[topic]->rejection())});
    pending.outcomes.push_back(outcome);
    pending.errors.push_back(error);
    pending.ends.push_back(static_cast<uint32_t>(pending.mapped.size()));
  }
  pending.decoded = pending.outcomes.size();
  if (!pending.rejected.empty()) partition->rejected = pending.rejected.back();
}

bool Intake::IsDead(const PendingBatch& pending, size_t record) {
  if (pending.outcomes.empty()) return pending.rows[record].error != DecodeError::kNone;
  return pending.outcomes[record] == MapOutcome::kRejected || pending.outcomes[record] == MapOutcome::kUndecodable;
}

void Intake::WriteLetter(size_t index, const Partition& partition) {
  const PendingBatch& pending = partition.pending;
  const RecordView& record = pending.batch.records()[index];
  const bool mapped = !pending.outcomes.empty(), rejected = mapped && pending.outcomes[index] == MapOutcome::kRejected;
  std::string error = rejected ? "" : std::string(ToString(mapped ? pending.errors[index] : pending.rows[index].error));
  const auto why = std::lower_bound(pending.rejected.begin(), pending.rejected.end(), record.offset, [](const RejectedRecord& r, Offset o) { return r.offset < o; });
  if (why != pending.rejected.end() && why->offset == record.offset) error += (error.empty() ? "" : ": ") + why->why;
  pending.batch.Headers(index, &headers_);
  const RawRecord raw{partition.tp.topic, partition.tp.partition, record.offset, record.kafka_time, record.key, record.value, headers_};
  letters_.Add(raw, rejected ? "rejected" : "undecodable", error, plan_.topics()[partition.topic.v].source, plan_.limits().max_record_bytes);
}

Result<bool> Intake::GoOn(Partition* partition) {
  PendingBatch& pending = partition->pending;
  if (schemas_[partition->topic.v]->Find(pending.awaited) == nullptr) return false;
  RecordBatch rest = std::move(pending.batch);
  rest.DropFront(pending.next);
  pending.Clear();
  TM_RETURN_IF_ERROR(Decode(std::move(rest), partition));
  return true;
}

std::string Intake::WhyWaiting(const Partition& partition) const {
  const PendingBatch& pending = partition.pending;
  const std::string trouble = schemas_[partition.topic.v]->trouble(pending.awaited);
  return "the record at offset " + std::to_string(pending.batch.records()[pending.next].offset.v) + " names schema " + std::to_string(pending.awaited) +
         ", which isn't here yet" + (trouble.empty() ? "" : ": " + trouble);
}

void Intake::DecodeRow(std::string_view event, Slot* slots, size_t index, bool dedup, PendingBatch* pending) {
  EventRow& row = pending->rows[index];
  plan_.decoder().Decode(event, slots, &row);
  if (row.error != DecodeError::kNone || row.type == kNoEventType || !router_.routed(row.type)) return;
  const bool has_id = !row.id.empty();
  const Hash128 id = has_id ? HashPair(row.source, row.id) : Hash128{Hash64(event), 0};
  row.tie = id.lo;
  router_.folding().Want(row, &pending->entities);
  if (!dedup || !has_id) return;
  pending->ids[index] = id;
  pending->payload_hashes[index] = static_cast<uint32_t>(Hash64(event));
}

Status Intake::Decode(RecordBatch batch, Partition* partition) {
  PendingBatch& pending = partition->pending;
  TM_CHECK(pending.empty());
  pending.Clear();
  pending.batch = std::move(batch);
  pending.decoded = pending.batch.records().size();
  const auto records = pending.batch.records();
  const bool mapped = !partition->imported() && scratches_[partition->topic.v] != nullptr;
  if (mapped) MapBatch(partition->topic.v, partition);
  const size_t rows = mapped ? pending.mapped.size() : records.size();
  const size_t width = plan_.decoder().max_slots();
  pending.rows.resize(rows);
  pending.entities_of.resize(rows);
  pending.slots.resize(rows * width);
  const bool dedup = dedups_[partition->topic.v] != nullptr;
  if (dedup) {
    pending.ids.resize(rows);
    pending.payload_hashes.resize(rows);
  }
  for (size_t i = 0; i < rows; ++i) {
    EventRow& row = pending.rows[i];
    pending.entities_of[i] = static_cast<uint32_t>(pending.entities.size());
    row = EventRow();
    Slot* slots = pending.slots.data() + i * width;
    if (mapped) {
      DecodeRow(pending.mapped.event(i), slots, i, dedup, &pending);
      if (row.error != DecodeError::kNone) [[unlikely]] pending.Spoil(i);
      continue;
    }
    if (i + kRecordsAhead < rows) PrefetchBytes<kEventLines>(records[i + kRecordsAhead].value);
    if (records[i].value.data() == nullptr) continue;  // a tombstone: no event
    if (records[i].value.size() > plan_.limits().max_record_bytes) {
      row.error = DecodeError::kTooLarge;
      continue;
    }
    DecodeRow(records[i].value, slots, i, dedup, &pending);
  }
  return router_.folding().ReadWanted();
}

Intake::Guard Intake::Judge(const EventRow& row, const RecordView& record, WallTime now) const {
  return row.has_time ? JudgeTime(row.time, record, now) : Guard::kNoTime;
}

Intake::Guard Intake::JudgeTime(EventTime time, const RecordView& record, WallTime now) const {
  if (Micros(time) <= 0 || Micros(time) >= kMaxEventMicros) return Guard::kNoTime;
  const Duration skew = plan_.time().max_future_skew;
  if (record.kafka_time != WallTime::min() && Micros(time) - skew.count() > Micros(record.kafka_time)) return Guard::kFuture;
  // The record's own timestamp may come from the same wrong clock.
  if (!plan_.time().event_clock && Micros(time) > Micros(now) + skew.count()) return Guard::kFuture;
  return Guard::kPass;
}

bool Intake::IsNew(size_t index, Partition* partition) {
  Dedup* dedup = dedups_[partition->topic.v].get();
  const EventRow& row = partition->pending.rows[index];
  if (dedup == nullptr || row.id.empty()) return true;
  RecordCounts& counts = partition->counts;
  switch (dedup->Check(partition->pending.ids[index], partition->pending.payload_hashes[index], row.time, partition->clock.watermark())) {
    case Dedup::Verdict::kNew:
      return true;
    case Dedup::Verdict::kConflict:
      ++counts.conflict;
      [[fallthrough]];
    case Dedup::Verdict::kDuplicate:
      ++counts.duplicate;
      return false;
    case Dedup::Verdict::kTooOld:
      ++counts.too_old_to_dedup;
      if (!plan_.topics()[partition->topic.v].dedup.drop_too_old) return true;
      ++counts.duplicate;
      return false;
  }
  return true;
}

bool Intake::WithoutEvents(MapOutcome outcome, DecodeError error, RecordCounts* counts) {
  switch (outcome) {
    case MapOutcome::kMapped:
      return false;
    case MapOutcome::kIgnored:
      ++counts->ignored;
      break;
    case MapOutcome::kUnmapped:
      ++counts->unmapped;
      break;
    case MapOutcome::kTombstone:
      ++counts->tombstones;
      break;
    case MapOutcome::kGap:
      ++counts->gaps;
      break;
    case MapOutcome::kRejected:
      ++counts->rejected;
      break;
    case MapOutcome::kUndecodable:
      ++counts->undecodable[static_cast<size_t>(error)];
      break;
    case MapOutcome::kAwaitsSchema:
      TM_CHECK(false);  // it isn't applied
  }
  return true;
}

void Intake::MarkGapsOf(size_t index, WallTime now, Partition* partition) const {
  const auto& gaps = partition->pending.gaps;
  const RecordView& record = partition->pending.batch.records()[index];
  std::vector<TimeSpan> lost;
  auto gap = std::lower_bound(gaps.begin(), gaps.end(), index, [](const auto& g, size_t i) { return g.first < i; });
  for (; gap != gaps.end() && gap->first == index; ++gap) {
    EventTime time = gap->second;
    if (JudgeTime(time, record, now) != Guard::kPass) time = EventTimeFromMicros(Micros(record.kafka_time));
    if (time < cut_ || JudgeTime(time, record, now) != Guard::kPass) continue;
    const EventTime minute = FloorTo(time, std::chrono::minutes(1));
    const TimeSpan span{minute, minute + std::chrono::minutes(1)};
    if (lost.empty() || lost.back() != span) lost.push_back(span);
  }
  if (!lost.empty()) MarkGaps(lost, partition);
}

Status Intake::ApplyOne(size_t index, WallTime now, Partition* partition) {
  PendingBatch& pending = partition->pending;
  const RecordView& record = pending.batch.records()[index];
  RecordCounts& counts = partition->counts;
  ++counts.read;
  if (!pending.gaps.empty()) [[unlikely]] MarkGapsOf(index, now, partition);
  if (!pending.outcomes.empty()) {
    if (WithoutEvents(pending.outcomes[index], pending.errors[index], &counts)) return Status::Ok();
    ++counts.mapped;
    counts.events += static_cast<int64_t>(pending.end_row(index) - pending.first_row(index));
  } else if (const EventRow& row = pending.rows[index]; row.error != DecodeError::kNone) {
    ++counts.undecodable[static_cast<size_t>(row.error)];
    return Status::Ok();
  } else if (record.value.data() == nullptr) {
    ++counts.unrouted;
    return Status::Ok();
  }
  for (size_t row = pending.first_row(index); row < pending.end_row(index); ++row) {
    TM_RETURN_IF_ERROR(ApplyEvent(row, record, now, partition));
  }
  return Status::Ok();
}

Status Intake::ApplyEvent(size_t index, const RecordView& record, WallTime now, Partition* partition) {
  EventRow& row = partition->pending.rows[index];
  RecordCounts& counts = partition->counts;
  switch (Judge(row, record, now)) {
    case Guard::kNoTime:
      ++counts.quarantined_no_time;
      return Status::Ok();
    case Guard::kFuture:
      ++counts.quarantined_future;
      return Status::Ok();
    case Guard::kPass:
      break;
  }
  if (partition->losing()) [[unlikely]] EndLoss(row.time, partition);
  if (!partition->pending.outcomes.empty() && record.kafka_time != WallTime::min()) CountDelay(row.time, record.kafka_time, &delays_[partition->topic.v]);
  if (!sources_.empty()) sources_.Hear(row);
  if (row.time < cut_ && !partition->imported()) [[unlikely]] {
    ++counts.imported;
    partition->clock.Saw(row.time);
    return Status::Ok();
  }
  if (partition->first_time == kNoEventTime || Precedes(row.time, *partition)) partition->first_time = row.time;
  const EventTime watermark = partition->clock.watermark();
  if (row.type == kNoEventType || !router_.routed(row.type)) {
    ++counts.unrouted;
  } else if (IsNew(index, partition)) {
    ++counts.accepted;
    if (watermark != kNoEventTime && row.time < watermark) ++counts.late;
    const Hash128* keys = partition->pending.entities.data() + partition->pending.entities_of[index];
    // Here and not at decoding: an event is counted with the tables as they stand when it is applied. An id may be a
    // derived field, too.
    if (const Derivation& derivation = plan_.derivation(row.type); !derivation.empty()) {
      derivation.Evaluate(tables_, hashes_ ? &*hashes_ : nullptr, &row);
      derived_keys_.clear();
      router_.folding().KeysOf(row, &derived_keys_);
      keys = derived_keys_.data();
    }
    TM_RETURN_IF_ERROR(router_.Apply(row, watermark, keys));
  }
  partition->clock.Saw(row.time);
  return Status::Ok();
}

// What comes in batches may begin with any of the first one.
bool Intake::Precedes(EventTime time, const Partition& partition) const {
  const Duration reach = partition.imported() ? Duration(0) : plan_.topics()[partition.topic.v].reach;
  return time < partition.first_time && time >= partition.first_time - reach;
}

void Intake::CountDelay(EventTime happened, WallTime said, MappingStats* of) const {
  const double seconds = static_cast<double>(std::max<int64_t>(Micros(said) - Micros(happened), 0)) / kMicrosPerSecond;
  ++of->delay[static_cast<size_t>(std::lower_bound(kDelayBuckets.begin(), kDelayBuckets.end(), seconds) - kDelayBuckets.begin())];
  of->delay_seconds_total += seconds;
}

std::vector<MappingStats> Intake::Mappings() const {
  std::vector<MappingStats> all;
  for (size_t t = 0; t < scratches_.size(); ++t) {
    if (scratches_[t] == nullptr) continue;
    const TopicPlan& topic = plan_.topics()[t];
    const auto known = std::find_if(all.begin(), all.end(), [&](const MappingStats& s) { return s.source == topic.source; });
    MappingStats& stats = known == all.end() ? all.emplace_back() : *known;
    stats.source = topic.source;
    const std::vector<MapRule>& rules = topic.mapper->spec().rules;
    const auto& missing = scratches_[t]->missing();
    for (size_t r = 0; r < missing.size(); ++r) {
      for (size_t f = 0; f < missing[r].size(); ++f) {
        if (missing[r][f] != 0) stats.missing[{rules[r].emit, rules[r].set[f].field}] += missing[r][f];
      }
    }
    for (const auto& [of, n] : scratches_[t]->rejected()) stats.rejected[{rules[of.first].emit, of.second}] += n;
    stats.rounded += scratches_[t]->rounded();
    for (size_t b = 0; b < stats.delay.size(); ++b) stats.delay[b] += delays_[t].delay[b];
    stats.delay_seconds_total += delays_[t].delay_seconds_total;
  }
  return all;
}

EventTime Intake::WaitsAt(size_t record, EventTime limit, WallTime now, const PendingBatch& pending) const {
  const Duration bound = plan_.time().max_out_of_orderness;
  EventTime earliest = EventTime::max();
  const size_t first = pending.first_row(record), end = pending.end_row(record);
  for (size_t r = first; r < end; ++r) {
    const EventRow& row = pending.rows[r];
    if (row.error != DecodeError::kNone || !row.has_time || row.time >= earliest) continue;
    if (row.time - bound < limit && end - first == 1) return kNoEventTime;  // nearly all: nobody judges them twice
    if (Judge(row, pending.batch.records()[record], now) == Guard::kPass) earliest = row.time;
  }
  return earliest != EventTime::max() && earliest - bound >= limit ? earliest : kNoEventTime;
}

Result<size_t> Intake::ApplyBefore(EventTime limit, WallTime now, Partition* partition) {
  PendingBatch& pending = partition->pending;
  const Dedup* dedup = dedups_[partition->topic.v].get();
  const size_t first = pending.next;
  partition->blocked = false;
  for (; pending.next < pending.decoded; ++pending.next) {
    const size_t i = pending.next;
    if (const EventTime waits = WaitsAt(i, limit, now, pending); waits != kNoEventTime) {
      partition->clock.Peeked(waits);
      break;
    }
    if (const size_t ahead = pending.end_row(i) + kIdsAhead - 1; dedup != nullptr && ahead < pending.rows.size()) dedup->Prefetch(pending.ids[ahead]);
    if (letters_.on() && IsDead(pending, i)) [[unlikely]] {
      partition->blocked = letters_.full();
      if (partition->blocked) break;
      WriteLetter(i, *partition);
    }
    TM_RETURN_IF_ERROR(ApplyOne(i, now, partition));
  }
  const size_t applied = pending.next - first;
  if (applied > 0) {
    const RecordView& last = pending.batch.records()[pending.next - 1];
    partition->last_offset = last.offset;
    partition->last_digest = RecordDigest(last);
    partition->next_offset = Offset{last.offset.v + 1};
    partition->dirty = true;
  }
  return applied;
}

}  // namespace tidemark
