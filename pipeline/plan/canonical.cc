#include <algorithm>

#include "pipeline/base/check.h"
#include "pipeline/plan/spec.h"

namespace tidemark {
namespace {

std::string LiteralText(const Literal& literal) {
  if (const auto* flag = std::get_if<bool>(&literal)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<Decimal>(&literal)) return ToString(*number);
  std::string text = "\"";
  for (char c : std::get<std::string>(literal)) {
    if (c == '"' || c == '\\') text.push_back('\\');
    text.push_back(c);
  }
  return text + "\"";
}

const char* OpText(Expr::Op op) {
  switch (op) {
    case Expr::Op::kEq:
      return "=";
    case Expr::Op::kNe:
      return "!=";
    case Expr::Op::kLt:
      return "<";
    case Expr::Op::kLe:
      return "<=";
    case Expr::Op::kGt:
      return ">";
    case Expr::Op::kGe:
      return ">=";
  }
  return "?";
}

// Sorted and without repeats: neither changes what `or`, `and` and `in` say.
std::string List(const std::string& head, std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  std::string text = "(" + head;
  for (const std::string& part : parts) text += " " + part;
  return text + ")";
}

using FieldName = std::function<std::string(const std::string&)>;

// The operands of nested `or` (or `and`), as if written without parentheses.
void Flatten(const Expr& expr, Expr::Kind kind, const FieldName& name, std::vector<std::string>* parts) {
  if (expr.kind == Expr::Kind::kNot && expr.args[0]->kind == Expr::Kind::kNot) {
    Flatten(*expr.args[0]->args[0], kind, name, parts);
    return;
  }
  if (expr.kind != kind) {
    parts->push_back(Canonical(expr, name));
    return;
  }
  for (const auto& arg : expr.args) Flatten(*arg, kind, name, parts);
}

}  // namespace

std::string Canonical(const Expr& expr) {
  return Canonical(expr, [](const std::string& field) { return field; });
}

std::string Canonical(const Expr& expr, const FieldName& name) {
  std::vector<std::string> parts;
  switch (expr.kind) {
    case Expr::Kind::kOr:
    case Expr::Kind::kAnd:
      Flatten(expr, expr.kind, name, &parts);
      if (std::all_of(parts.begin(), parts.end(), [&](const std::string& p) { return p == parts[0]; })) return parts[0];
      return List(expr.kind == Expr::Kind::kOr ? "or" : "and", std::move(parts));
    case Expr::Kind::kNot:
      TM_CHECK(expr.args.size() == 1);
      if (expr.args[0]->kind == Expr::Kind::kNot) return Canonical(*expr.args[0]->args[0], name);
      return "(not " + Canonical(*expr.args[0], name) + ")";
    case Expr::Kind::kCompare:
      TM_CHECK(expr.literals.size() == 1);
      return std::string("(") + OpText(expr.op) + " " + name(expr.field) + " " + LiteralText(expr.literals[0]) + ")";
    case Expr::Kind::kIn:
      for (const Literal& literal : expr.literals) parts.push_back(LiteralText(literal));
      return List("in " + name(expr.field), std::move(parts));
    case Expr::Kind::kHas:
      return "(has " + name(expr.field) + ")";
    case Expr::Kind::kField:
      return name(expr.field);
  }
  return "";
}

std::string_view ToString(Measure measure) {
  switch (measure) {
    case Measure::kCount: return "count";
    case Measure::kSum: return "sum";
    case Measure::kAvg: return "avg";
    case Measure::kMin: return "min";
    case Measure::kMax: return "max";
    case Measure::kLast: return "last";
    case Measure::kQuantiles: return "quantiles";
    case Measure::kDistinct: return "distinct";
    case Measure::kFirst: return "first";
    case Measure::kActive: return "active";
    case Measure::kLapsed: return "lapsed";
    case Measure::kElapsed: return "elapsed";
    case Measure::kFunnel: return "funnel";
    case Measure::kDwell: return "dwell";
    case Measure::kOpen: return "open";
    case Measure::kFormula: return "formula";
  }
  return "unknown";
}

}  // namespace tidemark
