// check-config, test, generate: what has to do with definitions alone.
#include <algorithm>
#include <array>
#include <cstdio>

#include "config/names.h"
#include "daemon/cli/options.h"
#include "daemon/commands.h"

namespace tidemark {
namespace {

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

constexpr const char* kCheckFooter = R"(
  tidemark check-config kpis.yaml --samples samples/      # samples/crm.jsonl: values of records of sources.crm, one a line

Exit codes: 0 all is well, 2 wrong command line, 65 a sample is of no rule, is rejected or can't be read, or there is none, 78 the configuration
is refused.)";

void FillCheck(CLI::App* app, CheckConfigOptions* o) {
  app->add_option("file", o->config_file, "the configuration (YAML)")->required()->type_name("FILE");
  app->add_option("--web.config.file", o->web_config_file, "also check this one, of TLS and basic auth")->type_name("FILE");
  app->add_flag("--estimate", o->estimate, "also say what it needs of memory and disk");
  app->add_option("--rate", o->events_per_second, "events per second, for --estimate")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app->add_option("--series", o->series_per_kpi, "series per KPI, for --estimate")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1'000'000'000}))
      ->capture_default_str();
}

struct CheckFlags {
  CheckConfigOptions options;
  std::string format = "text";
};

void FillCheckFlags(CLI::App* app, CheckFlags* f) {
  FillCheck(app, &f->options);
  SampleOptions* o = &f->options.samples;
  auto* samples = app->add_option("--samples", o->directory, "also say what each source's mapping makes of DIR/SOURCE.jsonl, or DIR/SOURCE/*.jsonl")->type_name("DIR");
  app->add_flag("--strict", o->strict, "with --samples: also what is never there, never set or never fires is a mistake, and a source without samples")->needs(samples);
  app->add_option("--format", f->format, "of what is said of the samples: text or json (default: text)")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("{text,json}")
      ->needs(samples);
  app->footer(kCheckFooter);
}

int DoCheck(CheckFlags& f) {
  f.options.samples.json = f.format == "json";
  return CheckConfig(f.options);
}

void FillTest(CLI::App* app, TestOptions* o) {
  app->add_option("files", o->files, "scenario files (YAML)")->required()->type_name("FILE");
  app->add_option("--run", o->run, "only scenarios whose names match this regular expression")->option_text("REGEX");
  app->add_option("--junit-xml", o->junit_xml, "also write the results here, for CI systems")->option_text("FILE");
  app->footer(kTestFooter);
}

void FillOutput(CLI::App* app, GenerateOptions* o) {
  app->add_option("--output", o->output, "the file to write (default: stdout)")->option_text("FILE");
}

constexpr const char* kRulesFooter = R"(
  tidemark generate rules --config.file=kpis.yaml --output=tidemark-rules.yaml
  tidemark generate rules --config.file=kpis.yaml --tests=tidemark-rules.yaml --output=tidemark-rules-test.yaml
  promtool check rules tidemark-rules.yaml && promtool test rules tidemark-rules-test.yaml)";

// Where links in alerts lead; a link to nowhere is left out.
void FillLinks(CLI::App* app, RuleOptions* o) {
  app->add_option("--web.external-url", o->external_url, "where people reach the daemon: links to what moved a KPI")->option_text("URL");
  app->add_option("--dashboard.url", o->dashboard_url, "where people reach Grafana: links to its dashboards")->option_text("URL");
  app->add_option("--runbook.url", o->runbook_url, "where people read deploy/prometheus/runbooks.md: links to its sections")->option_text("URL");
}

void FillRules(CLI::App* app, GenerateRulesOptions* o) {
  AddConfigFile(app, &o->config_file);
  app->add_option("--output", o->output, "the file to write (default: stdout)")->option_text("FILE");
  app->add_option("--tests", o->tests_of, "write tests for promtool, of the rules in FILE, in place of the rules")->option_text("FILE");
  app->add_option("--job", o->rules.job, "the label `job` of the daemon's metrics")->capture_default_str();
  FillLinks(app, &o->rules);
  app->footer(kRulesFooter);
}

// "08:00-18:00" into minutes; says what is wrong with it, "" when nothing is.
std::string ReadHours(const std::string& text, int* from, int* to) {
  std::array<int, 4> n{};
  int end = 0;
  const bool read = std::sscanf(text.c_str(), "%2d:%2d-%2d:%2d%n", &n[0], &n[1], &n[2], &n[3], &end) == 4;
  *from = n[0] * 60 + n[1];
  *to = n[2] * 60 + n[3];
  const bool good = read && end == static_cast<int>(text.size()) && *std::min_element(n.begin(), n.end()) >= 0 && n[1] < 60 && n[3] < 60 &&
                    *from < *to && *to <= 24 * 60;
  return good ? "" : "\"" + text + "\" are no hours of a day, like 08:00-18:00";
}

void FillAlertmanager(CLI::App* app, GenerateAlertmanagerOptions* o) {
  AlertmanagerOptions& to = o->alertmanager;
  auto* config = app->add_option("--config.file", o->config_file, "the configuration (YAML); see config/examples");
  app->add_option("--output", o->output, "the file to write (default: stdout)")->option_text("FILE");
  auto* templates = app->add_flag("--templates", o->templates, "the templates (tidemark.tmpl) in place of the configuration");
  config->excludes(templates);
  app->add_option_function<std::string>("--business-hours",
                                        [&to](const std::string& text) {
                                          const std::string wrong = ReadHours(text, &to.from_minute, &to.to_minute);
                                          if (!wrong.empty()) throw CLI::ValidationError("--business-hours", wrong);
                                        },
                                        "when people hear of what is not critical, on business days of the calendar (default: 08:00-18:00)")
      ->option_text("HH:MM-HH:MM");
  app->add_option_function<std::vector<std::string>>("--receivers",
                                                     [&to](const std::vector<std::string>& kinds) {
                                                       const auto has = [&](const char* kind) { return std::count(kinds.begin(), kinds.end(), kind) > 0; };
                                                       to.email = has("email");
                                                       to.slack = has("slack");
                                                       to.webhook = has("webhook");
                                                     },
                                                     "how each team is told: email, slack, webhook (default: email,slack)")
      ->delimiter(',')
      ->check(CLI::IsMember({"email", "slack", "webhook"}))
      ->option_text("KIND,..");
}

void FillDashboards(CLI::App* app, GenerateDashboardsOptions* o) {
  AddConfigFile(app, &o->config_file);
  app->add_option("--output", o->output, "the directory to write files into, one a dashboard")->option_text("DIR")->required();
  app->add_option("--web.external-url", o->dashboards.external_url, "where people reach the daemon: links to what moved a KPI")->option_text("URL");
}

constexpr const char* kSourceFooter = R"(
  tidemark generate source --from=orders.jsonl --name=shop --output=shop.yaml
  tidemark map --config.file=shop.yaml --source=shop --input=orders.jsonl
  mkdir samples && cp orders.jsonl samples/shop.jsonl && tidemark check-config shop.yaml --samples samples)";

void FillSource(CLI::App* app, GenerateSourceOptions* o) {
  app->add_option("--from", o->from, "values of records, one a line; a .json file is one record; -: standard input; may be given again")->required()->type_name("FILE");
  app->add_option("--name", o->name, "of the source: a-z, 0-9 and _ (default: as the file is called)")
      ->option_text("NAME")
      ->check(CLI::Validator([](const std::string& name) { return config::WhyNotName(name); }, "NAME"));
  app->add_option("--output", o->output, "the file to write (default: stdout)")->option_text("FILE");
  app->footer(kSourceFooter);
}

}  // namespace

void AddCheckConfig(CLI::App* root, Chosen* chosen) {
  AddCommand<CheckFlags>(root, chosen, "check-config", "Check a configuration; say every mistake at once.", &FillCheckFlags, &DoCheck);
}

void AddTest(CLI::App* root, Chosen* chosen) {
  AddCommand<TestOptions>(root, chosen, "test", "Test definitions: scenarios of events, time and what must come of them.",
                          &FillTest, [](TestOptions& o) { return TestScenarios(o); });
}

void AddGenerate(CLI::App* root, Chosen* chosen) {
  CLI::App* app = root->add_subcommand("generate", "Write files that follow from definitions.");
  app->require_subcommand(1);
  AddCommand<GenerateOptions>(app, chosen, "catalogue", "A page of all KPIs that `catalogue:` offers (Markdown).",
                              &FillOutput, [](GenerateOptions& o) { return GenerateCatalogue(o); });
  AddCommand<GenerateRulesOptions>(app, chosen, "rules", "Rules for Prometheus: breaches, goals, the daemon's health.", &FillRules,
                                   [](GenerateRulesOptions& o) { return GenerateRules(o); });
  AddCommand<GenerateAlertmanagerOptions>(app, chosen, "alertmanager", "Who is told, when, and how: a configuration of Alertmanager.",
                                          &FillAlertmanager, [](GenerateAlertmanagerOptions& o) { return GenerateAlertmanager(o); });
  AddCommand<GenerateSourceOptions>(app, chosen, "source", "A first mapping of a source's records, drafted from samples of them.", &FillSource,
                                    [](GenerateSourceOptions& o) { return GenerateSource(o); });
  AddCommand<GenerateDashboardsOptions>(app, chosen, "dashboards", "Dashboards for Grafana, to be provisioned from files.", &FillDashboards,
                                        [](GenerateDashboardsOptions& o) { return GenerateDashboards(o); });
}

}  // namespace tidemark
