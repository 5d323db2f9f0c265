// Rules and Alertmanager's configuration of small plans: what is there, what is not, and that hostile text stays text.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "config/config.h"
#include "config/yaml.h"
#include "daemon/generate/alertmanager.h"
#include "daemon/generate/health.h"
#include "daemon/generate/rule.h"
#include "pipeline/event/schema.h"

namespace tidemark {
namespace {

constexpr const char* kHead = "kafka: {brokers: \"b:9092\"}\ntopics: [crm, shop]\n";
constexpr const char* kKpis =
    "kpis:\n"
    "  - {name: revenue, help: Money., unit: usd, on: order.paid, sum: order.amount, by: {channel: order.channel}, windows: [1h, 24h], compare: [previous]}\n"
    "  - {name: leads, on: lead.created, count: true, windows: [1h, month_to_date]}\n";

class Generated {
 public:
  explicit Generated(const std::string& rest, const std::string& kpis = kKpis) {
    Diagnostics diagnostics;
    ParseConfig("c.yaml", kHead + kpis + rest, &specs, &diagnostics);
    if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  }
  std::vector<PrometheusRule> Alerts(const RuleOptions& options = {}) const {
    std::vector<PrometheusRule> alerts;
    for (RuleGroup& group : RulesOf(*plan, options)) {
      for (PrometheusRule& rule : group.rules) {
        if (!rule.alert.empty()) alerts.push_back(std::move(rule));
      }
    }
    return alerts;
  }
  PrometheusRule Alert(const std::string& name, const RuleOptions& options = {}) const {
    for (PrometheusRule& alert : Alerts(options)) {
      if (alert.alert == name) return std::move(alert);
    }
    ADD_FAILURE() << "no alert " << name;
    return {};
  }
  bool Has(const std::string& name) const {
    const auto alerts = Alerts();
    return std::any_of(alerts.begin(), alerts.end(), [&](const PrometheusRule& alert) { return alert.alert == name; });
  }
  std::string Alertmanager(const AlertmanagerOptions& options = {}) const { return AlertmanagerFile(*plan, specs.calendar, options); }

  Specs specs;
  std::shared_ptr<const Plan> plan;
};

std::string Find(const TextPairs& pairs, const std::string& name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return "(none)";
}

bool ReadsAsYaml(const std::string& text) {
  Diagnostics diagnostics;
  const bool read = config::Document::Parse("generated.yaml", text, &diagnostics).has_value();
  EXPECT_TRUE(read && diagnostics.empty()) << diagnostics.ToString() << text;
  return read;
}

TEST(BreachRules, AnAlertHasTheAttributesOfItsRuleAndNoNumberInALabel) {
  const Generated g("rules:\n  - {name: revenue_low, kpi: revenue, window: 1h, below: {enter: 1000, exit: 2000}, severity: critical, team: finance, help: Act.}\n");
  const PrometheusRule alert = g.Alert("RevenueLow");
  EXPECT_EQ(alert.expr, "job:tidemark_breach:bridged{rule=\"revenue_low\"} == 1");
  EXPECT_EQ(alert.labels, (TextPairs{{"severity", "critical"}, {"team", "finance"}, {"kpi", "revenue"}, {"window", "1h"}, {"unit", "usd"}}));
  EXPECT_EQ(alert.hold, "");
  EXPECT_EQ(Find(alert.annotations, "summary"), "Money (1h): below $1,000.");
  EXPECT_EQ(Find(alert.annotations, "limit"), "below $1,000, until $2,000");
  EXPECT_EQ(Find(alert.annotations, "action"), "Act.");
  EXPECT_NE(Find(alert.annotations, "change").find("sales_revenue_growth_ratio{window=\"1h\",compare=\"previous\",%s}"), std::string::npos);
}

TEST(BreachRules, WithoutAddressesThereAreNoLinks) {
  const Generated g("rules:\n  - {name: revenue_low, kpi: revenue, window: 1h, below: 1000}\n");
  const PrometheusRule bare = g.Alert("RevenueLow");
  for (const char* link : {"dashboard_url", "explain_url", "runbook_url"}) EXPECT_EQ(Find(bare.annotations, link), "(none)");
  const PrometheusRule linked = g.Alert("RevenueLow", {.external_url = "http://t", .dashboard_url = "http://g", .runbook_url = "http://r"});
  EXPECT_EQ(Find(linked.annotations, "dashboard_url"),
            "http://g/d/tidemark-sales-overview?var-kpi=revenue&var-window=1h&var-channel={{ $labels.channel | urlquery }}");
  EXPECT_EQ(Find(linked.annotations, "explain_url"),
            "http://t/kpi/revenue?window=1h&label=channel%3D{{ $labels.channel | urlquery }}");
  EXPECT_EQ(Find(linked.annotations, "runbook_url"), "http://r#sales-alerts");
}

TEST(BreachRules, ADerivedKpiIsExplainedByTheOneItIsMadeOf) {
  const Generated g("rules:\n  - {name: falls, kpi: revenue_growth_ratio, window: 24h, below: -0.2}\n");
  const PrometheusRule alert = g.Alert("Falls", {.external_url = "http://t"});
  EXPECT_EQ(Find(alert.annotations, "explain_url"),
            "http://t/kpi/revenue?window=24h&label=channel%3D{{ $labels.channel | urlquery }}");
}

TEST(BreachRules, HostileTextNeverBecomesAnAction) {
  const Generated g("rules:\n  - {name: x, kpi: leads, window: 1h, below: 1, help: '{{ query `up` }} \"\\n {', team: 't{{ 1 }}'}\n");
  const PrometheusRule alert = g.Alert("X");
  EXPECT_EQ(Find(alert.annotations, "action"), R"({{"{"}}{{"{"}} query `up` }} "\n {{"{"}})");
  const std::string file = RuleFile(RulesOf(*g.plan, {}));
  EXPECT_NE(file.find(R"(team: 't{{"{"}}{{"{"}} 1 }}')"), std::string::npos) << file;
  ReadsAsYaml(file);
  ReadsAsYaml(RuleTestFile(RulesOf(*g.plan, {}), "a \"file\": name"));
  ReadsAsYaml(g.Alertmanager());
}

TEST(BreachRules, WithoutRulesThereIsNothingAboutBreaches) {
  const Generated g("");
  EXPECT_EQ(RuleFile(RulesOf(*g.plan, {})).find("tidemark_breach"), std::string::npos);
}

TEST(TargetRules, OnlyAGoalThatNobodyWatchesHasAnAlert) {
  const std::string targets = "targets: {leads: {month_to_date: 90}}\n";
  EXPECT_TRUE(Generated(targets).Has("TidemarkGoalBehindPace"));
  EXPECT_FALSE(Generated(targets + "rules:\n  - {name: behind, kpi: leads_pace_ratio, window: month_to_date, below: 0.7}\n").Has("TidemarkGoalBehindPace"));
  EXPECT_FALSE(Generated(targets + "rules:\n  - {name: behind, kpi: leads_attainment_ratio, window: month_to_date, below: 0.7}\n").Has("TidemarkGoalBehindPace"));
  EXPECT_TRUE(Generated(targets + "rules:\n  - {name: few, kpi: leads, window: 1h, below: 1}\n").Has("TidemarkGoalBehindPace"));
  EXPECT_FALSE(Generated("").Has("TidemarkGoalBehindPace"));
}

TEST(TargetRules, QuotasOfManyAreRecordedButNotAlertedOn) {
  const Generated g("", "kpis:\n  - {name: booked, on: deal.won, sum: deal.amount, by: {rep_id: deal.owner}, windows: [month_to_date], target: {month_to_date: 5}}\n");
  EXPECT_FALSE(g.Has("TidemarkGoalBehindPace"));
  EXPECT_NE(RuleFile(RulesOf(*g.plan, {})).find("record: job:sales_booked_pace_ratio:bridged"), std::string::npos);
}

TEST(HealthRules, WhatCannotHappenHasNoAlert) {
  const Generated plain("");
  for (const char* name : {"TidemarkSourceOverdue", "TidemarkTableReloadFailed", "TidemarkEntitiesLimit", "TidemarkRegistryFailing", "TidemarkSchemaConflict", "TidemarkSourceGaps"}) EXPECT_FALSE(plain.Has(name)) << name;
  const Generated all("sources:\n  crm: {expect_every: 1h}\n  erp: {topics: [erp], format: avro, framing: confluent, events: [{emit: order.paid, set: {order.id: row.id}}]}\n  sf: {use: salesforce, topics: [sf]}\n"
                      "registry: {url: \"http://r\"}\nlimits: {max_entities: 1000}\n");
  for (const char* name : {"TidemarkSourceOverdue", "TidemarkEntitiesLimit", "TidemarkRegistryFailing", "TidemarkSchemaConflict", "TidemarkRecordsNotMapped", "TidemarkSourceGaps"}) EXPECT_TRUE(all.Has(name)) << name;
}

TEST(HealthRules, TheJobIsTheOneAskedForAndIsQuoted) {
  const Generated g("");
  for (const PrometheusRule& alert : g.Alerts({.job = "a\"b"})) {
    EXPECT_NE(alert.expr.find(R"(job="a\"b")"), std::string::npos) << alert.expr;
    EXPECT_EQ(alert.expr.find("{J"), std::string::npos) << alert.expr;
    EXPECT_EQ(alert.expr.find("STALE"), std::string::npos) << alert.expr;
  }
}

TEST(HealthRules, WhereOnlyEventsMoveTimeQuietHoursAreNotStale) {
  EXPECT_NE(Generated("").Alert("TidemarkKpiStale").expr.find("> 900"), std::string::npos);
  EXPECT_NE(Generated("time: {clock: event}\n").Alert("TidemarkKpiStale").expr.find("> 7200"), std::string::npos);
}

TEST(HealthRules, EachAlertSaysWhatItIsAndIsTested) {
  const Generated g("sources: {crm: {expect_every: 1h}}\nlimits: {max_entities: 1000}\ntargets: {leads: {month_to_date: 90}}\n");
  std::set<std::string> names;
  for (const PrometheusRule& alert : g.Alerts()) {
    EXPECT_TRUE(names.insert(alert.alert).second) << alert.alert;
    EXPECT_FALSE(alert.tests.empty()) << alert.alert;
    const std::string summary = Find(alert.annotations, "summary");
    EXPECT_TRUE(summary.ends_with(".") && summary.find("{{") == std::string::npos) << summary;
    EXPECT_NE(Find(alert.annotations, "description"), "(none)") << alert.alert;
    EXPECT_NE(Find(alert.labels, "team"), "(none)") << alert.alert;
  }
}

// The inhibition whose source has this alert, up to the next one.
std::string Inhibition(const std::string& text, const std::string& source) {
  const size_t at = text.find(source, text.find("inhibit_rules:"));
  return at == std::string::npos ? "(none)" : text.substr(at, text.find("equal:", at) - at);
}

TEST(Alertmanager, ADoubtReachesOnlyWhatDependsOnIt) {
  const Generated g(
      "sources: {web: {feeds: [lead.created], expect_every: 1h}}\n"
      "rules:\n"
      "  - {name: revenue_low, kpi: revenue, window: 1h, below: 1}\n"
      "  - {name: revenue_falls, kpi: revenue_growth_ratio, window: 1h, below: 1}\n"
      "  - {name: no_leads, kpi: leads, window: 1h, below: 1}\n",
      kKpis);
  const std::string text = g.Alertmanager();
  const std::string of_source = Inhibition(text, "source=\"web\"");
  EXPECT_NE(of_source.find("kpi=~\"leads\""), std::string::npos) << of_source;
  const std::string of_topic = Inhibition(text, "topic=\"crm\"");
  EXPECT_NE(of_topic.find("kpi=~\"leads|revenue|revenue_growth_ratio\""), std::string::npos) << of_topic;
  EXPECT_NE(Inhibition(text, "TidemarkDown|").find("window=~\".+\""), std::string::npos) << text;
}

TEST(Alertmanager, ARulesOwnHoursGoBeforeThoseOfTheBusiness) {
  const Generated g(
      "calendar: {time_zone: Europe/Berlin, business_days: [mon-fri]}\n"
      "rules:\n"
      "  - {name: a, kpi: leads, window: 1h, below: 1, active: {time_zone: Asia/Tokyo, days: [sat, sun], hours: \"09:30-24:00\"}}\n"
      "  - {name: b, kpi: leads, window: 1h, below: 2, active: {time_zone: Asia/Tokyo, days: [sat, sun], hours: \"09:30-24:00\"}}\n");
  const std::string text = g.Alertmanager({.from_minute = 7 * 60 + 15, .to_minute = 20 * 60});
  EXPECT_NE(text.find("- name: hours-of-a\n    time_intervals: [{times: [{start_time: \"09:30\", end_time: \"24:00\"}], weekdays: [saturday, sunday], location: \"Asia/Tokyo\"}]"),
            std::string::npos) << text;
  EXPECT_EQ(text.find("hours-of-b"), std::string::npos) << text;
  EXPECT_NE(text.find("rule=~\"a|b\""), std::string::npos) << text;
  EXPECT_NE(text.find("- name: business-hours\n    time_intervals: [{times: [{start_time: \"07:15\", end_time: \"20:00\"}], weekdays: [monday, tuesday, wednesday, thursday, friday], "
                      "location: \"Europe/Berlin\"}]"),
            std::string::npos) << text;
}

TEST(Alertmanager, SecretsAreFilesAndATeamsNameMakesNoPath) {
  const Generated g("rules:\n  - {name: x, kpi: leads, window: 1h, below: 1, team: '../../etc/passwd \"x\"'}\n");
  const std::string text = g.Alertmanager({.webhook = true});
  EXPECT_NE(text.find("/etc/alertmanager/secrets/.._.._etc_passwd__x_-slack-url"), std::string::npos) << text;
  EXPECT_EQ(text.find("password:"), std::string::npos);
  EXPECT_EQ(text.find("api_url:"), std::string::npos);
  ReadsAsYaml(text);
}

}  // namespace
}  // namespace tidemark
