// What sources say of events beyond each record (once, carry), and which KPIs can go by it.
#include "pipeline/plan/facts.h"

#include <algorithm>
#include <set>

#include "config/measures.h"
#include "config/sections.h"

namespace tidemark::config {
namespace {

constexpr Measures kCountable = Of(Measure::kCount, Measure::kSum, Measure::kAvg, Measure::kQuantiles);

bool IsKey(const KpiSpec& kpi, const std::string& path) { return std::find(kpi.key.begin(), kpi.key.end(), path) != kpi.key.end(); }

// The fields that a KPI reads of its events.
std::set<std::string> Read(const KpiSpec& kpi, const std::vector<FieldSpec>& fields) {
  std::set<std::string> paths = PathsOf(kpi.field, fields);
  for (const LabelSpec& label : kpi.by) paths.merge(PathsOf(label.field, fields));
  if (kpi.where != nullptr) paths.merge(PathsOf(*kpi.where, fields));
  return paths;
}

// The event types that count, or are steps: not those that end or correct.
std::vector<std::string> Counted(const KpiSpec& kpi) {
  std::vector<std::string> types = kpi.on;
  for (const auto& step : kpi.steps) types.insert(types.end(), step.begin(), step.end());
  return types;
}

// Events that happen once to an entity give a KPI without a key that entity. Returns why they can't; "": nothing is wrong.
std::string ImplyKey(const Facts& facts, KpiSpec* kpi) {
  if (!Contains(kCountable, kpi->measure) || !kpi->correct.empty()) return "";
  const Fact* first = nullptr;
  for (const std::string& type : kpi->on) {
    const Fact* fact = facts.Of(type);
    if (fact != nullptr && fact->once && first == nullptr) first = fact;
  }
  if (first == nullptr) return "";
  if (kpi->on.size() > 1) {
    return "sources." + first->source + " says that some of its events happen once to each " + first->entity + ", and an id would count once for all of them; count them apart and add them in a formula";
  }
  if (kpi->nonnegative) return "what happens once can move to where it came first, so nonnegative can't hold; leave it out";
  kpi->once = true;
  kpi->key = {first->entity, "event.id"};  // whoever brings events without the id means each for itself
  if (const auto on = kpi->at.find("on"); on != kpi->at.end()) kpi->at["key"] = on->second;
  return "";
}

// Goes on where a message says what is carried.
std::string WhyNotCarried(const Fact& fact, const std::string& path, const std::vector<FieldSpec>& fields, const KpiSpec& kpi) {
  if (!FollowsFacts(kpi.measure)) return " from other events, which may come later, and " + std::string(ToString(kpi.measure)) + " can't take back what it counted";
  if (!IsKey(kpi, fact.entity)) return ", by " + fact.entity + ", which isn't the KPI's key";
  if (Contains(kCountable, kpi.measure)) return "";  // kept as events of their entity, whatever is made of their fields
  if (kpi.where != nullptr && PathsOf(*kpi.where, fields).contains(path)) return ", and `where` looks at it before; put the condition into what counts it";
  for (const LabelSpec& label : kpi.by) {
    if (label.field != path && PathsOf(label.field, fields).contains(path)) return ", and the label " + label.name + " is worked out from it; take the field itself";
  }
  return "";
}

std::string WhyNot(const Facts& facts, const std::vector<FieldSpec>& fields, const KpiSpec& kpi) {
  if (kpi.measure == Measure::kOpen) return "";  // which keeps the entity as it stands
  const std::set<std::string> read = Read(kpi, fields);
  for (const std::string& type : Counted(kpi)) {
    const Fact* fact = facts.Of(type);
    if (fact == nullptr) continue;
    const std::string who = "sources." + fact->source;
    if (fact->once && IsKey(kpi, fact->entity) && (!kpi.correct.by.empty() || !kpi.correct.add.empty())) {
      return who + " says that " + type + " happens once, at its earliest, which corrections by or add can't follow; leave out one of them";
    }
    if (fact->once && IsKey(kpi, fact->entity) && kpi.where != nullptr && FollowsFacts(kpi.measure) && !Contains(kCountable, kpi.measure)) {
      return who + " says that " + type + " happens once, at its earliest, and `where` would choose a later one; put the condition into what counts it";
    }
    for (const auto& step : kpi.steps) {
      const bool among = fact->once && step.size() > 1 && std::find(step.begin(), step.end(), type) != step.end();
      if (among && IsKey(kpi, fact->entity)) return who + " says that " + type + " happens once, at its earliest, which a step of several event types can't follow";
    }
    for (const std::string& path : read) {
      if (!fact->carry.contains(path)) continue;
      if (std::string why = WhyNotCarried(*fact, path, fields, kpi); !why.empty()) return who + " carries " + path + " into " + type + why;
    }
  }
  return "";
}

bool IsCarried(const std::vector<TopicSpec>& topics, const std::vector<std::string>& types) {
  return std::any_of(topics.begin(), topics.end(), [&](const TopicSpec& topic) {
    return topic.events.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& type) {
             return std::find(topic.events.begin(), topic.events.end(), type) != topic.events.end();
           });
  });
}

bool UsedBy(const Formula& part, const std::set<std::string>& names) {
  return names.contains(part.kpi) || std::any_of(part.args.begin(), part.args.end(), [&](const auto& arg) { return UsedBy(*arg, names); });
}

}  // namespace

void ImplyFacts(Specs* specs, Diagnostics* diagnostics) {
  const Facts facts = FactsOf(specs->sources, diagnostics);
  std::set<std::string> out;
  const auto leave_out = [&](const KpiSpec& kpi, const std::string& why) {
    out.insert(kpi.name);
    specs->left_out.emplace_back(kpi.name, why);
  };
  for (KpiSpec& kpi : specs->kpis) {
    std::string why = ImplyKey(facts, &kpi);
    if (why.empty()) why = WhyNot(facts, specs->fields, kpi);
    if (why.empty() && !kpi.subject.empty() && kpi.formula == nullptr && !IsCarried(specs->topics, Counted(kpi))) why = "no topic carries what is counted";
    if (why.empty()) continue;
    if (!kpi.subject.empty()) {
      leave_out(kpi, why);
    } else {
      diagnostics->Add(kpi.place, kpi.path + ": " + why);
    }
  }
  for (bool more = !out.empty(); more;) {
    more = false;
    for (const KpiSpec& kpi : specs->kpis) {
      if (kpi.subject.empty() || kpi.formula == nullptr || out.contains(kpi.name) || !UsedBy(*kpi.formula, out)) continue;
      leave_out(kpi, "it is computed from KPIs that are left out");
      more = true;
    }
  }
  std::erase_if(specs->kpis, [&](const KpiSpec& kpi) { return out.contains(kpi.name); });
}

}  // namespace tidemark::config
