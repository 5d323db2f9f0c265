#include <iostream>
#include <map>

#include "config/config.h"
#include "daemon/commands.h"
#include "pipeline/event/schema.h"
#include "pipeline/kafka/client_config.h"

namespace tidemark {

namespace {

std::shared_ptr<const Plan> Compiled(const Specs& specs, Diagnostics* diagnostics) {
  std::shared_ptr<const Plan> plan;
  if (diagnostics->empty()) plan = Plan::Compile(specs, Schema::Canonical(), diagnostics);
  if (!diagnostics->empty()) std::cerr << diagnostics->ToString();
  return diagnostics->empty() ? plan : nullptr;
}

}  // namespace

std::shared_ptr<const Plan> LoadPlan(const std::string& config_file, Specs* specs,
                                     const std::function<void(Specs*)>& adjust, std::string* redacted) {
  Diagnostics diagnostics;
  LoadConfig(config_file, specs, &diagnostics, ConfigUse::kRun, redacted);
  if (diagnostics.empty()) CheckKafkaProperties(specs->kafka, &diagnostics);
  if (diagnostics.empty() && adjust != nullptr) adjust(specs);
  const std::shared_ptr<const Plan> plan = Compiled(*specs, &diagnostics);
  if (plan != nullptr) {
    std::map<std::string, std::string> left_out;  // KPIs by why
    for (const auto& [kpi, why] : specs->left_out) left_out[why] += (left_out[why].empty() ? "" : ", ") + kpi;
    for (const auto& [why, kpis] : left_out) std::cerr << config_file << ": left out of the catalogue, as " << why << ": " << kpis << "\n";
  }
  return plan;
}

std::shared_ptr<const Plan> LoadDefinitions(const std::string& config_file, Specs* specs) {
  Diagnostics diagnostics;
  LoadConfig(config_file, specs, &diagnostics, ConfigUse::kOffline);
  return Compiled(*specs, &diagnostics);
}

}  // namespace tidemark
