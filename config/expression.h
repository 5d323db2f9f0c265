// `where` and `formula` text -> the trees that pipeline/plan defines.
#pragma once

#include <memory>

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// A `where` expression. Null after a mistake, which is reported at its column inside the scalar.
//   or      := and { "or" and }
//   and     := not { "and" not }
//   not     := "not" not | "(" or ")" | "has" "(" path ")" | test
//   test    := path [ compare literal | ["not"] "in" "[" literal { "," literal } "]" ] | literal compare path
//   compare := "==" | "!=" | "<" | "<=" | ">" | ">="
//   literal := "text" | 'text' | decimal number | true | false
std::unique_ptr<Expr> ParseWhere(const Value& value);

// A `formula`. Null after a mistake, reported likewise.
//   sum     := product { ("+" | "-") product }
//   product := sign { ("*" | "/") sign }
//   sign    := "-" sign | "(" sum ")" | decimal number | operand | "total" "(" operand ")"
//   operand := kpi [ "@" ( window | "previous" ) ]
std::unique_ptr<Formula> ParseFormula(const Value& value);

// Whether `text` is a path of names joined by points: "lead.channel".
bool IsFieldPath(std::string_view text);

}  // namespace tidemark::config
