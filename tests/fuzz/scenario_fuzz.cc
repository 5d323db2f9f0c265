// Scenario files: any text becomes scenarios that can be run, or mistakes with their places. But for one in seven, what
// stands at `scenarios`, or the text itself, is the list of a file whose configuration was read before: to read one costs
// more than all the rest.
#include <algorithm>
#include <memory>

#include "config/config.h"
#include "config/reader.h"
#include "config/sections.h"
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

constexpr char kConfig[] = R"(
sources: {s: {topics: [raw], format: json, events: [{emit: lead.created, id: [row.c], time: iso(row.at), set: {lead.channel: row.c}}]}}
topics: [crm]
kpis:
- {name: n, on: lead.created, count: true, by: {channel: lead.channel}, windows: [1h, 24h]}
- {name: o, key: deal.id, open: true, on: deal.created, until: deal.won, by: {deal_stage: deal.stage}}
- {name: r, on: order.paid, sum: order.amount, where: 'order.currency == "USD"', windows: [24h, lifetime]}
rules: [{name: few, kpi: n, window: 1h, below: 2, for: 10m}]
scenarios: [{name: a, steps: [{expect: ['sales_r{window="24h"} absent']}]}]
)";

// The configuration, and what was read last.
struct World {
  World() {
    Diagnostics diagnostics;
    ParseScenarios("s.yaml", kConfig, Schema::Canonical(), &file, &diagnostics);
    plan = Plan::Compile(file.specs, Schema::Canonical(), &diagnostics);
    testing::Expect(plan != nullptr, diagnostics.ToString());
  }

  ScenarioFile file;
  std::shared_ptr<const Plan> plan;
};

// Null after mistakes.
std::shared_ptr<const Plan> Read(std::string_view yaml, ScenarioFile* file, Diagnostics* diagnostics) {
  ParseScenarios("nowhere/s.yaml", yaml, Schema::Canonical(), file, diagnostics);
  return diagnostics->empty() ? Plan::Compile(file->specs, Schema::Canonical(), diagnostics) : nullptr;
}
std::shared_ptr<const Plan> ReadList(std::string_view yaml, World* world, Diagnostics* diagnostics) {
  world->file.scenarios.clear();
  const auto document = config::Document::Parse("nowhere/s.yaml", yaml, diagnostics);
  if (!document) return nullptr;
  const config::Node* list = &document->root();
  for (const config::Node::Entry& entry : document->root().entries) {
    if (entry.key == "scenarios") list = entry.value.get();
  }
  const config::Value value(&*document, diagnostics, list, list->at, "scenarios");
  config::ReadScenarios(value, config::kScenarioStart, Schema::Canonical(), &world->file);
  return diagnostics->empty() ? world->plan : nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using testing::Expect;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  static World world;
  ScenarioFile whole;
  Diagnostics diagnostics;
  // All that ships is a thousand times the work of the usual input.
  const bool catalogue = yaml.find("catalogue") != std::string_view::npos;
  const bool list = yaml.find("scenarios") == std::string_view::npos || !testing::OneIn(catalogue ? 257 : 7, data, size);
  const auto plan = list ? ReadList(yaml, &world, &diagnostics) : Read(yaml, &whole, &diagnostics);
  const ScenarioFile& file = list ? world.file : whole;
  const auto lines = std::count(yaml.begin(), yaml.end(), '\n') + std::count(yaml.begin(), yaml.end(), '\r') + 2;
  for (const Diagnostic& d : diagnostics.items()) {
    Expect(d.place.line >= 0 && d.place.line <= lines && !d.text.empty(), [&] { return "a mistake has a place in the text: " + diagnostics.ToString(); });
  }
  if (plan == nullptr) return 0;
  Expect(!file.scenarios.empty(), "a file without mistakes has scenarios");
  if (!testing::OneIn(16, data, size)) return 0;  // engines cost more than all that is before them
  const auto view = EmptyView(plan);
  Expect(view.ok(), [&] { return "an empty engine: " + view.status().text(); });
  CheckNames(file, **view, &diagnostics);
  if (!diagnostics.empty() || !Short(file.scenarios[0])) return 0;
  const ScenarioOutcome outcome = RunScenario(plan, file.scenarios[0], [](size_t) {});
  Expect(outcome.status.ok(), [&] { return "a scenario runs to its end: " + outcome.status.text(); });
  return 0;
}
