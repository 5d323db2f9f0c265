// check-config, test, generate: what has to do with definitions alone.
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

void FillCheck(CLI::App* app, CheckConfigOptions* o) {
  app->add_option("file", o->config_file, "the configuration (YAML)")->required();
  app->add_option("--web.config.file", o->web_config_file, "also check this one, of TLS and basic auth");
  app->add_flag("--estimate", o->estimate, "also say what it needs of memory and disk");
  app->add_option("--rate", o->events_per_second, "events per second, for --estimate")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app->add_option("--series", o->series_per_kpi, "series per KPI, for --estimate")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1'000'000'000}))
      ->capture_default_str();
}

void FillTest(CLI::App* app, TestOptions* o) {
  app->add_option("files", o->files, "scenario files (YAML)")->required();
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

}  // namespace

void AddCheckConfig(CLI::App* root, Chosen* chosen) {
  AddCommand<CheckConfigOptions>(root, chosen, "check-config", "Check a configuration; say every mistake at once.",
                                 &FillCheck, [](CheckConfigOptions& o) { return CheckConfig(o); });
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
}

}  // namespace tidemark
