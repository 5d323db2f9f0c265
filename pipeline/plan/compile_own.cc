// Messages of one's own: event types beside those of the envelope, and what the state of their KPIs hangs on.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <set>

#include "pipeline/mapping/own_event.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {

std::shared_ptr<const Schema> WithOwnEvents(const Specs& specs, const Schema& schema, Diagnostics* diagnostics) {
  std::vector<const SourceSpec*> sources;
  for (const SourceSpec& source : specs.sources) {
    if (source.mapping != nullptr && OwnRule(*source.mapping) != nullptr) sources.push_back(&source);
  }
  if (sources.empty()) return {std::shared_ptr<const Schema>(), &schema};
  // By name: what number an event type has must not hang on where its source stands.
  const auto name_of = [](const SourceSpec* source) -> const std::string& { return OwnRule(*source->mapping)->emit; };
  std::stable_sort(sources.begin(), sources.end(), [&](const SourceSpec* a, const SourceSpec* b) { return name_of(a) < name_of(b); });
  bool good = true;
  Schema made = schema;
  const SourceSpec* before = nullptr;
  for (const SourceSpec* source : sources) {
    const MapRule& rule = *OwnRule(*source->mapping);
    const auto fail = [&](const Place& place, const std::string& what) {
      diagnostics->Add(place, "sources." + source->name + "." + what);
      good = false;
    };
    const bool again = before != nullptr && name_of(before) == rule.emit;
    const SourceSpec* first = std::exchange(before, source);
    if (again) {
      fail(rule.place, "payload: " + rule.emit + " comes from sources." + first->name + " already; topics with the same message are topics of one source");
      continue;
    }
    const Result<OwnEvent> own = OwnEventOf(*source->mapping);
    if (!own.ok()) {
      fail(source->mapping->schema->place, "schema: it " + own.status().text());
      continue;
    }
    Result<Schema> with = made.With(*own);
    if (!with.ok()) {
      fail(rule.place, "payload: " + with.status().text());
      continue;
    }
    made = *std::move(with);
  }
  return good ? std::make_shared<const Schema>(std::move(made)) : nullptr;
}

std::string Compiler::OwnFields(const KpiSpec& spec) const {
  std::set<std::string> types, paths;
  const auto read = [&](const std::vector<std::string>& names) { types.insert(names.begin(), names.end()); };
  for (const auto* names : {&spec.on, &spec.until, &spec.reopen, &spec.correct.by, &spec.correct.add, &spec.correct.revoke}) read(*names);
  for (const auto& step : spec.steps) read(step);
  const auto use = [&](const std::string& field) { paths.merge(PathsOf(field, specs_.fields)); };
  use(spec.field);
  for (const LabelSpec& label : spec.by) use(label.field);
  for (const std::string& key : spec.key) use(key);
  if (spec.where != nullptr) paths.merge(PathsOf(*spec.where, specs_.fields));
  std::string text;
  for (const std::string& name : types) {
    const std::optional<EventTypeId> type = schema_.FindType(name);
    if (!type || schema_.event_types()[type->v].word.empty()) continue;
    for (const std::string& path : paths) {
      if (!schema_.Has(*type, path)) continue;
      const Result<FieldInfo> info = schema_.Resolve(*type, path);
      const Result<Schema::ResolvedPath> at = schema_.ResolvePath(*type, path);
      if (at->in_envelope) continue;
      text += "|" + name + " " + path;
      for (const auto* field : at->fields) text += " " + SignatureOf(field);
      text += " " + std::to_string(info->scale);
    }
  }
  return text;
}

}  // namespace tidemark
