#include "config/subjects.h"

#include <algorithm>

#include "config/sections.h"

namespace tidemark::config {

Subjects::Subjects(Catalogue files, Diagnostics* diagnostics) {
  for (const CatalogueFile& file : files) {
    const std::string name = "catalogue/" + std::string(file.subject) + ".yaml";
    std::optional<Document> document = Document::Parse(name, file.yaml, diagnostics);
    if (document) ReadSubject(file.subject, *std::move(document), diagnostics);
  }
}

void Subjects::ReadSubject(std::string_view name, Document document, Diagnostics* diagnostics) {
  Subject& subject = subjects_.emplace_back(Subject{std::string(name), "", "", std::move(document), {}});
  const Node& root = subject.document.root();
  std::optional<Map> map = Map::Open(Value(&subject.document, diagnostics, &root, root.at, ""));
  if (!map) return;
  for (auto [key, text] : {std::pair("title", &subject.title), std::pair("help", &subject.help)}) {
    if (const auto value = map->Require(key)) *text = value->Text().value_or("");
  }
  if (const auto fields = map->Take("fields")) ReadFieldNames(*fields);
  if (const auto kpis = map->Require("kpis")) ReadKpiNames(*kpis, subjects_.size() - 1);
  map->Finish();
}

void Subjects::ReadFieldNames(const Value& fields) {
  if (!Map::Open(fields)) return;
  for (const Node::Entry& entry : fields.node().entries) {
    const auto [same, fresh] = fields_.emplace(entry.key, Field{fields, &entry});
    if (fresh) continue;
    fields.FailAt(fields.PlaceOf(entry),
                  "the field " + Quoted(entry.key) + " is given twice, also in " + same->second.fields.place().file);
  }
}

void Subjects::ReadKpiNames(const Value& kpis, size_t subject) {
  if (!kpis.is_list()) return kpis.Fail("a list of KPIs is wanted here");
  for (const Value& item : kpis.Items()) {
    std::optional<Map> map = Map::Open(item);
    const std::optional<Value> value = map ? map->Require("name") : std::nullopt;
    const std::optional<std::string> name = value ? value->Text() : std::nullopt;
    if (!name) continue;
    std::vector<CatalogueKpi>& known = subjects_[subject].kpis;
    const auto [same, fresh] = kpis_.emplace(*name, CataloguePlace{subject, known.size()});
    if (fresh) {
      known.push_back({*name, item});
      continue;
    }
    const CatalogueKpi& other = subjects_[same->second.subject].kpis[same->second.kpi];
    value->Fail("the KPI " + Quoted(*name) + " is given twice, also in " + other.value.place().file);
  }
}

std::vector<std::string> Subjects::names() const {
  std::vector<std::string> names;
  for (const Subject& subject : subjects_) names.push_back(subject.name);
  return names;
}

std::optional<size_t> Subjects::Find(const std::string& subject) const {
  const auto is = [&](const Subject& s) { return s.name == subject; };
  const auto found = std::find_if(subjects_.begin(), subjects_.end(), is);
  return found == subjects_.end() ? std::nullopt : std::optional<size_t>(found - subjects_.begin());
}

std::optional<CataloguePlace> Subjects::FindKpi(const std::string& name) const {
  const auto found = kpis_.find(name);
  return found == kpis_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<FieldSpec> Subjects::ReadField(const std::string& name) const {
  const auto found = fields_.find(name);
  if (found == fields_.end()) return std::nullopt;
  return config::ReadField(found->second.fields, *found->second.entry);
}

}  // namespace tidemark::config
