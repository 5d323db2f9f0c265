// What each connector calls the parts of a record: where the row is, what happened to it, what it was before.
// Internal to this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mapping/spec.h"

namespace tidemark::mapping {

enum class Op : uint8_t { kEvent, kCreate, kUpdate, kUpsert, kDelete, kSnapshot, kGap, kOther };
std::string_view ToString(Op op);  // "event", "create", ...

using Steps = std::vector<MapPath::Step>;

struct Shape {
  std::vector<Steps> prefixes;           // where a record may begin
  std::optional<Steps> row, old, meta;   // within it; nullopt: it has none
  Steps op;                              // where it says what happened; empty: nowhere
  Steps items, changed;                  // arrays: ids of the entities it is about, names of the fields that changed; empty: none
  // The same: fields that are null since then, where any other null says nothing; those of which a difference stands where a value would.
  Steps nulled, differing;
  bool old_is_partial = false;           // `old` has only what changed
  std::string old_prefix;                // the old value of x is a member so called with x after it
  Steps deleted;                         // a member that is true when the row is gone
};

Shape ShapeOf(const MappingSpec& spec);
// What the word at `Shape::op` says.
Op OpOf(MapShape shape, std::string_view word);

}  // namespace tidemark::mapping
