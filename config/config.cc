#include "config/config.h"

#include <algorithm>

#include "config/names.h"
#include "config/redacted.h"
#include "config/sections.h"
#include "config/subjects.h"
#include "config/written.h"

namespace tidemark {
namespace config {
namespace {

void ReadNamespace(const Value& value, std::string* out) {
  const std::optional<std::string> text = value.Text();
  if (!text) return;
  if (const std::string why = WhyNotName(*text); !why.empty()) {
    value.Fail(why);
  } else if (*text == "tidemark") {
    value.Fail("\"tidemark\" is the namespace of the program's own metrics; take another, like sales");
  } else {
    *out = *text;
  }
}

// Then there need be no others.
bool HasTopicsOfSources(const Node& root) {
  const auto at = [](const Node& node, std::string_view key) -> const Node* {
    const auto found = std::find_if(node.entries.begin(), node.entries.end(), [&](const Node::Entry& entry) { return entry.key == key; });
    return found == node.entries.end() ? nullptr : found->value.get();
  };
  const Node* sources = at(root, "sources");
  return sources != nullptr && std::any_of(sources->entries.begin(), sources->entries.end(), [&](const Node::Entry& source) { return at(*source.value, "topics") != nullptr; });
}

// Nobody would ever have the schemas that records name by number.
void CheckNoRegistry(const std::vector<SourceSpec>& sources, Diagnostics* diagnostics) {
  for (const SourceSpec& source : sources) {
    const MappingSpec* mapping = source.mapping.get();
    if (mapping == nullptr || !mapping->numbers_schemas() || !mapping->schemas.empty()) continue;
    diagnostics->Add(source.place, "sources." + source.name + ": its records name their schemas by number; say where these are: registry: {url: ..}");
  }
}

void ReadKpis(const Value& value, Specs* specs) {
  if (!value.is_list() || value.node().items.empty()) {
    value.Fail("a list of at least one KPI is wanted here");
    return;
  }
  if (value.node().items.size() > kMaxKpis) return value.Fail("more than " + std::to_string(kMaxKpis) + " KPIs");
  for (const Value& item : value.Items()) ReadKpi(item, specs->limits, &specs->kpis.emplace_back());
}

void ReadRules(const Value& value, Specs* specs) {
  if (!value.is_list()) return value.Fail("a list of rules is wanted here");
  if (value.node().items.size() > kMaxRules) return value.Fail("more than " + std::to_string(kMaxRules) + " rules");
  for (const Value& item : value.Items()) ReadRule(item, &specs->rules.emplace_back());
}

void ReadRoot(const Document& document, ConfigUse use, Catalogue catalogue, Specs* specs, Diagnostics* diagnostics) {
  const Value root(&document, diagnostics, &document.root(), document.root().at, "");
  if (std::optional<Map> map = Map::Open(root)) ReadSections(&*map, use, catalogue, specs, diagnostics);
  for (const Node::Entry& section : document.root().entries) {
    if (section.key != "kpis") continue;
    for (size_t k = 0; k < std::min(section.value->items.size(), specs->kpis.size()); ++k) {
      specs->kpis[k].written = WrittenKpi(document, section.value->items[k]->at.line);
    }
  }
}

}  // namespace

void ReadSections(Map* map, ConfigUse use, Catalogue files, Specs* specs, Diagnostics* diagnostics) {
  const bool run = use == ConfigUse::kRun;
  if (const auto name = map->Take("namespace")) ReadNamespace(*name, &specs->metric_namespace);
  if (const auto kafka = run ? map->Require("kafka") : map->Skip("kafka")) ReadKafka(*kafka, &specs->kafka);
  const bool mapped = HasTopicsOfSources(map->value().node());
  if (const auto topics = run && !mapped ? map->Require("topics") : map->Take("topics")) ReadTopics(*topics, &specs->topics);
  if (const auto sources = map->Take("sources")) ReadSources(*sources, &specs->sources, &specs->topics, &specs->files, diagnostics);
  if (const auto letters = map->Take("dead_letters")) ReadDeadLetters(*letters, specs->topics, &specs->dead_letters);
  if (const auto registry = run ? map->Take("registry") : map->Skip("registry")) ReadRegistry(*registry, &specs->registry.emplace());
  if (run && !specs->registry) CheckNoRegistry(specs->sources, diagnostics);
  if (!run && specs->topics.empty()) specs->topics.emplace_back().name = kOfflineTopic;
  if (const auto time = map->Take("time")) ReadTime(*time, &specs->time);
  if (const auto calendar = map->Take("calendar")) ReadCalendar(*calendar, specs);
  if (const auto storage = run ? map->Take("storage") : map->Skip("storage")) ReadStorage(*storage, &specs->storage);
  if (const auto web = run ? map->Take("web") : map->Skip("web")) ReadWeb(*web, &specs->http);
  if (const auto limits = map->Take("limits")) ReadLimits(*limits, &specs->limits);
  if (!run) specs->privacy.hash_key = kOfflineHashKey;
  if (const auto privacy = run ? map->Take("privacy") : map->Skip("privacy")) ReadPrivacy(*privacy, &specs->privacy);
  if (const auto tables = map->Take("tables")) ReadTables(*tables, specs->holidays, &specs->tables, diagnostics);
  for (const TableSpec& table : specs->tables) {
    if (table.topic.empty() || table.topic != specs->dead_letters.topic) continue;
    diagnostics->Add(specs->dead_letters.place, "dead_letters.topic: is the topic of the table " + table.name + ": take one of its own");
  }
  if (const auto fields = map->Take("fields")) ReadFields(*fields, &specs->fields);
  const std::optional<Value> catalogue = map->Take("catalogue");
  if (const auto kpis = map->Has("catalogue") ? map->Take("kpis") : map->Require("kpis")) ReadKpis(*kpis, specs);
  if (catalogue) ReadCatalogue(*catalogue, files, specs, diagnostics);
  if (const auto targets = map->Take("targets")) ReadTargets(*targets, &specs->kpis);
  if (const auto rules = map->Take("rules")) ReadRules(*rules, specs);
  map->Finish();
  ImplyHashes(specs, diagnostics);
  ImplyFacts(specs, diagnostics);
  CheckReferences(specs, diagnostics);
}

}  // namespace config

void ParseConfig(const std::string& file_name, std::string_view yaml, Specs* specs, Diagnostics* diagnostics,
                 Catalogue catalogue) {
  *specs = Specs();
  const std::optional<config::Document> document = config::Document::Parse(file_name, yaml, diagnostics);
  if (document) config::ReadRoot(*document, ConfigUse::kRun, catalogue, specs, diagnostics);
}

void LoadConfig(const std::string& path, Specs* specs, Diagnostics* diagnostics, ConfigUse use, std::string* redacted) {
  *specs = Specs();
  const std::optional<config::Document> document = config::Document::Load(path, diagnostics, &specs->files.emplace_back());
  if (!document) return;
  config::ReadRoot(*document, use, ShippedCatalogue(), specs, diagnostics);
  if (redacted != nullptr) *redacted = config::RedactedJson(document->root());
}

}  // namespace tidemark
