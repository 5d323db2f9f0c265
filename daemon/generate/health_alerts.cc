// The alerts about the daemon itself, as a table.
//
// Levels and times are of what needs a person. A restart takes minutes, so little fires sooner; `keep_firing_for` carries an alert
// over the restart that somebody tries. Not here, because they would be noise: single errors in the log or over HTTP, late
// or duplicate records (they are counted right), rebalances.
#include "daemon/generate/health.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr const char* kCritical = "critical";
constexpr const char* kWarning = "warning";
constexpr const char* kSilent = "none";  // only inhibits; nobody is told

// A partition that can't go on: Kafka says so, or there is something to read and nothing is read.
#define TM_STALLED                                                        \
  "max without (state) (tidemark_partition_health{J,state!=\"ok\"} == 1)" \
  " or (tidemark_partition_lag_records{J} > 0 and changes(tidemark_partition_next_offset{J}[10m]) == 0)"
// What follows from one of these is not told beside it.
#define TM_UNLESS_STALLED " unless on (job, instance) (" TM_STALLED ")"
#define TM_UNLESS_PAUSED " unless on (job, instance) tidemark_ingestion_paused{J} == 1"
#define TM_PARTITION "{LABELS,topic=\"t\",partition=\"1\"}"

const std::vector<HealthRow>& Storage() {
  static const std::vector<HealthRow> kRows = {
      {.name = "TidemarkCrashLooping", .severity = kWarning, .hold = "",
       .expr = "changes(process_start_time_seconds{J}[30m]) > 3",
       .summary = "tidemark restarts again and again.",
       .description = "{{ $labels.instance }} began anew {{ $value }} times within half an hour. The end of its log says why.",
       .inputs = {{"process_start_time_seconds{LABELS}", "+0", "+60"}}},
      {.name = "TidemarkIngestionPaused", .severity = kCritical, .hold = "1m", .doubt = Doubt::kAll,
       .expr = "tidemark_ingestion_paused{J} == 1",
       .summary = "tidemark reads nothing, for want of disk space.",
       .description = "The file system of the state of {{ $labels.instance }} has less left than limits.min_free_disk. It goes on by itself once there is room.",
       .inputs = {{"tidemark_ingestion_paused{LABELS}", "0", "1"}}},
      {.name = "TidemarkDiskNearlyFull", .severity = kWarning, .hold = "10m",
       .expr = "tidemark_storage_free_bytes{J} < 2 * tidemark_storage_min_free_bytes{J}" TM_UNLESS_PAUSED,
       .summary = "The disk of tidemark's state is nearly full.",
       .description = "{{ $value | humanize1024 }}B are left for {{ $labels.instance }}; ingestion pauses at limits.min_free_disk, not far below.",
       .inputs = {{"tidemark_storage_free_bytes{LABELS}", "900", "150"}, {"tidemark_storage_min_free_bytes{LABELS}", "100", "100"}}},
      {.name = "TidemarkCommitsFailing", .severity = kCritical, .hold = "", .doubt = Doubt::kAll, .at_once = true,
       .expr = "increase(tidemark_commit_failures_total{J}[10m]) > 0" TM_UNLESS_PAUSED,
       .summary = "tidemark can't write its state.",
       .description = "{{ $labels.instance }} failed to commit. A daemon that can't write ends, and begins again where it was.",
       .inputs = {{"tidemark_commit_failures_total{LABELS}", "+0", "+1"}}},
      {.name = "TidemarkMemoryHigh", .severity = kWarning, .hold = "30m",
       .expr = "process_resident_memory_bytes{J} > ignoring (component) 0.95 * tidemark_memory_budget_bytes{J,component=\"total\"}",
       .summary = "tidemark is at the end of its memory budget.",
       .description = "{{ $labels.instance }} has {{ $value | humanize1024 }}B in use. What goes beyond the container's limit ends the process.",
       .inputs = {{"process_resident_memory_bytes{LABELS}", "50", "99"}, {"tidemark_memory_budget_bytes{LABELS,component=\"total\"}", "100", "100"}}},
  };
  return kRows;
}

const std::vector<HealthRow>& Reading() {
  static const std::vector<HealthRow> kRows = {
      {.name = "TidemarkPartitionStalled", .severity = kCritical, .hold = "5m", .doubt = Doubt::kTopic,
       .expr = "(" TM_STALLED ")" TM_UNLESS_PAUSED,
       .summary = "A partition is not being read.",
       .description = "Partition {{ $labels.partition }} of {{ $labels.topic }} can't be read, or is not. The log and /-/ready say why.",
       .inputs = {{"tidemark_partition_health{LABELS,topic=\"t\",partition=\"1\",state=\"halted\"}", "0", "1"}},
       .labels = {{"topic", "t"}, {"partition", "1"}}},
      {.name = "TidemarkKafkaRefusing", .severity = kWarning, .hold = "5m",
       .expr = "increase(tidemark_kafka_refusals_total{J}[3m]) > 0",
       .summary = "Kafka does not let tidemark in.",
       .description = "{{ $labels.instance }} is refused by a password, a certificate or an ACL, and tries again and again. The log and /-/ready say which.",
       .inputs = {{"tidemark_kafka_refusals_total{LABELS}", "+0", "+3"}}},
      {.name = "TidemarkStateIncomplete", .severity = kWarning, .hold = "15m", .doubt = Doubt::kAll,
       .expr = "tidemark_state_complete{J} == 0" TM_UNLESS_STALLED TM_UNLESS_PAUSED,
       .summary = "tidemark has not got its numbers together.",
       .description = "{{ $labels.instance }} has been restoring its state, or waiting for partitions, for more than 15 minutes. /-/ready says what for.",
       .inputs = {{"tidemark_state_complete{LABELS}", "1", "0"}}},
      {.name = "TidemarkLagging", .severity = kWarning, .hold = "10m", .doubt = Doubt::kTopic,
       .expr = "max without (partition) (tidemark_partition_lag_seconds{J} > 300 and tidemark_partition_lag_records{J} > 0"
               " and changes(tidemark_partition_next_offset{J}[10m]) > 0)",
       .summary = "tidemark is behind the events.",
       .description = "What is shown of {{ $labels.topic }} is {{ $value | humanizeDuration }} old, although it is being read.",
       .inputs = {{"tidemark_partition_lag_seconds" TM_PARTITION, "4", "400"}, {"tidemark_partition_lag_records" TM_PARTITION, "9", "9"},
                  {"tidemark_partition_next_offset" TM_PARTITION, "+1", "+1"}},
       .labels = {{"topic", "t"}}},
      {.name = "TidemarkDataLost", .severity = kCritical, .hold = "", .at_once = true,
       .expr = "increase(tidemark_records_skipped_offsets_total{J}[1h]) > 0",
       .summary = "Records were deleted before tidemark read them.",
       .description = "{{ $value | printf \"%.0f\" }} offsets of {{ $labels.topic }} were stepped over: numbers are too low by what they held, and coverage says so.",
       .inputs = {{"tidemark_records_skipped_offsets_total{LABELS,topic=\"t\"}", "+0", "+5"}},
       .labels = {{"topic", "t"}}},
      {.name = "TidemarkRegistryFailing", .severity = kWarning, .hold = "5m",
       .expr = "tidemark_registry_up{J} == 0",
       .summary = "The schema registry does not answer.",
       .description = "{{ $labels.instance }} gets no schemas. What is written with schemas that it has goes on; a partition whose next record names another waits.",
       .inputs = {{"tidemark_registry_up{LABELS}", "1", "0"}},
       .when = &NamesSchemas},
      {.name = "TidemarkSchemaConflict", .severity = kCritical, .hold = "5m",
       .expr = "tidemark_registry_conflicting_schemas{J} > 0",
       .summary = "The schema registry has given out numbers again.",
       .description = "Under {{ $value }} numbers the registry has another schema than the one that {{ $labels.instance }} reads their records with. Was it set up anew?",
       .inputs = {{"tidemark_registry_conflicting_schemas{LABELS}", "0", "1"}},
       .when = &NamesSchemas},
      {.name = "TidemarkRecordsRejected", .severity = kWarning, .hold = "15m",
       .expr = "sum without (partition, result) (increase(tidemark_records_total{J,result=~\"quarantined|undecodable\"}[1h]))"
               " / sum without (partition) (increase(tidemark_records_read_total{J}[1h])) > 0.01",
       .summary = "More than one record in a hundred can't be counted.",
       .description = "{{ $value | humanizePercentage }} of the records of {{ $labels.topic }} within an hour have no usable time or can't be decoded; "
                      "tidemark_records_quarantined_total and tidemark_records_undecodable_total have the reasons.",
       .inputs = {{"tidemark_records_total{LABELS,topic=\"t\",partition=\"1\",result=\"undecodable\"}", "+0", "+50"},
                  {"tidemark_records_read_total" TM_PARTITION, "+100", "+100"}},
       .labels = {{"topic", "t"}}},
      {.name = "TidemarkRecordsNotMapped", .severity = kWarning, .hold = "15m",
       .expr = "sum without (result) (increase(tidemark_source_records_total{J,result=~\"rejected|unmapped\"}[1h]))"
               " / sum without (result) (increase(tidemark_source_records_total{J}[1h])) > 0.01",
       .summary = "More than one record in a hundred of a source gives no event.",
       .description = "{{ $value | humanizePercentage }} of the records of {{ $labels.topic }} within an hour are of no rule of their source, or hold what a field "
                      "doesn't want; tidemark_source_rejected_total has the fields.",
       .inputs = {{"tidemark_source_records_total{LABELS,topic=\"t\",result=\"rejected\"}", "+0", "+50"},
                  {"tidemark_source_records_total{LABELS,topic=\"t\",result=\"mapped\"}", "+100", "+100"}},
       .labels = {{"topic", "t"}},
       .when = &MapsRecords},
      {.name = "TidemarkSourceGaps", .severity = kWarning, .hold = "", .at_once = true,
       .expr = "increase(tidemark_source_records_total{J,result=\"gap\"}[1h]) > 0",
       .summary = "A source has lost changes, and says so.",
       .description = "{{ $value | printf \"%.0f\" }} records of {{ $labels.topic }} within an hour tell of changes that aren't there: numbers lack them.",
       .inputs = {{"tidemark_source_records_total{LABELS,topic=\"t\",result=\"gap\"}", "+0", "+5"}},
       .labels = {{"topic", "t"}, {"result", "gap"}},
       .when = [](const Plan& plan) {
         return std::any_of(plan.topics().begin(), plan.topics().end(),
                            [](const TopicPlan& topic) { return topic.mapper != nullptr && topic.mapper->spec().shape == MapShape::kSalesforceCdc; });
       }},
      {.name = "TidemarkDeadLettersFailing", .severity = kWarning, .hold = "5m",
       .expr = "tidemark_dead_letters_failing{J} == 1",
       .summary = "Dead letters can't be written.",
       .description = "{{ $labels.instance }} keeps records that can't be counted with its state, as long as there is room; then it stops reading where the next one lies. Its log says why.",
       .inputs = {{"tidemark_dead_letters_failing{LABELS}", "0", "1"}}},
  };
  return kRows;
}

// What is behind is of a KPI: partitions of other topics may be well.
#define TM_BEHIND "(time() - (tidemark_kpi_evaluation_timestamp_seconds{J} unless on (job, instance, kpi) tidemark_backfill_progress_ratio{J} unless on (job, instance, kpi) tidemark_kpi_held{J}))"

const std::vector<HealthRow>& Numbers() {
  static const std::vector<HealthRow> kRows = {
      {.name = "TidemarkKpiBehind", .severity = kSilent, .hold = "", .doubt = Doubt::kKpi, .at_once = true,
       .expr = TM_BEHIND " > 300",
       .summary = "The numbers of a KPI are not those of the present.",
       .description = "{{ $labels.kpi }} shows a moment {{ $value | humanizeDuration }} ago: its alerts wait.",
       .inputs = {{"tidemark_kpi_evaluation_timestamp_seconds{LABELS,kpi=\"k\"}", "t", "t-400"}},
       .labels = {{"kpi", "k"}}},
      {.name = "TidemarkKpiStale", .severity = kWarning, .hold = "5m",
       .expr = "max without (kpi) (" TM_BEHIND " > STALE)"
               " unless on (job, instance) tidemark_state_complete{J} == 0"
               " unless on (job, instance) (tidemark_partition_lag_seconds{J} > 300 and tidemark_partition_lag_records{J} > 0)" TM_UNLESS_STALLED TM_UNLESS_PAUSED,
       .summary = "The data that tidemark shows does not advance.",
       .description = "KPIs of {{ $labels.instance }} show a moment {{ $value | humanizeDuration }} ago, although nothing is left to read: "
                      "{{ range query (printf \"topk(5, time() - tidemark_kpi_evaluation_timestamp_seconds{job=%q,instance=%q} > 300)\" $labels.job $labels.instance) }}"
                      "{{ .Labels.kpi }} {{ end }}",
       .inputs = {{"tidemark_kpi_evaluation_timestamp_seconds{LABELS,kpi=\"k\"}", "t", "t-9000"}}},
      {.name = "TidemarkSeriesLimit", .severity = kWarning, .hold = "15m",
       .expr = "tidemark_kpi_series{J} > 0.9 * tidemark_kpi_series_limit{J}",
       .summary = "A KPI has nearly all the series that it may have.",
       .description = "{{ $labels.kpi }} has {{ $value }} series; beyond max_series new label values are counted in __other__.",
       .inputs = {{"tidemark_kpi_series{LABELS,kpi=\"k\"}", "5", "99"}, {"tidemark_kpi_series_limit{LABELS,kpi=\"k\"}", "100", "100"}},
       .labels = {{"kpi", "k"}}},
      {.name = "TidemarkEntitiesLimit", .severity = kCritical, .hold = "15m",
       .expr = "tidemark_entities{J} > 0.9 * tidemark_entities_limit{J}",
       .summary = "tidemark has nearly all the ids that it may store.",
       .description = "{{ $value | printf \"%.0f\" }} ids are stored; at limits.max_entities KPIs that find no room are withheld.",
       .inputs = {{"tidemark_entities{LABELS}", "5", "99"}, {"tidemark_entities_limit{LABELS}", "100", "100"}},
       .when = [](const Plan& plan) { return plan.limits().max_entities > 0; }},
      {.name = "TidemarkSourceOverdue", .severity = kWarning, .hold = "2m", .doubt = Doubt::kSource,
       .expr = "tidemark_source_overdue{J} == 1" TM_UNLESS_STALLED TM_UNLESS_PAUSED,
       .summary = "A source of events has fallen silent.",
       .description = "Nothing was heard of {{ $labels.source }} for longer than its expect_every. Is its connector running?",
       .inputs = {{"tidemark_source_overdue{LABELS,source=\"s\"}", "0", "1"}},
       .labels = {{"source", "s"}},
       .when = [](const Plan& plan) { return !plan.sources().empty(); }},
      {.name = "TidemarkConfigReloadFailed", .severity = kWarning, .hold = "5m",
       .expr = "tidemark_config_last_reload_successful{J} == 0",
       .summary = "tidemark refused its changed configuration.",
       .description = "{{ $labels.instance }} goes on with the old one. Its log has every mistake with file, line and column.",
       .inputs = {{"tidemark_config_last_reload_successful{LABELS}", "1", "0"}}},
      {.name = "TidemarkWebConfigReloadFailed", .severity = kWarning, .hold = "5m",
       .expr = "tidemark_web_config_last_reload_successful{J} == 0",
       .summary = "tidemark refused its changed web configuration.",
       .description = "{{ $labels.instance }} goes on with the certificate and passwords that it had; a certificate that runs out ends every scrape.",
       .inputs = {{"tidemark_web_config_last_reload_successful{LABELS}", "1", "0"}}},
      {.name = "TidemarkTableReloadFailed", .severity = kWarning, .hold = "5m",
       .expr = "tidemark_table_reload_success{J} == 0 or increase(tidemark_table_reload_failures_total{J}[1h]) > 0",
       .summary = "A changed table was refused.",
       .description = "The table {{ $labels.table }} is, in whole or in part, as it was before. The log says where it is wrong.",
       .inputs = {{"tidemark_table_reload_success{LABELS,table=\"reps\"}", "1", "0"}},
       .labels = {{"table", "reps"}},
       .when = [](const Plan& plan) { return !plan.lookups().empty(); }},
  };
  return kRows;
}

}  // namespace

bool MapsRecords(const Plan& plan) {
  return std::any_of(plan.topics().begin(), plan.topics().end(), [](const TopicPlan& topic) { return topic.mapper != nullptr; });
}

bool NamesSchemas(const Plan& plan) {
  return std::any_of(plan.topics().begin(), plan.topics().end(), [](const TopicPlan& topic) { return topic.mapper != nullptr && topic.mapper->wants_schemas(); });
}

std::vector<HealthRow> HealthRows() {
  std::vector<HealthRow> rows;
  for (const auto* some : {&Storage(), &Reading(), &Numbers()}) rows.insert(rows.end(), some->begin(), some->end());
  return rows;
}

}  // namespace tidemark
