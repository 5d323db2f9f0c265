#include "daemon/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>

#include "daemon/commands.h"
#include "daemon/demo/demo.h"
#include "daemon/exit_code.h"
#include "daemon/log.h"
#include "daemon/version.h"
#include "pipeline/base/nearest.h"

namespace tidemark {
namespace {

constexpr const char* kFooter = R"(
Examples:
  tidemark demo                                     a simulated company, live KPIs in the terminal
  tidemark check-config kpis.yaml                   every mistake, with file:line:column
  tidemark check-config kpis.yaml --estimate --rate=5000 --series=2000
  tidemark test kpis_test.yaml                      your definitions against events you write down
  tidemark run --config.file=kpis.yaml --storage.path=/var/lib/tidemark
  tidemark replay --config.file=kpis.yaml --input=events.jsonl --at=2026-11-24T00:00:00Z --output=json
  tidemark import --config.file=kpis.yaml --input=crm_export.jsonl   once, before the first run
  tidemark generate catalogue                       every KPI that ships with it
  tidemark state inspect --storage.path=/var/lib/tidemark
  tidemark explain revenue --window=30d --url=http://127.0.0.1:9464
  curl localhost:9464/metrics                       what a running daemon shows

Exit codes:
  0   done                        65  state or input that cannot be right
  1   failed, see the message     70  internal error, or did not stop in time
  2   wrong command line          75  another process owns the state directory
                                  78  the configuration is refused)";

constexpr const char* kTestFooter = R"(
A file has a configuration (config: FILE, or kpis, rules, ... of its own) and scenarios. A step's keys happen in
this order: time moves on to `at`, `events` arrive, and /metrics must show what is expected.

  config: kpis.yaml
  start: 2026-03-02T09:00:00Z
  scenarios:
    - name: a lead counts once, for a day
      steps:
        - events:
            - {lead.created: {lead: {id: L1, channel: web}}, id: e1}
            - {lead.created: {lead: {id: L1, channel: web}}, id: e1}        # sent twice
          expect:
            - sales_leads_created{channel="web",window="24h"} 1
        - at: 25h
          restart: true
          expect:
            - sales_leads_created{channel="web",window="24h"} 0
            - no_leads firing                                               # a rule

All keys: config/scenarios.md. Exit codes: 0 all passed, 1 some failed, 2 wrong command line, 78 a file is refused.)";

constexpr const char* kEraseFooter = R"(
The rows of the ids go, with all that is in them, from the files on disk, too. Totals stay; a deal that is open leaves what
is open, since nothing could close it any more. A later event of the same id begins anew, as of one never seen.
Out of reach: Kafka's log (a replay or back-fill brings it back), backups and copies, label values, alerts that were sent.)";

// Turns what a person typed into a value, with a sentence when it cannot be.
template <class T>
CLI::Validator Reads(const char* what, std::optional<T> (*parse)(std::string_view)) {
  return CLI::Validator(
      [=](const std::string& text) { return parse(text) ? std::string() : "\"" + text + "\" is not " + what; }, "");
}

std::string CheckTime(const std::string& text) {
  const Result<EventTime> time = ParseRfc3339(text);
  return time.ok() ? "" : time.status().text();
}

std::string CheckDuration(const std::string& text) {
  const Result<Duration> duration = ParseDuration(text);
  return duration.ok() ? "" : duration.status().text();
}

struct LogFlags {
  std::string format = "logfmt", level = "info";
  void AddTo(CLI::App* app) {
    app->add_option("--log.format", format, "logfmt or json")
        ->check(Reads("a log format: logfmt or json", &ParseLogFormat))
        ->capture_default_str();
    app->add_option("--log.level", level, "debug, info, warn or error: the least that is shown")
        ->check(Reads("a log level: debug, info, warn or error", &ParseLogLevel))
        ->capture_default_str();
  }
};

// What the parser writes into, for all commands; `chosen` is what the command line asked for.
struct Commands {
  RunOptions run;
  LogFlags run_log;
  std::string run_storage, run_listen;
  CheckConfigOptions check;
  ReplayOptions replay;
  std::vector<std::string> replay_at;
  std::string replay_output = "table";
  ImportOptions import;
  std::string import_storage, import_until;
  TestOptions test;
  GenerateOptions generate;
  StateOptions state;
  EraseOptions erase;
  ExplainOptions explain;
  std::map<std::string, std::string> explain_asked;
  std::vector<std::string> explain_labels;
  bool explain_ids = false;
  DemoOptions demo;
  std::string demo_duration, demo_history = "30d";
  std::function<int()> chosen;
};

void AddConfigFile(CLI::App* app, std::string* file) {
  app->add_option("--config.file", *file, "the configuration (YAML); see config/examples")->required();
}

void AddRun(CLI::App* root, Commands* c) {
  CLI::App* app =
      root->add_subcommand("run", "Consume from Kafka and serve KPIs until told to stop (SIGTERM, SIGINT).");
  AddConfigFile(app, &c->run.config_file);
  app->add_option("--storage.path", c->run_storage, "state directory; over storage.path of the configuration");
  app->add_option("--web.listen-address", c->run_listen, "host:port of /metrics; port 0: any free one");
  app->add_option("--web.port-file", c->run.port_file, "write the port here once it serves");
  c->run_log.AddTo(app);
  app->final_callback([c] {
    c->chosen = [c] {
      if (!c->run_storage.empty()) c->run.storage_path = c->run_storage;
      if (!c->run_listen.empty()) c->run.listen_address = c->run_listen;
      c->run.log_format = *ParseLogFormat(c->run_log.format);
      c->run.log_level = *ParseLogLevel(c->run_log.level);
      return RunDaemon(c->run);
    };
  });
}

void AddCheckConfig(CLI::App* root, Commands* c) {
  CLI::App* app = root->add_subcommand("check-config", "Check a configuration; say every mistake at once.");
  app->add_option("file", c->check.config_file, "the configuration (YAML)")->required();
  app->add_flag("--estimate", c->check.estimate, "also say what it needs of memory and disk");
  app->add_option("--rate", c->check.events_per_second, "events per second, for --estimate")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app->add_option("--series", c->check.series_per_kpi, "series per KPI, for --estimate")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1'000'000'000}))
      ->capture_default_str();
  app->final_callback([c] { c->chosen = [c] { return CheckConfig(c->check); }; });
}

void AddReplay(CLI::App* root, Commands* c) {
  CLI::App* app =
      root->add_subcommand("replay", "Run the same engine over files of events and print every KPI's value.");
  AddConfigFile(app, &c->replay.config_file);
  app->add_option("--input", c->replay.input, "a .jsonl or .pb file, or a directory of them")->required();
  app->add_option("--at", c->replay_at, "event time at which to print, RFC 3339; may be given again (default: the end)")
      ->check(CLI::Validator(&CheckTime, "RFC3339"));
  app->add_option("--output", c->replay_output, "table, json or prometheus")
      ->check(CLI::IsMember({"table", "json", "prometheus"}))
      ->capture_default_str();
  app->final_callback([c] {
    c->chosen = [c] {
      for (const std::string& text : c->replay_at) c->replay.at.push_back(*ParseRfc3339(text));
      c->replay.output = c->replay_output == "json"         ? ReplayOutput::kJson
                         : c->replay_output == "prometheus" ? ReplayOutput::kPrometheus
                                                            : ReplayOutput::kTable;
      return Replay(c->replay);
    };
  });
}

void AddImport(CLI::App* root, Commands* c) {
  CLI::App* app = root->add_subcommand(
      "import", "Count history from files into an empty state, before the first record of Kafka.");
  AddConfigFile(app, &c->import.config_file);
  app->add_option("--storage.path", c->import_storage, "state directory; over storage.path of the configuration");
  app->add_option("--input", c->import.inputs, "a .jsonl or .pb file, or a directory of them; may be given again")->required();
  app->add_option("--until", c->import_until,
                  "RFC 3339: before it only the import counts, from it on only Kafka (default: just after the last event)")
      ->check(CLI::Validator(&CheckTime, "RFC3339"));
  app->add_flag("--dry-run", c->import.dry_run, "say what would be imported; write nothing");
  app->final_callback([c] {
    c->chosen = [c] {
      if (!c->import_storage.empty()) c->import.storage_path = c->import_storage;
      if (!c->import_until.empty()) c->import.until = *ParseRfc3339(c->import_until);
      return Import(c->import);
    };
  });
}

void AddTest(CLI::App* root, Commands* c) {
  CLI::App* app =
      root->add_subcommand("test", "Test definitions: scenarios of events, time and what must come of them.");
  app->add_option("files", c->test.files, "scenario files (YAML)")->required();
  app->add_option("--run", c->test.run, "only scenarios whose names match this regular expression")
      ->option_text("REGEX");
  app->add_option("--junit-xml", c->test.junit_xml, "also write the results here, for CI systems")->option_text("FILE");
  app->footer(kTestFooter);
  app->final_callback([c] { c->chosen = [c] { return TestScenarios(c->test); }; });
}

void AddGenerate(CLI::App* root, Commands* c) {
  CLI::App* app = root->add_subcommand("generate", "Write files that follow from definitions.");
  app->require_subcommand(1);
  CLI::App* catalogue = app->add_subcommand("catalogue", "A page of all KPIs that `catalogue:` offers (Markdown).");
  catalogue->add_option("--output", c->generate.output, "the file to write (default: stdout)")->option_text("FILE");
  catalogue->final_callback([c] { c->chosen = [c] { return GenerateCatalogue(c->generate); }; });
}

void AddState(CLI::App* root, Commands* c) {
  CLI::App* app = root->add_subcommand("state", "Look at a state directory, or take ids out of it.");
  app->require_subcommand(1);
  CLI::App* inspect = app->add_subcommand("inspect", "Say what is in it; also while a daemon uses it.");
  CLI::App* verify =
      app->add_subcommand("verify", "Read all of it, restore from it, and say whether it holds together.");
  for (CLI::App* each : {inspect, verify}) {
    each->add_option("--storage.path", c->state.storage_path, "state directory")->required();
  }
  inspect->add_option("--config.file", c->state.config_file, "also show its KPIs as they were restored");
  AddConfigFile(verify, &c->state.config_file);
  inspect->final_callback([c] { c->chosen = [c] { return StateInspect(c->state); }; });
  verify->final_callback([c] { c->chosen = [c] { return StateVerify(c->state); }; });
  CLI::App* erase = app->add_subcommand("erase", "Forget what is known of ids; what was counted stays. No daemon may be running.");
  AddConfigFile(erase, &c->erase.config_file);
  erase->add_option("--storage.path", c->erase.storage_path, "state directory; over storage.path of the configuration");
  CLI::Option* id = erase->add_option("--id", c->erase.ids, "of a customer, lead, deal; may be given again");
  CLI::Option* file = erase->add_option("--ids-file", c->erase.ids_file, "a file with an id on each line")->option_text("FILE");
  erase->add_option("--kind", c->erase.kind, "only where a KPI has its ids in this field, like order.customer (default: everywhere)");
  erase->footer(kEraseFooter);
  erase->final_callback([c, id, file] {
    if (id->count() + file->count() == 0) throw CLI::RequiredError("--id or --ids-file");
    c->chosen = [c] { return StateErase(c->erase); };
  });
}

void AddExplain(CLI::App* root, Commands* c) {
  CLI::App* app = root->add_subcommand("explain", "What moved a KPI: entered, left, corrected, by label; and which ids are behind it.");
  constexpr std::pair<const char*, const char*> kAsked[] = {
      {"window", "one of the KPI's windows (default: its first)"},
      {"from", "RFC 3339; the last whole hour not after it that is known (default: 24 hours before)"},
      {"to", "RFC 3339; a whole hour (default: now)"},
      {"by", "groups by this label (default: by each)"},
      {"limit", "length of each list, at most 10000 (default: 100)"},
      {"format", "table or json (default: table)"}};
  app->add_option("kpi", c->explain_asked["kpi"], "its name")->required();
  for (const auto& [name, what] : kAsked) app->add_option(std::string("--") + name, c->explain_asked[name], what);
  app->add_option("--label", c->explain_labels, "only series with this value; may be given again")->option_text("NAME=VALUE");
  app->add_flag("--ids", c->explain_ids, "also the ids that count, which may be personal data");
  CLI::Option* url = app->add_option("--url", c->explain.url, "of a running daemon, like http://127.0.0.1:9464");
  CLI::Option* config = app->add_option("--config.file", c->explain.config_file,
                                        "without --url: the configuration; no daemon may be running");
  app->add_option("--storage.path", c->explain.storage_path, "state directory; over storage.path of the configuration")->needs(config);
  url->excludes(config);
  app->final_callback([c, url, config] {
    if (url->count() + config->count() == 0) throw CLI::RequiredError("--url or --config.file");
    c->chosen = [c] {
      if (c->explain_asked["format"].empty()) c->explain_asked["format"] = "table";
      for (const auto& [name, value] : c->explain_asked) {
        if (!value.empty()) c->explain.query.emplace_back(name, value);
      }
      for (const std::string& label : c->explain_labels) c->explain.query.emplace_back("label", label);
      if (c->explain_ids) c->explain.query.emplace_back("ids", "true");
      return ExplainCommand(c->explain);
    };
  });
}

void AddDemo(CLI::App* root, Commands* c) {
  CLI::App* app =
      root->add_subcommand("demo", "A simulated company, a broker and the daemon; live KPIs in the terminal.");
  app->add_option("--duration", c->demo_duration, "end by itself after so long, e.g. 30s (default: until stopped)")
      ->check(CLI::Validator(&CheckDuration, "DURATION"));
  app->add_option("--history", c->demo_history, "what the company has behind it at the start")
      ->check(CLI::Validator(&CheckDuration, "DURATION"))
      ->capture_default_str();
  app->add_option("--web.listen-address", c->demo.listen_address, "host:port of /metrics; port 0: any free one")
      ->capture_default_str();
  app->add_option("--storage.path", c->demo.storage_path,
                  "state directory (default: a temporary one, removed at the end)");
  app->final_callback([c] {
    c->chosen = [c] {
      if (!c->demo_duration.empty()) c->demo.duration = *ParseDuration(c->demo_duration);
      c->demo.history = *ParseDuration(c->demo_history);
      return RunDemo(c->demo);
    };
  });
}

int Usage(const std::string& text) {
  std::cerr << "tidemark: " << text << "\nTry: tidemark --help\n";
  return kExitUsage;
}

// An option that the command doesn't have; empty when there is none.
std::string UnknownOption(const CLI::App& command, int argc, const char* const* argv) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) continue;
    const std::string name(word.substr(2, word.find('=') - 2));
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = Nearest(name, names);
    return "--" + name + " is no option of " + command.get_name() + (near.empty() ? "" : "; did you mean --" + near + "?");
  }
  return "";
}

// What is wrong with a word that should be a command or an option; empty when none is.
std::string Unknown(CLI::App* app, int argc, const char* const* argv) {
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    std::vector<std::string> names;
    CLI::App* next = nullptr;
    for (CLI::App* command : app->get_subcommands([](CLI::App*) { return true; })) {
      names.push_back(command->get_name());
      if (command->get_name() == argv[i]) next = command;
    }
    if (names.empty()) break;
    if (next == nullptr) {
      const std::string near = Nearest(argv[i], names);
      return "\"" + std::string(argv[i]) + "\" is no command" + (near.empty() ? "" : "; did you mean \"" + near + "\"?");
    }
    app = next;
  }
  return UnknownOption(*app, argc, argv);
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv) {
  Commands commands;
  CLI::App app("Exact rolling KPIs and breaches from CRM and marketing events in Kafka, for Prometheus.", "tidemark");
  app.footer(kFooter);
  app.set_version_flag("--version", VersionText());
  app.require_subcommand(1);
  AddRun(&app, &commands);
  AddCheckConfig(&app, &commands);
  AddReplay(&app, &commands);
  AddImport(&app, &commands);
  AddTest(&app, &commands);
  AddGenerate(&app, &commands);
  AddState(&app, &commands);
  AddExplain(&app, &commands);
  AddDemo(&app, &commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked, std::cout, std::cout);
  } catch (const CLI::ParseError& error) {
    const std::string unknown = Unknown(&app, argc, argv);
    return Usage(unknown.empty() ? error.what() : unknown);
  }
  try {
    return commands.chosen();
  } catch (const std::exception& error) {  // out of memory and the like; ours travel as Status
    std::cerr << "tidemark: " << error.what() << "\n";
    return kExitInternal;
  }
}

}  // namespace tidemark
