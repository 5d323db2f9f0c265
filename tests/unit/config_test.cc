// What right configurations mean.
#include "config/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include "pipeline/event/schema.h"
#include "pipeline/plan/plan.h"
#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

Specs Good(const std::string& yaml) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", yaml, &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  return specs;
}

std::string WhereOf(const std::string& where) {
  const Specs specs =
      Good(TextBefore(kInput) + "kpis:\n- name: k\n  on: a.b\n  count: true\n  windows: [1h]\n  where: >-\n    " +
           where + "\n");
  return specs.kpis.size() == 1 && specs.kpis[0].where ? Canonical(*specs.kpis[0].where) : "";
}

TEST(Config, SourcesAreReadAsTheyAreWritten) {
  const Specs specs = Good(TextBefore(kWhole) + "sources: {crm: {source: /crm/eu, feeds: [a.b, c.d], expect_every: 10m}, web: {expect_every: 1d}}\n"
                           "rules: [{name: r, kpi: k, window: 1h, above: 1, min_coverage: 0.95}]\n");
  ASSERT_EQ(specs.sources.size(), 2u);
  EXPECT_EQ(specs.sources[0].name, "crm");
  EXPECT_EQ(specs.sources[0].source, "/crm/eu");
  EXPECT_EQ(specs.sources[0].feeds, (std::vector<std::string>{"a.b", "c.d"}));
  EXPECT_EQ(specs.sources[0].expect_every, std::chrono::minutes(10));
  EXPECT_EQ(specs.sources[1].source, "web");
  EXPECT_TRUE(specs.sources[1].feeds.empty());
  EXPECT_EQ(ToString(specs.rules.at(0).min_coverage), "0.95");
}

TEST(Config, DefaultsHoldWhereNothingIsSaid) {
  const Specs specs = Good(TextBefore(kWhole));
  EXPECT_EQ(specs.metric_namespace, "sales");
  EXPECT_EQ(specs.kafka.group, "tidemark");
  EXPECT_EQ(specs.http.listen_address, "0.0.0.0:9464");
  EXPECT_EQ(specs.limits.memory_bytes, 0u);
  EXPECT_EQ(specs.limits.max_series, 100'000u);
  EXPECT_FALSE(specs.time.event_clock);
  EXPECT_TRUE(specs.topics.at(0).dedup.enabled);
  EXPECT_EQ(specs.kpis.at(0).help, "Count over a.b.");
  EXPECT_EQ(specs.kpis.at(0).windows.at(0).length, std::chrono::hours(1));
}

TEST(Config, ProductionExampleSaysWhatItsTextSays) {
  SetSecretsDir();
  Specs specs;
  Diagnostics diagnostics;
  LoadConfig(TIDEMARK_EXAMPLES "/production.yaml", &specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "");
  EXPECT_EQ(specs.kafka.brokers, "kafka-1:9093,kafka-2:9093,kafka-3:9093");
  EXPECT_EQ(specs.kafka.properties.at("sasl.password"), "p$ss ${word}");
  EXPECT_FALSE(specs.kafka.properties.contains("sasl.password_file"));
  ASSERT_EQ(specs.topics.size(), 4u);
  EXPECT_TRUE(specs.topics[1].dedup.drop_too_old);
  EXPECT_FALSE(specs.topics[2].dedup.enabled);
  EXPECT_EQ(specs.topics[3].name, "support.surveys");
  EXPECT_EQ(specs.limits.memory_bytes, 2ull << 30);
  EXPECT_EQ(specs.calendar.time_zone, "Europe/Berlin");
  EXPECT_EQ(specs.calendar.fiscal_year_start, 4);
  ASSERT_EQ(specs.kpis.size(), 22u);
  EXPECT_EQ(specs.kpis[1].by.size(), 2u) << "an alias stands for what its anchor holds";
  EXPECT_TRUE(specs.kpis[8].nonnegative);
  EXPECT_EQ(specs.kpis[8].max_series, 5000u);
  EXPECT_EQ(specs.kpis[11].windows[0].step, std::chrono::minutes(1));
  EXPECT_EQ(
      ShownKpi(specs.kpis[15]),
      "funnel key=deal.lead,lead.id steps=lead.created > lead.qualified > deal.created > deal.won within=90d mature "
      "on=lead.created,lead.qualified,deal.created,deal.won by=channel:lead.channel windows=30d=30d");
  EXPECT_EQ(ShownKpi(specs.kpis[16]),
            "open field=deal.amount unit=usd key=deal.id "
            "on=deal.created,deal.updated,deal.stage_changed,deal.won,deal.lost,deal.reopened until=deal.won,deal.lost "
            "reopen=deal.reopened by=deal_stage:deal.stage,sales_region:deal.region windows=now=ever");
  ASSERT_EQ(specs.rules.size(), 5u);
  const RuleSpec& low = specs.rules[0];
  EXPECT_EQ(low.direction, RuleSpec::Direction::kBelow);
  EXPECT_EQ(ToString(low.enter) + " " + ToString(low.exit), "0.2 0.23");
  EXPECT_EQ(low.hold_for, std::chrono::minutes(10));
  ASSERT_TRUE(low.active.has_value());
  EXPECT_EQ(low.active->weekdays, (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(low.active->from_minute, 480);
  EXPECT_EQ(low.active->to_minute, 1080);
  EXPECT_EQ(low.labels.at("sales_region"), "emea");
  EXPECT_EQ(ToString(specs.rules[1].exit), "1") << "a plain number is both levels";
}

TEST(Config, LaptopExampleIsRightAndItsRuleTakesTheOnlyWindow) {
  Specs specs;
  Diagnostics diagnostics;
  LoadConfig(TIDEMARK_EXAMPLES "/laptop.yaml", &specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "");
  EXPECT_EQ(specs.kpis.at(0).by.at(0).values.size(), 3u);
  EXPECT_EQ(specs.rules.at(0).window, "30d");
}

TEST(Config, ExamplesFitTheEventSchema) {
  SetSecretsDir();
  for (const char* file : {TIDEMARK_EXAMPLES "/production.yaml", TIDEMARK_EXAMPLES "/laptop.yaml"}) {
    Specs specs;
    Diagnostics diagnostics;
    LoadConfig(file, &specs, &diagnostics);
    EXPECT_NE(Plan::Compile(specs, Schema::Canonical(), &diagnostics), nullptr);
    EXPECT_EQ(diagnostics.ToString(), "");
  }
}

TEST(Config, MissingFileIsSaidSo) {
  Specs specs;
  Diagnostics diagnostics;
  LoadConfig("/nowhere/tidemark.yaml", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "/nowhere/tidemark.yaml: can't read the file: No such file or directory\n");
}

TEST(Config, VariablesAreReplacedWhereDocumentedAndOnlyThere) {
  setenv("TM_NAME", "x:1", 1);
  setenv("TM_EMPTY", "", 1);
  const Specs specs = Good(
      "kafka: {brokers: \"${TM_NAME},y:2\", group: \"${TM_EMPTY:-g}-$$1\", properties: {client.id: "
      "\"${TM_UNSET:-c}\"}}\n"
      "topics: [t]\nstorage: {path: \"/s/${TM_UNSET:-d}\"}\nweb: {listen_address: \":${TM_UNSET:-80}\"}\n"
      "kpis: [{name: k, help: \"${TM_NAME}\", on: a.b, count: true, windows: [1h]}]\n");
  EXPECT_EQ(specs.kafka.brokers, "x:1,y:2");
  EXPECT_EQ(specs.kafka.group, "g-$1");
  EXPECT_EQ(specs.kafka.properties.at("client.id"), "c");
  EXPECT_EQ(specs.storage.path, "/s/d");
  EXPECT_EQ(specs.http.listen_address, "0.0.0.0:80");
  EXPECT_EQ(specs.kpis[0].help, "${TM_NAME}");
}

TEST(Config, SecretPropertiesAreKnownByName) {
  for (const char* name : {"sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
                           "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"}) {
    EXPECT_TRUE(IsSecretProperty(name)) << name;
  }
  for (const char* name : {"sasl.username", "client.id", "ssl.ca.location", "ssl.key.location"}) {
    EXPECT_FALSE(IsSecretProperty(name)) << name;
  }
}

TEST(Where, CanonicalTextIsTheSameHoweverAnExpressionIsWritten) {
  const std::vector<std::vector<const char*>> same = {
      {"a.c == \"x\"", "a.c=='x'", "(a.c == \"x\")", "\"x\" == a.c", "not not a.c == 'x'",
       "a.c == 'x' or a.c == \"x\""},
      {"a.c > 1.5", "1.50 < a.c", "((a.c > 1.5))"},
      {"a.c == 1 and (a.d == 2 and a.e == 3)", "(a.e == 3 and a.d == 2) and a.c == 1"},
      {"a.c in ['x', \"y\"]", "a.c in [\"y\",'x','x']"},
      {"a.c not in [1]", "not a.c in [1.0]"},
  };
  for (const auto& group : same) {
    for (const char* text : group) {
      EXPECT_EQ(WhereOf(text), WhereOf(group[0])) << text;
    }
  }
  EXPECT_EQ(WhereOf("a.d or a.c == \"U\\\"S\" and has(a.e) and not a.f < -0.5"),
            "(or (and (= a.c \"U\\\"S\") (has a.e) (not (< a.f -0.5))) a.d)");
}

TEST(Where, CanonicalTextDiffersWhereTheMeaningDoes) {
  const std::vector<const char*> all = {
      "a.c == 1", "a.c == \"1\"", "a.c != 1",  "a.c == true",        "a.c == \"true\"",     "a.c < 1",
      "1 < a.c",  "a.c <= 1",     "a.c >= 1",  "not a.c < 1",        "a.c in [1]",          "a.c",
      "has(a.c)", "a.d == 1",     "a.c == -1", "a.c or a.d and a.e", "(a.c or a.d) and a.e"};
  std::map<std::string, std::string> seen;
  for (const char* text : all) EXPECT_TRUE(seen.emplace(WhereOf(text), text).second) << text;
}

TEST(Formula, BindsAsInArithmetic) {
  const std::vector<std::pair<const char*, const char*>> rows = {{"k + k * 2", "(k + (k * 2))"},
                                                                 {"(k + k) * 2", "((k + k) * 2)"},
                                                                 {"k - k - k", "((k - k) - k)"},
                                                                 {"k / 2 / 4", "((k / 2) / 4)"},
                                                                 {"-k * -2", "((-k) * (-2))"},
                                                                 {"k@1h/k@1d", "(k@1h / k@24h)"},
                                                                 {"100 * k - 0.50", "((100 * k) - 0.5)"},
                                                                 {"k - k@previous", "(k - k@previous)"},
                                                                 {"k / total(k)", "(k / total(k))"},
                                                                 {"k / total ( k@1d )", "(k / total(k@24h))"},
                                                                 {"-total(k@previous)", "(-total(k@previous))"}};
  for (const auto& [text, shown] : rows) {
    const Specs specs = Good(TextBefore(kCount) + "- {name: f, windows: [1h], formula: \"" + text + "\"}\n");
    ASSERT_EQ(specs.kpis.size(), 2u);
    EXPECT_EQ(ShownFormula(*specs.kpis[1].formula), shown) << text;
  }
}

TEST(Config, WeekendRangePassesTheEndOfTheWeek) {
  const Specs specs = Good(
      TextBefore(kCount) +
      "rules: [{name: r, kpi: k, window: 1d, above: 1, active: {days: [sat-mon, wed], hours: \"00:00-24:00\"}}]\n");
  EXPECT_EQ(specs.rules.at(0).active->weekdays, (std::vector<int>{1, 3, 6, 7}));
  EXPECT_EQ(specs.rules.at(0).active->to_minute, 1440);
  EXPECT_EQ(specs.rules.at(0).window, "24h") << "a window goes by its KPI's spelling";
}

TEST(Config, IsShownAsWrittenButForItsSecrets) {
  const std::string file = testing::TempDir() + "/tidemark_shown.yaml";
  std::ofstream(file) << R"y(
kafka:                                 # the old password was hidden-1
  brokers: "${BROKERS_OF_TEST:-b:9092}"
  properties:
    client.id: &shared hidden-2
    sasl.password: *shared
    sasl.username: "quo\"te\\ \x01"
    ssl.key.pem: |
      hidden-3
    sasl.jaas.config: "${UNSET_VARIABLE_OF_TEST}"
    ssl.key.password_file: /run/secrets/key
    sasl.oauthbearer.config: {a: [hidden-4]}
topics: [t]
kpis: [~]
)y";
  Specs specs;
  Diagnostics diagnostics;
  std::string redacted;
  LoadConfig(file, &specs, &diagnostics, ConfigUse::kRun, &redacted);
  EXPECT_EQ(redacted,
            R"j({"kafka":{"brokers":"${BROKERS_OF_TEST:-b:9092}","properties":{"client.id":"hidden-2","sasl.password":"<secret>",)j"
            R"j("sasl.username":"quo\"te\\ \u0001","ssl.key.pem":"<secret>","sasl.jaas.config":"<secret>","ssl.key.password_file":"/run/secrets/key",)j"
            R"j("sasl.oauthbearer.config":"<secret>"}},"topics":["t"],"kpis":[null]})j");
}

}  // namespace
}  // namespace tidemark
