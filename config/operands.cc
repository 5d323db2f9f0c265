// What formulas refer to: KPIs, their windows and labels, and other times of them.
#include <algorithm>
#include <functional>

#include "config/kpi_index.h"
#include "config/measures.h"
#include "config/sections.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

constexpr int kMaxFormulaDepth = 32;
constexpr size_t kMaxReported = 100;  // mistakes of this kind; looking for the nearest name is slow

// `; "k" has 1h, 24h`
std::string Had(const KpiSpec& kpi) {
  std::vector<std::string> names;
  for (const WindowSpec& window : kpi.windows) names.push_back(window.name);
  return "; " + Quoted(kpi.name) + " has " + Joined(names);
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

// `"k" (avg)`
std::string WithMeasure(const KpiSpec& kpi) {
  return Quoted(kpi.name) + " (" + std::string(ToString(kpi.measure)) + (kpi.at_least > 1 ? " with at_least" : "") +
         ")";
}

class OperandChecker {
 public:
  OperandChecker(std::vector<KpiSpec>* kpis, const KpiIndex& index, Diagnostics* diagnostics)
      : kpis_(*kpis), index_(index), diagnostics_(*diagnostics), other_time_(kpis->size()) {}

  void Run() {
    for (size_t i = 0; i < kpis_.size(); ++i) {
      if (kpis_[i].formula != nullptr) CheckFormula(i);
    }
    CheckCycles();
  }

 private:
  void Report(const Place& place, const std::string& text) {
    ++reported_;
    diagnostics_.Add(place, text);
  }

  void CheckFormula(size_t i) {
    const KpiSpec& kpi = kpis_[i];
    const std::string& path = kpi.path;
    bool labelled = false;
    ForEachOperand(*kpi.formula, [&](Formula& operand) {
      labelled |= !operand.total;
      if (reported_ >= kMaxReported) return;
      const std::optional<size_t> found = index_.Find(operand.kpi);
      const std::string why = found ? WhyNotOperand(operand, *found) : WhyUnknown(operand.kpi);
      if (!why.empty()) {
        Report(operand.place, path + ".formula: " + why);
      } else {
        CheckWindows(path, kpi, kpis_[*found], &operand);
        if (!operand.total) CheckLabels(path, kpi, kpis_[*found], operand);
      }
    });
    if (!labelled && !kpi.by.empty()) {
      Report(kpi.by[0].place, path + ".by[0]: a total has no labels, and there is nothing else in the formula");
    }
    const std::string why = kpi.compare.empty() ? "" : WhyNoOtherTime(i, 0);
    if (!why.empty()) Report(kpis_[i].at["compare"], path + ".compare: " + why);
  }

  std::string WhyUnknown(const std::string& name) const {
    const Derived* derived = index_.FindDerived(name);
    if (derived == nullptr) return "there is no KPI " + Quoted(name) + DidYouMean(name, index_.names());
    const KpiSpec& maker = kpis_[derived->kpi];
    if (!Contains(kOperands, maker.measure)) return WhyNoNumber(maker);
    const std::string instead = derived->kind == Derived::Kind::kGrowth ? " / " + maker.name + "@previous - 1"
                                : derived->compared()                  ? "@previous"
                                                                       : "";
    return Quoted(name) + " is for rules and dashboards; a formula takes " + maker.name + instead;
  }

  static std::string WhyNoNumber(const KpiSpec& kpi) {
    return WithMeasure(kpi) + " has several values for each series; a formula takes " + Listed(kOperands);
  }

  std::string WhyNotOperand(const Formula& operand, size_t index) {
    const KpiSpec& other = kpis_[index];
    if (!Contains(kOperands, other.measure)) return WhyNoNumber(other);
    if (operand.total && !AddsUp(other)) {
      return WithMeasure(other) + " can't be added up over its labels; total takes " + Listed(kAdditive);
    }
    return operand.previous ? WhyNoOtherTime(index, 0) : "";
  }

  // Why there is no value of the KPI at another time; "" when there is. What is wrong otherwise is reported elsewhere.
  std::string WhyNoOtherTime(size_t index, int depth) {
    const KpiSpec& kpi = kpis_[index];
    if (!Contains(kComparable, kpi.measure) || kpi.at_least > 1) {
      return WithMeasure(kpi) + " has no value at another time";
    }
    if (kpi.formula == nullptr || depth > kMaxFormulaDepth) return "";
    if (other_time_[index]) return *other_time_[index];
    std::string why;
    other_time_[index] = why;
    ForEachOperand(*kpi.formula, [&](Formula& operand) {
      const std::optional<size_t> found = index_.Find(operand.kpi);
      if (!why.empty() || !found) return;
      const WindowSpec* window = FindWindow(kpis_[*found].windows, operand.window);
      if (operand.previous) {
        why = Quoted(kpi.name) + " takes " + operand.kpi + "@previous itself, so it has no value at another time";
      } else if (window != nullptr && window->lifetime()) {
        why = Quoted(operand.kpi + "@" + operand.window) + " has no value at another time";
      } else {
        why = WhyNoOtherTime(*found, depth + 1);
      }
    });
    other_time_[index] = why;
    return why;
  }

  void CheckWindows(const std::string& path, const KpiSpec& kpi, const KpiSpec& other, Formula* operand) {
    // A KPI whose windows are all wrong was reported already.
    if (other.windows.empty()) return;
    const auto report = [&](const std::string& text) { Report(operand->place, path + ".formula: " + text); };
    if (!operand->window.empty()) {
      const WindowSpec* window = FindWindow(other.windows, operand->window);
      if (window == nullptr) return report(operand->kpi + "@" + operand->window + " needs that window" + Had(other));
      operand->window = window->name;
      return;
    }
    const bool all_now =
        std::all_of(kpi.windows.begin(), kpi.windows.end(), [](const WindowSpec& w) { return w.name == kNow; });
    if (other.measure == Measure::kOpen && !all_now) {
      return report(WithMeasure(other) + " is what is open now; write " + other.name + "@now");
    }
    for (size_t w = 0; w < kpi.windows.size(); ++w) CheckWindow(path, kpi, w, other, *operand);
  }

  void CheckWindow(const std::string& path, const KpiSpec& kpi, size_t w, const KpiSpec& other,
                   const Formula& operand) {
    const WindowSpec& wanted = kpi.windows[w];
    const WindowSpec* window = FindWindow(other.windows, wanted.name);
    std::string why;
    if (window == nullptr) {
      why = " is needed of every KPI in the formula" + Had(other) + "; add it there";
    } else if (window->name != wanted.name) {
      why = " must be spelled as in the formula's KPIs" + Had(other) + "; nearest: " + window->name;
    } else if (operand.previous && wanted.lifetime()) {
      why = " has none before it, for " + operand.kpi + "@previous; leave it out";
    } else {
      return;
    }
    Report(wanted.place, path + ".windows[" + std::to_string(w) + "]: " + wanted.name + why);
  }

  void CheckLabels(const std::string& path, const KpiSpec& kpi, const KpiSpec& other, const Formula& operand) {
    for (size_t l = 0; l < kpi.by.size(); ++l) {
      if (HasLabel(other, kpi.by[l].name)) continue;
      const std::vector<std::string> labels = LabelNames(other);
      Report(kpi.by[l].place, path + ".by[" + std::to_string(l) + "]: " + Quoted(other.name) + " has no label " +
                                  Quoted(kpi.by[l].name) +
                                  (labels.empty() ? "; it has none" : DidYouMean(kpi.by[l].name, labels)));
    }
    if (AddsUp(other)) return;
    for (const LabelSpec& label : other.by) {
      if (HasLabel(kpi, label.name)) continue;
      Report(operand.place, path + ".formula: " + WithMeasure(other) + " can't be added up over its label " +
                                Quoted(label.name) + "; add it to by");
    }
  }

  // Formulas over formulas are fine as long as none needs itself.
  void CheckCycles() {
    enum class State { kNew, kOpen, kDone };
    std::vector<State> states(kpis_.size(), State::kNew);
    const std::function<void(size_t, int)> visit = [&](size_t index, int depth) {
      const KpiSpec& kpi = kpis_[index];
      if (states[index] != State::kNew) return;
      states[index] = State::kOpen;
      if (kpi.formula != nullptr) {
        ForEachOperand(*kpi.formula, [&](Formula& operand) {
          const std::optional<size_t> found = index_.Find(operand.kpi);
          if (!found) return;
          const std::string path = kpi.path + ".formula: ";
          if (states[*found] == State::kOpen) {
            Report(operand.place, path + Quoted(operand.kpi) + " needs " + Quoted(kpi.name) + " itself: a circle");
          } else if (depth >= kMaxFormulaDepth) {
            Report(operand.place, path + "formulas over formulas, nested too deeply");
          } else {
            visit(*found, depth + 1);
          }
        });
      }
      states[index] = State::kDone;
    };
    for (size_t i = 0; i < kpis_.size(); ++i) visit(i, 0);
  }

  std::vector<KpiSpec>& kpis_;
  const KpiIndex& index_;
  Diagnostics& diagnostics_;
  size_t reported_ = 0;
  std::vector<std::optional<std::string>> other_time_;  // of formulas: WhyNoOtherTime, once known
};

}  // namespace

void CheckOperands(std::vector<KpiSpec>* kpis, const KpiIndex& index, Diagnostics* diagnostics) {
  OperandChecker(kpis, index, diagnostics).Run();
}

}  // namespace tidemark::config
