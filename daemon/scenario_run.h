// One scenario over the real engine, with a store that forgets and a clock that the scenario moves.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/scenario.h"
#include "daemon/shown.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/memory_source.h"
#include "pipeline/store/memory_store.h"

namespace tidemark {

// A difference, and the step at which it showed.
struct StepDifference {
  const ScenarioStep* step;
  Difference difference;
};

struct ScenarioOutcome {
  std::vector<StepDifference> differences;
  std::string records;  // what became of the events, when not all were accepted
  Status status;        // what stopped it; not ok is a fault of the program
  bool passed() const { return status.ok() && differences.empty(); }
};

// Runs a scenario from its first step to its last, over logs, store and engine of its own. REQUIRES: names that are
// expected exist (CheckNames). `step` is called before each step with its number, from 0.
ScenarioOutcome RunScenario(std::shared_ptr<const Plan> plan, const Scenario& scenario,
                            const std::function<void(size_t)>& step);

// What the plan shows before it has read anything: to check names against.
Result<std::shared_ptr<const View>> EmptyView(std::shared_ptr<const Plan> plan);

}  // namespace tidemark
