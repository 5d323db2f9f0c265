#include "pipeline/plan/filter.h"

#include <algorithm>

namespace tidemark {
namespace {

template <class T>
bool Compare(Expr::Op op, const T& a, const T& b) {
  switch (op) {
    case Expr::Op::kEq: return a == b;
    case Expr::Op::kNe: return a != b;
    case Expr::Op::kLt: return a < b;
    case Expr::Op::kLe: return a <= b;
    case Expr::Op::kGt: return a > b;
    case Expr::Op::kGe: return a >= b;
  }
  return false;
}

std::string_view Text(const EventRow& row, uint8_t slot) {
  return (row.present >> slot & 1) != 0 ? row.slots[slot].view() : std::string_view();
}

}  // namespace

bool Filter::Node::Holds(const EventRow& row) const {
  const bool present = (row.present >> slot & 1) != 0;
  if (!present && needs_present) return false;
  switch (kind) {
    case Kind::kHas:
      return present;
    case Kind::kCompareInt:
      return Compare(op, row.slots[slot].i, ints[0]);
    case Kind::kInInt:
      return std::find(ints.begin(), ints.end(), row.slots[slot].i) != ints.end();
    case Kind::kCompareString:
      return Compare(op, Text(row, slot), std::string_view(strings[0]));
    case Kind::kInString:
      return std::find(strings.begin(), strings.end(), Text(row, slot)) != strings.end();
    default:
      return false;
  }
}

bool Filter::Eval(uint32_t index, const EventRow& row) const {
  const Node& n = nodes_[index];
  switch (n.kind) {
    case Node::Kind::kOr:
      return std::any_of(n.args.begin(), n.args.end(), [&](uint32_t a) { return Eval(a, row); });
    case Node::Kind::kAnd:
      return std::all_of(n.args.begin(), n.args.end(), [&](uint32_t a) { return Eval(a, row); });
    case Node::Kind::kNot:
      return !Eval(n.args[0], row);
    default:
      return n.Holds(row);
  }
}

}  // namespace tidemark
