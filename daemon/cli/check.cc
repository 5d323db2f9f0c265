// check: probes.
#include "daemon/cli/options.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

struct CheckFlags {
  CheckProbeOptions options;
  std::string timeout = "5s";
};

void Fill(CLI::App* app, CheckFlags* f) {
  f->options.target.url = "http://127.0.0.1:9464";
  AddTarget(app, &f->options.target)->capture_default_str();
  app->add_option("--timeout", f->timeout, "how long it may take to answer, from 1s")
      ->check(CLI::Validator(&CheckDuration, "DURATION"))
      ->capture_default_str();
}

int Do(CheckFlags& f, bool ready) {
  f.options.ready = ready;
  f.options.target.timeout = std::max(std::chrono::ceil<std::chrono::seconds>(*ParseDuration(f.timeout)), std::chrono::seconds(1));
  return CheckProbe(f.options);
}

}  // namespace

void AddCheck(CLI::App* root, Chosen* chosen) {
  CLI::App* app = root->add_subcommand("check", "Ask a running daemon how it is: exit 0, or 1 with the reason.");
  app->require_subcommand(1);
  AddCommand<CheckFlags>(app, chosen, "healthy", "Whether the process works; Kafka plays no part in it.", &Fill,
                         [](CheckFlags& f) { return Do(f, false); });
  AddCommand<CheckFlags>(app, chosen, "ready", "Whether it is restored, has its partitions and is caught up.", &Fill,
                         [](CheckFlags& f) { return Do(f, true); });
}

}  // namespace tidemark
