#include <iostream>

#include "config/config.h"
#include "daemon/commands.h"
#include "pipeline/event/schema.h"
#include "pipeline/kafka/client_config.h"

namespace tidemark {

std::shared_ptr<const Plan> LoadPlan(const std::string& config_file, Specs* specs,
                                     const std::function<void(Specs*)>& adjust, std::string* redacted) {
  Diagnostics diagnostics;
  LoadConfig(config_file, specs, &diagnostics, ConfigUse::kRun, redacted);
  std::shared_ptr<const Plan> plan;
  if (diagnostics.empty()) CheckKafkaProperties(specs->kafka, &diagnostics);
  if (diagnostics.empty()) {
    if (adjust != nullptr) adjust(specs);
    plan = Plan::Compile(*specs, Schema::Canonical(), &diagnostics);
  }
  if (!diagnostics.empty()) std::cerr << diagnostics.ToString();
  return diagnostics.empty() ? plan : nullptr;
}

}  // namespace tidemark
