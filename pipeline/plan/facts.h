// What mapped sources say of their events beyond each record: that one happens once to an entity, and what it takes over from
// what else was said of that entity.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

struct Fact {
  std::string source;              // who says so first, for messages
  std::string entity;              // path of its id
  bool once = false;
  std::set<std::string> carry;     // paths
  Duration within{};               // what is said up to so long after counts as said by then
};

struct Facts {
  std::map<std::string, Fact> types;                                               // by event type
  // Event types that say what a field of an entity is: by (path of the id, path of the field).
  std::map<std::pair<std::string, std::string>, std::set<std::string>> sayings;

  const Fact* Of(const std::string& type) const {
    const auto found = types.find(type);
    return found == types.end() ? nullptr : &found->second;
  }
};

// What any rule says of a type holds for all its events, whoever brings them. Rules that disagree about the id are mistakes.
Facts FactsOf(const std::vector<SourceSpec>& sources, Diagnostics* diagnostics);

// Paths of the schema that a path or a derived field of a configuration is made of.
std::set<std::string> PathsOf(const std::string& field, const std::vector<FieldSpec>& fields);
// And those that a condition looks at.
std::set<std::string> PathsOf(const Expr& where, const std::vector<FieldSpec>& fields);

// Measures that follow when a fact moves or gets other fields, where `key` is the fact's entity.
bool FollowsFacts(Measure measure);

}  // namespace tidemark
