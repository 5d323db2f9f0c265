#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "config/sections.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

std::vector<std::string> WindowNames(const KpiSpec& kpi) {
  std::vector<std::string> names;
  for (const WindowSpec& window : kpi.windows) names.push_back(window.name);
  return names;
}

std::vector<std::string> LabelNames(const KpiSpec& kpi) {
  std::vector<std::string> names;
  for (const LabelSpec& label : kpi.by) names.push_back(label.name);
  return names;
}

bool HasLabel(const KpiSpec& kpi, const std::string& name) {
  return std::any_of(kpi.by.begin(), kpi.by.end(), [&](const LabelSpec& l) { return l.name == name; });
}

void ForEachOperand(Formula& formula, const std::function<void(Formula&)>& visit) {
  if (formula.kind == Formula::Kind::kKpi) visit(formula);
  for (auto& arg : formula.args) ForEachOperand(*arg, visit);
}

class ReferenceChecker {
 public:
  ReferenceChecker(Specs* specs, Diagnostics* diagnostics) : specs_(*specs), diagnostics_(*diagnostics) {}

  void Run() {
    for (size_t i = 0; i < specs_.kpis.size(); ++i) {
      const KpiSpec& kpi = specs_.kpis[i];
      if (kpi.name.empty()) continue;
      names_.push_back(kpi.name);
      if (!by_name_.emplace(kpi.name, i).second) {
        diagnostics_.Add(kpi.place,
                         "kpis[" + std::to_string(i) + "].name: the KPI " + Quoted(kpi.name) + " is given twice");
      }
    }
    for (size_t i = 0; i < specs_.kpis.size(); ++i) CheckFormula(i);
    CheckCycles();
    std::set<std::string> rules;
    for (size_t i = 0; i < specs_.rules.size(); ++i) {
      RuleSpec& rule = specs_.rules[i];
      const std::string path = "rules[" + std::to_string(i) + "]";
      if (!rule.name.empty() && !rules.insert(rule.name).second) {
        diagnostics_.Add(rule.place, path + ".name: the rule " + Quoted(rule.name) + " is given twice");
      }
      CheckRule(path, &rule);
    }
  }

 private:
  const KpiSpec* Find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &specs_.kpis[found->second];
  }

  void CheckFormula(size_t index) {
    const KpiSpec& kpi = specs_.kpis[index];
    if (kpi.formula == nullptr) return;
    const std::string path = "kpis[" + std::to_string(index) + "]";
    ForEachOperand(*kpi.formula, [&](Formula& operand) {
      const KpiSpec* other = Find(operand.kpi);
      if (other == nullptr) {
        diagnostics_.Add(operand.place,
                         path + ".formula: there is no KPI " + Quoted(operand.kpi) + DidYouMean(operand.kpi, names_));
        return;
      }
      CheckOperandWindows(path, kpi, *other, &operand);
      CheckOperandLabels(path, kpi, *other, operand);
    });
  }

  void CheckOperandWindows(const std::string& path, const KpiSpec& kpi, const KpiSpec& other, Formula* operand) {
    // A KPI whose windows are all wrong was reported already.
    if (other.windows.empty()) return;
    const std::string had = "; " + Quoted(other.name) + " has " + Joined(WindowNames(other));
    if (!operand->window.empty()) {
      const WindowSpec* window = FindWindow(other.windows, operand->window);
      if (window != nullptr) {
        operand->window = window->name;
      } else {
        diagnostics_.Add(operand->place,
                         path + ".formula: " + operand->kpi + "@" + operand->window + " needs that window" + had);
      }
      return;
    }
    for (size_t w = 0; w < kpi.windows.size(); ++w) {
      const WindowSpec* window = FindWindow(other.windows, kpi.windows[w].name);
      if (window != nullptr && window->name == kpi.windows[w].name) continue;
      diagnostics_.Add(
          kpi.windows[w].place,
          path + ".windows[" + std::to_string(w) + "]: " + kpi.windows[w].name +
              (window != nullptr ? " must be spelled as in the formula's KPIs" + had + "; nearest: " + window->name
                                 : " is needed of every KPI in the formula" + had + "; add it there"));
    }
  }

  void CheckOperandLabels(const std::string& path, const KpiSpec& kpi, const KpiSpec& other, const Formula& operand) {
    for (size_t l = 0; l < kpi.by.size(); ++l) {
      if (HasLabel(other, kpi.by[l].name)) continue;
      const std::vector<std::string> labels = LabelNames(other);
      diagnostics_.Add(kpi.by[l].place, path + ".by[" + std::to_string(l) + "]: " + Quoted(other.name) +
                                            " has no label " + Quoted(kpi.by[l].name) +
                                            (labels.empty() ? "; it has none" : DidYouMean(kpi.by[l].name, labels)));
    }
    if (other.measure == Measure::kCount || other.measure == Measure::kSum) return;
    for (const LabelSpec& label : other.by) {
      if (HasLabel(kpi, label.name)) continue;
      diagnostics_.Add(operand.place, path + ".formula: " + Quoted(other.name) + " (" +
                                          std::string(ToString(other.measure)) + ") can't be added up over its label " +
                                          Quoted(label.name) + "; add it to by");
    }
  }

  // Formulas over formulas are fine as long as none needs itself.
  void CheckCycles() {
    enum class State { kNew, kOpen, kDone };
    std::vector<State> states(specs_.kpis.size(), State::kNew);
    const std::function<void(size_t, int)> visit = [&](size_t index, int depth) {
      const KpiSpec& kpi = specs_.kpis[index];
      if (states[index] != State::kNew) return;
      states[index] = State::kOpen;
      if (kpi.formula != nullptr) {
        ForEachOperand(*kpi.formula, [&](Formula& operand) {
          const auto found = by_name_.find(operand.kpi);
          if (found == by_name_.end()) return;
          if (states[found->second] == State::kOpen) {
            diagnostics_.Add(operand.place, "kpis[" + std::to_string(index) + "].formula: " + Quoted(operand.kpi) +
                                                " needs " + Quoted(kpi.name) + " itself: a circle");
          } else if (depth >= kMaxFormulaDepth) {
            diagnostics_.Add(operand.place,
                             "kpis[" + std::to_string(index) + "].formula: formulas over formulas, nested too deeply");
          } else {
            visit(found->second, depth + 1);
          }
        });
      }
      states[index] = State::kDone;
    };
    for (size_t i = 0; i < specs_.kpis.size(); ++i) visit(i, 0);
  }

  void CheckRule(const std::string& path, RuleSpec* rule) {
    if (rule->kpi.empty()) return;
    const KpiSpec* kpi = Find(rule->kpi);
    if (kpi == nullptr) {
      diagnostics_.Add(rule->at["kpi"],
                       path + ".kpi: there is no KPI " + Quoted(rule->kpi) + DidYouMean(rule->kpi, names_));
      return;
    }
    if (!kpi->windows.empty()) CheckRuleWindow(path, *kpi, rule);
    for (const auto& [label, value] : rule->labels) {
      if (HasLabel(*kpi, label)) continue;
      const std::vector<std::string> labels = LabelNames(*kpi);
      diagnostics_.Add(rule->at["labels." + label], path + ".labels: " + Quoted(kpi->name) + " has no label " +
                                                        Quoted(label) +
                                                        (labels.empty() ? "; it has none" : DidYouMean(label, labels)));
    }
  }

  void CheckRuleWindow(const std::string& path, const KpiSpec& kpi, RuleSpec* rule) {
    const bool given = rule->at.contains("window");
    if (!given && kpi.windows.size() == 1) {
      rule->window = kpi.windows[0].name;
    } else if (!given) {
      diagnostics_.Add(rule->place,
                       path + ": \"window\" is missing; " + Quoted(kpi.name) + " has " + Joined(WindowNames(kpi)));
    } else if (const WindowSpec* window = FindWindow(kpi.windows, rule->window)) {
      rule->window = window->name;
    } else if (!rule->window.empty()) {
      diagnostics_.Add(rule->at["window"], path + ".window: " + Quoted(kpi.name) + " has no window " +
                                               Quoted(rule->window) + "; it has " + Joined(WindowNames(kpi)));
    }
  }

  static constexpr int kMaxFormulaDepth = 32;
  Specs& specs_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  std::map<std::string, size_t> by_name_;
};

}  // namespace

void CheckReferences(Specs* specs, Diagnostics* diagnostics) { ReferenceChecker(specs, diagnostics).Run(); }

}  // namespace tidemark::config
