#include "config/lexer.h"

#include <array>
#include <utility>

#include "config/reader.h"

namespace tidemark::config {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c); }

// What people write out of habit, and what it is called here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kHabits = {
    {{"&&", "and"}, {"||", "or"}, {"=~", "=="}, {"<>", "!="}, {"=", "=="}, {"!", "not"}}};
constexpr std::array<std::string_view, 18> kSymbols = {"==", "!=", "<=", ">=", "<", ">", "(", ")", "[",
                                                       "]",  ",",  ".",  "+",  "-", "*", "/", "@", "|"};

class Lexer {
 public:
  Lexer(std::string_view text, std::optional<SyntaxError>* error) : text_(text), error_(error) {}

  std::vector<Token> Run() {
    std::vector<Token> tokens;
    while (!error_->has_value()) {
      while (at_ < text_.size() &&
             (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
        ++at_;
      Token token;
      token.offset = at_;
      if (at_ < text_.size()) Read(&token);
      tokens.push_back(std::move(token));
      if (tokens.back().kind == Token::Kind::kEnd) break;
    }
    return tokens;
  }

 private:
  void Fail(size_t offset, std::string text) { *error_ = SyntaxError{offset, std::move(text)}; }

  void Read(Token* token) {
    const char c = text_[at_];
    if (IsWordStart(c)) return ReadWord(token);
    if (IsDigit(c) || (c == '.' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) return ReadNumber(token);
    if (c == '"' || c == '\'') return ReadString(token);
    ReadSymbol(token);
  }

  // A name, or a path of names joined by points.
  void ReadWord(Token* token) {
    size_t end = at_;
    while (end < text_.size() &&
           (IsWordPart(text_[end]) || (text_[end] == '.' && end + 1 < text_.size() && IsWordPart(text_[end + 1]))))
      ++end;
    token->kind = Token::Kind::kWord;
    token->text = text_.substr(at_, end - at_);
    at_ = end;
    const bool quoted = at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\'');  // row."odd name"
    if (at_ < text_.size() && text_[at_] == '.' && !quoted) Fail(at_, "a path can't end with a point");
  }

  void ReadNumber(Token* token) {
    size_t end = at_;
    while (end < text_.size() && (IsWordPart(text_[end]) || text_[end] == '.')) ++end;
    token->kind = Token::Kind::kNumber;
    token->text = text_.substr(at_, end - at_);
    const Result<Decimal> number = ParseDecimal(token->text);
    if (number.ok()) {
      token->number = *number;
    } else {
      Fail(at_, Quoted(token->text) + " is not a decimal number");
    }
    at_ = end;
  }

  void ReadString(Token* token) {
    const char quote = text_[at_];
    token->kind = Token::Kind::kString;
    size_t i = at_ + 1;
    for (; i < text_.size() && text_[i] != quote; ++i) {
      if (text_[i] == '\\') {
        if (i + 1 >= text_.size() || (text_[i + 1] != quote && text_[i + 1] != '\\')) {
          return Fail(i, "only the quote and the backslash itself can follow a backslash");
        }
        ++i;
      }
      token->text.push_back(text_[i]);
    }
    if (i >= text_.size()) return Fail(at_, "a string without its closing quote");
    at_ = i + 1;
  }

  void ReadSymbol(Token* token) {
    const std::string_view rest = text_.substr(at_);
    for (std::string_view symbol : kSymbols) {
      if (!rest.starts_with(symbol) || rest.starts_with("<>") || rest.starts_with("||")) continue;
      token->kind = Token::Kind::kSymbol;
      token->text = symbol;
      at_ += symbol.size();
      if (symbol == "@") ReadWindow(token);
      return;
    }
    for (const auto& [habit, ours] : kHabits) {
      if (rest.starts_with(habit)) return Fail(at_, Quoted(habit) + " is written " + std::string(ours) + " here");
    }
    Fail(at_, Quoted(rest.substr(0, 1)) + " has no meaning here");
  }

  void ReadWindow(Token* token) {
    size_t end = at_;
    while (end < text_.size() && IsWordPart(text_[end])) ++end;
    token->kind = Token::Kind::kWindow;
    token->text = text_.substr(at_, end - at_);
    if (end == at_) Fail(at_, "a window is wanted after @, like @24h, @lifetime or @previous");
    at_ = end;
  }

  std::string_view text_;
  std::optional<SyntaxError>* error_;
  size_t at_ = 0;
};

const Token& EndToken() {
  static const Token kEnd;
  return kEnd;
}

}  // namespace

std::string Token::Shown() const {
  if (kind == Kind::kEnd) return "the end";
  return Quoted(kind == Kind::kWindow ? "@" + text : text);
}

std::vector<Token> Tokenize(std::string_view text, std::optional<SyntaxError>* error) {
  if (text.size() > kMaxExpressionBytes) {
    *error = SyntaxError{kMaxExpressionBytes, "longer than 4096 characters"};
    return {};
  }
  return Lexer(text, error).Run();
}

TokenReader::TokenReader(std::string_view text) { tokens_ = Tokenize(text, &error_); }

const Token& TokenReader::Peek() const { return failed() ? EndToken() : tokens_[at_]; }

const Token& TokenReader::PeekNext() const {
  return failed() || at_ + 1 >= tokens_.size() ? EndToken() : tokens_[at_ + 1];
}

Token TokenReader::Next() {
  const Token token = Peek();
  if (token.kind != Token::Kind::kEnd) ++at_;
  return token;
}

bool TokenReader::Skip(std::string_view symbol_or_word) {
  if (!Peek().Is(symbol_or_word)) return false;
  ++at_;
  return true;
}

void TokenReader::Want(std::string_view symbol) {
  if (!Skip(symbol)) Fail(Peek().offset, Quoted(symbol) + " is wanted here, not " + Peek().Shown());
}

void TokenReader::Fail(size_t offset, std::string text) {
  if (!failed()) error_ = SyntaxError{offset, std::move(text)};
}

bool TokenReader::Enter() {
  if (++depth_ <= kMaxExpressionDepth) return true;
  Fail(Peek().offset, "nested too deeply");
  return false;
}

}  // namespace tidemark::config
