// The KPIs of a configuration by name, and those that they make.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// A KPI that another one makes: what it is compared with, the growth since, a funnel's shares of the first step; its
// target, the share of it that is reached, the same of what is expected by now, and what that is.
struct Derived {
  enum class Kind { kCompare, kGrowth, kShare, kTarget, kAttainment, kPace, kExpected };
  Kind kind;
  std::string name;
  size_t kpi;  // that makes it
  bool compared() const { return kind == Kind::kCompare || kind == Kind::kGrowth; }
  bool of_target() const { return kind >= Kind::kTarget; }
};
// What it is called behind its maker's name, and the clause that makes it.
std::string_view SuffixOf(Derived::Kind kind);
std::string_view ClauseOf(Derived::Kind kind);
// The windows it has of its maker's.
std::vector<WindowSpec> WindowsOf(const KpiSpec& maker, const Derived& derived);

// A label that the program puts on series by itself, with the values it can have.
struct ImpliedLabel {
  std::string name;  // stat, step, compare
  std::vector<std::string> values;
};

// Invariant: a name means one KPI, or one derived one. Borrows the KPIs.
class KpiIndex {
 public:
  // Reports names that are given twice, or that another KPI makes.
  KpiIndex(const std::vector<KpiSpec>& kpis, Diagnostics* diagnostics);

  std::optional<size_t> Find(const std::string& name) const;
  const Derived* FindDerived(const std::string& name) const;  // null when there is none
  const std::vector<std::string>& names() const { return names_; }
  std::vector<std::string> AllNames() const;  // derived ones too

 private:
  void AddDerived(const std::vector<KpiSpec>& kpis, Derived::Kind kind, size_t maker, Diagnostics* diagnostics);

  std::vector<std::string> names_;
  std::map<std::string, size_t> by_name_;
  std::map<std::string, Derived> derived_;
};

// The labels of a KPI's series besides `by` and window; `derived` is the KPI it makes, or null for itself.
std::vector<ImpliedLabel> ImpliedLabels(const KpiSpec& kpi, const Derived* derived);

// The value of the label `step`: "1_lead.created", "2_deal.won|order.paid". Counts from 0.
std::string StepName(const KpiSpec& kpi, size_t step);

}  // namespace tidemark::config
