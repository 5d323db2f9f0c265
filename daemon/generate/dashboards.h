// `generate dashboards`: all dashboards of a configuration.
#pragma once

#include <string>
#include <vector>

#include "daemon/generate/dashboard.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

struct DashboardOptions {
  std::string external_url;  // where people reach the daemon: links to what moved a KPI; "": none
};

// In the order in which people would look at them. Those without a KPI are left out.
std::vector<Dashboard> DashboardsOf(const Plan& plan, const DashboardOptions& options);

// The parts of the above.
std::vector<Dashboard> SalesDashboards(const Plan& plan, const DashboardOptions& options);
Dashboard OperatingDashboard(const Plan& plan);

// What all have: the variables `datasource` and `job`, and what happened to the daemon.
std::vector<Variable> CommonVariables();
Annotation Restarts();

}  // namespace tidemark
