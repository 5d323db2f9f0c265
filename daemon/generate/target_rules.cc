// Rules from targets: attainment and pace recorded for as long as Prometheus, or what it writes to, keeps them; and an alert for goals
// that no rule of the configuration watches.
//
// Only where the KPI has one series, so for the goal of all: of quotas somebody is always behind, and an alert that is always on
// tells nothing. Pace below 0.8 for a day, as information: daily swings are no news, and who wants it otherwise writes a rule.
#include <algorithm>

#include "daemon/generate/rule.h"
#include "daemon/generate/text.h"
#include "daemon/generate/units.h"

namespace tidemark {
namespace {

constexpr const char* kBehind = "0.8";

bool IsWatched(const Plan& plan, const KpiPlan& pace) {
  return std::any_of(plan.rules().begin(), plan.rules().end(), [&](const RulePlan& rule) {
    const KpiPlan& kpi = plan.kpis()[rule.kpi.v];
    const bool of_goal = kpi.derived == Derived::kPace || kpi.derived == Derived::kAttainment;
    return of_goal && kpi.base.v == pace.base.v;
  });
}

PrometheusRule BehindPace(const KpiPlan& pace, const std::string& kpi, const std::string& window, const RuleOptions& options) {
  PrometheusRule alert;
  const std::string record = BridgedName(pace.info.family);
  alert.alert = "TidemarkGoalBehindPace";
  alert.expr = record + "{window=\"" + window + "\"} < " + kBehind;
  alert.hold = "1d";
  alert.labels = {{"severity", "info"}, {"team", "sales-ops"}, {"kpi", kpi}, {"unit", "ratio"}};
  alert.annotations = {
      {"summary", "The goal for " + kpi + " is behind its pace."},
      {"description", "For a day it has been at less than 80% of what the target expects by now: " + ShownByTemplate("ratio", "$value") + "."},
      {"value", ShownByTemplate("ratio", "$value")},
      {"limit", "below 80%"},
  };
  if (!options.dashboard_url.empty()) {
    alert.annotations.emplace_back("dashboard_url", TemplateText(options.dashboard_url) + "/d/tidemark-goals?var-kpi=" + kpi + "&var-window=" + window);
  }
  AddRunbook(options, alert.alert, &alert.annotations);
  // Six hours good, 26 bad, again good; in between a restart, and a good hour that begins the day anew.
  RuleTest test;
  test.name = "fires after a day, over a restart, and ends at once";
  test.labels = {{"job", options.job}, {"window", window}};
  test.series = {{pace.info.family + "{job=" + PromQuoted(options.job) + ",window=\"" + window + "\",instance=\"a\"}",
                  "1x360 0.7x300 stale _x20 0.7x1200 1x100 0.7x30 1x10"}};
  test.firing = {{350, false}, {1700, false}, {1810, true}, {1880, true}, {1890, false}, {2000, false}};
  alert.tests.push_back(std::move(test));
  return alert;
}

}  // namespace

RuleGroup TargetRules(const Plan& plan, const RuleOptions& options) {
  RuleGroup group{"tidemark-targets", {}};
  for (const KpiPlan& kpi : plan.kpis()) {
    if (kpi.derived != Derived::kAttainment && kpi.derived != Derived::kPace) continue;
    group.rules.push_back({.record = BridgedName(kpi.info.family), .expr = Bridged(kpi.info.family)});
    if (kpi.derived != Derived::kPace || !kpi.info.labels.empty() || IsWatched(plan, kpi)) continue;
    for (const std::string& window : kpi.info.windows) {
      group.rules.push_back(BehindPace(kpi, plan.kpis()[kpi.base.v].info.name, window, options));
    }
  }
  return group;
}

}  // namespace tidemark
