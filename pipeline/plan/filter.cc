#include "pipeline/plan/filter.h"

#include <algorithm>

namespace tidemark {
namespace {

template <class T>
bool Holds(Expr::Op op, const T& a, const T& b) {
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

bool Filter::Eval(uint32_t index, const EventRow& row) const {
  const Node& n = nodes_[index];
  const bool present = (row.present >> n.slot & 1) != 0;
  switch (n.kind) {
    case Node::Kind::kOr:
      return std::any_of(n.args.begin(), n.args.end(), [&](uint32_t a) { return Eval(a, row); });
    case Node::Kind::kAnd:
      return std::all_of(n.args.begin(), n.args.end(), [&](uint32_t a) { return Eval(a, row); });
    case Node::Kind::kNot:
      return !Eval(n.args[0], row);
    case Node::Kind::kHas:
      return present;
    case Node::Kind::kCompareInt:
      return (present || !n.needs_present) && Holds(n.op, row.slots[n.slot].i, n.ints[0]);
    case Node::Kind::kInInt:
      return (present || !n.needs_present) && std::find(n.ints.begin(), n.ints.end(), row.slots[n.slot].i) != n.ints.end();
    case Node::Kind::kCompareString:
      return (present || !n.needs_present) && Holds(n.op, Text(row, n.slot), std::string_view(n.strings[0]));
    case Node::Kind::kInString:
      return (present || !n.needs_present) &&
             std::find(n.strings.begin(), n.strings.end(), Text(row, n.slot)) != n.strings.end();
  }
  return false;
}

}  // namespace tidemark
