#include "config/literal.h"

#include <algorithm>
#include <array>

namespace tidemark::config {

bool IsKeyword(std::string_view word) {
  static constexpr std::array<std::string_view, 7> kKeywords = {"or", "and", "not", "in", "has", "true", "false"};
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

std::variant<bool, Decimal, std::string> ReadLiteral(TokenReader* tokens, bool bare) {
  using Kind = Token::Kind;
  const bool negative = tokens->Skip("-");
  const Token token = tokens->Next();
  if (token.kind == Kind::kNumber) {
    Decimal number = token.number;
    if (negative) number.mantissa = -number.mantissa;
    return number;
  }
  if (negative) {
    tokens->Fail(token.offset, "a number is wanted after -");
  } else if (token.kind == Kind::kString) {
    return token.text;
  } else if (token.Is("true") || token.Is("false")) {
    return token.text == "true";
  } else if (token.kind == Kind::kWord && bare) {
    return token.text;
  } else if (token.kind == Kind::kWord) {
    tokens->Fail(token.offset, "a field is compared with a literal; text stands in quotes: \"" + token.text + "\"");
  } else {
    tokens->Fail(token.offset, "text in quotes, a number, true or false is wanted here, not " + token.Shown());
  }
  return false;
}

}  // namespace tidemark::config
