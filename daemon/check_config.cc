#include <iostream>

#include "config/estimate.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/http_tls.h"
#include "daemon/number_of.h"
#include "daemon/web_config_watch.h"

namespace tidemark {

int CheckConfig(const CheckConfigOptions& options) {
  Specs specs;
  const std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs);
  bool good = plan != nullptr;
  if (!options.web_config_file.empty()) {
    std::vector<ReadFile> read;
    const std::optional<WebConfig> web = ReadWebConfig(options.web_config_file, &read);
    const Status tls = web ? CheckTls(web->tls) : Status::Ok();
    if (!tls.ok()) std::cerr << options.web_config_file << ": " << tls.text() << "\n";
    good = good && web && tls.ok();
  }
  if (!good) return kExitConfig;
  const SampleOptions& samples = options.samples;
  if (samples.json) return CheckSamples(specs, *plan, samples) ? kExitOk : kExitData;
  std::cout << "ok: " << NumberOf(std::ssize(specs.kpis), "KPI") << ", " << NumberOf(std::ssize(specs.rules), "rule") << ", "
            << NumberOf(std::ssize(specs.topics), "topic") << "\n";
  if (options.estimate) {
    const double series = static_cast<double>(options.series_per_kpi);
    std::cout << "\n" << EstimateTable(specs, EstimateResources(specs, options.events_per_second, series));
  }
  return samples.directory.empty() || CheckSamples(specs, *plan, samples) ? kExitOk : kExitData;
}

}  // namespace tidemark
