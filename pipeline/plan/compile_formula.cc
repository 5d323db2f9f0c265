// Formulas over other KPIs, and rules.
#include <algorithm>
#include <functional>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {

bool Compiler::ResolveOperand(const Formula& part, const KpiSpec& spec, FormulaNode* node) {
  const auto it = by_name_.find(part.kpi);
  if (it == by_name_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, id] : by_name_) names.push_back(name);
    const std::string near = Nearest(part.kpi, names);
    Error(part.place, "formula: there is no KPI \"" + part.kpi + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
    return false;
  }
  node->kpi = it->second;
  const KpiSpec& operand = specs_.kpis[it->second.v];
  const KpiInfo& info = plan_->kpis_[it->second.v].info;
  const auto window_index = [&](const std::string& name) {
    const auto w = std::find(info.windows.begin(), info.windows.end(), name);
    return w == info.windows.end() ? SIZE_MAX : static_cast<size_t>(w - info.windows.begin());
  };
  if (!part.window.empty()) {
    node->fixed_window = window_index(part.window);
    if (node->fixed_window == SIZE_MAX) Error(part.place, "formula: " + part.kpi + " has no window " + part.window);
  } else {
    for (const WindowSpec& window : spec.windows) {
      if (window_index(window.name) != SIZE_MAX) continue;
      Error(window.place, "windows: " + part.kpi + " has no window " + window.name + ", so " + spec.name + " cannot have it");
    }
  }
  const bool additive = IsAdditive(operand);
  node->total = part.total;
  if (part.total && !additive) Error(part.place, "formula: total(" + part.kpi + "): only counts and sums add up");
  for (uint32_t o = 1; o < plan_->others_.size() && part.previous; ++o) {
    if (plan_->others_[o].previous) node->other = o;
  }
  if (part.total) return true;
  for (const LabelSpec& label : spec.by) {
    if (std::find(info.labels.begin(), info.labels.end(), label.name) != info.labels.end()) continue;
    Error(label.place, "by: " + part.kpi + " is not split by " + label.name);
  }
  if (!additive && info.labels.size() != spec.by.size()) {
    Error(part.place, "formula: " + part.kpi + " is not a count or sum, so it cannot be summed down to fewer labels; use the same `by`");
  }
  return true;
}

uint32_t Compiler::FormulaPart(const Formula& part, const KpiSpec& spec, KpiPlan* kpi) {
  const auto index = static_cast<uint32_t>(kpi->formula.size());
  kpi->formula.emplace_back();
  FormulaNode node;
  node.kind = part.kind;
  node.number = part.number;
  if (part.kind == Formula::Kind::kKpi) ResolveOperand(part, spec, &node);
  for (const auto& arg : part.args) node.args.push_back(FormulaPart(*arg, spec, kpi));
  kpi->formula[index] = std::move(node);
  return index;
}

void Compiler::FormulaKpi(const KpiSpec& spec, KpiPlan* kpi) {
  if (spec.formula == nullptr) return;  // reported where it was parsed
  FormulaPart(*spec.formula, spec, kpi);
  for (const FormulaNode& node : kpi->formula) {
    std::vector<size_t> windows(spec.windows.size(), node.fixed_window);
    if (node.kind == Formula::Kind::kKpi && node.fixed_window == SIZE_MAX) {
      const auto& names = plan_->kpis_[node.kpi.v].info.windows;
      for (size_t w = 0; w < windows.size(); ++w) {
        const auto it = std::find(names.begin(), names.end(), spec.windows[w].name);
        windows[w] = it == names.end() ? 0 : static_cast<size_t>(it - names.begin());
      }
    }
    kpi->operand_windows.push_back(std::move(windows));
  }
  kpi->info.additive = spec.unit != "currency" && spec.min_samples == 0 && FormulaAddsUp(*kpi);
}

// Sums and differences of what adds up.
bool Compiler::FormulaAddsUp(const KpiPlan& kpi) const {
  return std::all_of(kpi.formula.begin(), kpi.formula.end(), [&](const FormulaNode& node) {
    if (node.kind == Formula::Kind::kKpi) return plan_->kpis_[node.kpi.v].info.additive && !node.total;
    return node.kind == Formula::Kind::kAdd || node.kind == Formula::Kind::kSubtract || node.kind == Formula::Kind::kNegate;
  });
}

void Compiler::CheckFormulaCycles() {
  enum class Mark { kNew, kOpen, kDone };
  std::vector<Mark> marks(plan_->kpis_.size(), Mark::kNew);
  const std::function<bool(size_t)> visit = [&](size_t k) {
    if (marks[k] == Mark::kDone) return true;
    if (marks[k] == Mark::kOpen) return false;
    marks[k] = Mark::kOpen;
    for (const FormulaNode& node : plan_->kpis_[k].formula) {
      if (node.kind == Formula::Kind::kKpi && !visit(node.kpi.v)) return false;
    }
    marks[k] = Mark::kDone;
    return true;
  };
  for (size_t k = 0; k < plan_->kpis_.size(); ++k) {
    if (!visit(k)) Error(At(specs_.kpis[k], "formula"), "formula: " + specs_.kpis[k].name + " refers to itself");
  }
}

void Compiler::Rule(const RuleSpec& spec) {
  const auto at = [&](const std::string& clause) {
    const auto it = spec.at.find(clause);
    return it == spec.at.end() ? spec.place : it->second;
  };
  const auto kpi = by_name_.find(spec.kpi);
  if (kpi == by_name_.end()) {
    Error(at("kpi"), "rule " + spec.name + ": there is no KPI \"" + spec.kpi + "\"");
    return;
  }
  const KpiInfo& info = plan_->kpis_[kpi->second.v].info;
  RulePlan rule;
  rule.kpi = kpi->second;
  const auto window = std::find(info.windows.begin(), info.windows.end(), spec.window);
  if (window == info.windows.end()) {
    Error(at("window"), "rule " + spec.name + ": KPI " + spec.kpi + " has no window \"" + spec.window + "\"");
    return;
  }
  rule.window = static_cast<size_t>(window - info.windows.begin());
  rule.fingerprint = Hash64("rule/1" + std::string(1, '\0') + spec.name);
  rule.above = spec.direction == RuleSpec::Direction::kAbove;
  rule.enter = spec.enter;
  rule.exit = spec.exit;
  rule.hold_for = spec.hold_for;
  rule.min_samples = spec.min_samples;
  rule.min_coverage = ToDouble(spec.min_coverage);
  rule.absent = spec.absent;
  rule.active = spec.active;
  for (const auto& [name, value] : spec.labels) {
    const auto it = std::find(info.labels.begin(), info.labels.end(), name);
    if (it == info.labels.end()) {
      Error(at("labels"), "rule " + spec.name + ": KPI " + spec.kpi + " has no label \"" + name + "\"");
      continue;
    }
    rule.label_match.emplace_back(static_cast<size_t>(it - info.labels.begin()), value);
  }
  rule.info = {.name = spec.name, .kpi = spec.kpi, .unit = info.unit, .window = spec.window, .severity = spec.severity,
               .team = spec.team, .help = spec.help, .labels = info.labels, .above = rule.above, .enter = rule.enter,
               .exit = rule.exit};
  plan_->rules_.push_back(std::move(rule));
}

}  // namespace tidemark
