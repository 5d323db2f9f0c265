// The tokens of `where` expressions, formulas and fields.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/decimal.h"

namespace tidemark::config {

inline constexpr size_t kMaxExpressionBytes = 4096;
inline constexpr int kMaxExpressionDepth = 64;

struct Token {
  enum class Kind { kEnd, kWord, kNumber, kString, kSymbol, kWindow };
  Kind kind = Kind::kEnd;
  std::string text;   // kString: without quotes and escapes; kWindow: after the '@'
  Decimal number;     // kNumber
  size_t offset = 0;  // of its first byte

  bool Is(std::string_view symbol_or_word) const {
    return (kind == Kind::kSymbol || kind == Kind::kWord) && text == symbol_or_word;
  }
  // As it stands in a message: `"x"`, or `the end`.
  std::string Shown() const;
};

struct SyntaxError {
  size_t offset = 0;
  std::string text;
};

// All tokens, ended by kEnd; or the first thing that is none, in *error.
std::vector<Token> Tokenize(std::string_view text, std::optional<SyntaxError>* error);

// A cursor over tokens that keeps the first error. After an error every token reads as the end.
class TokenReader {
 public:
  explicit TokenReader(std::string_view text);

  const Token& Peek() const;
  const Token& PeekNext() const;
  Token Next();
  bool Skip(std::string_view symbol_or_word);  // true and past it when it is next
  void Fail(size_t offset, std::string text);
  void Want(std::string_view symbol);          // past it, or fails
  bool failed() const { return error_.has_value(); }
  const SyntaxError& error() const { return *error_; }

  // Guards a recursion; false, with an error, when it is too deep.
  bool Enter();
  void Leave() { --depth_; }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  std::optional<SyntaxError> error_;
};

}  // namespace tidemark::config
