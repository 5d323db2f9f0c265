#include "daemon/view_metrics.h"

#include <algorithm>
#include <limits>
#include <map>

#include "daemon/clock.h"
#include "daemon/family_builder.h"
#include "pipeline/event/decoder.h"

namespace tidemark {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

LabelPairs Labels(const PartitionView& p) {
  return {{"topic", p.tp.topic}, {"partition", std::to_string(p.tp.partition)}};
}

LabelPairs With(LabelPairs labels, const std::string& name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

// Sums by topic: reasons are many, and no one asks for them by partition.
std::map<std::string, RecordCounts> ByTopic(const View& view) {
  std::map<std::string, RecordCounts> topics;
  for (const PartitionView& p : view.partitions()) topics[p.tp.topic] += p.counts;
  return topics;
}

int64_t Undecodable(const RecordCounts& counts) {
  int64_t sum = 0;
  for (const int64_t n : counts.undecodable) sum += n;
  return sum;
}

// One family with a line per owned partition for which `value` is known (not NaN).
template <class F>
MetricFamily PerPartition(const View& view, const char* name, const char* help, const F& value_of) {
  FamilyBuilder family(name, help, MetricType::Gauge);
  for (const PartitionView& p : view.partitions()) {
    const double value = p.owned ? static_cast<double>(value_of(p)) : std::numeric_limits<double>::quiet_NaN();
    if (value == value) family.Add(value, Labels(p));
  }
  return std::move(family).Take();
}

double SecondsOrNothing(EventTime t) {
  return t == kNoEventTime ? std::numeric_limits<double>::quiet_NaN() : Seconds(t);
}

double OffsetOrNothing(Offset offset) {
  return offset == kNoOffset ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(offset.v);
}

MetricFamily HistogramFamily(const char* name, const char* help) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = MetricType::Histogram;
  return family;
}

// Counts by bucket: the last one's are beyond all bounds.
ClientMetric HistogramOf(std::span<const int64_t> counts, std::span<const double> bounds, double sum) {
  ClientMetric metric;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    cumulative += static_cast<uint64_t>(counts[i]);
    metric.histogram.bucket.push_back({cumulative, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = sum;
  return metric;
}

// Bounded by the configuration: a rule's event type and fields. Only what happened.
void AddByField(const std::string& source, const MappingStats::ByField& counts, FamilyBuilder* to) {
  for (const auto& [of, n] : counts) to->Add(n, {{"source", source}, {"event", of.first}, {"field", of.second}});
}

// Of topics whose records are mapped: what became of the records, and how many events.
void AddMapped(const std::string& topic, const RecordCounts& c, FamilyBuilder* records, FamilyBuilder* events) {
  const LabelPairs labels = {{"topic", topic}};
  const std::pair<const char*, int64_t> kResults[] = {{"mapped", c.mapped},         {"ignored", c.ignored}, {"unmapped", c.unmapped},
                                                      {"tombstone", c.tombstones}, {"gap", c.gaps},        {"rejected", c.rejected}};
  if (std::all_of(std::begin(kResults), std::end(kResults), [](const auto& r) { return r.second == 0; })) return;
  for (const auto& [result, n] : kResults) records->Add(n, With(labels, "result", result));
  events->Add(c.events, labels);
}

}  // namespace

std::string_view ToString(PartitionHealth health) {
  switch (health) {
    case PartitionHealth::kUnreadable:
      return "unreadable";
    case PartitionHealth::kHalted:
      return "halted";
    case PartitionHealth::kWaiting:
      return "waiting";
    case PartitionHealth::kOk:
      break;
  }
  return "ok";
}

std::vector<MetricFamily> CollectRecords(const View& view) {
  FamilyBuilder read("tidemark_records_read_total", "Records read from Kafka and committed.", MetricType::Counter);
  FamilyBuilder result("tidemark_records_total",
                       "What became of the records; the results add up to those read. Where a source maps its records: what became of their events.",
                       MetricType::Counter);
  FamilyBuilder mapped("tidemark_source_records_total", "What became of the records of topics that a source maps; with those undecodable all that were read.",
                       MetricType::Counter);
  FamilyBuilder events("tidemark_source_events_total", "Events that the records of topics gave which a source maps.", MetricType::Counter);
  for (const PartitionView& p : view.partitions()) {
    const RecordCounts& c = p.counts;
    read.Add(c.read, Labels(p));
    result.Add(c.accepted, With(Labels(p), "result", "accepted"));
    result.Add(c.duplicate, With(Labels(p), "result", "duplicate"));
    result.Add(c.quarantined_future + c.quarantined_no_time, With(Labels(p), "result", "quarantined"));
    result.Add(Undecodable(c), With(Labels(p), "result", "undecodable"));
    result.Add(c.unrouted, With(Labels(p), "result", "unrouted"));
    result.Add(c.imported, With(Labels(p), "result", "imported"));
  }
  FamilyBuilder quarantined("tidemark_records_quarantined_total", "Records whose event time cannot be used, by reason.",
                            MetricType::Counter);
  FamilyBuilder undecodable("tidemark_records_undecodable_total", "Records that could not be decoded, by reason.",
                            MetricType::Counter);
  FamilyBuilder late("tidemark_records_late_total", "Accepted records older than the watermark of their partition.",
                     MetricType::Counter);
  FamilyBuilder too_old("tidemark_records_too_old_to_dedup_total",
                        "Accepted records older than the horizon within which duplicates are found.",
                        MetricType::Counter);
  FamilyBuilder conflict("tidemark_records_conflict_total", "Duplicates whose payload differs from the first one's.",
                         MetricType::Counter);
  FamilyBuilder skipped("tidemark_records_skipped_offsets_total", "Offsets that were lost in Kafka and stepped over.",
                        MetricType::Counter);
  for (const auto& [topic, c] : ByTopic(view)) {
    const LabelPairs labels = {{"topic", topic}};
    quarantined.Add(c.quarantined_future, With(labels, "reason", "future"));
    quarantined.Add(c.quarantined_no_time, With(labels, "reason", "no_time"));
    for (size_t i = 1; i < kDecodeErrorCount; ++i) {
      undecodable.Add(c.undecodable[i], With(labels, "reason", ToString(static_cast<DecodeError>(i))));
    }
    AddMapped(topic, c, &mapped, &events);
    late.Add(c.late, labels);
    too_old.Add(c.too_old_to_dedup, labels);
    conflict.Add(c.conflict, labels);
    skipped.Add(c.skipped_offsets, labels);
  }
  std::vector<MetricFamily> families;
  for (FamilyBuilder* f : {&read, &result, &mapped, &events, &quarantined, &undecodable, &late, &too_old, &conflict, &skipped}) {
    families.push_back(std::move(*f).Take());
  }
  return families;
}

std::vector<MetricFamily> CollectPartitions(const View& view, WallTime now) {
  std::vector<MetricFamily> families;
  const auto add = [&](const char* name, const char* help, const auto& value_of) {
    families.push_back(PerPartition(view, name, help, value_of));
  };
  add("tidemark_partition_lag_records", "Records between the log's end and what is committed.",
      [](const PartitionView& p) {
        const bool known = p.log_end != kNoOffset && p.next_offset != kNoOffset;
        return known ? static_cast<double>(std::max<int64_t>(0, p.log_end.v - p.next_offset.v))
                     : OffsetOrNothing(kNoOffset);
      });
  add("tidemark_partition_lag_seconds", "Time by which what is known of the partition is behind the present.",
      [&](const PartitionView& p) {
        const bool known = p.known_through != kNoEventTime;
        return known ? std::max(0.0, Seconds(now) - Seconds(p.known_through)) : SecondsOrNothing(kNoEventTime);
      });
  add("tidemark_partition_watermark_timestamp_seconds",
      "Event time up to which records in order are expected to be here.",
      [](const PartitionView& p) { return SecondsOrNothing(p.watermark); });
  add("tidemark_partition_known_through_timestamp_seconds", "Event time through which the partition is known.",
      [](const PartitionView& p) { return SecondsOrNothing(p.known_through); });
  add("tidemark_partition_next_offset", "First offset that is not committed yet.",
      [](const PartitionView& p) { return OffsetOrNothing(p.next_offset); });
  add("tidemark_partition_log_end_offset", "End of the log as last heard from Kafka.",
      [](const PartitionView& p) { return OffsetOrNothing(p.log_end); });
  add("tidemark_partition_holds_time", "1 while the partition is among those that event time waits for.",
      [](const PartitionView& p) { return p.holds_time ? 1.0 : 0.0; });
  add("tidemark_partition_schema_wait_seconds", "For how long the partition has been waiting for a schema that its next record names; absent: it doesn't.",
      [&](const PartitionView& p) {
        const bool waits = p.waits_since != WallTime::min();
        return waits ? std::max(0.0, Seconds(now) - Seconds(p.waits_since)) : SecondsOrNothing(kNoEventTime);
      });
  FamilyBuilder health("tidemark_partition_health", "1 for the state that the partition is in.", MetricType::Gauge);
  FamilyBuilder owned("tidemark_partitions_owned", "Partitions assigned to this process.", MetricType::Gauge);
  int64_t owned_count = 0;
  for (const PartitionView& p : view.partitions()) {
    if (!p.owned) continue;
    ++owned_count;
    for (const auto state : {PartitionHealth::kOk, PartitionHealth::kUnreadable, PartitionHealth::kWaiting, PartitionHealth::kHalted}) {
      health.Add(p.health == state ? 1.0 : 0.0, With(Labels(p), "state", ToString(state)));
    }
  }
  families.push_back(std::move(health).Take());
  families.push_back(std::move(owned.Add(owned_count)).Take());
  return families;
}

std::vector<MetricFamily> CollectSources(const View& view) {
  if (view.sources().empty()) return {};
  FamilyBuilder overdue("tidemark_source_overdue", "1 when the source was not heard for longer than expect_every.", MetricType::Gauge);
  FamilyBuilder last("tidemark_source_last_event_timestamp_seconds", "Latest time of an event or heartbeat of the source.", MetricType::Gauge);
  FamilyBuilder complete("tidemark_source_complete_through_timestamp_seconds",
                         "Event time up to which the source said that its events are complete.", MetricType::Gauge);
  for (const SourceView& source : view.sources()) {
    const LabelPairs labels = {{"source", source.name}};
    overdue.Add(source.overdue ? 1.0 : 0.0, labels);
    if (source.last_event != kNoEventTime) last.Add(Seconds(source.last_event), labels);
    if (source.complete_through != kNoEventTime) complete.Add(Seconds(source.complete_through), labels);
  }
  std::vector<MetricFamily> families;
  for (FamilyBuilder* f : {&overdue, &last, &complete}) families.push_back(std::move(*f).Take());
  return families;
}

std::vector<MetricFamily> CollectMappings(const View& view) {
  const std::vector<MappingStats>& mappings = view.stats().mappings;
  if (mappings.empty()) return {};
  FamilyBuilder missing("tidemark_source_missing_total", "Since the start: a rule of the source fired and found nothing for this field.", MetricType::Counter);
  FamilyBuilder rejected("tidemark_source_rejected_total", "Since the start: records of the source that were rejected, since a value isn't what this field wants.",
                         MetricType::Counter);
  FamilyBuilder rounded("tidemark_source_rounded_total", "Since the start: values of the source that have more digits than their fields.", MetricType::Counter);
  MetricFamily delay = HistogramFamily("tidemark_source_delay_seconds", "Since the start: how long events of the source happened before their record's Kafka timestamp.");
  for (const MappingStats& s : mappings) {
    AddByField(s.source, s.missing, &missing);
    AddByField(s.source, s.rejected, &rejected);
    rounded.Add(s.rounded, {{"source", s.source}});
    delay.metric.push_back(HistogramOf(s.delay, kDelayBuckets, s.delay_seconds_total));
    delay.metric.back().label.push_back({"source", s.source});
  }
  std::vector<MetricFamily> families;
  for (FamilyBuilder* f : {&missing, &rejected, &rounded}) families.push_back(std::move(*f).Take());
  families.push_back(std::move(delay));
  return families;
}

std::vector<MetricFamily> CollectEngine(const View& view, const MemoryPlan& memory) {
  const EngineStats& s = view.stats();
  std::vector<MetricFamily> families;
  const auto add = [&](const char* name, const char* help, MetricType type, double value) {
    families.push_back(std::move(FamilyBuilder(name, help, type).Add(value)).Take());
  };
  add("tidemark_commits_total", "Commits since the process started.", MetricType::Counter,
      static_cast<double>(s.commits));
  add("tidemark_commit_failures_total", "Commits that failed.", MetricType::Counter,
      static_cast<double>(s.commit_failures));
  families.push_back(HistogramFamily("tidemark_commit_duration_seconds", "Time that a commit to the state took."));
  families.back().metric.push_back(HistogramOf(s.commit_latency, kCommitBuckets, s.commit_seconds_total));
  add("tidemark_last_commit_keys", "Keys written by the last commit.", MetricType::Gauge,
      static_cast<double>(s.last_commit_keys));
  add("tidemark_last_commit_size_bytes", "Bytes written by the last commit.", MetricType::Gauge,
      static_cast<double>(s.last_commit_bytes));
  add("tidemark_commit_sequence", "Number of the newest commit; grows by one each, over restarts too.",
      MetricType::Gauge, static_cast<double>(view.sequence()));
  add("tidemark_caught_up", "1 when complete and with event time close to the present.", MetricType::Gauge,
      view.caught_up() ? 1 : 0);
  add("tidemark_rebalances_total", "Changes of the assignment since the process started.", MetricType::Counter,
      static_cast<double>(s.rebalances));
  FamilyBuilder used("tidemark_memory_bytes", "Memory used, by component.", MetricType::Gauge);
  used.Add(s.rows_bytes, {{"component", "rows"}}).Add(s.panes_bytes, {{"component", "panes"}});
  used.Add(s.entities_bytes, {{"component", "entities"}}).Add(s.dedup_bytes, {{"component", "dedup"}}).Add(s.fetch_bytes, {{"component", "fetch"}});
  families.push_back(std::move(used).Take());
  add("tidemark_entities", "Leads, deals, customers and other ids that something is stored of.", MetricType::Gauge, static_cast<double>(s.entities));
  if (s.entities_limit > 0) {
    add("tidemark_entities_limit", "As many as there may be before KPIs are withheld that find no room for theirs.", MetricType::Gauge,
        static_cast<double>(s.entities_limit));
  }
  FamilyBuilder plan("tidemark_memory_budget_bytes", "Memory that a component may use.", MetricType::Gauge);
  for (const auto& [component, bytes] :
       {std::pair{"total", memory.budget}, std::pair{"process", memory.process}, std::pair{"rocksdb", memory.rocksdb},
        std::pair{"fetch", memory.fetch}, std::pair{"rows", memory.rows}, std::pair{"entities", memory.entities}, std::pair{"dedup", memory.dedup}}) {
    plan.Add(static_cast<double>(bytes), {{"component", component}});
  }
  families.push_back(std::move(plan).Take());
  FamilyBuilder horizon("tidemark_dedup_horizon_seconds", "Event time within which duplicates are found.",
                        MetricType::Gauge);
  for (const auto& [topic, seconds] : s.dedup_horizon_seconds) horizon.Add(seconds, {{"topic", topic}});
  families.push_back(std::move(horizon).Take());
  return families;
}

}  // namespace tidemark
