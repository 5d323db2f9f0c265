// `run`: an inventory of the daemon. Parts are made in the order in which they depend on each other, and stopped in
// reverse.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

#include "daemon/allocator.h"
#include "daemon/backup_service.h"
#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/config_watch.h"
#include "daemon/engine_runner.h"
#include "daemon/exit_code.h"
#include "daemon/explain_service.h"
#include "daemon/history_service.h"
#include "daemon/http.h"
#include "daemon/reload.h"
#include "daemon/report_service.h"
#include "daemon/routes.h"
#include "daemon/service_manager.h"
#include "daemon/table_watch.h"
#include "daemon/version.h"
#include "daemon/web_config_watch.h"

namespace tidemark {
namespace {

constexpr auto kStopLimit = std::chrono::milliseconds(4500);  // SIGTERM to the end, watchdog included: 5 s

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

// Before any thread is made, so that all inherit it: signals are only taken by WaitForStop.
void TakeOverSignals() {
  const sigset_t set = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

// Returns when asked to stop, or when the engine ended by itself.
void WaitForStop(const EngineRunner& engine, const std::function<Status()>& reload, ServiceManager* manager) {
  const sigset_t set = HandledSignals();
  const timespec timeout{0, 100'000'000};
  while (!engine.done()) {
    manager->Tick(SteadyNow());
    const int number = sigtimedwait(&set, nullptr, &timeout);
    if (number == SIGHUP) {
      static_cast<void>(reload());  // the log and a metric tell the outcome
    } else if (number > 0) {
      Log(LogLevel::kInfo, "stopping", {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
  }
}

// Ends the process when stopping takes too long: a disk or broker that hangs, or a log that nobody reads, must not hold up a
// rolling restart. What is committed is safe, and what is not is read again.
class Watchdog {
 public:
  explicit Watchdog(const EngineRunner* engine) : thread_([this, engine] { Main(*engine); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mu_);
      stopped_ = true;
    }
    cv_.notify_all();
    thread_.join();
  }

 private:
  void Main(const EngineRunner& engine) {
    std::unique_lock lock(mu_);
    if (cv_.wait_for(lock, kStopLimit, [this] { return stopped_; })) return;
    static constexpr char kText[] = "tidemark: stopping took too long; ended without closing everything\n";
    pollfd log{STDERR_FILENO, POLLOUT, 0};  // a pipe has room for all of it, or none
    if (poll(&log, 1, 0) == 1 && (log.revents & POLLOUT) != 0) static_cast<void>(!write(STDERR_FILENO, kText, sizeof(kText) - 1));
    if (engine.done()) std::_Exit(ExitCodeOf(engine.status()));
    std::_Exit(engine.committed() ? kExitOk : kExitInternal);
  }

  std::mutex mu_;
  std::condition_variable cv_;
  bool stopped_ = false;  // GUARDED_BY(mu_)
  std::thread thread_;
};

Status WritePortFile(const std::string& path, uint16_t port) {
  if (path.empty()) return Status::Ok();
  // Whole or not at all: readers poll for it.
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::trunc);
  file << port << "\n";
  file.close();
  if (!file || std::rename(part.c_str(), path.c_str()) != 0) return Unavailable(path + ": cannot be written");
  return Status::Ok();
}

// The configuration file, read as often as asked, with what the command line says over it. Threads: any.
class ConfigurationFile {
 public:
  explicit ConfigurationFile(const RunOptions& options) : options_(options) {}

  // Null after mistakes, which are printed.
  std::shared_ptr<const Configuration> Load() {
    auto made = std::make_shared<Configuration>();
    made->plan = LoadPlan(options_.config_file, &made->specs, [&](Specs* s) {
      if (options_.storage_path) s->storage.path = *options_.storage_path;
      if (options_.listen_address) s->http.listen_address = *options_.listen_address;
      if (s->limits.memory_bytes == 0) s->limits.memory_bytes = found_memory_;
    }, &made->redacted);
    const std::lock_guard lock(mu_);
    attempt_ = AttemptOf(made->specs, /*refused=*/made->plan == nullptr);
    return made->plan == nullptr ? nullptr : made;
  }
  LoadAttempt last_attempt() const {
    const std::lock_guard lock(mu_);
    return attempt_;
  }

 private:
  const RunOptions& options_;
  // Another configuration can't change it, nor can a limit that is found to be another by then.
  const uint64_t found_memory_ = ProcessBudget(0);
  mutable std::mutex mu_;
  LoadAttempt attempt_;  // GUARDED_BY(mu_)
};

int Fail(const Status& status) {
  Log(LogLevel::kError, status.text());
  FlushLog();
  return ExitCodeOf(status);
}

}  // namespace

int RunDaemon(const RunOptions& options) {
  TakeOverSignals();
  InitLog(options.log_format, options.log_level);

  ConfigurationFile file(options);
  const std::shared_ptr<const Configuration> first = file.Load();
  if (first == nullptr) return kExitConfig;
  const Specs& specs = first->specs;
  const Result<MemoryPlan> memory = SplitMemory(specs.limits.memory_bytes);
  if (!memory.ok()) return Fail(memory.status());
  UseLargePages(memory->budget);
  Log(LogLevel::kInfo, "tidemark starts",
      {{"version", TheBuild().version},
       {"revision", TheBuild().revision},
       {"config", options.config_file},
       {"kpis", std::to_string(first->plan->kpi_infos().size())},
       {"memory_mib", std::to_string(memory->budget >> 20)}});

  Lifecycle lifecycle;
  lifecycle.ShowConfig(first->redacted);
  OwnMetrics own(*memory);
  own.SetConfigLoad(true, WallNow());
  std::atomic<Reloader*> reloader_at = nullptr;  // once there is an engine to hand a configuration to
  ServiceManager manager(&lifecycle);
  const auto reload = [&reloader_at, &manager]() -> Status {
    Reloader* reloader = reloader_at;
    if (reloader == nullptr) return Unavailable("starting or stopping; try again");
    manager.Reloading(SteadyNow());
    Status status = reloader->Reload();
    manager.Reloaded();
    return status;
  };
  StateOffer offer;
  ExplainService explain(&offer, specs.http.enable_ids);
  HistoryService past(&offer, &lifecycle);
  ReportService report(&offer, &lifecycle);
  std::vector<ReadFile> web_read;
  const std::optional<WebConfig> web =
      options.web_config_file.empty() ? WebConfig{} : ReadWebConfig(options.web_config_file, &web_read);
  if (!web) return kExitConfig;
  BackupService backup(&own);
  RouteHandlers handlers;
  handlers.explain = [&](const HttpRequest& request) { return explain.Answer(request); };
  handlers.history = [&](const HttpRequest& request) { return past.Answer(request); };
  handlers.report = [&](const HttpRequest& request) { return report.Answer(request); };
  if (specs.http.enable_lifecycle) {
    handlers.reload = reload;
    handlers.backup = [&](const HttpRequest& request) { return backup.Answer(request); };
  }
  Routes routes(&lifecycle, &own, std::move(handlers));
  HttpLimits limits;
  limits.max_connections = specs.http.max_connections;
  WebAccess access([&](const HttpRequest& request) { return routes.Answer(request); }, &own);
  access.Use(web->users);
  Result<std::unique_ptr<HttpServer>> http = HttpServer::Start(
      specs.http.listen_address, limits, [&](const HttpRequest& request) { return access.Answer(request); }, *web);
  if (!http.ok()) return Fail(http.status());
  Log(LogLevel::kInfo, "serving", {{"address", (*http)->address()}, {"port", std::to_string((*http)->port())}, {"tls", web->tls ? "true" : "false"}});
  std::optional<WebConfigWatch> web_watch;
  if (!options.web_config_file.empty()) web_watch.emplace(options.web_config_file, web_read, http->get(), &access, &own);
  if (const Status written = WritePortFile(options.port_file, (*http)->port()); !written.ok()) return Fail(written);

  EngineRunner engine(first, *memory, &lifecycle, &own, &offer, &backup);
  const auto use = [&](std::shared_ptr<const Configuration> configuration) {
    lifecycle.ShowConfig(configuration->redacted);
    engine.Use(std::move(configuration));
  };
  Reloader reloader(first, [&] { return file.Load(); }, use, &own);
  reloader_at = &reloader;
  std::optional<ConfigWatch> follow;
  if (options.reload_interval > Duration::zero()) {
    follow.emplace([&] { return file.last_attempt(); }, [&] { static_cast<void>(reload()); }, options.reload_interval);
  }
  WaitForStop(engine, reload, &manager);
  follow.reset();
  reloader_at = nullptr;
  manager.Stopping();

  const Watchdog watchdog(&engine);
  if (!engine.done()) lifecycle.SetPhase(Phase::kStopping);
  engine.RequestStop();
  engine.Join();
  web_watch.reset();
  (*http).reset();
  Log(LogLevel::kInfo, "stopped", {{"ok", engine.status().ok() ? "true" : "false"}});
  FlushLog();
  return ExitCodeOf(engine.status());
}

}  // namespace tidemark
