// The section `sources`: the systems that events come from, and how often something is to be heard of each.
#include <algorithm>
#include <array>

#include "config/catalogue.h"
#include "config/mapping.h"
#include "config/names.h"
#include "config/paths.h"
#include "config/redacted.h"
#include "config/sections.h"
#include "pipeline/base/hash.h"
#include "pipeline/mapping/own_event.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxSources = 1'000;

// The mapping that `use` names; nothing after a mistake.
std::optional<Document> Shipped(const Value& use, Diagnostics* diagnostics) {
  const std::optional<std::string> name = use.Text();
  if (!name) return std::nullopt;
  std::vector<std::string> known;
  for (const CatalogueFile& file : ShippedSources()) {
    if (file.subject == *name) return Document::Parse("shipped sources/" + *name + ".yaml", file.yaml, diagnostics);
    known.emplace_back(file.subject);
  }
  use.Fail(Quoted(*name) + " is no mapping that ships" + DidYouMean(*name, known));
  return std::nullopt;
}

// Of what a source says, that which makes its events: whoever says the same gets the same of the same records. Where schemas come
// from makes none: what stands under a number never changes.
std::string SaidOfRecords(const Node& source, const Document* shipped) {
  std::string said;
  for (const Node::Entry& entry : source.entries) {
    static constexpr std::array<std::string_view, 7> kOthers = {"topics", "expect_every", "complete_after", "feeds", "schema", "schemas", "on_gap"};
    if (std::find(kOthers.begin(), kOthers.end(), entry.key) == kOthers.end()) said += entry.key + "=" + RedactedJson(*entry.value) + "\n";
  }
  return shipped == nullptr ? said : said + RedactedJson(shipped->root());
}

void ReadSource(const Value& value, SourceSpec* source, std::vector<TopicSpec>* topics, std::vector<ReadFile>* files, Diagnostics* diagnostics) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  map->Set("source", &source->source, [](const Value& v) { return v.Text(); });
  if (const auto feeds = map->Take("feeds")) {
    for (const EventTypeRef& type : ReadEventTypes(*feeds)) {
      source->feeds.push_back(type.name);
      source->feeds_at.push_back(type.at.place());
    }
  }
  const bool mapped = map->Has("topics");
  if (const auto every = mapped ? map->Take("expect_every") : map->Require("expect_every")) {
    source->expect_every = every->Time(std::chrono::minutes(1), std::chrono::hours(24 * 31)).value_or(Duration(0));
  }
  if (const auto after = map->Take("complete_after")) {
    if (!mapped) {
      after->Fail("goes with `topics`: an empty log says nothing of a source that comes in batches through topics of its own");
    } else if (!source->expect_every) {
      after->Fail("wants expect_every beside it: else nobody would hear that batches stopped coming, and time would stand still");
    }
    source->complete_after = after->Time(std::chrono::minutes(1), std::chrono::hours(24 * 31));
  }
  if (const auto names = map->Take("topics")) {
    const size_t first = topics->size();
    ReadTopics(*names, topics);
    std::optional<Document> shipped;
    const auto use = map->Take("use");
    if (use) shipped = Shipped(*use, diagnostics);
    if (use && !shipped) return;  // nothing more can be said of it
    std::optional<Map> theirs;
    if (shipped) theirs = Map::Open(Value(&*shipped, diagnostics, &shipped->root(), shipped->root().at, value.path()));
    source->mapping = ReadMapping(&*map, theirs ? &*theirs : nullptr, source->place, files);
    std::string said = SaidOfRecords(value.node(), shipped ? &*shipped : nullptr);
    // Of what KPIs read themselves, each hangs on the fields that it reads.
    if (source->mapping->schema && OwnRule(*source->mapping) == nullptr) said += "schema=" + std::to_string(Hash64(source->mapping->schema->schema->text)) + "\n";
    for (size_t t = first; t < topics->size(); ++t) {
      TopicSpec& topic = (*topics)[t];
      topic.source = source->name;
      // What is sent again within a batch's time is to be found.
      if (source->complete_after && topic.dedup.horizon == DedupSpec().horizon) topic.dedup.horizon += *source->complete_after;
      topic.mapping = Hash64(said);
      for (const MapRule& rule : source->mapping->rules) {
        if (std::find(topic.events.begin(), topic.events.end(), rule.emit) == topic.events.end()) topic.events.push_back(rule.emit);
      }
    }
  }
  map->Finish();
}

}  // namespace

void ReadSources(const Value& value, std::vector<SourceSpec>* sources, std::vector<TopicSpec>* topics, std::vector<ReadFile>* files, Diagnostics* diagnostics) {
  if (!Map::Open(value)) return;
  if (value.node().entries.size() > kMaxSources) return value.Fail("more than " + std::to_string(kMaxSources) + " sources");
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    SourceSpec source;
    source.name = source.source = entry.key;
    source.place = value.PlaceOf(entry);
    if (const std::string why = WhyNotName(entry.key); !why.empty()) child.FailAt(source.place, why);
    ReadSource(child, &source, topics, files, diagnostics);
    const auto same = std::find_if(sources->begin(), sources->end(), [&](const SourceSpec& s) { return s.source == source.source; });
    if (same != sources->end()) {
      child.FailAt(source.place, "has the same events as " + Quoted(same->name) + ": their attribute `source` is " + Quoted(source.source));
    }
    sources->push_back(std::move(source));
  }
}

}  // namespace tidemark::config
