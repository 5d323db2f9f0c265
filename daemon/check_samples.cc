#include "daemon/check_samples.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "daemon/event_trial.h"
#include "daemon/json_writer.h"
#include "daemon/samples.h"
#include "pipeline/mapping/mapper.h"

namespace tidemark {
namespace {

using Counts = std::map<std::string, int64_t>;

std::string At(const Place& place) { return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column); }

std::string RuleName(const Mapper& mapper, size_t rule) { return "events[" + std::to_string(rule) + "] (" + mapper.spec().rules[rule].emit + ")"; }

// A source and what became of its samples.
struct Checked {
  std::string source;
  std::vector<std::string> files;
  int64_t records = 0;
  std::vector<int64_t> outcomes = std::vector<int64_t>(static_cast<size_t>(MapOutcome::kUndecodable) + 1);
  std::vector<int64_t> fired;             // by rule: events
  std::vector<std::string> rules;         // "events[1] (deal.won)"
  Counts unmapped, rejected;              // by what it is, why
  std::vector<std::pair<std::string, std::string>> never_there;  // path, place
  std::vector<std::string> never_set;     // "events[1] (deal.won): deal.amount"
  int64_t rounded = 0;

  int64_t of(MapOutcome outcome) const { return outcomes[static_cast<size_t>(outcome)]; }
  std::vector<std::string> NeverFired() const {
    std::vector<std::string> never;
    for (size_t r = 0; r < rules.size(); ++r) {
      if (fired[r] == 0) never.push_back(rules[r]);
    }
    return never;
  }
  bool Good(bool strict) const {
    if (records == 0) return !strict;
    const bool mapped = of(MapOutcome::kUnmapped) + of(MapOutcome::kRejected) + of(MapOutcome::kUndecodable) == 0;
    return mapped && (!strict || (never_there.empty() && never_set.empty() && NeverFired().empty()));
  }
};

// A path of a source stands once and is looked for by each rule that takes it.
std::vector<std::pair<std::string, std::string>> NeverThere(const MapSurvey& survey) {
  struct Path {
    int64_t looked = 0, found = 0;
  };
  std::map<std::tuple<std::string, int, int, std::string>, Path> paths;
  for (const MapSurvey::Path& path : survey.paths) {
    Path& p = paths[{path.place.file, path.place.line, path.place.column, path.name}];
    p.looked += path.looked;
    p.found += path.found;
  }
  std::vector<std::pair<std::string, std::string>> never;
  for (const auto& [key, path] : paths) {
    const auto& [file, line, column, name] = key;
    if (path.looked > 0 && path.found == 0) never.emplace_back(name, At({file, line, column}));
  }
  return never;
}

Result<Checked> Check(const std::string& source, const std::string& topic, const Mapper& mapper, const std::string& directory, EventTrial* trial) {
  Checked checked;
  checked.source = source;
  checked.files = SampleFiles(directory, source);
  checked.fired.resize(mapper.spec().rules.size());
  for (size_t r = 0; r < checked.fired.size(); ++r) checked.rules.push_back(RuleName(mapper, r));
  Mapper::Scratch scratch(mapper);
  scratch.BeginSurvey(mapper);
  MappedEvents events;
  const auto record = [&](std::string_view value) {
    RawRecord raw;
    raw.topic = topic;
    raw.offset = Offset{checked.records++};
    raw.kafka_time = WallTimeFromMicros(kMicrosPerSecond);  // that it has one is all that matters
    raw.value = value;
    events.Clear();
    MapOutcome outcome = mapper.Map(raw, &scratch, &events);
    if (outcome == MapOutcome::kMapped && trial->WhyNotDecoded(events) != DecodeError::kNone) {
      outcome = MapOutcome::kUndecodable;
      events.Clear();
    }
    ++checked.outcomes[static_cast<size_t>(outcome)];
    if (outcome == MapOutcome::kRejected) ++checked.rejected[mapper.Describe(scratch.rejection())];
    for (const uint32_t rule : events.rules) ++checked.fired[rule];
  };
  for (const std::string& file : checked.files) TM_RETURN_IF_ERROR(ForEachSampleOf(file, record));
  checked.unmapped = scratch.survey().unmapped;
  checked.never_there = NeverThere(scratch.survey());
  for (size_t r = 0; r < checked.fired.size(); ++r) {
    for (size_t f = 0; f < scratch.missing()[r].size(); ++f) {
      const bool never = checked.fired[r] > 0 && scratch.missing()[r][f] >= checked.fired[r];
      if (never) checked.never_set.push_back(checked.rules[r] + ": " + mapper.spec().rules[r].set[f].field);
    }
  }
  checked.rounded = scratch.rounded();
  return checked;
}

void WriteText(const Checked& c, const std::string& directory) {
  std::cout << "\nsources." << c.source << ": ";
  if (c.files.empty()) {
    std::cout << "no samples: " << directory << "/" << c.source << ".jsonl or " << directory << "/" << c.source << "/*.jsonl\n";
    return;
  }
  std::cout << c.records << " records";
  for (size_t o = 0; o < c.outcomes.size(); ++o) {
    if (c.outcomes[o] > 0) std::cout << ", " << c.outcomes[o] << " " << ToString(static_cast<MapOutcome>(o));
  }
  std::cout << "\n";
  for (size_t r = 0; r < c.rules.size(); ++r) std::cout << "  " << c.rules[r] << ": " << (c.fired[r] > 0 ? std::to_string(c.fired[r]) + " events" : "never fired") << "\n";
  const auto counted = [](const char* what, const Counts& counts) {
    for (const auto& [text, n] : counts) std::cout << "  " << what << ": " << n << " with " << text << "\n";
  };
  counted("unmapped", c.unmapped);
  for (const auto& [why, n] : c.rejected) std::cout << "  rejected: " << n << " by " << why << "\n";
  for (const auto& [path, place] : c.never_there) std::cout << "  never there: " << path << " (" << place << ")\n";
  for (const std::string& field : c.never_set) std::cout << "  never set: " << field << "\n";
  if (c.rounded > 0) std::cout << "  " << c.rounded << " values were rounded to the digits of their fields\n";
}

void WriteJson(const Checked& c, JsonWriter* json) {
  json->BeginObject().Key("source").String(c.source).Key("files").BeginArray();
  for (const std::string& file : c.files) json->String(file);
  json->EndArray().Key("records").Int(c.records);
  for (size_t o = 0; o < c.outcomes.size(); ++o) json->Key(ToString(static_cast<MapOutcome>(o))).Int(c.outcomes[o]);
  json->Key("rounded").Int(c.rounded).Key("events").BeginArray();
  for (size_t r = 0; r < c.rules.size(); ++r) json->BeginObject().Key("rule").String(c.rules[r]).Key("events").Int(c.fired[r]).EndObject();
  json->EndArray();
  const auto counted = [&](const char* name, const char* what, const Counts& counts) {
    json->Key(name).BeginArray();
    for (const auto& [text, n] : counts) json->BeginObject().Key(what).String(text).Key("records").Int(n).EndObject();
    json->EndArray();
  };
  counted("unmapped_types", "type", c.unmapped);
  counted("rejected_by", "why", c.rejected);
  json->Key("never_there").BeginArray();
  for (const auto& [path, place] : c.never_there) json->BeginObject().Key("path").String(path).Key("at").String(place).EndObject();
  json->EndArray().Key("never_set").BeginArray();
  for (const std::string& field : c.never_set) json->String(field);
  json->EndArray().EndObject();
}

}  // namespace

bool CheckSamples(const Specs& specs, const Plan& plan, const SampleOptions& options) {
  std::vector<Checked> all;
  EventTrial trial(plan);
  std::set<std::string> done;
  for (size_t t = 0; t < specs.topics.size(); ++t) {
    const TopicPlan& topic = plan.topics()[t];
    if (topic.mapper == nullptr || !done.insert(topic.source).second) continue;
    if (!AreLines(topic.mapper->spec())) {
      std::cerr << "tidemark: sources." << topic.source << ": its records are no lines of text; tidemark map shows what becomes of them\n";
      continue;
    }
    Result<Checked> checked = Check(topic.source, topic.name, *topic.mapper, options.directory, &trial);
    if (!checked.ok()) {
      std::cerr << "tidemark: " << checked.status().text() << "\n";
      return false;
    }
    all.push_back(std::move(checked).value());
  }
  if (options.json) {
    JsonWriter json;
    json.BeginObject().Key("sources").BeginArray();
    for (const Checked& checked : all) WriteJson(checked, &json);
    json.EndArray().EndObject();
    std::cout << std::move(json).Take() << "\n";
  } else {
    for (const Checked& checked : all) WriteText(checked, options.directory);
    if (done.empty()) std::cout << "\nno source says how records become events\n";
  }
  const bool any = std::any_of(all.begin(), all.end(), [](const Checked& checked) { return checked.records > 0; });
  return any && std::all_of(all.begin(), all.end(), [&](const Checked& checked) { return checked.Good(options.strict); });
}

}  // namespace tidemark
