// What the sales dashboards show of the shipped catalogue, from general to specific. What of it a configuration lacks is left out.
#pragma once

#include <span>
#include <string_view>

namespace tidemark {

struct DashboardPlan {
  std::string_view uid, title, description;
  std::span<const std::string_view> subjects;  // of the catalogue; their other KPIs follow in closed rows
  std::span<const std::string_view> stats;     // KPIs of the first row
  // Charts below: "kpi" is its course, "kpi by label" its greatest values, "kpi funnel" its steps.
  std::span<const std::string_view> charts;
};

std::span<const DashboardPlan> DashboardPlans();

inline constexpr std::string_view kOverviewUid = "tidemark-sales-overview";
inline constexpr std::string_view kGoalsUid = "tidemark-goals";

}  // namespace tidemark
