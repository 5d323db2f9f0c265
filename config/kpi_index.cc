#include "config/kpi_index.h"

#include "config/measures.h"
#include "config/reader.h"

namespace tidemark::config {

KpiIndex::KpiIndex(const std::vector<KpiSpec>& kpis, Diagnostics* diagnostics) {
  for (size_t i = 0; i < kpis.size(); ++i) {
    if (kpis[i].name.empty()) continue;
    names_.push_back(kpis[i].name);
    if (!by_name_.emplace(kpis[i].name, i).second) {
      diagnostics->Add(kpis[i].place, kpis[i].path + ".name: the KPI " + Quoted(kpis[i].name) + " is given twice");
    }
  }
  for (const auto& [name, i] : by_name_) {
    if (!kpis[i].compare.empty()) {
      AddDerived(kpis, {Derived::Kind::kCompare, name + "_compare", i}, diagnostics);
      AddDerived(kpis, {Derived::Kind::kGrowth, name + "_growth_ratio", i}, diagnostics);
    }
    if (kpis[i].measure == Measure::kFunnel) {
      AddDerived(kpis, {Derived::Kind::kShare, name + "_ratio", i}, diagnostics);
    }
  }
}

void KpiIndex::AddDerived(const std::vector<KpiSpec>& kpis, Derived derived, Diagnostics* diagnostics) {
  const std::string& maker = kpis[derived.kpi].name;
  if (const std::optional<size_t> own = Find(derived.name)) {
    diagnostics->Add(kpis[*own].place,
                     kpis[*own].path + ".name: " + Quoted(derived.name) + " is made by " + Quoted(maker) + " (" +
                         (derived.kind == Derived::Kind::kShare ? "funnel" : "compare") + "); take another name");
    return;
  }
  const auto [same, fresh] = derived_.emplace(derived.name, derived);
  if (fresh) return;
  diagnostics->Add(kpis[derived.kpi].place, kpis[derived.kpi].path + ".name: " + Quoted(maker) + " would make " +
                                                Quoted(derived.name) + ", and so does " +
                                                Quoted(kpis[same->second.kpi].name) + "; take another name");
}

std::optional<size_t> KpiIndex::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

const Derived* KpiIndex::FindDerived(const std::string& name) const {
  const auto found = derived_.find(name);
  return found == derived_.end() ? nullptr : &found->second;
}

std::vector<std::string> KpiIndex::AllNames() const {
  std::vector<std::string> all = names_;
  for (const auto& [name, derived] : derived_) all.push_back(name);
  return all;
}

std::vector<ImpliedLabel> ImpliedLabels(const KpiSpec& kpi, const Derived* derived) {
  std::vector<ImpliedLabel> labels;
  if (Contains(kWithStats, kpi.measure)) labels.push_back({"stat", kpi.stats});
  if (kpi.measure == Measure::kFunnel) {
    ImpliedLabel& step = labels.emplace_back(ImpliedLabel{"step", {}});
    for (size_t i = 0; i < kpi.steps.size(); ++i) step.values.push_back(StepName(kpi, i));
  }
  if (derived != nullptr && derived->kind != Derived::Kind::kShare) {
    ImpliedLabel& compare = labels.emplace_back(ImpliedLabel{"compare", {}});
    for (const CompareSpec& c : kpi.compare) compare.values.push_back(c.name);
  }
  return labels;
}

std::string StepName(const KpiSpec& kpi, size_t step) {
  std::string types;
  for (const std::string& type : kpi.steps[step]) types += (types.empty() ? "" : "|") + type;
  return std::to_string(step + 1) + "_" + types;
}

}  // namespace tidemark::config
