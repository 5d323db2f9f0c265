#include "pipeline/plan/derivation.h"

#include <charconv>

#include "pipeline/base/check.h"
#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"

namespace tidemark {
namespace {

// n / divisor, ties to even. REQUIRES: divisor > 0.
Int128 HalfEven(Int128 n, Int128 divisor) {
  Int128 quotient = n / divisor;
  const Int128 rest = n % divisor;
  const Int128 twice = (rest < 0 ? -rest : rest) * 2;
  if (twice > divisor || (twice == divisor && quotient % 2 != 0)) quotient += n < 0 ? -1 : 1;
  return quotient;
}

}  // namespace

// One event's evaluation.
struct Derivation::Frame {
  Frame(const LookupTables& t, Hashes* h, const EventRow& r) : tables(t), hashes(h), row(r) {}
  const LookupTables& tables;
  Hashes* hashes;
  const EventRow& row;
  uint64_t found = 0;  // mask of the finds that `rows` knows
  std::array<uint32_t, kMaxFinds> rows;  // NOLINT: most are never looked at
};

void Derivation::Evaluate(const LookupTables& tables, Hashes* hashes, EventRow* row) const {
  Frame frame(tables, hashes, *row);
  for (const Step& step : steps_) {
    const Operand result = Eval(step.root, &frame);
    row->slots[step.slot] = result.value;
    row->present = (row->present & ~(uint64_t{1} << step.slot)) | uint64_t{result.present} << step.slot;
  }
}

Derivation::Operand Derivation::Eval(uint32_t index, Frame* frame) const {
  const Node& node = nodes_[index];
  Operand result;
  switch (node.kind) {
    case Node::Kind::kNumber:
      result.present = true;
      result.value.i = node.number;
      return result;
    case Node::Kind::kSlot: {
      const bool on_wire = (frame->row.present >> node.slot & 1) != 0;
      result.present = on_wire || !node.needs_present;
      if (on_wire) result.value = frame->row.slots[node.slot];
      return result;
    }
    case Node::Kind::kFilled:
      return Filled(node, frame);
    case Node::Kind::kSince: {
      result = Eval(node.args[0], frame);
      int64_t passed = 0;  // an entity's time is what was stored of it
      result.present = result.present && !__builtin_sub_overflow(Micros(frame->row.time), result.value.i, &passed);
      result.value.i = result.present ? FloorDiv(passed, node.number) : 0;
      return result;
    }
    case Node::Kind::kLookup: {
      const uint32_t row = FindRow(node.find, frame);
      if (row == LookupTable::kNoRow) return result;
      result.present = frame->tables[finds_[node.find].table]->Get(row, node.column, &result.value);
      return result;
    }
    case Node::Kind::kHash:
      return Hash(node, frame);
    case Node::Kind::kAdd:
    case Node::Kind::kSubtract:
    case Node::Kind::kMultiply:
    case Node::Kind::kNegate:
      return Arithmetic(node, frame);
  }
  return result;
}

// Each step's result fits into 64 bits or is absent, so that a part has the same value as a field of its own.
Derivation::Operand Derivation::Arithmetic(const Node& node, Frame* frame) const {
  Operand result;
  const Operand left = Eval(node.args[0], frame);
  const Operand right = node.args.size() > 1 ? Eval(node.args[1], frame) : left;
  if (!left.present || !right.present) return result;
  const Int128 a = left.value.i, b = right.value.i;
  Int128 value = 0;  // cannot overflow: 64 bits by 64, or by 10^18
  switch (node.kind) {
    case Node::Kind::kAdd: value = a * node.up[0] + b * node.up[1]; break;
    case Node::Kind::kSubtract: value = a * node.up[0] - b * node.up[1]; break;
    case Node::Kind::kMultiply: value = HalfEven(a * b, node.number); break;
    default: value = -a; break;
  }
  if (value > INT64_MAX || value < INT64_MIN) return result;
  result.present = true;
  result.value.i = static_cast<int64_t>(value);
  return result;
}

Derivation::Operand Derivation::Filled(const Node& node, Frame* frame) const {
  Operand result;
  result.present = true;
  for (const uint32_t arg : node.args) {
    const Operand operand = Eval(arg, frame);
    result.value.i += operand.present && (!nodes_[arg].text || operand.value.s.size > 0) ? 1 : 0;
  }
  return result;
}

// Nothing stays nothing: it tells of nobody.
Derivation::Operand Derivation::Hash(const Node& node, Frame* frame) const {
  Operand result = Eval(node.args[0], frame);
  if (!result.present || result.value.s.size == 0) return result;
  TM_CHECK(frame->hashes != nullptr);
  Pseudonyms::Text& text = frame->hashes->texts[node.slot];
  text = frame->hashes->pseudonyms.Of(result.value.view());
  result.value.s = {text.data(), text.size()};
  return result;
}

uint32_t Derivation::FindRow(uint32_t find, Frame* frame) const {
  const uint64_t bit = uint64_t{1} << find;
  if ((frame->found & bit) != 0) return frame->rows[find];
  uint32_t row = LookupTable::kNoRow;
  const Operand key = Eval(finds_[find].key, frame);
  const LookupTable* table = frame->tables[finds_[find].table].get();
  if (key.present && table != nullptr) {
    if (nodes_[finds_[find].key].text) {
      row = table->Find(key.value.view());
    } else {
      std::array<char, 24> digits{};
      const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), key.value.i).ptr;
      row = table->Find({digits.data(), static_cast<size_t>(end - digits.data())});
    }
  }
  frame->found |= bit;
  frame->rows[find] = row;
  return row;
}

}  // namespace tidemark
