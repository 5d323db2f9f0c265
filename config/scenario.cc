#include "config/scenario.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/config.h"
#include "config/scenario_event.h"
#include "config/sections.h"

namespace tidemark {
namespace config {
namespace {

constexpr int64_t kLastMoment = 250'000'000'000 * kMicrosPerSecond;  // in the year 9892
constexpr size_t kMaxNameBytes = 200, kMaxLineBytes = 4096;
constexpr Duration kMaxScenario = std::chrono::hours(24 * 7320);  // twice the longest window

bool Has(const Value& map, std::string_view key) {
  for (const Node::Entry& entry : map.node().entries) {
    if (entry.key == key) return true;
  }
  return false;
}

std::optional<EventTime> ReadStart(const Value& value) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  const Result<EventTime> time = ParseRfc3339(*text);
  if (time.ok() && Micros(*time) > 0 && Micros(*time) <= kLastMoment) return *time;
  value.Fail(time.ok() ? Quoted(*text) + " is not between 1970 and 9892" : time.status().text());
  return std::nullopt;
}

class ScenarioReader {
 public:
  ScenarioReader(const Schema* schema, ScenarioFile* file) : events_(schema, &file->specs.topics), file_(*file) {}

  void Read(const Value& value, EventTime start) {
    if (!value.is_list() || value.node().items.empty())
      return value.Fail("a list of at least one scenario is wanted here");
    for (const Value& item : value.Items()) ReadScenario(item, start, &file_.scenarios.emplace_back());
  }

 private:
  void ReadScenario(const Value& value, EventTime start, Scenario* scenario) {
    scenario->place = value.place();
    scenario->start = start;
    std::optional<Map> map = Map::Open(value);
    if (!map) return;
    if (const auto name = map->Require("name")) {
      scenario->name = name->Text().value_or("");
      if (scenario->name.size() > kMaxNameBytes)
        name->Fail("is longer than " + std::to_string(kMaxNameBytes) + " bytes");
      if (!scenario->name.empty() && !names_.insert(scenario->name).second) {
        name->Fail("the scenario " + Quoted(scenario->name) + " is given twice");
      }
    }
    map->Set("start", &scenario->start, &ReadStart);
    const std::optional<Value> steps = map->Require("steps");
    map->Finish();
    if (!steps) return;
    if (!steps->is_list() || steps->node().items.empty())
      return steps->Fail("a list of at least one step is wanted here");
    events_.BeginScenario();
    EventTime moment = scenario->start;
    for (const Value& item : steps->Items()) {
      ReadStep(item, {scenario->start, moment}, &scenario->steps.emplace_back());
      moment = scenario->steps.back().moment;
    }
    const auto expects = [](const Value& step) { return Has(step, "expect") || Has(step, "expect_only"); };
    const std::vector<Value> items = steps->Items();
    if (std::none_of(items.begin(), items.end(), expects)) value.Fail("expects nothing; add expect to a step");
  }

  void ReadMoment(const Value& value, const Instants& before, ScenarioStep* step) {
    const std::optional<EventTime> moment = ReadInstant(value, before);
    if (!moment) return;
    step->at = value.node().text;
    if (*moment < before.moment) {
      value.Fail("is before the step before, which is at " + FormatRfc3339(before.moment));
    } else if (*moment - before.start > kMaxScenario || Micros(*moment) > kLastMoment) {
      value.Fail("is more than " + FormatDuration(kMaxScenario) + " after the start");
    } else {
      step->moment = *moment;
    }
  }

  // `before` has the moment of the step before.
  void ReadStep(const Value& value, const Instants& before, ScenarioStep* step) {
    step->place = value.place();
    step->moment = before.moment;
    std::optional<Map> map = Map::Open(value);
    if (!map) return;
    if (const auto at = map->Take("at")) ReadMoment(*at, before, step);
    map->Set("restart", &step->restart, [](const Value& v) { return v.Bool(); });
    if (const auto events = map->Take("events")) {
      for (const Value& item : events->Items()) events_.Read(item, {before.start, step->moment}, &step->events);
    }
    if (const auto lines = map->Take("expect")) ReadExpect(*lines, false, step);
    if (const auto lines = map->Take("expect_only")) ReadExpect(*lines, true, step);
    map->Finish();
    if (value.node().entries.empty()) value.Fail("a step does something: at, restart, events, expect, expect_only");
  }

  static void ReadExpect(const Value& value, bool only, ScenarioStep* step) {
    for (const Value& item : value.Items()) {
      if (!item.is_scalar()) {
        item.Fail("a line like sales_leads_created{channel=\"web\",window=\"24h\"} 12 is wanted here; put it in '...'");
        continue;
      }
      if (item.node().text.size() > kMaxLineBytes) {
        item.Fail("is longer than " + std::to_string(kMaxLineBytes) + " bytes");
        continue;
      }
      size_t at = 0;
      Result<Expectation> line = ParseExpectation(item.node().text, &at);
      if (!line.ok()) {
        item.FailAt(item.Inside(at), line.status().text());
        continue;
      }
      line->place = item.place();
      line->only = only;
      step->expect.push_back(*std::move(line));
    }
  }

  EventReader events_;
  ScenarioFile& file_;
  std::set<std::string> names_;
};

// The configuration that `config` names, or that stands here.
void ReadConfig(const std::string& file_name, Map* map, Specs* specs, Diagnostics* diagnostics) {
  if (const auto config = map->Take("config")) {
    const std::optional<std::string> path = config->Text();
    if (path) {
      const std::filesystem::path beside = std::filesystem::path(file_name).parent_path() / *path;
      LoadConfig(beside.lexically_normal().string(), specs, diagnostics, ConfigUse::kOffline);
    }
    for (const char* key : {"kpis", "catalogue"}) {
      map->FailAt(key, "stands beside config, whose file has its own; leave out one of the two");
      map->Skip(key);
    }
    map->Finish();
  } else if (map->Has("kpis") || map->Has("catalogue")) {
    ReadSections(map, ConfigUse::kOffline, ShippedCatalogue(), specs, diagnostics);
  } else if (!map->Has("config")) {
    map->value().Fail("has neither config: FILE nor kpis of its own");
  }
}

void ReadDocument(const std::string& file_name, const std::optional<Document>& document, const Schema& schema,
                  ScenarioFile* file, Diagnostics* diagnostics) {
  *file = ScenarioFile();
  if (!document) return;
  std::optional<Map> map = Map::Open(Value(&*document, diagnostics, &document->root(), document->root().at, ""));
  if (!map) return;
  EventTime start = kScenarioStart;
  map->Set("start", &start, &ReadStart);
  const std::optional<Value> scenarios = map->Require("scenarios");
  ReadConfig(file_name, &*map, &file->specs, diagnostics);
  if (scenarios) ReadScenarios(*scenarios, start, schema, file);
}

}  // namespace

void ReadScenarios(const Value& value, EventTime start, const Schema& schema, ScenarioFile* file) {
  ScenarioReader(&schema, file).Read(value, start);
}

}  // namespace config

void ParseScenarios(const std::string& file_name, std::string_view yaml, const Schema& schema, ScenarioFile* file,
                    Diagnostics* diagnostics) {
  config::ReadDocument(file_name, config::Document::Parse(file_name, yaml, diagnostics), schema, file, diagnostics);
}

void LoadScenarios(const std::string& path, const Schema& schema, ScenarioFile* file, Diagnostics* diagnostics) {
  ReadFile read;
  config::ReadDocument(path, config::Document::Load(path, diagnostics, &read), schema, file, diagnostics);
}

}  // namespace tidemark
