// The readers of the file's sections. Each fills what it can, reports the rest, and leaves the defaults elsewhere.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark {
class Schema;
struct ScenarioFile;
}  // namespace tidemark

namespace tidemark::config {

inline constexpr size_t kMaxKpis = 10'000;
inline constexpr size_t kMaxRules = 10'000;

// All of a configuration's sections, and what only the whole shows. Keys of `map` that nobody took are mistakes.
void ReadSections(Map* map, ConfigUse use, Catalogue catalogue, Specs* specs, Diagnostics* diagnostics);

void ReadKafka(const Value& value, KafkaSpec* kafka);
void ReadTopics(const Value& value, std::vector<TopicSpec>* topics);
// Topics of sources whose records are mapped are added to `topics`, files that hold schemas to `files`.
void ReadSources(const Value& value, std::vector<SourceSpec>* sources, std::vector<TopicSpec>* topics, std::vector<ReadFile>* files, Diagnostics* diagnostics);
// After all topics.
void ReadDeadLetters(const Value& value, const std::vector<TopicSpec>& topics, DeadLetterSpec* letters);
void ReadRegistry(const Value& value, RegistrySpec* registry);
void ReadTime(const Value& value, TimeSpec* time);
void ReadCalendar(const Value& value, Specs* specs);
void ReadStorage(const Value& value, StorageSpec* storage);
void ReadWeb(const Value& value, HttpSpec* http);
void ReadLimits(const Value& value, LimitSpec* limits);
void ReadPrivacy(const Value& value, PrivacySpec* privacy);
// Reads the tables' files too. `holidays`: the table whose keys are dates, or "".
void ReadTables(const Value& value, const std::string& holidays, std::vector<TableSpec>* tables, Diagnostics* diagnostics);
void ReadFields(const Value& value, std::vector<FieldSpec>* fields);
// One of them: `entry` of the map `fields`. Nothing when it is wrong, which is reported.
std::optional<FieldSpec> ReadField(const Value& fields, const Node::Entry& entry);

// `max_label_value_bytes` bounds declared values.
void ReadKpi(const Value& value, const LimitSpec& limits, KpiSpec* kpi);
void ReadBy(const Value& value, const LimitSpec& limits, KpiSpec* kpi);
// Labels with `personal: hash` are taken from derived fields from here on. Reports hashes without a key.
void ImplyHashes(Specs* specs, Diagnostics* diagnostics);
// What sources say of their events for good (once, carry), for the KPIs that read them: sets their key where it is implied. Those
// of the catalogue that can't follow, or that no topic has events for, are left out, and named; of others it is reported.
void ImplyFacts(Specs* specs, Diagnostics* diagnostics);
// `target` of a KPI, whose windows and labels are read; `targets` of a configuration, whose KPIs are.
void ReadTarget(const Value& value, KpiSpec* kpi);
void ReadTargets(const Value& value, std::vector<KpiSpec>* kpis);
void ReadRule(const Value& value, RuleSpec* rule);
// "mon", "mon-fri": 1 = Monday .. 7 = Sunday, sorted; a range may pass the end of the week.
void ReadDays(const Value& value, std::vector<int>* days);
void ReadActive(const Value& value, ActiveHours* active);

// Of a file of `tidemark test` that says none: 2026-01-01T00:00:00Z.
inline constexpr EventTime kScenarioStart = EventTimeFromMicros(1'767'225'600 * kMicrosPerSecond);
// The list `scenarios` of a file of `tidemark test` whose configuration is file->specs. `start`: of those that don't say theirs.
void ReadScenarios(const Value& value, EventTime start, const Schema& schema, ScenarioFile* file);

class KpiIndex;
// The KPIs, windows and labels that formulas refer to; circles. Sets windows of operands to their KPI's spelling.
void CheckOperands(std::vector<KpiSpec>* kpis, const KpiIndex& index, Diagnostics* diagnostics);

// What only the whole shows: names given twice, KPIs and windows that rules and formulas refer to, cycles.
// Sets each rule's window to the spelling its KPI uses.
void CheckReferences(Specs* specs, Diagnostics* diagnostics);

}  // namespace tidemark::config
