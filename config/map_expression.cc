#include "config/map_expression.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/lexer.h"
#include "config/literal.h"

namespace tidemark::config {
namespace {

using Kind = Token::Kind;
using ExprPtr = std::unique_ptr<MapExpr>;

constexpr std::array<std::pair<std::string_view, MapExpr::Compare>, 6> kCompares = {{{"==", MapExpr::Compare::kEq},
                                                                                    {"!=", MapExpr::Compare::kNe},
                                                                                    {"<", MapExpr::Compare::kLt},
                                                                                    {"<=", MapExpr::Compare::kLe},
                                                                                    {">", MapExpr::Compare::kGt},
                                                                                    {">=", MapExpr::Compare::kGe}}};
constexpr int64_t kMostIndex = 9'999;

class MapParser {
 public:
  MapParser(const Value& value, const MapLists& lists) : value_(value), lists_(lists), tokens_(value.node().text) {}

  ExprPtr Run() {
    ExprPtr expr = Or();
    End("and, or, | or the end");
    return Report() ? nullptr : std::move(expr);
  }

  std::optional<MapPath> RunPath() {
    const Token token = tokens_.Peek();
    MapPath path;
    if (token.kind != Kind::kWord || IsKeyword(token.text)) {
      tokens_.Fail(token.offset, "a path like row.products is wanted here, not " + token.Shown());
    } else {
      path = Path();
    }
    End("the end");
    return Report() ? std::nullopt : std::optional(std::move(path));
  }

 private:
  void End(const std::string& wanted) {
    const Token& rest = tokens_.Peek();
    if (rest.kind != Kind::kEnd) tokens_.Fail(rest.offset, wanted + " is wanted here, not " + rest.Shown());
  }
  bool Report() {
    if (!tokens_.failed()) return false;
    value_.FailAt(value_.Inside(tokens_.error().offset), tokens_.error().text);
    return true;
  }

  ExprPtr Make(MapExpr::Kind kind, size_t offset) const {
    auto expr = std::make_unique<MapExpr>();
    expr->kind = kind;
    expr->place = value_.Inside(offset);
    return expr;
  }

  template <class Part>
  ExprPtr Chain(MapExpr::Kind kind, std::string_view word, Part part) {
    const size_t offset = tokens_.Peek().offset;
    ExprPtr first = part();
    if (!tokens_.Peek().Is(word)) return first;
    ExprPtr all = Make(kind, offset);
    all->args.push_back(std::move(first));
    while (tokens_.Skip(word)) all->args.push_back(part());
    return all;
  }
  ExprPtr Or() {
    return Chain(MapExpr::Kind::kOr, "or", [this] { return And(); });
  }
  ExprPtr And() {
    return Chain(MapExpr::Kind::kAnd, "and", [this] { return Not(); });
  }
  ExprPtr First() {
    return Chain(MapExpr::Kind::kFirst, "|", [this] { return Part(); });
  }

  ExprPtr Not() {
    const Token token = tokens_.Peek();
    if (!tokens_.Enter()) return nullptr;
    ExprPtr expr;
    if (tokens_.Skip("not")) {
      expr = Make(MapExpr::Kind::kNot, token.offset);
      expr->args.push_back(Not());
    } else {
      expr = Test();
    }
    tokens_.Leave();
    return expr;
  }

  ExprPtr Test() {
    const size_t offset = tokens_.Peek().offset;
    ExprPtr left = First();
    if (tokens_.failed()) return nullptr;
    const bool op = left->kind == MapExpr::Kind::kOp;
    for (const auto& [text, compare] : kCompares) {
      if (!tokens_.Peek().Is(text)) continue;
      tokens_.Next();
      ExprPtr expr = Make(MapExpr::Kind::kCompare, offset);
      expr->compare = compare;
      expr->args.push_back(std::move(left));
      const size_t at = tokens_.Peek().offset;
      expr->literals.push_back(ReadLiteral(&tokens_, op));
      const bool ordered = compare != MapExpr::Compare::kEq && compare != MapExpr::Compare::kNe;
      if (ordered && std::holds_alternative<bool>(expr->literals[0])) tokens_.Fail(at, "true and false are compared with == and != only");
      return expr;
    }
    const bool negated = tokens_.Peek().Is("not") && tokens_.PeekNext().Is("in");
    if (!negated && !tokens_.Peek().Is("in")) return left;
    if (negated) tokens_.Next();
    tokens_.Next();
    ExprPtr expr = Make(MapExpr::Kind::kIn, offset);
    expr->args.push_back(std::move(left));
    expr->literals = List(op);
    if (!negated) return expr;
    ExprPtr outer = Make(MapExpr::Kind::kNot, offset);
    outer->args.push_back(std::move(expr));
    return outer;
  }

  std::vector<MapExpr::Literal> List(bool bare) {
    std::vector<MapExpr::Literal> literals;
    const Token token = tokens_.Peek();
    if (token.kind == Kind::kWord && !IsKeyword(token.text)) {
      tokens_.Next();
      const auto list = lists_.find(token.text);
      if (list == lists_.end()) {
        tokens_.Fail(token.offset, "there is no list called " + token.Shown() + "; define it under `lists`, or write [\"a\", \"b\"]");
        return literals;
      }
      literals.assign(list->second.begin(), list->second.end());
      return literals;
    }
    tokens_.Want("[");
    do {
      literals.push_back(ReadLiteral(&tokens_, bare));
    } while (tokens_.Skip(","));
    tokens_.Want("]");
    return literals;
  }

  // "a.b": what the lexer takes for one word.
  static void AddNames(const std::string& text, std::vector<MapPath::Step>* steps) {
    for (size_t at = 0; at <= text.size();) {
      const size_t dot = std::min(text.find('.', at), text.size());
      steps->push_back({text.substr(at, dot - at), 0});
      at = dot + 1;
    }
  }

  MapPath Path() {
    MapPath path;
    AddNames(tokens_.Next().text, &path.steps);
    path.root = path.steps.front().name;
    path.steps.erase(path.steps.begin());
    while (!tokens_.failed()) {
      if (tokens_.Skip("[")) {
        const Token index = tokens_.Next();
        if (index.kind != Kind::kNumber || index.number.scale != 0 || index.number.mantissa > kMostIndex) {
          tokens_.Fail(index.offset, "the position of an element is wanted here, like 0; arrays are read by key with `maps`");
          break;
        }
        path.steps.push_back({"", static_cast<size_t>(index.number.mantissa)});
        tokens_.Want("]");
      } else if (tokens_.Skip(".")) {
        const Token name = tokens_.Next();
        if (name.kind == Kind::kString && !name.text.empty()) {
          path.steps.push_back({name.text, 0});
        } else if (name.kind == Kind::kWord) {
          AddNames(name.text, &path.steps);
        } else {
          tokens_.Fail(name.offset, "a name is wanted here, not " + name.Shown());
        }
      } else {
        break;
      }
    }
    return path;
  }

  ExprPtr Call() {
    const Token name = tokens_.Next();
    ExprPtr expr = Make(MapExpr::Kind::kCall, name.offset);
    expr->name = name.text;
    tokens_.Want("(");
    if (name.text == "lookup") {
      const Token words = tokens_.Next();
      if (words.kind != Kind::kWord) tokens_.Fail(words.offset, "the name of one of `words` is wanted here, not " + words.Shown());
      expr->literals.emplace_back(words.text);
      tokens_.Want(",");
    }
    do {
      const bool second = !expr->args.empty();
      if (second && name.text == "becomes") {
        const Token& next = tokens_.Peek();
        if (next.Is("[") || (next.kind == Kind::kWord && !IsKeyword(next.text))) {
          expr->literals = List(false);
        } else {
          expr->literals.push_back(ReadLiteral(&tokens_, false));
        }
      } else if (second && name.text == "local") {
        const Token zone = tokens_.Next();
        if (zone.kind != Kind::kString) tokens_.Fail(zone.offset, "a time zone in quotes is wanted here, like \"Europe/Berlin\"");
        expr->literals.emplace_back(zone.text);
      } else {
        expr->args.push_back(Or());
      }
    } while (!tokens_.failed() && tokens_.Skip(","));
    tokens_.Want(")");
    return expr;
  }

  ExprPtr Part() {
    const Token token = tokens_.Peek();
    if (!tokens_.Enter()) return nullptr;
    ExprPtr expr;
    if (tokens_.Skip("(")) {
      expr = Or();
      tokens_.Want(")");
    } else if (tokens_.Skip("has")) {
      expr = Make(MapExpr::Kind::kHas, token.offset);
      tokens_.Want("(");
      expr->args.push_back(First());
      tokens_.Want(")");
    } else if (token.kind == Kind::kWord && !IsKeyword(token.text)) {
      if (tokens_.PeekNext().Is("(")) {
        expr = Call();
      } else if (token.text == "op") {
        tokens_.Next();
        expr = Make(MapExpr::Kind::kOp, token.offset);
      } else {
        expr = Make(MapExpr::Kind::kPath, token.offset);
        expr->path = Path();
      }
    } else if (token.kind == Kind::kNumber || token.kind == Kind::kString || token.Is("-") || token.Is("true") || token.Is("false")) {
      expr = Make(MapExpr::Kind::kLiteral, token.offset);
      expr->literals.push_back(ReadLiteral(&tokens_, false));
    } else {
      tokens_.Fail(token.offset, "a path like row.amount, a function or a literal is wanted here, not " + token.Shown());
    }
    tokens_.Leave();
    return expr;
  }

  const Value& value_;
  const MapLists& lists_;
  TokenReader tokens_;
};

}  // namespace

std::unique_ptr<MapExpr> ParseMapExpr(const Value& value, const MapLists& lists) {
  if (!value.Text()) return nullptr;
  return MapParser(value, lists).Run();
}

std::optional<MapPath> ParseMapPath(const Value& value) {
  if (!value.Text()) return std::nullopt;
  static const MapLists kNone;
  return MapParser(value, kNone).RunPath();
}

}  // namespace tidemark::config
