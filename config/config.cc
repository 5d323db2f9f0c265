#include "config/config.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/names.h"
#include "config/sections.h"

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

void ReadRoot(const Document& document, Specs* specs, Diagnostics* diagnostics) {
  const Value root(&document, diagnostics, &document.root(), document.root().at, "");
  std::optional<Map> map = Map::Open(root);
  if (!map) return;
  if (const auto name = map->Take("namespace")) ReadNamespace(*name, &specs->metric_namespace);
  if (const auto kafka = map->Require("kafka")) ReadKafka(*kafka, &specs->kafka);
  if (const auto topics = map->Require("topics")) ReadTopics(*topics, &specs->topics);
  if (const auto time = map->Take("time")) ReadTime(*time, &specs->time);
  if (const auto calendar = map->Take("calendar")) ReadCalendar(*calendar, &specs->calendar, &specs->calendar_place);
  if (const auto storage = map->Take("storage")) ReadStorage(*storage, &specs->storage);
  if (const auto web = map->Take("web")) ReadWeb(*web, &specs->http);
  if (const auto limits = map->Take("limits")) ReadLimits(*limits, &specs->limits);
  if (const auto kpis = map->Require("kpis")) ReadKpis(*kpis, specs);
  if (const auto rules = map->Take("rules")) ReadRules(*rules, specs);
  map->Refuse({"fields", "tables", "catalogue", "sources"});
  map->Finish();
  CheckReferences(specs, diagnostics);
}

}  // namespace
}  // namespace config

void ParseConfig(const std::string& file_name, std::string_view yaml, Specs* specs, Diagnostics* diagnostics) {
  *specs = Specs();
  const std::optional<config::Document> document = config::Document::Parse(file_name, yaml, diagnostics);
  if (document) config::ReadRoot(*document, specs, diagnostics);
}

void LoadConfig(const std::string& path, Specs* specs, Diagnostics* diagnostics) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(config::kMaxYamlBytes + 1, '\0');
  if (in.is_open()) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) {
    diagnostics->Add({path, 0, 0},
                     "can't read the file" + (errno != 0 ? ": " + std::string(std::strerror(errno)) : ""));
    return;
  }
  text.resize(static_cast<size_t>(in.gcount()));
  ParseConfig(path, text, specs, diagnostics);
}

}  // namespace tidemark
