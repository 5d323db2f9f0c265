// dlq: the topic of dead letters.
#include "daemon/cli/options.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

constexpr const char* kReplayFooter = R"(
Each letter is tried by the configuration as it is now. What would be counted is written back to the topic and partition that it
came from, with its key, value, headers and time, and with headers that say where it stood: by these it has the identity it
had, so it counts once, however often it is sent, also when it was counted meanwhile. What would not be counted stays where it is.

  tidemark dlq list --config.file=kpis.yaml                                       how many, of which source, and why
  tidemark dlq replay --config.file=kpis.yaml --source=shop --dry-run             would they be counted now?
  tidemark dlq replay --config.file=kpis.yaml --source=shop

The daemon must have the same configuration: reload it first. A changed mapping has its KPIs counted anew over what the topics hold, letters
among it; sending them again changes nothing then. Ids are remembered for dedup.horizon: an event older than that stays, since
it could count twice, unless --older is given.

Exit codes: 0 nothing is left of those chosen, 1 Kafka can't be had, 2 the configuration has no dead_letters, 65 some are left, 78 the configuration is refused.)";

void FillChoice(CLI::App* app, std::string* config_file, LetterChoice* choice) {
  AddConfigFile(app, config_file);
  app->add_option("--source", choice->source, "only letters of this source")->option_text("NAME");
  app->add_option("--topic", choice->topic, "only letters of records of this topic")->option_text("NAME");
  app->add_option("--reason", choice->reason, "only letters for this reason")->check(CLI::IsMember({"rejected", "undecodable"}));
  app->add_option_function<std::string>("--since", [choice](const std::string& text) { choice->since = WallTimeFromMicros(Micros(*ParseRfc3339(text))); },
                                        "only letters written then or later, RFC 3339")
      ->option_text("TIME")
      ->check(CLI::Validator(&CheckTime, "RFC3339"));
}

void FillList(CLI::App* app, LetterListOptions* o) {
  FillChoice(app, &o->config_file, &o->choice);
  app->add_flag("--json", o->json, "as JSON, for programs");
}

void FillReplay(CLI::App* app, LetterReplayOptions* o) {
  FillChoice(app, &o->config_file, &o->choice);
  app->add_flag("--dry-run", o->dry_run, "say what would become of them; write nothing");
  app->add_flag("--again", o->again, "also those that were sent again before");
  app->add_flag("--older", o->older, "also events older than dedup.horizon, of which can't be told whether they were counted");
  app->footer(kReplayFooter);
}

}  // namespace

void AddLetters(CLI::App* root, Chosen* chosen) {
  CLI::App* app = root->add_subcommand("dlq", "Dead letters: records that could not be counted.");
  app->require_subcommand(1);
  AddCommand<LetterListOptions>(app, chosen, "list", "How many there are, of which source and topic, and why.", &FillList,
                                [](LetterListOptions& o) { return ListLetters(o); });
  AddCommand<LetterReplayOptions>(app, chosen, "replay", "Send letters again that would be counted now.", &FillReplay,
                                  [](LetterReplayOptions& o) { return ReplayLetters(o); });
}

}  // namespace tidemark
