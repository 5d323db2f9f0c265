// `state inspect` and `state verify`: what a state directory holds, read only, also while a daemon uses it.
#include <iostream>

#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/frozen_store.h"
#include "daemon/idle_source.h"
#include "daemon/view_metrics.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/import.h"
#include "pipeline/engine/verify.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

struct FamilyName {
  Family family;
  const char* name;
  const char* what;
};
constexpr FamilyName kFamilies[kFamilyCount] = {
    {Family::kMeta, "meta", "registry, partitions, clocks, counters, alerts"},
    {Family::kRows, "rows", "series with their accumulators"},
    {Family::kPanes, "panes", "disjoint pieces of event time"},
    {Family::kIds, "ids", "for finding duplicates"},
    {Family::kEntities, "entities", "what is known of customers, leads, deals, by id"}};

// Above every key: keys begin with a letter or a number of four bytes that never gets there.
const std::string kEnd(16, '\xff');

Status PrintFamilies(const Store& store, std::ostream* out) {
  for (const FamilyName& family : kFamilies) {
    uint64_t keys = 0, bytes = 0;
    // Reading a block checks its checksum, so this finds whatever the disk has done to it.
    TM_RETURN_IF_ERROR(store
                           .Scan(family.family, "", kEnd,
                                 [&](std::string_view key, std::string_view value) {
                                   ++keys;
                                   bytes += key.size() + value.size();
                                   return true;
                                 })
                           .In(std::string("family ") + family.name));
    *out << "  " << family.name << std::string(8 - std::string(family.name).size(), ' ') << keys << " keys, " << bytes
         << " bytes: " << family.what << "\n";
  }
  return Status::Ok();
}

void PrintView(const View& view, std::ostream* out) {
  *out << "commit " << view.sequence() << "\npartitions\n";
  for (const PartitionView& p : view.partitions()) {
    *out << "  " << p.tp.topic << "/" << p.tp.partition << ": next offset " << p.next_offset.v
         << ", event time known through " << FormatRfc3339(p.known_through) << ", " << p.counts.read
         << " records read, " << p.counts.accepted << " accepted\n";
  }
  *out << "KPIs\n";
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiStatus& status = view.status(KpiId{k});
    *out << "  " << view.kpis()[k].name << ": " << status.series << " series, " << status.counts.counted
         << " events counted, as of " << FormatRfc3339(status.evaluated_at) << "\n";
  }
}

// Both laws, for everything that was restored.
Status CheckConservation(const View& view) {
  for (const PartitionView& p : view.partitions()) {
    const RecordCounts& c = p.counts;
    if (!c.AddUp()) {
      return Corrupt("partition " + p.tp.topic + "/" + std::to_string(p.tp.partition) + ": " + std::to_string(c.read) +
                     " records read, but the results don't add up to it");
    }
  }
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiCounts& c = view.status(KpiId{k}).counts;
    const int64_t sum = c.counted + c.filtered + c.late_dropped + c.overflowed + c.unmatched;
    if (sum != c.routed) {
      return Corrupt("KPI " + view.kpis()[k].name + ": " + std::to_string(c.routed) +
                     " events routed, but the results add up to " + std::to_string(sum));
    }
  }
  return Status::Ok();
}

// Every rolling window against the panes it was made of.
Status CompareWithPanes(const Store& store, std::ostream* out) {
  TM_ASSIGN_OR_RETURN(const VerifyReport report, VerifyState(store));
  *out << "  " << report.windows << " windows of " << report.rows << " series compared with " << report.panes << " panes\n";
  *out << "  " << report.shown << " parts of what was shown at whole hours, and " << report.entities << " entities, can be read\n";
  for (const std::string& mismatch : report.mismatches) *out << "  WRONG " << mismatch << "\n";
  if (report.mismatch_count == 0) return Status::Ok();
  return Corrupt(std::to_string(report.mismatch_count) + " windows differ from their panes");
}

Status Look(const StateOptions& options, const std::shared_ptr<const Plan>& plan, bool verify) {
  RocksOptions store_options;
  store_options.read_only = true;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksStore> store, RocksStore::Open(options.storage_path, store_options));
  std::cout << "state " << options.storage_path << "\n";
  TM_ASSIGN_OR_RETURN(const std::optional<ImportMark> import, ReadImport(*store));
  if (import) std::cout << (import->done ? "imported" : "an import that was not finished") << ": what is before " << FormatRfc3339(import->cut) << "\n";
  TM_RETURN_IF_ERROR(PrintFamilies(*store, &std::cout));
  if (verify) TM_RETURN_IF_ERROR(CompareWithPanes(*store, &std::cout));
  if (plan == nullptr) return Status::Ok();
  FrozenStore frozen(store.get());
  IdleSource source;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Open(plan, &frozen, &source, WallNow()));
  const std::shared_ptr<const View> view = engine->view();
  PrintView(*view, &std::cout);
  return verify ? CheckConservation(*view) : Status::Ok();
}

int Run(const StateOptions& options, bool verify) {
  std::shared_ptr<const Plan> plan;
  if (!options.config_file.empty()) {
    Specs specs;
    plan = LoadPlan(options.config_file, &specs);
    if (plan == nullptr) return kExitConfig;
  }
  const Status status = Look(options, plan, verify);
  if (!status.ok()) {
    std::cout.flush();
    std::cerr << "tidemark: " << status.text() << "\n";
    return ExitCodeOf(status);
  }
  if (verify) std::cout << "ok: all of it is readable, every window equals its panes"
              << (plan == nullptr ? "" : ", it restores, and both conservation laws hold") << "\n";
  return kExitOk;
}

}  // namespace

int StateInspect(const StateOptions& options) { return Run(options, false); }
int StateVerify(const StateOptions& options) { return Run(options, true); }

}  // namespace tidemark
