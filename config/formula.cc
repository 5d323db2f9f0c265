#include <utility>

#include "config/expression.h"
#include "config/lexer.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

using Kind = Token::Kind;
using FormulaPtr = std::unique_ptr<Formula>;

class FormulaParser {
 public:
  explicit FormulaParser(const Value& value) : value_(value), tokens_(value.node().text) {}

  FormulaPtr Run() {
    FormulaPtr formula = Sum();
    const Token& rest = tokens_.Peek();
    if (rest.kind != Kind::kEnd) tokens_.Fail(rest.offset, "+, -, *, / or the end is wanted here, not " + rest.Shown());
    if (!tokens_.failed() && !names_kpi_) tokens_.Fail(0, "names no KPI");
    if (!tokens_.failed()) return formula;
    value_.FailAt(value_.Inside(tokens_.error().offset), tokens_.error().text);
    return nullptr;
  }

 private:
  FormulaPtr Make(Formula::Kind kind, size_t offset) const {
    auto formula = std::make_unique<Formula>();
    formula->kind = kind;
    formula->place = value_.Inside(offset);
    return formula;
  }

  FormulaPtr Join(Formula::Kind kind, size_t offset, FormulaPtr left, FormulaPtr right) const {
    FormulaPtr formula = Make(kind, offset);
    formula->args.push_back(std::move(left));
    formula->args.push_back(std::move(right));
    return formula;
  }

  FormulaPtr Sum() {
    const size_t offset = tokens_.Peek().offset;
    FormulaPtr left = Product();
    for (;;) {
      if (tokens_.Skip("+")) {
        left = Join(Formula::Kind::kAdd, offset, std::move(left), Product());
      } else if (tokens_.Skip("-")) {
        left = Join(Formula::Kind::kSubtract, offset, std::move(left), Product());
      } else {
        return left;
      }
    }
  }

  FormulaPtr Product() {
    const size_t offset = tokens_.Peek().offset;
    FormulaPtr left = Sign();
    for (;;) {
      if (tokens_.Skip("*")) {
        left = Join(Formula::Kind::kMultiply, offset, std::move(left), Sign());
      } else if (tokens_.Skip("/")) {
        const Token divisor = tokens_.Peek();
        if (divisor.kind == Kind::kNumber && divisor.number.mantissa == 0)
          tokens_.Fail(divisor.offset, "divides by zero");
        left = Join(Formula::Kind::kDivide, offset, std::move(left), Sign());
      } else {
        return left;
      }
    }
  }

  FormulaPtr Sign() {
    if (!tokens_.Enter()) return nullptr;
    const Token token = tokens_.Next();
    FormulaPtr formula;
    if (token.Is("-")) {
      formula = Make(Formula::Kind::kNegate, token.offset);
      formula->args.push_back(Sign());
    } else if (token.Is("(")) {
      formula = Sum();
      if (!tokens_.Skip(")")) {
        tokens_.Fail(tokens_.Peek().offset, "\")\" is wanted here, not " + tokens_.Peek().Shown());
      }
    } else if (token.kind == Kind::kNumber) {
      formula = Make(Formula::Kind::kNumber, token.offset);
      formula->number = token.number;
    } else if (token.kind == Kind::kWord) {
      formula = tokens_.Peek().Is("(") ? Call(token) : Operand(token);
    } else {
      tokens_.Fail(token.offset, "a KPI, a number or \"(\" is wanted here, not " + token.Shown());
    }
    tokens_.Leave();
    return formula;
  }

  FormulaPtr Call(const Token& function) {
    if (function.text != "total") {
      tokens_.Fail(function.offset, "there is no function " + Quoted(function.text) + "; there is total(kpi)");
      return nullptr;
    }
    tokens_.Next();
    const Token name = tokens_.Next();
    if (name.kind != Kind::kWord) {
      tokens_.Fail(name.offset, "total takes a KPI, like total(revenue), not " + name.Shown());
      return nullptr;
    }
    FormulaPtr formula = Operand(name);
    formula->total = true;
    const Token& close = tokens_.Peek();
    if (!tokens_.Skip(")"))
      tokens_.Fail(close.offset, "total takes one KPI; \")\" is wanted here, not " + close.Shown());
    return formula;
  }

  FormulaPtr Operand(const Token& name) {
    names_kpi_ = true;
    FormulaPtr formula = Make(Formula::Kind::kKpi, name.offset);
    formula->kpi = name.text;
    if (tokens_.Peek().kind != Kind::kWindow) return formula;
    const Token window = tokens_.Next();
    if (window.text == "previous") {
      formula->previous = true;
    } else {
      formula->window = window.text;
      CheckWindow(window);
    }
    if (tokens_.Peek().kind == Kind::kWindow) {
      tokens_.Fail(tokens_.Peek().offset, "a second @; a KPI has one window, or previous");
    }
    return formula;
  }

  void CheckWindow(const Token& window) {
    if (IsNamedWindow(window.text) || ParseDuration(window.text).ok()) return;
    std::string nearest = NearestWindow(window.text);
    if (nearest.empty()) nearest = Nearest(window.text, {"previous"});
    const std::string what =
        nearest.empty() ? "write one like @24h, @lifetime or @previous" : "did you mean " + Quoted("@" + nearest) + "?";
    tokens_.Fail(window.offset, window.Shown() + " is no window; " + what);
  }

  const Value& value_;
  TokenReader tokens_;
  bool names_kpi_ = false;
};

}  // namespace

std::unique_ptr<Formula> ParseFormula(const Value& value) {
  if (!value.Text()) return nullptr;
  return FormulaParser(value).Run();
}

}  // namespace tidemark::config
