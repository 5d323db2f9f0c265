// Panels of KPIs: what of a KPI is shown, and how it reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/generate/dashboard.h"
#include "daemon/generate/kpi_query.h"

namespace tidemark {

// "speed_to_lead_overall_seconds" -> "Speed to lead, overall"; with the chosen currency, where amounts are of one.
std::string KpiTitle(const KpiInfo& info);
std::string InWords(std::string_view name);  // "sales_region" -> "Sales region"
std::string Words(std::string_view name);    // the same within a sentence

// Text of a configuration that Grafana shows as it is: no variable, no HTML.
std::string DashboardText(std::string_view text);

// Grafana's id of a KPI's unit.
std::string GrafanaUnit(const std::string& unit);

// Each is nothing where the KPI can't be shown so.
class KpiPanels {
 public:
  // `external_url`: where people reach the daemon, "" for no links to it.
  KpiPanels(const KpiQueries& queries, std::string external_url) : queries_(queries), external_url_(std::move(external_url)) {}

  // One number with its course, and its change where there is a window before.
  std::optional<Panel> Stat(KpiId id) const;
  // Its course, the window before, target and limits.
  std::optional<Panel> Trend(KpiId id) const;
  // The greatest values of a label; "": of the first that can be told apart, or of all series.
  std::optional<Panel> Bars(KpiId id, const std::string& label) const;
  std::optional<Panel> Funnel(KpiId id) const;
  // How much of the target is reached.
  std::optional<Panel> Attainment(KpiId id) const;
  // A line for each value of a label: how far each got against the target.
  std::optional<Panel> TargetTable(KpiId id) const;
  // What shows the KPI best by itself; there always is something.
  Panel Any(KpiId id) const;

 private:
  Panel Start(Panel::Kind kind, KpiId id, int width, int height) const;
  void AddStats(KpiId id, Panel* panel) const;

  const KpiQueries& queries_;
  std::string external_url_;
};

}  // namespace tidemark
