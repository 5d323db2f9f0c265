#include "daemon/generate/kpi_query.h"

#include <algorithm>

#include "daemon/generate/text.h"

namespace tidemark {
namespace {

bool Has(const std::vector<std::string>& list, const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); }

std::string Listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

std::string By(const std::string& aggregation, const std::vector<std::string>& labels, const std::string& of) {
  return aggregation + (labels.empty() ? "" : " by (" + Listed(labels) + ") ") + "(" + of + ")";
}

// The labels that the queries of a KPI choose one value of: they are no dimension of the result.
bool IsChosen(const std::string& label) { return label == "currency" || label == "stat" || label == "compare"; }

bool SameLabels(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

// To the engine what never happened is 0; to PromQL it is nothing, and so is all that is made of it.
std::string Combined(Formula::Kind kind, const std::string& a, const std::string& b) {
  if (kind == Formula::Kind::kMultiply) return "(" + a + " * " + b + ")";
  const std::string left = b[0] == '(' && b.find('{') == std::string::npos ? a : "(" + a + " or " + b + " * 0)";
  if (kind == Formula::Kind::kDivide) return "(" + left + " / " + b + ")";
  const std::string right = a[0] == '(' && a.find('{') == std::string::npos ? b : "(" + b + " or " + a + " * 0)";
  return "(" + left + (kind == Formula::Kind::kAdd ? " + " : " - ") + right + ")";
}

}  // namespace

std::string OfJob(std::string_view text) {
  std::string expr;
  for (size_t i = 0; i < text.size(); ++i) {
    expr += text[i];
    if (text[i] != '{') continue;
    expr += kJobMatcher;
    if (i + 1 < text.size() && text[i + 1] != '}') expr += ',';
  }
  return expr;
}

std::vector<std::string> KpiQueries::Groups(KpiId id) const {
  std::vector<std::string> groups;
  for (const std::string& label : kpi(id).info.labels) {
    if (!IsChosen(label) && label != "step") groups.push_back(label);
  }
  return groups;
}

std::optional<KpiId> KpiQueries::DerivedOf(KpiId id, Derived derived) const {
  for (uint32_t k = 0; k < plan_.kpis().size(); ++k) {
    if (plan_.kpis()[k].derived == derived && plan_.kpis()[k].base == id) return KpiId{k};
  }
  return std::nullopt;
}

std::string KpiQueries::WindowOf(KpiId id) const {
  const std::vector<std::string>& windows = kpi(id).info.windows;
  const auto has = [&](const std::string& window) { return Has(windows, window); };
  if (!scope_.windows.empty() && std::all_of(scope_.windows.begin(), scope_.windows.end(), has)) return "$window";
  for (const char* usual : {"30d", "7d", "month_to_date", "24h", "now"}) {
    if (has(usual)) return usual;
  }
  return windows.empty() ? "now" : windows.front();
}

std::set<std::string> KpiQueries::FiltersOf(KpiId id) const {
  std::set<std::string> filters;
  for (const std::string& label : kpi(id).info.labels) {
    if (scope_.filters.contains(label)) filters.insert(label);
  }
  return filters;
}

std::string KpiQueries::Select(KpiId id, const std::string& window, const std::set<std::string>& filters, const std::string& more) const {
  const KpiInfo& info = kpi(id).info;
  std::string matchers = kJobMatcher + (",window=" + PromQuoted(window));
  for (const std::string& label : info.labels) {
    if (label == "currency") matchers += ",currency=\"$currency\"";
    if (filters.contains(label)) matchers += "," + label + "=~\"$" + label + "\"";
  }
  return info.family + "{" + matchers + more + "}";
}

std::string KpiQueries::Series(KpiId id, const std::string& more) const { return Select(id, WindowOf(id), FiltersOf(id), more); }

std::optional<std::string> KpiQueries::Over(KpiId id, const std::vector<std::string>& labels) const {
  return Aggregate(id, WindowOf(id), FiltersOf(id), labels);
}

std::optional<std::string> KpiQueries::Aggregate(KpiId id, const std::string& window, const std::set<std::string>& filters,
                                                 const std::vector<std::string>& labels) const {
  const KpiPlan& of = kpi(id);
  std::vector<std::string> dimensions = Groups(id);
  if (Has(of.info.labels, "step")) dimensions.emplace_back("step");
  for (const std::string& label : labels) {
    if (!Has(dimensions, label)) return std::nullopt;
  }
  std::string more;
  if (Has(of.info.labels, "stat") && !of.stats.empty()) more = ",stat=" + PromQuoted(MainStat(id).name);
  // One series a value: `max` only lets go of other labels, those of a pod that was replaced among them.
  if (SameLabels(dimensions, labels)) return By("max", labels, Select(id, window, filters, more));
  const bool counts = AddsUp(id) || of.measure == Measure::kFunnel;
  if (counts && of.top == 0 && of.derived == Derived::kNone && (of.measure != Measure::kFunnel || Has(labels, "step"))) {
    return By("sum", labels, Select(id, window, filters, more));
  }
  if (of.measure != Measure::kFormula || of.derived != Derived::kNone || of.formula.empty()) return std::nullopt;
  return FormulaOver(id, 0, window, filters, labels);
}

const StatPlan& KpiQueries::MainStat(KpiId id) const {
  const std::vector<StatPlan>& stats = kpi(id).stats;
  const auto median = std::find_if(stats.begin(), stats.end(), [](const StatPlan& stat) { return stat.name == "p50"; });
  return median == stats.end() ? stats.front() : *median;
}

bool KpiQueries::AddsUp(KpiId id) const {
  const KpiPlan& of = kpi(id);
  if (of.measure != Measure::kFormula || of.derived != Derived::kNone) return of.additive;
  return std::all_of(of.formula.begin(), of.formula.end(), [&](const FormulaNode& node) {
    using Kind = Formula::Kind;
    if (node.kind == Kind::kKpi) return !node.total && AddsUp(node.kpi);
    return node.kind == Kind::kAdd || node.kind == Kind::kSubtract || node.kind == Kind::kNegate;
  });
}

bool KpiQueries::SameWindows(const KpiPlan& of, uint32_t node) const {
  const KpiPlan& operand = plan_.kpis()[of.formula[node].kpi.v];
  const std::vector<size_t>& windows = of.operand_windows[node];
  for (size_t w = 0; w < of.info.windows.size(); ++w) {
    if (operand.info.windows[windows[w]] != of.info.windows[w]) return false;
  }
  return true;
}

std::optional<std::string> KpiQueries::FormulaOver(KpiId id, uint32_t n, const std::string& window, const std::set<std::string>& filters,
                                                   const std::vector<std::string>& labels) const {
  const KpiPlan& of = kpi(id);
  const FormulaNode& node = of.formula[n];
  if (node.kind == Formula::Kind::kNumber) return "(" + ToString(node.number) + ")";
  if (node.kind == Formula::Kind::kKpi) {
    if (node.other != 0 || node.total) return std::nullopt;
    if (node.fixed_window == SIZE_MAX && !SameWindows(of, n)) return std::nullopt;
    const std::string& read = node.fixed_window == SIZE_MAX ? window : plan_.kpis()[node.kpi.v].info.windows[node.fixed_window];
    return Aggregate(node.kpi, read, filters, labels);
  }
  std::vector<std::string> args;
  for (const uint32_t arg : node.args) {
    std::optional<std::string> text = FormulaOver(id, arg, window, filters, labels);
    if (!text) return std::nullopt;
    args.push_back(*std::move(text));
  }
  if (node.kind == Formula::Kind::kNegate) return "(-" + args[0] + ")";
  std::string text = args[0];
  for (size_t i = 1; i < args.size(); ++i) text = Combined(node.kind, text, args[i]);
  return text;
}

std::optional<std::string> KpiQueries::Previous(KpiId id) const {
  const std::vector<uint32_t>& others = kpi(id).compare;
  const auto is = [&](uint32_t other) { return plan_.others()[other].previous; };
  const auto found = std::find_if(others.begin(), others.end(), is);
  if (found == others.end()) return std::nullopt;
  return ",compare=" + PromQuoted(plan_.others()[*found].name);
}

std::optional<std::string> KpiQueries::Before(KpiId id) const {
  const std::optional<KpiId> compare = DerivedOf(id, Derived::kCompare);
  const std::optional<std::string> previous = Previous(id);
  if (!compare || !previous || kpi(id).top > 0 || kpi(id).measure == Measure::kFunnel) return std::nullopt;
  if (!Groups(id).empty() && !AddsUp(id)) return std::nullopt;
  std::string more = *previous;
  if (!kpi(id).stats.empty()) more += ",stat=" + PromQuoted(MainStat(id).name);
  return (Groups(id).empty() ? "max(" : "sum(") + Select(*compare, WindowOf(id), FiltersOf(id), more) + ")";
}

std::optional<std::string> KpiQueries::Growth(KpiId id) const {
  const std::optional<std::string> now = Over(id, {}), before = Before(id);
  if (!now || !before) return std::nullopt;
  return *now + " / (" + *before + " != 0) - 1";
}

std::optional<std::string> KpiQueries::Target(KpiId id, const std::vector<std::string>& labels) const {
  const std::optional<KpiId> target = DerivedOf(id, Derived::kTarget);
  if (!target || (!SameLabels(Groups(id), labels) && !AddsUp(id))) return std::nullopt;
  return By(SameLabels(Groups(id), labels) ? "max" : "sum", labels, Select(*target, WindowOf(id), FiltersOf(id), ""));
}

std::optional<std::string> KpiQueries::Limits(KpiId id) const {
  const auto over = [&](const RulePlan& rule) { return rule.kpi == id; };
  if (std::none_of(plan_.rules().begin(), plan_.rules().end(), over)) return std::nullopt;
  return OfJob("max by (rule) (tidemark_breach_threshold{bound=\"enter\"} and on (job, rule) tidemark_rule_info{kpi=" +
               PromQuoted(kpi(id).info.name) + ",window=" + PromQuoted(WindowOf(id)) + "})");
}

}  // namespace tidemark
