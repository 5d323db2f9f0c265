// The conditions and values of `sources:` -> the trees that pipeline/mapping defines.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/reader.h"
#include "pipeline/mapping/spec.h"

namespace tidemark::config {

using MapLists = std::map<std::string, std::vector<std::string>>;

// Null after a mistake, which is reported at its column inside the scalar.
//   or      := and { "or" and }
//   and     := not { "and" not }
//   not     := "not" not | test
//   test    := first [ compare literal | ["not"] "in" list ]
//   first   := part { "|" part }
//   part    := "(" or ")" | "has" "(" first ")" | function "(" or { "," or } ")" | literal | path
//   path    := name { "." ( name | "text" ) | "[" number "]" }
//   list    := name of one of `lists` | "[" literal { "," literal } "]"
//   literal := "text" | 'text' | decimal number | true | false; beside `op` a bare word, too
std::unique_ptr<MapExpr> ParseMapExpr(const Value& value, const MapLists& lists);

// A path alone: "row.products".
std::optional<MapPath> ParseMapPath(const Value& value);

}  // namespace tidemark::config
