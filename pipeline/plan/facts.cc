#include "pipeline/plan/facts.h"

#include <algorithm>
#include <functional>

namespace tidemark {

Facts FactsOf(const std::vector<SourceSpec>& sources, Diagnostics* diagnostics) {
  Facts facts;
  for (const SourceSpec& source : sources) {
    if (source.mapping == nullptr) continue;
    for (const MapRule& rule : source.mapping->rules) {
      if (rule.entity.empty()) continue;
      Fact& fact = facts.types.try_emplace(rule.emit, Fact{source.name, rule.entity, false, {}, {}}).first->second;
      if (fact.entity != rule.entity) {
        diagnostics->Add(rule.entity_place, "sources." + source.name + ": " + rule.emit + " is told apart by " + rule.entity + " here, and by " + fact.entity + " in sources." +
                                                fact.source + "; once and carry hold for all events of a type, so take the same");
      }
      fact.once |= rule.once;
      fact.carry.insert(rule.carry.begin(), rule.carry.end());
      fact.within = std::max(fact.within, rule.within);
    }
  }
  for (const SourceSpec& source : sources) {
    if (source.mapping == nullptr) continue;
    for (const auto& [type, fact] : facts.types) {
      for (const MapRule& rule : source.mapping->rules) {
        const auto sets = [&](const std::string& path) {
          return std::any_of(rule.set.begin(), rule.set.end(), [&](const MapField& field) { return field.field == path; });
        };
        if (!sets(fact.entity)) continue;
        for (const std::string& path : fact.carry) {
          if (sets(path)) facts.sayings[{fact.entity, path}].insert(rule.emit);
        }
      }
    }
  }
  return facts;
}

std::set<std::string> PathsOf(const std::string& field, const std::vector<FieldSpec>& fields) {
  std::set<std::string> paths, seen;
  const std::function<void(const std::string&)> add = [&](const std::string& name) {
    if (!seen.insert(name).second) return;  // also of circles, which others report
    const auto derived = std::find_if(fields.begin(), fields.end(), [&](const FieldSpec& f) { return f.name == name; });
    if (derived == fields.end()) {
      paths.insert(name);
      return;
    }
    const std::function<void(const FieldExpr&)> visit = [&](const FieldExpr& part) {
      if (!part.field.empty()) add(part.field);
      for (const auto& arg : part.args) visit(*arg);
    };
    if (derived->expr != nullptr) visit(*derived->expr);
  };
  if (!field.empty()) add(field);
  return paths;
}

std::set<std::string> PathsOf(const Expr& where, const std::vector<FieldSpec>& fields) {
  std::set<std::string> paths = PathsOf(where.field, fields);
  for (const auto& arg : where.args) paths.merge(PathsOf(*arg, fields));
  return paths;
}

bool FollowsFacts(Measure measure) {
  switch (measure) {
    case Measure::kCount:
    case Measure::kSum:
    case Measure::kAvg:
    case Measure::kQuantiles:
    case Measure::kFirst:
    case Measure::kElapsed:
    case Measure::kFunnel:
    case Measure::kDwell:
      return true;
    default:
      return false;
  }
}

}  // namespace tidemark
