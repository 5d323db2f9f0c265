// The section `fields`: numbers and facts that events don't carry, but that follow from what they do.
#include <algorithm>
#include <array>
#include <utility>

#include "config/expression.h"
#include "config/lexer.h"
#include "config/names.h"
#include "config/sections.h"

namespace tidemark::config {
namespace {

using Kind = Token::Kind;
using ExprPtr = std::unique_ptr<FieldExpr>;
using std::chrono::hours;

constexpr size_t kMaxFields = 1'000;
constexpr int kMaxParts = 64;  // operands of one field

constexpr std::string_view kHash = "hash";
constexpr std::array<std::pair<std::string_view, Duration>, 3> kSince = {
    {{"weeks_since", hours(7 * 24)}, {"days_since", hours(24)}, {"hours_since", hours(1)}}};

bool IsFunction(std::string_view word) {
  return word == "filled" || word == kHash || std::any_of(kSince.begin(), kSince.end(), [&](const auto& s) { return s.first == word; });
}

// field   := "hash" "(" fact ")" | sum
// sum     := product { ("+" | "-") product }
// product := sign { "*" sign }
// sign    := "-" sign | "(" sum ")" | decimal number | function "(" fact { "," fact } ")" | fact
// fact    := path | table "[" fact "]" "." column
class FieldParser {
 public:
  explicit FieldParser(const Value& value) : value_(value), tokens_(value.node().text) {}

  ExprPtr Run() {
    const bool hash = tokens_.Peek().kind == Kind::kWord && tokens_.Peek().text == kHash && tokens_.PeekNext().Is("(");
    ExprPtr expr = hash ? Hash() : Sum();
    const Token& rest = tokens_.Peek();
    if (hash && rest.kind != Kind::kEnd) {
      tokens_.Fail(rest.offset, "a hash is a field by itself, so the end is wanted here, not " + rest.Shown());
    } else if (rest.Is("/")) {
      tokens_.Fail(rest.offset, "a field has no division, which would have to round; divide KPIs in a formula");
    } else if (rest.kind != Kind::kEnd) {
      tokens_.Fail(rest.offset, "+, -, * or the end is wanted here, not " + rest.Shown());
    }
    if (!tokens_.failed() && !names_field_) tokens_.Fail(0, "names no field of an event");
    if (!tokens_.failed()) return expr;
    value_.FailAt(value_.Inside(tokens_.error().offset), tokens_.error().text);
    return nullptr;
  }

 private:
  ExprPtr Make(FieldExpr::Kind kind, size_t offset) const {
    auto expr = std::make_unique<FieldExpr>();
    expr->kind = kind;
    expr->place = value_.Inside(offset);
    return expr;
  }

  ExprPtr Join(FieldExpr::Kind kind, size_t offset, ExprPtr left, ExprPtr right) const {
    ExprPtr expr = Make(kind, offset);
    expr->args.push_back(std::move(left));
    expr->args.push_back(std::move(right));
    return expr;
  }

  ExprPtr Sum() {
    const size_t offset = tokens_.Peek().offset;
    ExprPtr left = Product();
    for (;;) {
      if (tokens_.Skip("+")) {
        left = Join(FieldExpr::Kind::kAdd, offset, std::move(left), Product());
      } else if (tokens_.Skip("-")) {
        left = Join(FieldExpr::Kind::kSubtract, offset, std::move(left), Product());
      } else {
        return left;
      }
    }
  }

  ExprPtr Product() {
    const size_t offset = tokens_.Peek().offset;
    ExprPtr left = Sign();
    while (tokens_.Skip("*")) left = Join(FieldExpr::Kind::kMultiply, offset, std::move(left), Sign());
    return left;
  }

  ExprPtr Sign() {
    if (!tokens_.Enter()) return nullptr;
    const Token token = tokens_.Peek();
    ExprPtr expr;
    if (tokens_.Skip("-")) {
      expr = Make(FieldExpr::Kind::kNegate, token.offset);
      expr->args.push_back(Sign());
    } else if (tokens_.Skip("(")) {
      expr = Sum();
      tokens_.Want(")");
    } else if (token.kind == Kind::kNumber) {
      tokens_.Next();
      expr = Part(FieldExpr::Kind::kNumber, token.offset);
      expr->number = token.number;
    } else if (token.kind == Kind::kWord && tokens_.PeekNext().Is("(")) {
      expr = Call();
    } else {
      expr = Fact();
    }
    tokens_.Leave();
    return expr;
  }

  ExprPtr Part(FieldExpr::Kind kind, size_t offset) {
    if (++parts_ > kMaxParts) tokens_.Fail(offset, "more than " + std::to_string(kMaxParts) + " parts in one field");
    return Make(kind, offset);
  }

  ExprPtr Hash() {
    ExprPtr expr = Make(FieldExpr::Kind::kHash, tokens_.Next().offset);
    tokens_.Want("(");
    expr->args.push_back(Fact());
    tokens_.Want(")");
    return expr;
  }

  ExprPtr Call() {
    const Token name = tokens_.Next();
    if (name.text == kHash) tokens_.Fail(name.offset, "a hash is a field by itself: give it a name, and use that here");
    ExprPtr expr = Make(FieldExpr::Kind::kFilled, name.offset);
    if (!IsFunction(name.text)) {
      tokens_.Fail(name.offset, name.Shown() + " is no function; there are filled, weeks_since, days_since, hours_since, hash");
    }
    for (const auto& [word, unit] : kSince) {
      if (name.text != word) continue;
      expr->kind = FieldExpr::Kind::kSince;
      expr->unit = unit;
    }
    tokens_.Want("(");
    do {
      expr->args.push_back(Fact());
    } while (expr->kind == FieldExpr::Kind::kFilled && tokens_.Skip(","));
    tokens_.Want(")");
    return expr;
  }

  ExprPtr Fact() {
    if (!tokens_.Enter()) return nullptr;
    const Token name = tokens_.Next();
    if (name.kind != Kind::kWord || !IsFieldPath(name.text)) {
      tokens_.Fail(name.offset, "a field like deal.amount is wanted here, not " + name.Shown());
    }
    ExprPtr expr = Part(FieldExpr::Kind::kField, name.offset);
    names_field_ = true;
    if (tokens_.Peek().Is("[")) {
      expr->kind = FieldExpr::Kind::kLookup;
      expr->table = name.text;
      Lookup(expr.get());
    } else {
      expr->field = name.text;
    }
    tokens_.Leave();
    return expr;
  }

  void Lookup(FieldExpr* expr) {
    tokens_.Want("[");
    expr->args.push_back(Fact());
    tokens_.Want("]");
    tokens_.Want(".");
    const Token column = tokens_.Next();
    if (column.kind != Kind::kWord || column.text.find('.') != std::string::npos) {
      tokens_.Fail(column.offset, "a column of " + expr->table + " is wanted here, not " + column.Shown());
    }
    expr->column = column.text;
  }

  const Value& value_;
  TokenReader tokens_;
  int parts_ = 0;
  bool names_field_ = false;
};

std::string WhyNotFieldName(const std::string& name) {
  if (std::string why = WhyNotName(name); !why.empty()) return why;
  if (!IsFieldPath(name) || IsFunction(name)) return Quoted(name) + " is a word of the language; take another name";
  return "";
}

}  // namespace

std::optional<FieldSpec> ReadField(const Value& fields, const Node::Entry& entry) {
  const Value definition = fields.Child(entry);
  if (const std::string why = WhyNotFieldName(entry.key); !why.empty()) definition.FailAt(fields.PlaceOf(entry), why);
  FieldSpec field;
  field.name = entry.key;
  field.place = fields.PlaceOf(entry);
  if (definition.Text()) field.expr = FieldParser(definition).Run();
  if (field.expr == nullptr) return std::nullopt;
  return field;
}

void ReadFields(const Value& value, std::vector<FieldSpec>* fields) {
  if (!Map::Open(value)) return;
  if (value.node().entries.size() > kMaxFields) return value.Fail("more than " + std::to_string(kMaxFields) + " fields");
  for (const Node::Entry& entry : value.node().entries) {
    if (std::optional<FieldSpec> field = ReadField(value, entry)) fields->push_back(*std::move(field));
  }
}

}  // namespace tidemark::config
