// run, demo: what goes on until it is stopped.
#include "daemon/cli/options.h"
#include "daemon/commands.h"
#include "daemon/demo/demo.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

// Turns what a person typed into a value, with a sentence when it cannot be. `choices`, {a,b}, is for --help and completions.
template <class T>
CLI::Validator Reads(const char* choices, const char* what, std::optional<T> (*parse)(std::string_view)) {
  return CLI::Validator(
      [=](const std::string& text) { return parse(text) ? std::string() : "\"" + text + "\" is not " + what; }, choices);
}

// "0" is 0s: so it is written in other programs.
Result<Duration> ReloadInterval(const std::string& text) {
  if (text == "0" || text == "0s") return Duration::zero();
  TM_ASSIGN_OR_RETURN(const Duration interval, ParseDuration(text));
  if (interval < std::chrono::milliseconds(100)) return Invalid("less than 100ms keeps the disk busy");
  return interval;
}

std::string CheckReloadInterval(const std::string& text) { return ReloadInterval(text).status().text(); }

struct RunFlags {
  RunOptions options;
  std::string storage, listen;
  std::string log_format = "logfmt", log_level = "info", reload_interval = "0s";
};

void FillRun(CLI::App* app, RunFlags* f) {
  AddConfigFile(app, &f->options.config_file);
  AddStoragePath(app, &f->storage);
  app->add_option("--config.reload-interval", f->reload_interval,
                  "look so often whether the configuration or a secret it reads has changed, and reload it; 0s: never")
      ->check(CLI::Validator(&CheckReloadInterval, "DURATION"))
      ->capture_default_str();
  app->add_option("--web.listen-address", f->listen, "host:port of /metrics; port 0: any free one");
  app->add_option("--web.config.file", f->options.web_config_file,
                  "TLS, basic auth and headers of what is served (YAML, as Prometheus' exporters take it); changes take effect by themselves")
      ->type_name("FILE");
  app->add_option("--web.port-file", f->options.port_file, "write the port here once it serves")->type_name("FILE");
  app->add_option("--log.format", f->log_format, "logfmt or json")
      ->check(Reads("{logfmt,json}", "a log format: logfmt or json", &ParseLogFormat))
      ->capture_default_str();
  app->add_option("--log.level", f->log_level, "debug, info, warn or error: the least that is shown")
      ->check(Reads("{debug,info,warn,error}", "a log level: debug, info, warn or error", &ParseLogLevel))
      ->capture_default_str();
}

int DoRun(RunFlags& f) {
  if (!f.storage.empty()) f.options.storage_path = f.storage;
  if (!f.listen.empty()) f.options.listen_address = f.listen;
  f.options.log_format = *ParseLogFormat(f.log_format);
  f.options.log_level = *ParseLogLevel(f.log_level);
  f.options.reload_interval = *ReloadInterval(f.reload_interval);
  return RunDaemon(f.options);
}

struct DemoFlags {
  DemoOptions options;
  std::string duration, history = "30d";
};

void FillDemo(CLI::App* app, DemoFlags* f) {
  app->add_option("--duration", f->duration, "end by itself after so long, e.g. 30s (default: until stopped)")
      ->check(CLI::Validator(&CheckDuration, "DURATION"));
  app->add_option("--history", f->history, "what the company has behind it at the start")
      ->check(CLI::Validator(&CheckDuration, "DURATION"))
      ->capture_default_str();
  app->add_option("--web.listen-address", f->options.listen_address, "host:port of /metrics; port 0: any free one")
      ->capture_default_str();
  app->add_option("--storage.path", f->options.storage_path,
                  "state directory (default: a temporary one, removed at the end)")
      ->type_name("DIR");
  CLI::Option* brokers = app->add_option("--kafka.brokers", f->options.brokers,
                                         "host:port of a real Kafka: only produce into it, for a daemon of its own");
  app->add_option("--topic", f->options.topic, "with --kafka.brokers: where to")->needs(brokers)->capture_default_str();
}

int DoDemo(DemoFlags& f) {
  if (!f.duration.empty()) f.options.duration = *ParseDuration(f.duration);
  f.options.history = *ParseDuration(f.history);
  return RunDemo(f.options);
}

}  // namespace

void AddRun(CLI::App* root, Chosen* chosen) {
  AddCommand<RunFlags>(root, chosen, "run", "Consume from Kafka and serve KPIs until told to stop (SIGTERM, SIGINT).",
                       &FillRun, &DoRun);
}

void AddDemo(CLI::App* root, Chosen* chosen) {
  AddCommand<DemoFlags>(root, chosen, "demo", "A simulated company, a broker and the daemon; live KPIs in the terminal.",
                        &FillDemo, &DoDemo);
}

}  // namespace tidemark
