#include <iostream>

#include "config/estimate.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"

namespace tidemark {

int CheckConfig(const CheckConfigOptions& options) {
  Specs specs;
  const std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs);
  if (plan == nullptr) return kExitConfig;
  std::cout << "ok: " << specs.kpis.size() << " KPIs, " << specs.rules.size() << " rules, " << specs.topics.size()
            << " topics\n";
  if (options.estimate) {
    const double series = static_cast<double>(options.series_per_kpi);
    std::cout << "\n" << EstimateTable(specs, EstimateResources(specs, options.events_per_second, series));
  }
  return kExitOk;
}

}  // namespace tidemark
