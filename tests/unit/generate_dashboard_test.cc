#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/config.h"
#include "daemon/generate/dashboards.h"
#include "daemon/generate/kpi_panels.h"
#include "pipeline/event/schema.h"

namespace tidemark {
namespace {

std::shared_ptr<const Plan> PlanOf(const std::string& yaml) {
  Diagnostics diagnostics;
  Specs specs;
  ParseConfig("kpis.yaml", "kafka: {brokers: \"127.0.0.1:9\"}\ntopics: [events]\n" + yaml, &specs, &diagnostics);
  if (diagnostics.empty()) {
    if (auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics)) return plan;
  }
  ADD_FAILURE() << diagnostics.ToString();
  return nullptr;
}

const Dashboard& Of(const std::vector<Dashboard>& dashboards, const std::string& uid) {
  for (const Dashboard& dashboard : dashboards) {
    if (dashboard.uid == uid) return dashboard;
  }
  static const Dashboard kNone;
  ADD_FAILURE() << "no dashboard " << uid;
  return kNone;
}

const Panel* Find(const Dashboard& dashboard, Panel::Kind kind, const std::string& title) {
  for (const Row& row : dashboard.rows) {
    for (const Panel& panel : row.panels) {
      if (panel.kind == kind && panel.title == title) return &panel;
    }
  }
  return nullptr;
}

std::string Expr(const Panel* panel, size_t query = 0) {
  return panel == nullptr || query >= panel->queries.size() ? "no such query" : panel->queries[query].expr;
}

constexpr const char* kOwn = R"(
kpis:
  - {name: calls, help: Calls., on: call.made, count: true, by: {rep_id: call.owner, sales_team: call.team}, windows: [24h, 7d]}
  - {name: wins, help: Wins., on: deal.won, count: true, by: {rep_id: deal.owner}, windows: [24h, 7d]}
  - {name: losses, help: Losses., on: deal.lost, count: true, by: {rep_id: deal.owner}, windows: [24h, 7d]}
  - {name: win_ratio, help: Share., unit: ratio, formula: wins / (wins + losses), by: [rep_id], windows: [24h, 7d]}
  - {name: customers, help: Ids., on: order.paid, distinct: order.customer, by: {plan: order.plan}, windows: [24h, 7d]}
  - {name: wins_all, help: All., formula: wins, windows: [7d], target: {7d: 50}}
rules:
  - {name: few, kpi: wins_all, window: 7d, below: 3}
)";

TEST(Dashboards, OfAConfigurationWithoutCatalogueAreTheOverviewGoalsAndTheDaemon) {
  std::vector<std::string> uids;
  for (const Dashboard& d : DashboardsOf(*PlanOf(kOwn), {})) uids.push_back(d.uid);
  EXPECT_EQ(uids, (std::vector<std::string>{"tidemark-sales-overview", "tidemark-goals", "tidemark-operations"}));
}

TEST(Dashboards, OfAConfigurationWithoutKpisAreThatOfTheDaemonAlone) {
  Specs specs;
  specs.topics.emplace_back().name = "events";
  Diagnostics diagnostics;
  const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  ASSERT_NE(plan, nullptr) << diagnostics.ToString();
  const auto dashboards = DashboardsOf(*plan, {});
  ASSERT_EQ(dashboards.size(), 1u);
  EXPECT_EQ(dashboards[0].uid, "tidemark-operations");
}

TEST(Dashboards, SumWhatAddsUpAndComputeRatiosAnew) {
  const auto dashboards = DashboardsOf(*PlanOf(kOwn), {});
  const Dashboard& overview = Of(dashboards, "tidemark-sales-overview");
  EXPECT_EQ(Expr(Find(overview, Panel::Kind::kStat, "Calls")), "sum(sales_calls{job=\"$job\",window=\"$window\",rep_id=~\"$rep_id\"})");
  const std::string ratio = Expr(Find(overview, Panel::Kind::kStat, "Win ratio"));
  EXPECT_NE(ratio.find("sum(sales_wins{"), std::string::npos) << ratio;
  EXPECT_EQ(ratio.find("sales_win_ratio"), std::string::npos) << ratio;
  EXPECT_EQ(Expr(Find(overview, Panel::Kind::kBarGauge, "Win ratio by rep")),
            "sort_desc(topk(10, label_replace(max by (rep_id) (sales_win_ratio{job=\"$job\",window=\"$window\",rep_id=~\"$rep_id\"}), "
            "\"rep_id\", \"(none)\", \"rep_id\", \"\")))");
}

TEST(Dashboards, DoNotAddUpDistinctIds) {
  const auto dashboards = DashboardsOf(*PlanOf(kOwn), {});
  const Dashboard& overview = Of(dashboards, "tidemark-sales-overview");
  EXPECT_EQ(Find(overview, Panel::Kind::kStat, "Customers"), nullptr);
  EXPECT_NE(Find(overview, Panel::Kind::kBarGauge, "Customers by plan"), nullptr);
}

TEST(Dashboards, HoldWhatHasATargetAgainstIt) {
  const auto dashboards = DashboardsOf(*PlanOf(kOwn), {});
  const Dashboard& goals = Of(dashboards, "tidemark-goals");
  EXPECT_EQ(Expr(Find(goals, Panel::Kind::kGauge, "Wins all: reached")),
            "max(sales_wins_all{job=\"$job\",window=\"$window\"}) / (max(sales_wins_all_target{job=\"$job\",window=\"$window\"}) > 0)");
}

TEST(Dashboards, DrawLimitsFromTheirMetric) {
  const auto plan = PlanOf(kOwn);
  const Scope scope{{"7d"}, {}};
  const KpiQueries queries(*plan, scope);
  const KpiPanels panels(queries, "");
  for (uint32_t k = 0; k < plan->kpis().size(); ++k) {
    const bool watched = plan->kpis()[k].info.name == "wins_all";
    EXPECT_EQ(queries.Limits(KpiId{k}).has_value(), watched) << plan->kpis()[k].info.name;
    if (!watched) continue;
    const std::optional<Panel> trend = panels.Trend(KpiId{k});
    ASSERT_TRUE(trend);
    EXPECT_EQ(trend->queries.back().legend, "limit: {{rule}}");
    EXPECT_NE(trend->queries.back().expr.find("tidemark_breach_threshold{"), std::string::npos);
  }
}

TEST(Dashboards, OfTheWholeCatalogueShowEveryKpi) {
  const auto plan = PlanOf("catalogue: all\n");
  std::string all;
  std::set<std::string> uids;
  for (const Dashboard& d : DashboardsOf(*plan, {})) {
    EXPECT_TRUE(uids.insert(d.uid).second) << d.uid;
    all += DashboardJson(d);
  }
  EXPECT_EQ(uids.size(), 7u);
  for (const KpiPlan& kpi : plan->kpis()) {
    if (kpi.derived != Derived::kNone) continue;
    // Where a formula is computed anew, its own name is in the link to what moved it or in the title alone.
    const bool shown = all.find(kpi.info.family + "{") != std::string::npos || all.find(KpiTitle(kpi.info)) != std::string::npos;
    EXPECT_TRUE(shown) << kpi.info.name;
  }
}

TEST(Dashboards, ShowWhatBecomesOfMappedRecordsWhereThereAreSome) {
  const auto titles = [](const std::string& more) {
    std::set<std::string> titles;
    const auto dashboards = DashboardsOf(*PlanOf(kOwn + more), {});
    for (const Row& row : Of(dashboards, "tidemark-operations").rows) {
      for (const Panel& panel : row.panels) titles.insert(panel.title);
    }
    return titles;
  };
  const std::string mapped = "sources:\n  shop:\n    topics: [shop]\n    time: ms(row.at)\n    events: [{emit: deal.won}]\n";
  const auto none = titles(""), json = titles(mapped), avro = titles(mapped + "    format: avro\n    framing: confluent\nregistry: {url: \"http://r\"}\n"),
             batches = titles(mapped + "    expect_every: 48h\n    complete_after: 72h\n");
  const std::pair<const char*, std::vector<bool>> kPanels[] = {
      {"Dead letters", {false, true, true, true}},        {"Delay of sources", {false, true, true, true}}, {"Fields that were not there", {false, true, true, true}},
      {"Waiting for schemas", {false, false, true, false}}, {"Schema registry", {false, false, true, false}}, {"Overdue sources", {false, false, false, true}},
      {"Batches are complete until", {false, false, false, true}}, {"KPIs that wait for batches", {false, false, false, true}}};
  for (const auto& [panel, shown] : kPanels) {
    EXPECT_EQ((std::vector<bool>{none.contains(panel), json.contains(panel), avro.contains(panel), batches.contains(panel)}), shown) << panel;
  }
}

TEST(Dashboards, TextOfAConfigurationStaysText) {
  EXPECT_EQ(DashboardText("5 $kpi ${x:raw} [[y]] <img onerror=1>"),
            "5 $\u2060kpi $\u2060{x:raw} [\u2060[\u2060y]] &lt;img onerror=1>");
  const auto plan = PlanOf("kpis:\n  - {name: a, help: \"say \\\"hi\\\" \\\\ <b>$job</b>\", on: deal.won, count: true, windows: [24h]}\n");
  const auto dashboards = DashboardsOf(*plan, {});
  const std::string json = DashboardJson(Of(dashboards, "tidemark-sales-overview"));
  EXPECT_NE(json.find("say \\\"hi\\\" \\\\ &lt;b>$\u2060job&lt;/b>"), std::string::npos);
}

TEST(Dashboards, TitlesAreWords) {
  const struct {
    const char *name, *unit, *title;
  } kRows[] = {
      {"leads_created", "", "Leads created"},
      {"speed_to_lead_overall_seconds", "seconds", "Speed to lead, overall"},
      {"churn_overall_ratio", "ratio", "Churn ratio, overall"},
      {"mql_to_sql_ratio", "ratio", "MQL to SQL ratio"},
      {"revenue", "currency", "Revenue ($currency)"},
      {"revenue", "usd", "Revenue"},
  };
  for (const auto& row : kRows) {
    KpiInfo info;
    info.name = row.name;
    info.unit = row.unit;
    EXPECT_EQ(KpiTitle(info), row.title);
  }
}

TEST(Dashboards, LinkToTheDaemonOnlyWhereItIsKnown) {
  const auto plan = PlanOf(kOwn);
  const auto without = DashboardsOf(*plan, {}), with = DashboardsOf(*plan, {"https://tidemark.example"});
  EXPECT_EQ(DashboardJson(without[0]).find("tidemark_url"), std::string::npos);
  EXPECT_NE(DashboardJson(with[0]).find("${tidemark_url}/kpi/calls?window=$window"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
