#include "daemon/own_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/clock.h"
#include "daemon/family_builder.h"
#include "daemon/log.h"
#include "daemon/process_stats.h"
#include "daemon/version.h"
#include "daemon/view_metrics.h"

namespace tidemark {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// Series that are fixed for the life of the process live in the registry; the rest is collected anew.
class Collector final : public prometheus::Collectable {
 public:
  std::vector<MetricFamily> Collect() const override {
    const ProcessStats p = ReadProcessStats();
    std::vector<MetricFamily> families;
    const auto add = [&](const char* name, const char* help, MetricType type, double value) {
      families.push_back(std::move(FamilyBuilder(name, help, type).Add(value)).Take());
    };
    add("process_cpu_seconds_total", "User and system CPU time spent.", MetricType::Counter, p.cpu_seconds);
    add("process_start_time_seconds", "Start of the process since the epoch.", MetricType::Gauge, p.start_time_seconds);
    add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, static_cast<double>(p.resident_bytes));
    add("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, static_cast<double>(p.virtual_bytes));
    add("process_open_fds", "Open file descriptors.", MetricType::Gauge, static_cast<double>(p.open_fds));
    add("process_max_fds", "File descriptors that may be open.", MetricType::Gauge, static_cast<double>(p.max_fds));
    add("process_threads", "Threads of the process.", MetricType::Gauge, static_cast<double>(p.threads));
    FamilyBuilder lines("tidemark_log_lines_total", "Log lines by level.", MetricType::Counter);
    for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
      lines.Add(static_cast<double>(LogLines(level)), {{"level", std::string(ToString(level))}});
    }
    families.push_back(std::move(lines).Take());
    const BuildInfo& build = TheBuild();
    FamilyBuilder info("tidemark_build_info", "Version, source revision and compiler of the binary.",
                       MetricType::Gauge);
    info.Add(1.0, {{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}});
    families.push_back(std::move(info).Take());
    return families;
  }
};

std::vector<MetricFamily> CollectAdapters(const AdapterStats& stats) {
  std::vector<MetricFamily> families;
  const auto add = [&](const std::string& name, const std::string& help, MetricType type, double value) {
    families.push_back(std::move(FamilyBuilder(name, help, type).Add(value)).Take());
  };
  const auto words = [](std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
  };
  for (const auto& [name, value] : stats.rocksdb) {
    add("tidemark_rocksdb_" + name, "RocksDB: " + words(name) + ".", MetricType::Gauge, value);
  }
  for (const auto& [name, value] : stats.kafka_counters) {
    add("tidemark_kafka_" + name + "_total", "Kafka client: " + words(name) + ".", MetricType::Counter, value);
  }
  if (!stats.kafka_counters.empty()) {
    add("tidemark_kafka_queued_bytes", "Records fetched from Kafka and not taken yet.", MetricType::Gauge,
        stats.kafka_queued_bytes);
  }
  if (stats.storage_min_free_bytes > 0) {
    add("tidemark_storage_free_bytes", "Free space of the file system of the state.", MetricType::Gauge, stats.storage_free_bytes);
    add("tidemark_storage_min_free_bytes", "Free space below which ingestion pauses.", MetricType::Gauge, stats.storage_min_free_bytes);
    add("tidemark_ingestion_paused", "1 while nothing is read for want of disk space.", MetricType::Gauge, stats.paused ? 1 : 0);
  }
  return families;
}

std::vector<MetricFamily> CollectTables(const std::vector<TableState>& tables) {
  if (tables.empty()) return {};
  FamilyBuilder ok("tidemark_table_reload_success", "1 when the last attempt to read the table's file, or topic, succeeded.",
                   MetricType::Gauge);
  FamilyBuilder at("tidemark_table_reload_timestamp_seconds", "When the table's contents in use were read.",
                   MetricType::Gauge);
  FamilyBuilder failures("tidemark_table_reload_failures_total", "Changed files, or records, of the table that were refused.",
                         MetricType::Counter);
  FamilyBuilder rows("tidemark_table_rows", "Rows of the table.", MetricType::Gauge);
  FamilyBuilder bytes("tidemark_table_size_bytes", "Memory of the table's contents in use.", MetricType::Gauge);
  for (const TableState& table : tables) {
    const LabelPairs labels = {{"table", table.name}};
    ok.Add(table.ok ? 1.0 : 0.0, labels);
    at.Add(Seconds(table.loaded), labels);
    failures.Add(table.failures, labels);
    rows.Add(static_cast<double>(table.rows), labels);
    bytes.Add(static_cast<double>(table.bytes), labels);
  }
  std::vector<MetricFamily> families;
  for (FamilyBuilder* f : {&ok, &at, &failures, &rows, &bytes}) families.push_back(std::move(*f).Take());
  return families;
}

std::vector<MetricFamily> CollectBackFill(const BackFillState& backfill) {
  if (backfill.kpis.empty()) return {};
  FamilyBuilder done("tidemark_backfill_progress_ratio",
                     "Share of the retained records that were counted for the KPI, which is shown once it has caught up with the others.",
                     MetricType::Gauge);
  for (const std::string& kpi : backfill.kpis) done.Add(backfill.done, {{"kpi", kpi}});
  FamilyBuilder left("tidemark_backfill_remaining_records", "Records that the back-fill has still to read.", MetricType::Gauge);
  left.Add(static_cast<double>(backfill.records_left));
  std::vector<MetricFamily> families;
  for (FamilyBuilder* f : {&done, &left}) families.push_back(std::move(*f).Take());
  return families;
}

std::vector<MetricFamily> CollectRegistry(const std::optional<RegistryState>& registry) {
  if (!registry) return {};
  FamilyBuilder requests("tidemark_registry_requests_total", "Requests to the schema registry by status code; none: there was no answer.", MetricType::Counter);
  for (const auto& [code, n] : registry->requests) requests.Add(n, {{"code", code == 0 ? "none" : std::to_string(code)}});
  FamilyBuilder conflicts("tidemark_registry_conflicting_schemas", "Schemas that the registry has other texts of than those that are kept and used.",
                          MetricType::Gauge);
  conflicts.Add(static_cast<double>(registry->conflicts));
  std::vector<MetricFamily> families;
  families.push_back(std::move(requests).Take());
  families.push_back(std::move(conflicts).Take());
  if (registry->up) {
    FamilyBuilder up("tidemark_registry_up", "1 when the last request to the schema registry was answered with a schema, or that there is none.", MetricType::Gauge);
    families.push_back(std::move(up.Add(*registry->up ? 1.0 : 0.0)).Take());
  }
  return families;
}

std::vector<MetricFamily> CollectBackups(const std::optional<BackupState>& backups) {
  if (!backups) return {};
  FamilyBuilder made("tidemark_backups_total", "Backups of the state that were asked for, by how they ended.", MetricType::Counter);
  made.Add(static_cast<double>(backups->made), {{"result", "made"}});
  made.Add(static_cast<double>(backups->failed), {{"result", "failed"}});
  std::vector<MetricFamily> families;
  families.push_back(std::move(made).Take());
  if (backups->last != WallTime{}) {
    FamilyBuilder last("tidemark_backup_last_success_timestamp_seconds", "When the newest backup on the state's volume was taken.",
                       MetricType::Gauge);
    last.Add(Seconds(backups->last));
    families.push_back(std::move(last).Take());
  }
  return families;
}

std::vector<MetricFamily> CollectDeadLetters(const std::optional<DeadLetterState>& letters) {
  if (!letters) return {};
  FamilyBuilder delivered("tidemark_dead_letters_total", "Records that could not be counted and were written to the topic of dead letters, by where they came from.",
                          MetricType::Counter);
  for (const DeadLetterState::Kind& kind : letters->kinds) {
    delivered.Add(static_cast<double>(kind.delivered), {{"source", kind.source}, {"topic", kind.topic}, {"reason", kind.reason}});
  }
  FamilyBuilder failures("tidemark_dead_letters_failures_total", "Attempts to write a dead letter that failed; each is tried again.", MetricType::Counter);
  failures.Add(static_cast<double>(letters->failures));
  FamilyBuilder waiting("tidemark_dead_letters_waiting", "Dead letters that are not written yet.", MetricType::Gauge);
  waiting.Add(static_cast<double>(letters->waiting));
  FamilyBuilder failing("tidemark_dead_letters_failing", "1 while the topic of dead letters can't be written.", MetricType::Gauge);
  failing.Add(letters->failing ? 1.0 : 0.0);
  std::vector<MetricFamily> families;
  for (FamilyBuilder* f : {&delivered, &failures, &waiting, &failing}) families.push_back(std::move(*f).Take());
  return families;
}

void Append(std::vector<MetricFamily> more, std::vector<MetricFamily>* families) {
  std::move(more.begin(), more.end(), std::back_inserter(*families));
}

}  // namespace

struct OwnMetrics::Parts {
  explicit Parts(const MemoryPlan& m)
      : memory(m),
        requests(prometheus::BuildCounter()
                     .Name("tidemark_http_requests_total")
                     .Help("HTTP requests by handler and status code.")
                     .Register(registry)),
        scrapes(prometheus::BuildHistogram()
                    .Name("tidemark_scrape_duration_seconds")
                    .Help("Time to make the body of a scrape.")
                    .Register(registry)
                    .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                                     0.1, 0.25, 0.5, 1, 2.5})),
        config_ok(prometheus::BuildGauge()
                      .Name("tidemark_config_last_reload_successful")
                      .Help("1 when the last attempt to load the configuration succeeded.")
                      .Register(registry)
                      .Add({})),
        config_at(prometheus::BuildGauge()
                      .Name("tidemark_config_last_reload_success_timestamp_seconds")
                      .Help("When a configuration was last loaded.")
                      .Register(registry)
                      .Add({})) {}

  const MemoryPlan memory;
  prometheus::Registry registry;
  Collector collector;
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Histogram& scrapes;
  prometheus::Gauge& config_ok;
  prometheus::Gauge& config_at;
  std::mutex mu;
  AdapterStats adapters;           // GUARDED_BY(mu)
  std::vector<TableState> tables;  // GUARDED_BY(mu)
  BackFillState backfill;          // GUARDED_BY(mu)
  std::optional<RegistryState> schemas;  // GUARDED_BY(mu): where they come from
  std::optional<BackupState> backups;  // GUARDED_BY(mu)
  std::optional<DeadLetterState> letters;  // GUARDED_BY(mu)
};

OwnMetrics::OwnMetrics(const MemoryPlan& memory) : parts_(std::make_unique<Parts>(memory)) {}
OwnMetrics::~OwnMetrics() = default;

void OwnMetrics::CountRequest(const char* handler, unsigned code) {
  parts_->requests.Add({{"handler", handler}, {"code", std::to_string(code)}}).Increment();
}

void OwnMetrics::ObserveScrape(Duration took) { parts_->scrapes.Observe(Seconds(took)); }

void OwnMetrics::SetConfigLoad(bool successful, WallTime at) {
  parts_->config_ok.Set(successful ? 1 : 0);
  if (successful) parts_->config_at.Set(Seconds(at));
}

void OwnMetrics::SetWebConfigLoad(bool successful, WallTime at) {
  const auto gauge = [&](const char* name, const char* help) -> prometheus::Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(parts_->registry).Add({});
  };
  gauge("tidemark_web_config_last_reload_successful", "Whether the last --web.config.file was taken (1) or refused (0).").Set(successful ? 1 : 0);
  if (!successful) return;
  gauge("tidemark_web_config_last_reload_success_timestamp_seconds", "When a --web.config.file was taken last.").Set(Seconds(at));
}

void OwnMetrics::SetAdapterStats(AdapterStats stats) {
  const std::lock_guard lock(parts_->mu);
  parts_->adapters = std::move(stats);
}

void OwnMetrics::SetTables(std::vector<TableState> tables) {
  const std::lock_guard lock(parts_->mu);
  parts_->tables = std::move(tables);
}

void OwnMetrics::SetBackFill(BackFillState backfill) {
  const std::lock_guard lock(parts_->mu);
  parts_->backfill = std::move(backfill);
}

void OwnMetrics::SetRegistry(std::optional<RegistryState> registry) {
  const std::lock_guard lock(parts_->mu);
  parts_->schemas = std::move(registry);
}

void OwnMetrics::SetBackups(BackupState backups) {
  const std::lock_guard lock(parts_->mu);
  parts_->backups = backups;
}

void OwnMetrics::SetDeadLetters(std::optional<DeadLetterState> letters) {
  const std::lock_guard lock(parts_->mu);
  parts_->letters = std::move(letters);
}

void OwnMetrics::Write(const View* view, TextFormat format, TextBuffer* out) const {
  std::vector<MetricFamily> families = parts_->registry.Collect();
  Append(parts_->collector.Collect(), &families);
  {
    const std::lock_guard lock(parts_->mu);
    Append(CollectAdapters(parts_->adapters), &families);
    Append(CollectTables(parts_->tables), &families);
    Append(CollectBackFill(parts_->backfill), &families);
    Append(CollectRegistry(parts_->schemas), &families);
    Append(CollectBackups(parts_->backups), &families);
    Append(CollectDeadLetters(parts_->letters), &families);
  }
  if (view != nullptr) {
    Append(CollectRecords(*view), &families);
    Append(CollectPartitions(*view, WallNow()), &families);
    Append(CollectSources(*view), &families);
    Append(CollectMappings(*view), &families);
    Append(CollectEngine(*view, parts_->memory), &families);
  }
  WriteFamilies(families, format, out);
  if (format == TextFormat::kOpenMetrics) out->Append("# EOF\n");
}

}  // namespace tidemark
