// A rule file: its groups, and the file as YAML.
#include "daemon/generate/rule.h"
#include "config/yaml_quoted.h"
#include "daemon/generate/text.h"

namespace tidemark {
namespace {

void WritePairs(const char* key, const TextPairs& pairs, std::string* out) {
  if (pairs.empty()) return;
  *out += std::string("        ") + key + ":\n";
  for (const auto& [name, value] : pairs) *out += "          " + name + ": " + YamlQuoted(value) + "\n";
}

void WriteRule(const PrometheusRule& rule, std::string* out) {
  *out += rule.alert.empty() ? "      - record: " + rule.record + "\n" : "      - alert: " + rule.alert + "\n";
  *out += "        expr: " + YamlQuoted(rule.expr) + "\n";
  if (!rule.hold.empty()) *out += "        for: " + rule.hold + "\n";
  if (!rule.keep.empty()) *out += "        keep_firing_for: " + rule.keep + "\n";
  // Labels are never templates, but Prometheus would take them for some.
  TextPairs labels = rule.labels;
  for (auto& [name, value] : labels) value = TemplateText(value);
  WritePairs("labels", labels, out);
  WritePairs("annotations", rule.annotations, out);
}

}  // namespace

std::string Bridged(const std::string& metric) {
  return std::string("max ") + kWithoutProcess + " (" + metric + ") or max " + kWithoutProcess + " (last_over_time(" + metric + "[1h]))";
}

std::string BridgedName(const std::string& metric) { return "job:" + metric + ":bridged"; }

void AddRunbook(const RuleOptions& options, const std::string& section, TextPairs* annotations) {
  if (options.runbook_url.empty()) return;
  std::string anchor;
  for (const char c : section) anchor.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  annotations->emplace_back("runbook_url", TemplateText(options.runbook_url) + "#" + anchor);
}

std::string Repeated(const std::string& value, int n) {
  std::string values;
  for (int i = 0; i < n; ++i) values += (i == 0 ? "" : " ") + value;
  return values;
}

std::vector<RuleGroup> RulesOf(const Plan& plan, const RuleOptions& options) {
  std::vector<RuleGroup> groups = {BreachRules(plan, options), TargetRules(plan, options), HealthRules(plan, options)};
  std::erase_if(groups, [](const RuleGroup& group) { return group.rules.empty(); });
  return groups;
}

std::string RuleFile(const std::vector<RuleGroup>& groups) {
  std::string out = "# Written by tidemark generate rules. Write it anew when the configuration changes.\ngroups:\n";
  for (const RuleGroup& group : groups) {
    out += "  - name: " + group.name + "\n    rules:\n";
    for (const PrometheusRule& rule : group.rules) WriteRule(rule, &out);
  }
  return out;
}

}  // namespace tidemark
