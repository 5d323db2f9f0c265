// `report`: asks a running daemon, or reads the state itself when none is running.
#include <fstream>
#include <iostream>

#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/frozen_store.h"
#include "daemon/idle_source.h"
#include "daemon/report_service.h"
#include "pipeline/engine/engine.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

Result<std::string> FromState(const ReportQuery& query, const Specs& specs, const std::shared_ptr<const Plan>& plan) {
  const std::string& path = specs.storage.path;
  if (RocksStore::IsInUse(path)) return {Status(Code::kLocked, "state directory " + path + " is in use: ask the daemon itself, with --url")};
  RocksOptions read_only;
  read_only.read_only = true;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksStore> store, RocksStore::Open(path, read_only));
  FrozenStore frozen(store.get());
  IdleSource source;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Open(plan, &frozen, &source, WallNow()));
  const std::shared_ptr<const View> view = engine->view();
  const Result<Report> report =
      query.at ? ReportOfHour(plan, *store, query, WallNow(), ContentsOf(plan->lookups()), view.get())
               : ReportOfNow(*plan, *view, query, WallNow());
  if (!report.ok()) return report.status();
  return ReportAs(query.format, *report);
}

Status Write(const std::string& text, const std::string& path) {
  if (path.empty()) {
    std::cout << text << std::flush;
    return std::cout ? Status::Ok() : Unavailable("stdout cannot be written");
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file ? Status::Ok() : Unavailable(path + ": cannot be written");
}

int Fail(const Status& status, int code) {
  std::cerr << "tidemark: " << status.text() << "\n";
  return code;
}

}  // namespace

int ReportCommand(const ReportOptions& options) {
  const std::vector<std::pair<std::string_view, std::string_view>> asked(options.query.begin(), options.query.end());
  const Result<ReportQuery> query = ParseReportQuery(asked);
  if (!query.ok()) return Fail(query.status(), kExitUsage);
  Result<std::string> text = std::string();
  if (!options.target.url.empty()) {
    text = BodyOf(options.target, HttpGet(options.target, "/api/v1/report", options.query));
  } else {
    Specs specs;
    const std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs, [&](Specs* s) {
      if (!options.storage_path.empty()) s->storage.path = options.storage_path;
    });
    if (plan == nullptr) return kExitConfig;
    text = FromState(*query, specs, plan);
  }
  const Status status = text.ok() ? Write(*text, options.output) : text.status();
  return status.ok() ? static_cast<int>(kExitOk) : Fail(status, ExitCodeOf(status));
}

}  // namespace tidemark
