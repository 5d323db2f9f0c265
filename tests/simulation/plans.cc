#include "tests/simulation/plans.h"

#include <algorithm>
#include <vector>

#include "config/config.h"
#include "tests/property/entity_specs.h"
#include "tests/property/oracle.h"
#include "tests/simulation/changes.h"
#include "tests/simulation/random.h"
#include "tests/simulation/rules.h"
#include "tests/simulation/tables.h"

namespace tidemark::simulation {
namespace {

constexpr Duration kEver = std::chrono::hours(24 * 3650);

// Of these the first may take the definition of the second: their labels are the same, and nothing is made of them.
const std::vector<std::pair<std::string, std::string>> kAlike = {
    {"largest_order", "smallest_order"}, {"smallest_order", "largest_order"},
    {"kept_present", "kept_newcomers"}, {"kept_newcomers", "kept_present"}};

bool Reads(const Formula& formula, const std::string& kpi) {
  return (formula.kind == Formula::Kind::kKpi && formula.kpi == kpi) ||
         std::any_of(formula.args.begin(), formula.args.end(), [&](const auto& arg) { return Reads(*arg, kpi); });
}

// With it go the formulas over it.
void Remove(const std::string& name, Specs* specs) {
  std::erase_if(specs->kpis, [&](const KpiSpec& kpi) { return kpi.name == name || (kpi.formula != nullptr && Reads(*kpi.formula, name)); });
}

bool IsOperand(const Specs& specs, const std::string& name) {
  return std::any_of(specs.kpis.begin(), specs.kpis.end(),
                     [&](const KpiSpec& kpi) { return kpi.formula != nullptr && Reads(*kpi.formula, name); });
}

std::vector<std::string> NamesOf(const Specs& specs) {
  std::vector<std::string> names;
  for (const KpiSpec& kpi : specs.kpis) names.push_back(kpi.name);
  return names;
}

void Vary(const PlanKey& key, Specs* specs, Configuration* configuration) {
  if (key.variant == 0) return;
  Random random(key.variant * 2 + (key.entities ? 1 : 0));
  const std::vector<std::string> names = NamesOf(*specs);
  const uint64_t keep = 1 + random.Below(4);
  const size_t stays = random.Below(names.size());
  const auto needed = [&](const std::string& name) {
    return std::any_of(specs->kpis.begin(), specs->kpis.end(), [&](const KpiSpec& kpi) {
      return kpi.name == names[stays] && (kpi.name == name || (kpi.formula != nullptr && Reads(*kpi.formula, name)));
    });
  };
  for (const std::string& name : names) {
    if (random.Below(5) > keep && !needed(name)) Remove(name, specs);
  }
  for (const auto& [name, definition] : kAlike) {
    if (!random.OneIn(2)) continue;
    const auto it = std::find_if(specs->kpis.begin(), specs->kpis.end(), [&definition = definition](const KpiSpec& kpi) { return kpi.name == definition; });
    if (it == specs->kpis.end()) continue;
    Remove(name, specs);
    for (KpiSpec& kpi : specs->kpis) {
      if (kpi.name == definition) kpi.name = name;
    }
    configuration->oracle_names[name] = definition;
    break;
  }
  // A comparison looks further back than its window, which alone has a coverage.
  for (KpiSpec& kpi : specs->kpis) {
    const bool made_of = kpi.formula != nullptr || IsOperand(*specs, kpi.name);
    if (!kpi.compare.empty() || made_of || kpi.windows.size() < 2 || random.OneIn(2)) continue;
    kpi.windows.erase(kpi.windows.begin() + static_cast<int64_t>(random.Below(kpi.windows.size())));
  }
}

Configuration Compile(const PlanKey& key) {
  Configuration configuration;
  Specs specs;
  Diagnostics diagnostics;
  if (key.entities) {
    ParseConfig("entity_specs.h", kEntityConfig, &specs, &diagnostics);
  } else if (key.changes) {
    ParseConfig("changes.cc", ChangesConfig(key.held, key.avro), &specs, &diagnostics);
  } else {
    specs = OracleSpecs(kTopic);
    if (key.tables) AddTable(&specs);
  }
  if (!key.only.empty()) {
    for (const std::string& name : NamesOf(specs)) {
      const bool operand = std::any_of(specs.kpis.begin(), specs.kpis.end(), [&](const KpiSpec& kpi) {
        return key.only.contains(kpi.name) && kpi.formula != nullptr && Reads(*kpi.formula, name);
      });
      if (!key.only.contains(name) && !operand) Remove(name, &specs);
    }
  }
  Vary(key, &specs, &configuration);
  DrawRules(key.entities, key.changes, key.rules, &specs);
  configuration.rules = specs.rules;
  specs.time.event_clock = key.event_clock;
  specs.time.max_future_skew = std::chrono::hours(1);  // more than the clock is ever behind
  for (TopicSpec& topic : specs.topics) {
    topic.dedup.enabled = key.dedup;
    topic.dedup.horizon = kEver;
  }
  configuration.plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  if (configuration.plan == nullptr) CheckFailed(__FILE__, __LINE__, diagnostics.ToString().c_str());
  for (const KpiInfo& info : configuration.plan->kpi_infos()) {
    const auto alias = configuration.oracle_names.find(info.name);
    const std::string& name = alias == configuration.oracle_names.end() ? info.name : alias->second;
    configuration.definitions.insert(name);
    configuration.labels[info.name] = info.labels;
    for (const std::string& window : info.windows) configuration.windows.emplace(name, window);
  }
  return configuration;
}

}  // namespace

const Configuration& ConfigurationOf(const PlanKey& key) {
  static std::map<PlanKey, Configuration> compiled;
  const auto it = compiled.find(key);
  return it != compiled.end() ? it->second : compiled.emplace(key, Compile(key)).first->second;
}

}  // namespace tidemark::simulation
