// Rules as a file for `promtool test rules`: what ALERTS shows at chosen minutes.
#include "daemon/generate/rule.h"
#include "config/yaml_quoted.h"
#include "daemon/generate/text.h"

namespace tidemark {
namespace {

// {alertname="X",alertstate="firing",...} of the alert while it fires.
std::string Firing(const PrometheusRule& rule, const RuleTest& test) {
  std::string series = "ALERTS{alertname=" + PromQuoted(rule.alert) + ",alertstate=\"firing\"";
  for (const auto* labels : {&rule.labels, &test.labels}) {
    for (const auto& [name, value] : *labels) series += "," + name + "=" + PromQuoted(value);
  }
  return series + "}";
}

void WriteTest(const PrometheusRule& rule, const RuleTest& test, std::string* out) {
  *out += "  - name: " + YamlQuoted(rule.alert + ": " + test.name) + "\n    interval: 1m\n    input_series:\n";
  for (const auto& [series, values] : test.series) {
    *out += "      - series: " + YamlQuoted(series) + "\n        values: " + YamlQuoted(values) + "\n";
  }
  *out += "    promql_expr_test:\n";
  const std::string firing = Firing(rule, test);
  for (const auto& [minute, fires] : test.firing) {
    *out += "      - expr: " + YamlQuoted("ALERTS{alertname=" + PromQuoted(rule.alert) + ",alertstate=\"firing\"}") + "\n        eval_time: " +
            std::to_string(minute) + "m\n        exp_samples: ";
    *out += fires ? "[{labels: " + YamlQuoted(firing) + ", value: 1}]\n" : "[]\n";
  }
}

}  // namespace

std::string RuleTestFile(const std::vector<RuleGroup>& groups, const std::string& rule_file) {
  std::string out = "# Written by tidemark generate rules --tests. Run: promtool test rules FILE\nrule_files: [" + YamlQuoted(rule_file) +
                    "]\nevaluation_interval: 1m\ntests:\n";
  for (const RuleGroup& group : groups) {
    for (const PrometheusRule& rule : group.rules) {
      for (const RuleTest& test : rule.tests) WriteTest(rule, test, &out);
    }
  }
  return out;
}

}  // namespace tidemark
