// Scenario files: any text becomes scenarios that can be run, or mistakes with their places.
#include <algorithm>
#include <memory>

#include "daemon/scenario_run.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tidemark;

// Time that a scenario covers costs time to go through, and some of them are slow enough.
bool Short(const Scenario& scenario) {
  size_t events = 0;
  for (const ScenarioStep& step : scenario.steps) events += step.events.size();
  return scenario.steps.size() < 20 && events < 100 && scenario.steps.back().moment - scenario.start < std::chrono::hours(60);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using testing::Expect;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  // All that ships is a thousand times the work of the usual input.
  if (yaml.find("catalogue") != std::string_view::npos && !testing::OneIn(256, data, size)) return 0;
  ScenarioFile file;
  Diagnostics diagnostics;
  ParseScenarios("nowhere/s.yaml", yaml, Schema::Canonical(), &file, &diagnostics);
  std::shared_ptr<const Plan> plan;
  if (diagnostics.empty()) plan = Plan::Compile(file.specs, Schema::Canonical(), &diagnostics);
  const auto lines = std::count(yaml.begin(), yaml.end(), '\n') + std::count(yaml.begin(), yaml.end(), '\r') + 2;
  for (const Diagnostic& d : diagnostics.items()) {
    Expect(d.place.line >= 0 && d.place.line <= lines && !d.text.empty(), [&] { return "a mistake has a place in the text: " + diagnostics.ToString(); });
  }
  if (plan == nullptr) return 0;
  Expect(!file.scenarios.empty(), "a file without mistakes has scenarios");
  if (!testing::OneIn(8, data, size)) return 0;  // engines cost more than all that is before them
  const auto view = EmptyView(plan);
  Expect(view.ok(), [&] { return "an empty engine: " + view.status().text(); });
  CheckNames(file, **view, &diagnostics);
  if (!diagnostics.empty() || !Short(file.scenarios[0])) return 0;
  const ScenarioOutcome outcome = RunScenario(plan, file.scenarios[0], [](size_t) {});
  Expect(outcome.status.ok(), [&] { return "a scenario runs to its end: " + outcome.status.text(); });
  return 0;
}
