// KPIs that clauses of others imply: the same at another time, growth, shares of a funnel's first step;
// compile_target.cc: targets.
#include "pipeline/plan/compiler.h"

namespace tidemark {

std::string_view ToString(Derived derived) {
  constexpr std::string_view kNames[] = {"", "compare", "growth", "step_ratio", "target", "attainment", "pace", "expected"};
  return kNames[static_cast<size_t>(derived)];
}

KpiPlan* Compiler::AddDerivedKpi(KpiId base, Derived derived, const std::string& suffix, const std::string& help) {
  const KpiPlan& of = plan_->kpis_[base.v];
  KpiPlan kpi;
  kpi.info = of.info;
  kpi.info.name += suffix;
  kpi.info.family += suffix;
  kpi.info.help = help + ": " + of.info.help;
  kpi.info.made_of = of.info.name;
  kpi.info.derived = ToString(derived);
  kpi.info.additive = of.info.additive && (derived == Derived::kCompare || derived == Derived::kTarget);
  kpi.info.counter = false;
  kpi.info.lifetime_window = SIZE_MAX;
  if (derived != Derived::kCompare && derived != Derived::kTarget) kpi.info.unit = "ratio";
  if (derived == Derived::kCompare || derived == Derived::kGrowth) kpi.info.labels.emplace_back("compare");
  kpi.measure = of.measure;
  kpi.additive = of.additive;
  kpi.derived = derived;
  kpi.base = base;
  kpi.compare = of.compare;
  const std::string name = kpi.info.name;
  if (!by_name_.try_emplace(name, KpiId{static_cast<uint32_t>(plan_->kpis_.size())}).second) {
    Error(specs_.kpis[base.v].place, "kpi " + name + " exists, but " + of.info.name + " makes a KPI of this name by itself; rename one");
  }
  plan_->kpis_.push_back(std::move(kpi));
  return &plan_->kpis_.back();
}

void Compiler::AddDerived() {
  for (uint32_t k = 0; k < specs_.kpis.size(); ++k) {
    const KpiSpec& spec = specs_.kpis[k];
    for (const CompareSpec& compare : spec.compare) {
      for (uint32_t o = 1; o < plan_->others_.size(); ++o) {
        if (plan_->others_[o].name == compare.name) plan_->kpis_[k].compare.push_back(o);
      }
    }
    if (!spec.compare.empty()) {
      AddDerivedKpi(KpiId{k}, Derived::kCompare, "_compare", "At the time compared with");
      AddDerivedKpi(KpiId{k}, Derived::kGrowth, "_growth_ratio", "Growth since the time compared with");
    }
    if (spec.measure == Measure::kFunnel) AddDerivedKpi(KpiId{k}, Derived::kStepRatio, "_ratio", "Share of the first step");
    AddTargets(KpiId{k});
  }
}

}  // namespace tidemark
