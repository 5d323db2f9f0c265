// What the conditions of KPIs (`where`) and of sources have in common.
#pragma once

#include <string_view>
#include <variant>

#include "config/lexer.h"
#include "pipeline/base/decimal.h"

namespace tidemark::config {

// or, and, not, in, has, true, false: no names.
bool IsKeyword(std::string_view word);

// "text", 'text', a decimal number, true or false; with `bare` also a word by itself, as a text. After a mistake false.
std::variant<bool, Decimal, std::string> ReadLiteral(TokenReader* tokens, bool bare);

}  // namespace tidemark::config
