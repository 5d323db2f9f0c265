// Scenario files: events, time and what must come of them, with which users test their definitions. See scenarios.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/expectation.h"
#include "pipeline/engine/source.h"
#include "pipeline/event/schema.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// An event as a producer would write it at the step's moment.
struct ScenarioEvent {
  TopicPartition tp;
  std::string record;  // protobuf bytes of the envelope, or a record of a source
  std::vector<std::pair<std::string, std::string>> headers = {};  // of such a record
};

// In this order: the restart, time moving on to `moment`, the events, what is expected.
struct ScenarioStep {
  EventTime moment;  // never before the step before
  std::string at;    // as written; empty: the moment of the step before
  bool restart = false;
  std::vector<ScenarioEvent> events;
  std::vector<Expectation> expect;
  Place place;
};

struct Scenario {
  std::string name;  // no two of a file are the same
  EventTime start;
  std::vector<ScenarioStep> steps;  // one or more
  Place place;
};

struct ScenarioFile {
  Specs specs;  // of the configuration named or written there
  std::vector<Scenario> scenarios;
};

// Reads one file, and the configuration it names (relative to it). *file is only valid when *diagnostics stays empty.
// Whether the metrics and rules that are expected exist is not checked here.
void LoadScenarios(const std::string& path, const Schema& schema, ScenarioFile* file, Diagnostics* diagnostics);
// The same for text at hand; `file_name` is for messages and for what stands relative to it.
void ParseScenarios(const std::string& file_name, std::string_view yaml, const Schema& schema, ScenarioFile* file,
                    Diagnostics* diagnostics);

}  // namespace tidemark
