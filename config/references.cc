// What only the whole file shows: names, and the KPIs that rules name.
#include <algorithm>
#include <set>

#include "config/kpi_index.h"
#include "config/sections.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxUnknown = 100;  // KPIs reported; looking for the nearest name is slow

// What a rule watches: a KPI, or one that it makes.
struct Watched {
  const KpiSpec* kpi;
  const Derived* derived;  // null: the KPI itself

  std::vector<WindowSpec> Windows() const { return derived == nullptr ? kpi->windows : WindowsOf(*kpi, *derived); }
  bool HasLabels() const { return derived == nullptr || derived->kind != Derived::Kind::kExpected; }
};

class RuleChecker {
 public:
  RuleChecker(Specs* specs, const KpiIndex& index, Diagnostics* diagnostics)
      : specs_(*specs), index_(index), all_names_(index.AllNames()), diagnostics_(*diagnostics) {}

  void Run() {
    std::set<std::string> names;
    for (size_t i = 0; i < specs_.rules.size(); ++i) {
      RuleSpec& rule = specs_.rules[i];
      const std::string path = "rules[" + std::to_string(i) + "]";
      if (!rule.name.empty() && !names.insert(rule.name).second) {
        diagnostics_.Add(rule.place, path + ".name: the rule " + Quoted(rule.name) + " is given twice");
      }
      if (!rule.kpi.empty()) CheckRule(path, &rule);
    }
  }

 private:
  void CheckRule(const std::string& path, RuleSpec* rule) {
    const Derived* derived = index_.FindDerived(rule->kpi);
    const std::optional<size_t> found = derived != nullptr ? derived->kpi : index_.Find(rule->kpi);
    if (!found) {
      if (++unknown_ > kMaxUnknown) return;
      diagnostics_.Add(rule->at["kpi"],
                       path + ".kpi: there is no KPI " + Quoted(rule->kpi) + DidYouMean(rule->kpi, all_names_));
      return;
    }
    const Watched watched{&specs_.kpis[*found], derived};
    CheckWindow(path, watched, rule);
    CheckLabels(path, watched, rule);
  }

  void CheckWindow(const std::string& path, const Watched& watched, RuleSpec* rule) {
    const std::vector<WindowSpec> windows = watched.Windows();
    if (windows.empty()) return;  // was reported already
    std::vector<std::string> names;
    for (const WindowSpec& window : windows) names.push_back(window.name);
    const bool given = rule->at.contains("window");
    if (!given && windows.size() == 1) {
      rule->window = windows[0].name;
    } else if (!given) {
      diagnostics_.Add(rule->place, path + ": \"window\" is missing; " + Quoted(rule->kpi) + " has " + Joined(names));
    } else if (const WindowSpec* window = FindWindow(windows, rule->window)) {
      rule->window = window->name;
    } else if (!rule->window.empty()) {
      diagnostics_.Add(rule->at["window"], path + ".window: " + Quoted(rule->kpi) + " has no window " +
                                               Quoted(rule->window) + "; it has " + Joined(names));
    }
  }

  void CheckLabels(const std::string& path, const Watched& watched, RuleSpec* rule) {
    std::vector<std::string> known;
    for (const LabelSpec& label : watched.kpi->by) {
      if (watched.HasLabels()) known.push_back(label.name);
    }
    const std::vector<ImpliedLabel> implied = ImpliedLabels(*watched.kpi, watched.derived);
    for (const ImpliedLabel& label : implied) known.push_back(label.name);
    for (const auto& [name, value] : rule->labels) {
      const auto is = [&name = name](const ImpliedLabel& label) { return label.name == name; };
      const auto by_program = std::find_if(implied.begin(), implied.end(), is);
      if (by_program != implied.end()) {
        CheckValue(path, *by_program, value, rule);
      } else if (std::find(known.begin(), known.end(), name) == known.end()) {
        diagnostics_.Add(rule->at["labels." + name], path + ".labels: " + Quoted(rule->kpi) + " has no label " +
                                                         Quoted(name) +
                                                         (known.empty() ? "; it has none" : DidYouMean(name, known)));
      }
    }
  }

  // A label that the program sets has values that are known.
  void CheckValue(const std::string& path, const ImpliedLabel& label, const std::string& value, RuleSpec* rule) {
    const auto& values = label.values;
    // A KPI without right values was reported already.
    if (values.empty() || std::find(values.begin(), values.end(), value) != values.end()) return;
    diagnostics_.Add(rule->at["value of labels." + label.name], path + ".labels." + label.name + ": " +
                                                                    Quoted(rule->kpi) + " has no " + label.name + " " +
                                                                    Quoted(value) + DidYouMean(value, values));
  }

  Specs& specs_;
  const KpiIndex& index_;
  const std::vector<std::string> all_names_;
  Diagnostics& diagnostics_;
  size_t unknown_ = 0;
};

}  // namespace

void CheckReferences(Specs* specs, Diagnostics* diagnostics) {
  const KpiIndex index(specs->kpis, diagnostics);
  CheckOperands(&specs->kpis, index, diagnostics);
  RuleChecker(specs, index, diagnostics).Run();
}

}  // namespace tidemark::config
