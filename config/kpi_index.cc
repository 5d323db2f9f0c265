#include "config/kpi_index.h"

#include <algorithm>
#include <array>

#include "config/measures.h"
#include "config/reader.h"

namespace tidemark::config {
namespace {

struct KindText {
  std::string_view suffix, clause;
};
constexpr std::array<KindText, 7> kKinds = {{{"_compare", "compare"},
                                             {"_growth_ratio", "compare"},
                                             {"_ratio", "funnel"},
                                             {"_target", "target"},
                                             {"_attainment_ratio", "target"},
                                             {"_pace_ratio", "target"},
                                             {"_expected_ratio", "target"}}};

bool Makes(const KpiSpec& kpi, const Derived& derived) {
  if (derived.compared()) return !kpi.compare.empty();
  if (derived.of_target()) return !WindowsOf(kpi, derived).empty();
  return kpi.measure == Measure::kFunnel;
}

}  // namespace

std::string_view SuffixOf(Derived::Kind kind) { return kKinds[static_cast<size_t>(kind)].suffix; }
std::string_view ClauseOf(Derived::Kind kind) { return kKinds[static_cast<size_t>(kind)].clause; }

std::vector<WindowSpec> WindowsOf(const KpiSpec& maker, const Derived& derived) {
  std::vector<WindowSpec> windows = maker.windows;
  const bool of_pace = derived.kind == Derived::Kind::kPace || derived.kind == Derived::Kind::kExpected;
  std::erase_if(windows, [&](const WindowSpec& w) {
    if (derived.compared()) return w.lifetime();
    if (!derived.of_target()) return false;
    const auto is = [&](const TargetSpec& target) { return target.window == w.name; };
    const bool has = std::any_of(maker.targets.begin(), maker.targets.end(), is);
    return !has || (of_pace && (w.kind != WindowSpec::Kind::kToDate || w.unit == CalendarUnit::kDay));
  });
  return windows;
}

KpiIndex::KpiIndex(const std::vector<KpiSpec>& kpis, Diagnostics* diagnostics) {
  for (size_t i = 0; i < kpis.size(); ++i) {
    if (kpis[i].name.empty()) continue;
    names_.push_back(kpis[i].name);
    if (!by_name_.emplace(kpis[i].name, i).second) {
      diagnostics->Add(kpis[i].place, kpis[i].path + ".name: the KPI " + Quoted(kpis[i].name) + " is given twice");
    }
  }
  for (const auto& [name, i] : by_name_) {
    for (size_t kind = 0; kind < kKinds.size(); ++kind) AddDerived(kpis, static_cast<Derived::Kind>(kind), i, diagnostics);
  }
}

void KpiIndex::AddDerived(const std::vector<KpiSpec>& kpis, Derived::Kind kind, size_t by, Diagnostics* diagnostics) {
  const std::string& maker = kpis[by].name;
  const Derived derived{kind, maker + std::string(SuffixOf(kind)), by};
  if (!Makes(kpis[by], derived)) return;
  if (const std::optional<size_t> own = Find(derived.name)) {
    diagnostics->Add(kpis[*own].place, kpis[*own].path + ".name: " + Quoted(derived.name) + " is made by " + Quoted(maker) + " (" +
                                           std::string(ClauseOf(kind)) + "); take another name");
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
  if (derived != nullptr && derived->compared()) {
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
