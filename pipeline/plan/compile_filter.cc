#include <algorithm>

#include "google/protobuf/descriptor.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {

namespace {

std::string Describe(const Literal& literal) {
  if (const auto* b = std::get_if<bool>(&literal)) return *b ? "true" : "false";
  if (const auto* d = std::get_if<Decimal>(&literal)) return ToString(*d);
  return "\"" + std::get<std::string>(literal) + "\"";
}

}  // namespace

Filter FilterCompiler::Compile(const Expr& expr) {
  filter_ = Filter();
  Node(expr);
  return std::move(filter_);
}

uint32_t FilterCompiler::Node(const Expr& expr) {
  const bool leaf = expr.kind != Expr::Kind::kOr && expr.kind != Expr::Kind::kAnd && expr.kind != Expr::Kind::kNot;
  if (leaf) return Leaf(expr);
  const auto index = static_cast<uint32_t>(filter_.nodes_.size());
  filter_.nodes_.emplace_back();
  filter_.nodes_[index].kind = expr.kind == Expr::Kind::kOr    ? Filter::Node::Kind::kOr
                               : expr.kind == Expr::Kind::kAnd ? Filter::Node::Kind::kAnd
                                                               : Filter::Node::Kind::kNot;
  for (const auto& arg : expr.args) {
    const uint32_t child = Node(*arg);
    filter_.nodes_[index].args.push_back(child);
  }
  return index;
}

bool FilterCompiler::Literals(const Expr& expr, const FieldInfo& field, Filter::Node* node) {
  for (const Literal& literal : expr.literals) {
    std::optional<int64_t> number;
    switch (field.type) {
      case SlotType::kString:
        if (const auto* s = std::get_if<std::string>(&literal)) {
          node->strings.push_back(*s);
          continue;
        }
        break;
      case SlotType::kBool:
        if (const auto* b = std::get_if<bool>(&literal)) number = *b ? 1 : 0;
        break;
      case SlotType::kEnum:
        if (const auto* s = std::get_if<std::string>(&literal)) {
          const auto* value = field.leaf->enum_type()->FindValueByName(*s);
          if (value != nullptr) number = value->number();
        }
        break;
      case SlotType::kInt64:
      case SlotType::kDecimal:
        if (const auto* d = std::get_if<Decimal>(&literal)) {
          const auto at_scale = Rescale(*d, field.scale);
          if (at_scale && at_scale->mantissa <= INT64_MAX && at_scale->mantissa >= INT64_MIN) {
            number = static_cast<int64_t>(at_scale->mantissa);
          }
        }
        break;
      case SlotType::kTime:
        break;
    }
    if (!number) {
      diagnostics_->Add(expr.place, "where: " + expr.field + " is " + std::string(TypeName(field.type)) +
                                        " and cannot be compared with " + Describe(literal));
      return false;
    }
    node->ints.push_back(*number);
  }
  return true;
}

uint32_t FilterCompiler::Leaf(const Expr& expr) {
  const auto index = static_cast<uint32_t>(filter_.nodes_.size());
  filter_.nodes_.emplace_back();
  const Result<FieldInfo> field = fields_.Resolve(type_, expr.field);
  if (!field.ok()) {
    diagnostics_->Add(expr.place, "where: " + field.status().text());
    return index;
  }
  Filter::Node node;
  node.slot = static_cast<uint8_t>(fields_.Slot(type_, expr.field));
  node.needs_present = field->explicit_presence;
  node.op = expr.op;
  const bool text = field->type == SlotType::kString;
  switch (expr.kind) {
    case Expr::Kind::kHas:
      node.kind = Filter::Node::Kind::kHas;
      break;
    case Expr::Kind::kField:
      if (field->type != SlotType::kBool) {
        diagnostics_->Add(expr.place, "where: " + expr.field + " is " + std::string(TypeName(field->type)) +
                                          "; alone, only a field that is true or false makes a condition");
      }
      node.kind = Filter::Node::Kind::kCompareInt;
      node.op = Expr::Op::kEq;
      node.ints = {1};
      break;
    case Expr::Kind::kIn:
      node.kind = text ? Filter::Node::Kind::kInString : Filter::Node::Kind::kInInt;
      if (!Literals(expr, *field, &node)) return index;
      break;
    default:
      node.kind = text ? Filter::Node::Kind::kCompareString : Filter::Node::Kind::kCompareInt;
      if (!Literals(expr, *field, &node)) return index;
      if (node.ints.empty() && node.strings.empty()) return index;
  }
  filter_.nodes_[index] = std::move(node);
  return index;
}

}  // namespace tidemark
