#include "config/expression.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/lexer.h"
#include "config/literal.h"

namespace tidemark::config {
namespace {

using Kind = Token::Kind;
using ExprPtr = std::unique_ptr<Expr>;

constexpr std::array<std::pair<std::string_view, Expr::Op>, 6> kOps = {{{"==", Expr::Op::kEq},
                                                                        {"!=", Expr::Op::kNe},
                                                                        {"<", Expr::Op::kLt},
                                                                        {"<=", Expr::Op::kLe},
                                                                        {">", Expr::Op::kGt},
                                                                        {">=", Expr::Op::kGe}}};

std::optional<Expr::Op> OpOf(const Token& token) {
  if (token.kind != Kind::kSymbol) return std::nullopt;
  for (const auto& [text, op] : kOps) {
    if (token.text == text) return op;
  }
  return std::nullopt;
}

// `5 < x` is `x > 5`.
Expr::Op Mirrored(Expr::Op op) {
  switch (op) {
    case Expr::Op::kLt:
      return Expr::Op::kGt;
    case Expr::Op::kLe:
      return Expr::Op::kGe;
    case Expr::Op::kGt:
      return Expr::Op::kLt;
    case Expr::Op::kGe:
      return Expr::Op::kLe;
    case Expr::Op::kEq:
    case Expr::Op::kNe:
      return op;
  }
  return op;
}

class WhereParser {
 public:
  explicit WhereParser(const Value& value) : value_(value), tokens_(value.node().text) {}

  ExprPtr Run() {
    ExprPtr expr = Or();
    const Token& rest = tokens_.Peek();
    if (rest.kind != Kind::kEnd) {
      const std::string lower = Lowered(rest.text);
      tokens_.Fail(rest.offset, rest.kind == Kind::kWord && lower != rest.text && IsKeyword(lower)
                                    ? Quoted(rest.text) + " is written " + lower + " here"
                                    : "and, or or the end is wanted here, not " + rest.Shown());
    }
    if (!tokens_.failed()) return expr;
    value_.FailAt(value_.Inside(tokens_.error().offset), tokens_.error().text);
    return nullptr;
  }

 private:
  static std::string Lowered(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
  }

  ExprPtr Make(Expr::Kind kind, size_t offset) const {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->place = value_.Inside(offset);
    return expr;
  }

  ExprPtr Or() {
    return Chain(Expr::Kind::kOr, "or", [this] { return And(); });
  }
  ExprPtr And() {
    return Chain(Expr::Kind::kAnd, "and", [this] { return Not(); });
  }

  template <class Part>
  ExprPtr Chain(Expr::Kind kind, std::string_view word, Part part) {
    const size_t offset = tokens_.Peek().offset;
    ExprPtr first = part();
    if (!tokens_.Peek().Is(word)) return first;
    ExprPtr all = Make(kind, offset);
    all->args.push_back(std::move(first));
    while (tokens_.Skip(word)) all->args.push_back(part());
    return all;
  }

  ExprPtr Not() {
    const Token token = tokens_.Peek();
    if (!tokens_.Enter()) return nullptr;
    ExprPtr expr;
    if (tokens_.Skip("not")) {
      expr = Make(Expr::Kind::kNot, token.offset);
      expr->args.push_back(Not());
    } else if (tokens_.Skip("(")) {
      expr = Or();
      tokens_.Want(")");
    } else if (tokens_.Skip("has")) {
      expr = Make(Expr::Kind::kHas, token.offset);
      tokens_.Want("(");
      expr->field = Field();
      tokens_.Want(")");
    } else {
      expr = Test();
    }
    tokens_.Leave();
    return expr;
  }

  std::string Field() {
    const Token token = tokens_.Next();
    if (token.kind != Kind::kWord || IsKeyword(token.text)) {
      tokens_.Fail(token.offset, "a field like order.currency is wanted here, not " + token.Shown());
    }
    return token.text;
  }

  bool AtLiteral() const {
    const Token& token = tokens_.Peek();
    return token.kind == Kind::kNumber || token.kind == Kind::kString || token.Is("true") || token.Is("false") ||
           token.Is("-");
  }

  ExprPtr Test() {
    const size_t offset = tokens_.Peek().offset;
    if (AtLiteral()) return LiteralFirst(offset);
    if (tokens_.PeekNext().Is("(") && tokens_.Peek().kind == Kind::kWord) {
      tokens_.Fail(offset, tokens_.Peek().Shown() + " is no function; there is only has(field)");
    }
    std::string field = Field();
    if (const std::optional<Expr::Op> op = OpOf(tokens_.Peek())) {
      tokens_.Next();
      return Comparison(offset, *op, std::move(field), ReadLiteral(&tokens_, false));
    }
    if (tokens_.Peek().Is("not") && tokens_.PeekNext().Is("in")) {
      tokens_.Next();
      ExprPtr negated = Make(Expr::Kind::kNot, offset);
      negated->args.push_back(In(offset, std::move(field)));
      return negated;
    }
    if (tokens_.Peek().Is("in")) return In(offset, std::move(field));
    ExprPtr expr = Make(Expr::Kind::kField, offset);
    expr->field = std::move(field);
    return expr;
  }

  ExprPtr LiteralFirst(size_t offset) {
    Literal literal = ReadLiteral(&tokens_, false);
    const std::optional<Expr::Op> op = OpOf(tokens_.Peek());
    if (!op) {
      tokens_.Fail(tokens_.Peek().offset,
                   "a comparison (== != < <= > >=) is wanted here, not " + tokens_.Peek().Shown());
      return nullptr;
    }
    tokens_.Next();
    return Comparison(offset, Mirrored(*op), Field(), std::move(literal));
  }

  ExprPtr Comparison(size_t offset, Expr::Op op, std::string field, Literal literal) {
    if (OpOf(tokens_.Peek())) {
      tokens_.Fail(tokens_.Peek().offset, "comparisons can't be chained; join two of them with and");
    }
    if (std::holds_alternative<bool>(literal) && op != Expr::Op::kEq && op != Expr::Op::kNe) {
      tokens_.Fail(offset, "true and false are compared with == and != only");
    }
    ExprPtr expr = Make(Expr::Kind::kCompare, offset);
    expr->op = op;
    expr->field = std::move(field);
    expr->literals.push_back(std::move(literal));
    return expr;
  }

  ExprPtr In(size_t offset, std::string field) {
    tokens_.Next();
    ExprPtr expr = Make(Expr::Kind::kIn, offset);
    expr->field = std::move(field);
    tokens_.Want("[");
    do {
      const size_t at = tokens_.Peek().offset;
      expr->literals.push_back(ReadLiteral(&tokens_, false));
      if (expr->literals.back().index() != expr->literals.front().index()) {
        tokens_.Fail(at, "one list can't hold text and numbers together");
      }
    } while (tokens_.Skip(","));
    tokens_.Want("]");
    return expr;
  }

  const Value& value_;
  TokenReader tokens_;
};

}  // namespace

std::unique_ptr<Expr> ParseWhere(const Value& value) {
  if (!value.Text()) return nullptr;
  return WhereParser(value).Run();
}

bool IsFieldPath(std::string_view text) {
  std::optional<SyntaxError> error;
  const std::vector<Token> tokens = Tokenize(text, &error);
  return !error && tokens.size() == 2 && tokens[0].kind == Kind::kWord && tokens[0].text == text && !IsKeyword(text);
}

}  // namespace tidemark::config
