#include "daemon/cli/cli.h"

#include <algorithm>
#include <iostream>

#include "daemon/cli/options.h"
#include "daemon/exit_code.h"
#include "daemon/version.h"
#include "pipeline/base/nearest.h"
#include "pipeline/base/time.h"

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
  tidemark generate rules --config.file=kpis.yaml   alerts for Prometheus; also: alertmanager, dashboards, catalogue
  tidemark dlq list --config.file=kpis.yaml         records that could not be counted; dlq replay sends them again
  tidemark state inspect --storage.path=/var/lib/tidemark
  tidemark state backup --url=http://127.0.0.1:9464
  tidemark explain revenue --window=30d --url=http://127.0.0.1:9464
  tidemark report --url=http://127.0.0.1:9464 --format=html --output=day.html
  tidemark check ready --url=http://127.0.0.1:9464  a probe; exit 0 or 1
  curl localhost:9464/metrics                       what a running daemon shows

Exit codes:
  0   done                        65  state or input that cannot be right
  1   failed, see the message     70  internal error, or did not stop in time
  2   wrong command line          75  another process owns the state directory
                                  78  the configuration is refused)";

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
    std::string near = Nearest(name, names);
    if (near.empty()) {  // --config is the beginning of one
      const auto begins = std::ranges::find_if(names, [&](const std::string& other) { return other.starts_with(name + "."); });
      if (begins != names.end()) near = *begins;
    }
    return "--" + name + " is no option of " + command.get_name() + (near.empty() ? "" : "; did you mean --" + near + "?");
  }
  return "";
}

// What is wrong with a word that should be a command or an option, or which word is missing; empty when none is.
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
  const std::vector<CLI::App*> parts = app->get_subcommands([](CLI::App*) { return true; });
  if (!parts.empty() && (argc == 1 || argv[argc - 1] == app->get_name())) {
    std::string text = app->get_parent() == nullptr ? "which command?" : app->get_name() + " what?";
    for (const CLI::App* part : parts) text += (part == parts.front() ? " " : ", ") + part->get_name();
    return text;
  }
  return UnknownOption(*app, argc, argv);
}

}  // namespace

std::string CheckTime(const std::string& text) {
  const Result<EventTime> time = ParseRfc3339(text);
  return time.ok() ? "" : time.status().text();
}

std::string CheckDuration(const std::string& text) {
  const Result<Duration> duration = ParseDuration(text);
  return duration.ok() ? "" : duration.status().text();
}

void AddConfigFile(CLI::App* app, std::string* file) {
  app->add_option("--config.file", *file, "the configuration (YAML); see config/examples")->required()->type_name("FILE");
}

CLI::Option* AddStoragePath(CLI::App* app, std::string* path) {
  return app->add_option("--storage.path", *path, "state directory; over storage.path of the configuration")->type_name("DIR");
}

CLI::Option* AddTarget(CLI::App* app, HttpTarget* target) {
  CLI::Option* url = app->add_option("--url", target->url, "of a running daemon, like http://127.0.0.1:9464");
  url->check(CLI::Validator([](const std::string& text) { return CheckUrl(text).text(); }, ""));
  const auto file = [&](const char* name, std::string* to, const char* what) {
    return app->add_option(name, *to, what)->option_text("FILE")->needs(url);
  };
  file("--web.ca-file", &target->ca_file, "who may have signed the daemon's certificate (default: those the machine trusts)");
  app->add_option("--web.server-name", target->server_name, "in its certificate, where that isn't the name in --url")->needs(url);
  CLI::Option* certificate = file("--web.cert-file", &target->cert_file, "our certificate, where the daemon wants one");
  file("--web.key-file", &target->key_file, "its key")->needs(certificate);
  CLI::Option* user = app->add_option("--web.username", target->username, "of basic auth")->needs(url);
  file("--web.password-file", &target->password_file, "its password, in a file")->needs(user);
  return url;
}

int RunCommandLine(int argc, const char* const* argv) {
  Chosen chosen;
  CLI::App app("Exact rolling KPIs and breaches from CRM and marketing events in Kafka, for Prometheus.", "tidemark");
  app.footer(kFooter);
  app.set_version_flag("--version", VersionText());
  app.require_subcommand(1);
  for (const auto& add : {AddRun, AddCheckConfig, AddMap, AddReplay, AddLetters, AddImport, AddTest, AddGenerate, AddState, AddExplain, AddReport, AddCheck, AddDemo,
                          AddDocuments}) {
    add(&app, &chosen);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked, std::cout, std::cout);
  } catch (const CLI::ParseError& error) {
    const std::string unknown = Unknown(&app, argc, argv);
    return Usage(unknown.empty() ? error.what() : unknown);
  }
  try {
    return chosen();
  } catch (const std::exception& error) {  // out of memory and the like; ours travel as Status
    std::cerr << "tidemark: " << error.what() << "\n";
    return kExitInternal;
  }
}

}  // namespace tidemark
