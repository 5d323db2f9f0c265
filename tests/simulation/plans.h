// Configurations that the oracles know in whole or in part: some KPIs are left out, one is defined as another is, windows are missing.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan/plan.h"

namespace tidemark::simulation {

inline constexpr char kTopic[] = "crm";

struct PlanKey {
  bool entities = false;     // kEntityConfig
  bool changes = false;      // ChangesConfig; neither: OracleSpecs
  bool held = false;         // of changes: their source comes in batches
  bool avro = false;         // of changes: that source's records name their schemas
  bool event_clock = false;
  bool dedup = true;
  uint64_t variant = 0;      // 0: all KPIs with all windows
  uint64_t rules = 0;        // which there are; 0: none
  bool tables = false;       // of OracleSpecs: with KPIs that look into a table
  std::set<std::string> only;  // of the KPIs, by the oracle's names; empty: all
  auto operator<=>(const PlanKey&) const = default;
};
inline constexpr uint64_t kVariants = 6, kRuleSets = 6;

struct Configuration {
  std::shared_ptr<const Plan> plan;
  std::map<std::string, std::string> oracle_names;        // of KPIs that are defined as another one
  std::set<std::string> definitions;                      // that are there, by the oracle's names
  std::set<std::pair<std::string, std::string>> windows;  // of these
  std::map<std::string, std::vector<std::string>> labels; // of KPIs
  std::vector<RuleSpec> rules;
};

// Compiled once each.
const Configuration& ConfigurationOf(const PlanKey& key);

}  // namespace tidemark::simulation
