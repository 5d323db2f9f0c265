// The section `sources`: the systems that events come from, and how often something is to be heard of each.
#include <algorithm>

#include "config/names.h"
#include "config/paths.h"
#include "config/sections.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxSources = 1'000;

void ReadSource(const Value& value, SourceSpec* source) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  map->Set("source", &source->source, [](const Value& v) { return v.Text(); });
  if (const auto feeds = map->Take("feeds")) {
    for (const EventTypeRef& type : ReadEventTypes(*feeds)) {
      source->feeds.push_back(type.name);
      source->feeds_at.push_back(type.at.place());
    }
  }
  if (const auto every = map->Require("expect_every")) {
    source->expect_every = every->Time(std::chrono::minutes(1), std::chrono::hours(24 * 31)).value_or(Duration(0));
  }
  map->Finish();
}

}  // namespace

void ReadSources(const Value& value, std::vector<SourceSpec>* sources) {
  if (!Map::Open(value)) return;
  if (value.node().entries.size() > kMaxSources) return value.Fail("more than " + std::to_string(kMaxSources) + " sources");
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    SourceSpec source;
    source.name = source.source = entry.key;
    source.place = value.PlaceOf(entry);
    if (const std::string why = WhyNotName(entry.key); !why.empty()) child.FailAt(source.place, why);
    ReadSource(child, &source);
    const auto same = std::find_if(sources->begin(), sources->end(), [&](const SourceSpec& s) { return s.source == source.source; });
    if (same != sources->end()) {
      child.FailAt(source.place, "has the same events as " + Quoted(same->name) + ": their attribute `source` is " + Quoted(source.source));
    }
    sources->push_back(std::move(source));
  }
}

}  // namespace tidemark::config
