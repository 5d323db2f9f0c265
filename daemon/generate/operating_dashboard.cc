// The dashboard of those who run the daemon: can its numbers be trusted, does it keep up, what does it need.
#include "daemon/generate/dashboards.h"

#include <algorithm>

#include "daemon/generate/health.h"
#include "daemon/generate/kpi_query.h"

namespace tidemark {
namespace {

using Kind = Panel::Kind;

struct Query {
  std::string_view expr;
  const char* legend = "";
};

Panel Lines(const char* title, const char* description, const char* unit, std::vector<Query> queries, int width = 8) {
  Panel panel{.kind = Kind::kTimeSeries, .title = title, .description = description, .unit = unit, .width = width, .height = 8,
              .queries = {}, .from_zero = true};
  for (const Query& query : queries) panel.queries.push_back({OfJob(query.expr), query.legend});
  return panel;
}

Panel Number(const char* title, const char* description, const char* unit, std::string_view expr, ColourSteps colours = {}) {
  return {.kind = Kind::kStat, .title = title, .description = description, .unit = unit, .width = 4, .height = 4,
          .queries = {{OfJob(expr), ""}}, .colours = std::move(colours)};
}

Panel YesNo(const char* title, const char* description, std::string_view expr) {
  Panel panel = Number(title, description, "short", expr, {{0, "red"}, {1, "green"}});
  panel.mappings = {{"0", "red:no"}, {"1", "green:yes"}};
  panel.queries[0].instant = true;
  return panel;
}

Row Trust() {
  return {.title = "Can the numbers be trusted", .panels = {
      YesNo("Scraped", "Prometheus reaches the daemon.", "min(up{})"),
      YesNo("Complete", "Everything assigned is restored, readable and counted in; until then KPIs are not shown.",
          "min(tidemark_state_complete{})"),
      YesNo("Caught up", "Complete, and event time is close to the present.", "min(tidemark_caught_up{})"),
      YesNo("Configuration", "The last attempt to read the configuration succeeded; else the old one is in use.",
          "min(tidemark_config_last_reload_successful{})"),
      Number("Behind", "The partition that is known least far: how long ago that is. Windows are read at that time.", "s",
             "max(tidemark_partition_lag_seconds{})", {{0, "green"}, {60, "orange"}, {300, "red"}}),
      Number("Least coverage of a day", "The smallest share of the last 24 hours of which a KPI knows the events.", "percentunit",
             "min(tidemark_kpi_coverage_ratio{window=\"24h\"})", {{0, "red"}, {0.9, "orange"}, {0.99, "green"}})}};
}

Row Reading() {
  return {.title = "Reading", .panels = {
      Lines("Records", "Records read each second, by what became of them.", "ops",
          {{"sum by (result) (rate(tidemark_records_total{}[$__rate_interval]))", "{{result}}"}}),
      Lines("Records to read", "Between the end of each topic's log and what is committed.", "short",
          {{"sum by (topic) (tidemark_partition_lag_records{})", "{{topic}}"}}),
      Lines("Time behind", "How far what is known of each partition is behind the present; the ten furthest.", "s",
            {{"topk(10, max by (topic, partition) (tidemark_partition_lag_seconds{}))", "{{topic}}/{{partition}}"}}),
      Lines("Refused records", "Records a second that can't be counted: undecodable, or of no usable time.", "ops",
            {{"sum by (reason) (rate(tidemark_records_undecodable_total{}[$__rate_interval]))", "undecodable: {{reason}}"},
             {"sum by (reason) (rate(tidemark_records_quarantined_total{}[$__rate_interval]))", "quarantined: {{reason}}"}}),
      Lines("Late, repeated, lost", "Late records still count; lost offsets were gone from Kafka before they were read.", "ops",
            {{"sum(rate(tidemark_records_late_total{}[$__rate_interval]))", "late"},
             {"sum(rate(tidemark_records_total{result=\"duplicate\"}[$__rate_interval]))", "repeated"},
             {"sum(rate(tidemark_records_too_old_to_dedup_total{}[$__rate_interval]))", "too old to tell"},
             {"sum(rate(tidemark_records_skipped_offsets_total{}[$__rate_interval]))", "lost"}}),
      Lines("Partitions", "Partitions by state; those that event time does not wait for.", "short",
            {{"sum by (state) (tidemark_partition_health{})", "{{state}}"},
             {"count(tidemark_partition_holds_time{} == 0) or vector(0)", "not waited for"}})}};
}

Row Kpis() {
  return {.title = "KPIs", .panels = {
      Lines("Events of KPIs", "What becomes of the events that KPIs read.", "ops",
          {{"sum by (result) (rate(tidemark_kpi_events_total{}[$__rate_interval]))", "{{result}}"}}),
      {.kind = Kind::kBarGauge, .title = "Series, of those allowed",
          .description = "At the limit further series are counted together, as __other__. The ten fullest.",
       .unit = "percentunit", .width = 8, .height = 8,
       .queries = {{OfJob("sort_desc(topk(10, max by (kpi) (tidemark_kpi_series{} / tidemark_kpi_series_limit{})))"), "{{kpi}}",
           true}},
       .colours = {{0, "green"}, {0.7, "orange"}, {0.9, "red"}}, .from_zero = true, .max = 1},
      {.kind = Kind::kBarGauge, .title = "Least coverage",
       .description = "KPIs and windows of which least is known; less than 100 % while they are younger than their window.",
       .unit = "percentunit", .width = 8, .height = 8,
       .queries = {{OfJob("sort(bottomk(10, min by (kpi, window) (tidemark_kpi_coverage_ratio{})))"), "{{kpi}}, {{window}}", true}},
       .from_zero = true, .max = 1}}};
}

Row State() {
  return {.title = "State", .collapsed = true, .panels = {
      Lines("Commits", "Commits each second, and those that failed.", "ops",
            {{"sum(rate(tidemark_commits_total{}[$__rate_interval]))", "commits"},
                {"sum(rate(tidemark_commit_failures_total{}[$__rate_interval]))", "failures"}}),
      Lines("Time of a commit", "Half and 99 of 100 commits take less.", "s",
            {{"histogram_quantile(0.5, sum by (le) (rate(tidemark_commit_duration_seconds_bucket{}[$__rate_interval])))", "median"},
             {"histogram_quantile(0.99, sum by (le) (rate(tidemark_commit_duration_seconds_bucket{}[$__rate_interval])))", "p99"}}),
      Lines("Size of a commit", "Bytes that the last commit wrote.", "bytes", {{"max(tidemark_last_commit_size_bytes{})",
          "bytes"}}),
      Lines("Ids", "Leads, deals, customers and other ids that something is stored of.", "short", {{"max(tidemark_entities{})",
          "ids"}}),
      Lines("Duplicates are found within", "Event time by topic; shorter than configured when there are more ids than may be kept.", "s",
            {{"min by (topic) (tidemark_dedup_horizon_seconds{})", "{{topic}}"}}),
      Lines("RocksDB", "Files of the state, and what waits to be compacted.", "bytes",
            {{"max(tidemark_rocksdb_live_sst_bytes{})", "files"}, {"max(tidemark_rocksdb_pending_compaction_bytes{})",
                "to be compacted"}}),
      Lines("Free space", "Where the state is; at the lower line reading pauses.", "bytes",
            {{"min(tidemark_storage_free_bytes{})", "free"}, {"max(tidemark_storage_min_free_bytes{})", "reading pauses below"}}),
      Lines("Writes held up", "1 while RocksDB takes no writes; errors in its background work.", "short",
            {{"max(tidemark_rocksdb_write_stopped{})", "stopped"}, {"max(tidemark_rocksdb_background_errors{})", "errors"}}),
      Lines("Kafka", "Errors each second, by what was asked of the brokers.", "ops",
            {{"sum(rate(tidemark_kafka_broker_errors_total{}[$__rate_interval]))", "broker"},
             {"sum(rate(tidemark_kafka_fetch_errors_total{}[$__rate_interval]))", "fetch"},
             {"sum(rate(tidemark_kafka_log_end_proof_failures_total{}[$__rate_interval]))", "end of log"}})}};
}

Row ProcessRow() {
  return {.title = "Process", .collapsed = true, .panels = {
      Lines("Processor", "Processors that it keeps busy.", "short", {{"sum(rate(process_cpu_seconds_total{}[$__rate_interval]))",
          "busy"}}),
      Lines("Memory", "What the process has, and what it may have.", "bytes",
            {{"max(process_resident_memory_bytes{})", "resident"}, {"sum(tidemark_memory_budget_bytes{})", "budget"}}),
      Lines("Memory by component", "What the parts use.", "bytes", {{"max by (component) (tidemark_memory_bytes{})",
          "{{component}}"}}),
      Lines("HTTP", "Requests each second, by handler and status.", "reqps",
          {{"sum by (handler, code) (rate(tidemark_http_requests_total{}[$__rate_interval]))", "{{handler}} {{code}}"}}),
      Lines("Time of a scrape", "99 of 100 are made in less.", "s",
            {{"histogram_quantile(0.99, sum by (le) (rate(tidemark_scrape_duration_seconds_bucket{}[$__rate_interval])))", "p99"}}),
      Lines("Log lines", "Lines each second, by level.", "ops",
          {{"sum by (level) (rate(tidemark_log_lines_total{}[$__rate_interval]))", "{{level}}"}}),
      Number("Since", "When the process started.", "dateTimeFromNow", "max(process_start_time_seconds{}) * 1000"),
      Number("Open files", "File descriptors, as a share of those allowed.", "percentunit",
          "max(process_open_fds{} / process_max_fds{})", {{0, "green"}, {0.7, "orange"}, {0.9, "red"}}),
      {.kind = Kind::kStat, .title = "Version", .description = "Of the binary that runs.", .width = 8, .height = 4,
       .queries = {{OfJob("max by (version) (tidemark_build_info{})"), "{{version}}", true}}, .show_name = true}}};
}

// What becomes of the records of topics that a source maps.
Row MappedRecords(const Plan& plan) {
  Row row{.title = "Mapped records", .panels = {
      Lines("Records of sources", "Records a second, by what became of them: unmapped is what no rule is about, rejected what holds a value that a field doesn't want.", "ops",
            {{"sum by (topic, result) (rate(tidemark_source_records_total{}[$__rate_interval]))", "{{topic}}: {{result}}"}}),
      Lines("Rejected, by field", "Records a second; the ten fields of which most are rejected.", "ops",
            {{"topk(10, sum by (source, event, field) (rate(tidemark_source_rejected_total{}[$__rate_interval])))", "{{source}}: {{event}} {{field}}"}}),
      Lines("Fields that were not there", "Events a second for which a rule found nothing for a field. Of one that used to be there the source has changed. The ten most frequent.", "ops",
            {{"topk(10, sum by (source, event, field) (rate(tidemark_source_missing_total{}[$__rate_interval])))", "{{source}}: {{event}} {{field}}"}}),
      Lines("Delay of sources", "How long events had happened when Kafka got their records; half and 99 of 100 take less.", "s",
            {{"histogram_quantile(0.5, sum by (source, le) (rate(tidemark_source_delay_seconds_bucket{}[$__rate_interval])))", "{{source}}, median"},
             {"histogram_quantile(0.99, sum by (source, le) (rate(tidemark_source_delay_seconds_bucket{}[$__rate_interval])))", "{{source}}, p99"}}),
      Lines("Dead letters", "Records that can't be counted, written to their topic each second, by where they came from; and how many aren't written yet.", "short",
            {{"sum by (topic, reason) (rate(tidemark_dead_letters_total{}[$__rate_interval]))", "{{topic}}: {{reason}}"}, {"max(tidemark_dead_letters_waiting{})", "waiting"}})}};
  if (!NamesSchemas(plan)) return row;
  row.panels.push_back(Lines("Waiting for schemas", "Partitions whose next record names a schema that isn't here, and for how long.", "s",
                             {{"max by (topic, partition) (tidemark_partition_schema_wait_seconds{})", "{{topic}}/{{partition}}"}}));
  row.panels.push_back(Lines("Schema registry", "Requests each second by status, none where there was no answer; schemas that it has another text of than is used.", "short",
                             {{"sum by (code) (rate(tidemark_registry_requests_total{}[$__rate_interval]))", "{{code}}"},
                              {"max(tidemark_registry_conflicting_schemas{})", "conflicting"}}));
  return row;
}

Row Sources(const Plan& plan) {
  Row row{.title = "Sources", .panels = {
      Lines("Overdue sources", "1 while a source was not heard for longer than it may be.", "short",
          {{"max by (source) (tidemark_source_overdue{})", "{{source}}"}}, 12),
      Lines("Silence of sources", "Time since a source's latest event.", "s",
          {{"time() - max by (source) (tidemark_source_last_event_timestamp_seconds{})", "{{source}}"}}, 12)}};
  const bool batches = std::any_of(plan.sources().begin(), plan.sources().end(), [](const SourcePlan& source) { return source.complete_after.has_value(); });
  if (!batches) return row;
  row.panels.push_back(Lines("Batches are complete until", "How long ago that is; the KPIs that they feed end there.", "s",
                             {{"time() - max by (source) (tidemark_source_complete_through_timestamp_seconds{})", "{{source}}"}}, 12));
  row.panels.push_back(Lines("KPIs that wait for batches", "How many show what is complete, and not the present.", "short", {{"sum(tidemark_kpi_held{})", "KPIs"}}, 12));
  return row;
}

}  // namespace

std::vector<Variable> CommonVariables() {
  return {{.kind = Variable::Kind::kDatasource, .name = "datasource", .label = "Data source"},
          {.name = "job", .label = "tidemark", .query = "label_values(tidemark_build_info, job)"}};
}

Annotation Restarts() {
  return {.name = "Starts of the daemon", .colour = "blue", .expr = OfJob("process_start_time_seconds{} * 1000"),
      .title = "tidemark started",
          .text = "{{instance}}", .at_value = true};
}

Dashboard OperatingDashboard(const Plan& plan) {
  Dashboard dashboard{.uid = "tidemark-operations", .title = "Operating tidemark",
                      .description = "For those who run the daemon: can its numbers be trusted, does it keep up, what does it need.",
                      .tags = {"tidemark", "operations"}, .from = "now-3h",
                          .variables = CommonVariables(), .annotations = {Restarts()},
                      .rows = {Trust(), Reading(), Kpis()}};
  dashboard.annotations.push_back({.name = "Configuration", .colour = "purple",
      .expr = OfJob("tidemark_config_last_reload_success_timestamp_seconds{} * 1000"),
                                   .title = "Configuration loaded", .text = "{{instance}}", .at_value = true});
  if (MapsRecords(plan)) dashboard.rows.push_back(MappedRecords(plan));
  if (!plan.sources().empty()) dashboard.rows.push_back(Sources(plan));
  dashboard.rows.push_back(State());
  dashboard.rows.push_back(ProcessRow());
  return dashboard;
}

std::vector<Dashboard> DashboardsOf(const Plan& plan, const DashboardOptions& options) {
  std::vector<Dashboard> dashboards = SalesDashboards(plan, options);
  dashboards.push_back(OperatingDashboard(plan));
  return dashboards;
}

}  // namespace tidemark
