// A rule file of Prometheus as values, and what its tests have to know of each alert.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan/plan.h"

namespace tidemark {

// In the order in which they are written.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

// What an alert's unit test feeds to Prometheus, a value a minute, and what must come of it.
struct RuleTest {
  std::string name;
  TextPairs series;                          // (series, values) in promtool's notation
  TextPairs labels;                          // of the series that are left in the alert
  std::vector<std::pair<int, bool>> firing;  // (minute, whether the alert fires then)
};

// `record` or `alert` has the name; the other is empty.
struct PrometheusRule {
  std::string record = {}, alert = {};
  std::string expr = {};
  std::string hold = {}, keep = {};  // `for` and `keep_firing_for`; "": none
  TextPairs labels = {};             // as they are
  TextPairs annotations = {};        // templates
  std::vector<RuleTest> tests = {};
};

struct RuleGroup {
  std::string name;
  std::vector<PrometheusRule> rules;
};

struct RuleOptions {
  std::string job = "tidemark";  // label `job` of the daemon's metrics, as the scrape configuration gives it
  // Where links of alerts lead; an alert has no link to what is "".
  std::string external_url = {};   // the daemon's page
  std::string dashboard_url = {};  // Grafana
  std::string runbook_url = {};    // the page deploy/prometheus/runbooks.md, as people reach it
};

// All of a configuration, in the order in which they are written: breaches, targets, the daemon itself.
std::vector<RuleGroup> RulesOf(const Plan& plan, const RuleOptions& options);

// As a rule file, and as a file for `promtool test rules` over the rule file of that name.
std::string RuleFile(const std::vector<RuleGroup>& groups);
std::string RuleTestFile(const std::vector<RuleGroup>& groups, const std::string& rule_file);

// The parts of RulesOf.
RuleGroup BreachRules(const Plan& plan, const RuleOptions& options);
RuleGroup TargetRules(const Plan& plan, const RuleOptions& options);
RuleGroup HealthRules(const Plan& plan, const RuleOptions& options);

// What differs between one process and its successor: their alerts are the same.
inline constexpr const char* kWithoutProcess = "without (instance, pod, node)";

// `metric` without what tells one process from the next, also while the daemon restarts or restores: then the last value of an hour.
// A live value always wins. The record of it is called BridgedName(metric).
std::string Bridged(const std::string& metric);
std::string BridgedName(const std::string& metric);

// The link to a section of the runbook page; nothing without a page.
void AddRunbook(const RuleOptions& options, const std::string& section, TextPairs* annotations);

// "v v v", n times.
std::string Repeated(const std::string& value, int n);

}  // namespace tidemark
