// PromQL of KPIs, as a dashboard asks for them: in the window and for the labels that its variables choose.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/plan/plan.h"

namespace tidemark {

// What the variables of one dashboard choose.
struct Scope {
  std::vector<std::string> windows;  // options of `window`; empty: it has none
  std::set<std::string> filters;     // labels with a variable of their name
};

// The matcher that all queries have: one daemon of several that a Prometheus may scrape.
inline constexpr const char* kJobMatcher = "job=\"$job\"";

// Puts that matcher in: text is written with {} or {more} after each of the daemon's metrics.
std::string OfJob(std::string_view text);

// Queries of one plan's KPIs within a scope. Borrows both.
class KpiQueries {
 public:
  KpiQueries(const Plan& plan, const Scope& scope) : plan_(plan), scope_(scope) {}

  const KpiPlan& kpi(KpiId id) const { return plan_.kpis()[id.v]; }
  const Plan& plan() const { return plan_; }

  // "$window" where the KPI has all of its options, else the KPI's own window nearest to a month.
  std::string WindowOf(KpiId id) const;

  // The series of the KPI; `more`: further matchers, with a comma before them.
  std::string Series(KpiId id, const std::string& more = "") const;

  // One value for each value of `labels` (none: one value), exactly as the engine would give it: counts and sums are
  // added up, formulas of them are computed anew from sums. Nothing where what is exposed can't tell it: the median of
  // all isn't the mean of medians.
  std::optional<std::string> Over(KpiId id, const std::vector<std::string>& labels) const;

  // How much more than in the window before (0.1: 10 %), of Over(id, {}).
  std::optional<std::string> Growth(KpiId id) const;
  // Over(id, {}) in the window before.
  std::optional<std::string> Before(KpiId id) const;
  // The target of Over(id, labels), where the window has one.
  std::optional<std::string> Target(KpiId id, const std::vector<std::string>& labels) const;
  // The levels at which rules over this KPI in the chosen window breach; nothing when there is no such rule.
  std::optional<std::string> Limits(KpiId id) const;

  // The stat that stands for the KPI where only one is shown: the median, else the first. REQUIRES: it has stats.
  const StatPlan& MainStat(KpiId id) const;
  // A KPI that this one makes.
  std::optional<KpiId> DerivedOf(KpiId id, Derived derived) const;
  // Labels that the series differ by for people: neither `currency`, which a variable chooses, nor `stat`, `step`, `compare`.
  std::vector<std::string> Groups(KpiId id) const;
  // Whether values of series with different labels add up to that of fewer labels: also of sums and differences of such KPIs.
  bool AddsUp(KpiId id) const;

 private:
  std::string Select(KpiId id, const std::string& window, const std::set<std::string>& filters, const std::string& more) const;
  std::optional<std::string> Aggregate(KpiId id, const std::string& window, const std::set<std::string>& filters,
                                       const std::vector<std::string>& labels) const;
  std::optional<std::string> FormulaOver(KpiId id, uint32_t node, const std::string& window, const std::set<std::string>& filters,
                                         const std::vector<std::string>& labels) const;
  bool SameWindows(const KpiPlan& kpi, uint32_t node) const;
  std::set<std::string> FiltersOf(KpiId id) const;
  std::optional<std::string> Previous(KpiId id) const;

  const Plan& plan_;
  const Scope& scope_;
};

}  // namespace tidemark
