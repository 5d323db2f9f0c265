#include "pipeline/mapping/protobuf.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <bit>

#include "absl/container/inlined_vector.h"
#include "pipeline/event/number.h"
#include "pipeline/event/utf8.h"
#include "pipeline/event/wire.h"
#include "pipeline/mapping/numbers.h"

namespace tidemark::mapping {
namespace {

using event::Fail;
using event::Step;

constexpr size_t kKeyBytes = 256;  // as of JSON: of the key of an array read by key
constexpr size_t kKeyedCells = 6;
constexpr Int128 kNanosPerSecond = 1'000'000'000;

// Where values go: the leaves of a record, or the cells of an element, in which no array is looked into.
struct Target {
  Datum* leaves;
  Captures* captures;
};

int64_t ZigZag(uint64_t n) { return static_cast<int64_t>(n >> 1 ^ (0 - (n & 1))); }

std::string_view BytesOf(Step step) { return {reinterpret_cast<const char*>(step.next - step.value), step.value}; }

const char* Text(DecodeError error) {
  switch (error) {
    case DecodeError::kTruncated: return "ends too early";
    case DecodeError::kBadVarint: return "has a number of more than 10 bytes";
    case DecodeError::kBadUtf8: return "has a text that is not UTF-8";
    case DecodeError::kTooDeep: return "is nested deeper than 100";
    default: return "has a field that is none";
  }
}

}  // namespace

// One record.
class ProtobufWalk {
 public:
  ProtobufWalk(const ProtobufProgram& program, Captures* captures, Texts* texts)
      : program_(program), captures_(*captures), texts_(*texts), counters_(program.counters_, 0) {}

  DecodeError Root(std::string_view record) {
    captures_.Reset(*program_.plan_);
    if (const uint32_t whole = program_.plan_->nodes[0].leaf; whole != kNone) captures_.leaves[whole] = Datum::Nested();
    const auto* p = reinterpret_cast<const uint8_t*>(record.data());
    return Message(p, p + record.size(), program_.nodes_[0], {captures_.leaves.data(), &captures_}, 0).error();
  }

 private:
  using Op = ProtobufProgram::Op;
  using Many = ProtobufProgram::Many;
  using Value = ProtobufProgram::Value;
  using Field = ProtobufProgram::Field;
  using Node = ProtobufProgram::Node;

  static const Field* Find(const Node& node, uint32_t number) {
    if (number < node.low.size()) return node.low[number] == 0 ? nullptr : &node.fields[node.low[number] - 1];
    for (const Field& field : node.fields) {
      if (static_cast<uint32_t>(field.number) == number) return &field;
    }
    return nullptr;
  }

  Step Message(const uint8_t* p, const uint8_t* end, const Node& node, const Target& to, int depth) {
    if (depth > event::kMaxDepth) return Fail(DecodeError::kTooDeep);
    while (p < end) {
      const Step tag = event::ReadTag(p, end);
      if (!tag.ok()) return tag;
      const auto bits = static_cast<uint32_t>(tag.value);
      const Step value = event::SkipField(tag.next, end, bits, depth);
      if (!value.ok()) return value;
      p = value.next;
      if (const Field* field = Find(node, bits >> 3)) {
        if (const DecodeError error = Take(*field, bits & 7, value, to, depth + 1); error != DecodeError::kNone) return Fail(error);
      }
    }
    return {end, 0};
  }

  // A field of another type on the wire than its own is unknown, and so nothing.
  DecodeError Take(const Field& field, uint32_t wire, Step value, const Target& to, int depth) {
    switch (field.many) {
      case Many::kOne:
        if (wire != field.value.wire) return DecodeError::kNone;
        Clear(field.clears, to);
        return One(field.value, value, to, depth);
      case Many::kList:
        if (wire == field.value.wire) return Element(field, value, to, depth);
        return wire == event::kBytes ? Packed(field, value, to, depth) : DecodeError::kNone;
      case Many::kMap:
        return wire == event::kBytes ? Entry(field, value, to, depth) : DecodeError::kNone;
    }
    return DecodeError::kNone;
  }

  void Clear(const ProtobufProgram::Clears& clears, const Target& to) {
    for (const uint32_t leaf : clears.leaves) to.leaves[leaf] = Datum();
    for (const uint32_t array : clears.arrays) to.captures->arrays[array].Clear();
    for (const uint32_t counter : clears.counters) counters_[counter] = 0;
  }

  DecodeError Packed(const Field& field, Step bytes, const Target& to, int depth) {
    for (const uint8_t* p = bytes.next - bytes.value; p < bytes.next;) {
      const Step value = event::SkipField(p, bytes.next, 8 | field.value.wire, depth);
      if (!value.ok()) return value.error();
      p = value.next;
      if (const DecodeError error = Element(field, value, to, depth); error != DecodeError::kNone) return error;
    }
    return DecodeError::kNone;
  }

  DecodeError Element(const Field& field, Step value, const Target& to, int depth) {
    if (field.list_leaf != kNone) to.leaves[field.list_leaf] = Datum::Nested();
    if (!field.at.empty()) {
      const size_t index = counters_[field.counter]++;
      for (const auto& [at, element] : field.at) {
        if (at == index) return One(element, value, to, depth);
      }
      return DecodeError::kNone;
    }
    if (field.elements == kNone && field.keyed == nullptr) return DecodeError::kNone;
    std::fill(counters_.begin() + field.first_counter, counters_.begin() + field.end_counter, 0);
    if (field.elements != kNone) {
      const uint32_t width = program_.plan_->arrays[field.elements].width;
      Captures::Elements& elements = to.captures->arrays[field.elements];
      elements.cells.resize(elements.cells.size() + width);
      return One(field.value, value, {elements.cells.data() + elements.count++ * width, nullptr}, depth);
    }
    absl::InlinedVector<Datum, kKeyedCells> cells(field.keyed->width);
    if (const DecodeError error = One(field.value, value, {cells.data(), nullptr}, depth); error != DecodeError::kNone) return error;
    if (cells[0].kind != Datum::Kind::kText || cells[0].text.size() > kKeyBytes) return DecodeError::kNone;
    const auto wanted = field.keyed->leaves.find(cells[0].text);
    const auto given = std::find_if(cells.begin() + 1, cells.end(), [](const Datum& cell) { return cell.given(); });
    if (wanted != field.keyed->leaves.end() && given != cells.end()) to.leaves[wanted->second] = *given;
    return DecodeError::kNone;
  }

  // Of a map: a message of key and value, in either order; what is missing is zero.
  DecodeError Entry(const Field& field, Step bytes, const Target& to, int depth) {
    if (field.list_leaf != kNone) to.leaves[field.list_leaf] = Datum::Nested();
    if (field.entries.empty()) return DecodeError::kNone;
    Datum key;
    Value name;
    name.op = field.key_op;
    name.leaf = 0;
    const uint8_t* const begin = bytes.next - bytes.value;
    static_cast<void>(Scalar(name, {begin, 0}, &key));
    const auto parts = [&](auto part) {
      for (const uint8_t* p = begin; p < bytes.next;) {
        const Step tag = event::ReadTag(p, bytes.next);
        if (!tag.ok()) return tag.error();
        const Step value = event::SkipField(tag.next, bytes.next, static_cast<uint32_t>(tag.value), depth);
        if (!value.ok()) return value.error();
        p = value.next;
        if (const DecodeError error = part(static_cast<uint32_t>(tag.value), value); error != DecodeError::kNone) return error;
      }
      return DecodeError::kNone;
    };
    const DecodeError read = parts([&](uint32_t tag, Step value) { return tag == (8 | field.key_wire) ? Scalar(name, value, &key) : DecodeError::kNone; });
    if (read != DecodeError::kNone) return read;
    const std::string of_number = key.kind == Datum::Kind::kDecimal ? ToString(key.number) : key.kind == Datum::Kind::kBool ? (key.truth ? "true" : "false") : "";
    const std::string_view text = key.kind == Datum::Kind::kText ? key.text : std::string_view(of_number);
    for (const Field::Entry& entry : field.entries) {
      if (entry.key != text) continue;
      Clear(entry.clears, to);
      static_cast<void>(One(entry.value, {begin, 0}, to, depth));  // no bytes can't be wrong
      return parts([&](uint32_t tag, Step value) { return tag == (16 | entry.value.wire) ? One(entry.value, value, to, depth) : DecodeError::kNone; });
    }
    return DecodeError::kNone;
  }

  // A value that was read as far as its type on the wire goes: bits, or so many bytes that end at `next`.
  DecodeError One(const Value& value, Step step, const Target& to, int depth) {
    if (value.op == Op::kSkip) return DecodeError::kNone;
    if (value.op < Op::kMessage) return value.leaf == kNone ? DecodeError::kNone : Scalar(value, step, &to.leaves[value.leaf]);
    if (value.leaf != kNone) {
      if (const DecodeError error = Known(value, step, &to.leaves[value.leaf], to, depth); error != DecodeError::kNone) return error;
    }
    if (value.message == kNone || value.op == Op::kWrapper) return DecodeError::kNone;
    return Message(step.next - step.value, step.next, program_.nodes_[value.message], to, depth).error();
  }

  DecodeError Scalar(const Value& value, Step step, Datum* leaf) {
    const uint64_t bits = step.value;
    bool zero = bits == 0;
    switch (value.op) {
      case Op::kInt32:
      case Op::kSfixed32:
        zero = static_cast<uint32_t>(bits) == 0;
        *leaf = Datum::Of({static_cast<int32_t>(bits), 0});
        break;
      case Op::kInt64:
      case Op::kSfixed64:
        *leaf = Datum::Of({static_cast<int64_t>(bits), 0});
        break;
      case Op::kUint32:
      case Op::kFixed32:
        zero = static_cast<uint32_t>(bits) == 0;
        *leaf = Datum::Of({static_cast<uint32_t>(bits), 0});
        break;
      case Op::kUint64:
      case Op::kFixed64:
        *leaf = Datum::Of({static_cast<Int128>(bits), 0});
        break;
      case Op::kSint32:
        zero = static_cast<uint32_t>(bits) == 0;
        *leaf = Datum::Of({ZigZag(static_cast<uint32_t>(bits)), 0});
        break;
      case Op::kSint64:
        *leaf = Datum::Of({ZigZag(bits), 0});
        break;
      case Op::kBool:
        *leaf = Datum::Bool(bits != 0);
        break;
      case Op::kNull:
        *leaf = Datum::Null();
        break;
      case Op::kEnum: {
        const auto number = static_cast<int32_t>(bits);
        const auto* named = value.names->FindValueByNumber(number);
        if (named == nullptr && value.closed) return DecodeError::kNone;
        zero = number == 0;
        *leaf = named != nullptr ? Datum::Text(named->name()) : Datum::Of({number, 0});
        break;
      }
      case Op::kFloat:
        *leaf = FloatDatum(std::bit_cast<float>(static_cast<uint32_t>(bits)), &texts_);
        break;
      case Op::kDouble:
        *leaf = FloatDatum(std::bit_cast<double>(bits), &texts_);
        break;
      case Op::kString:
        if (!event::IsUtf8(step.next - bits, step.next)) return DecodeError::kBadUtf8;
        *leaf = Datum::Text(BytesOf(step));
        break;
      default:
        *leaf = Base64Datum(BytesOf(step), &texts_);
        break;
    }
    if (value.implicit && zero) *leaf = Datum();
    return DecodeError::kNone;
  }

  // A message that is one value.
  DecodeError Known(const Value& value, Step step, Datum* leaf, const Target& to, int depth) {
    switch (value.op) {
      case Op::kTimestamp:
      case Op::kDuration:
        return SecondsAndNanos(value.op == Op::kTimestamp, step, leaf, depth);
      case Op::kDecimal:
        return ConfluentDecimal(step, leaf, depth);
      case Op::kWrapper: {
        const Node& inside = program_.nodes_[value.message];
        if (leaf->kind == Datum::Kind::kAbsent) static_cast<void>(Scalar(inside.fields[0].value, {step.next, 0}, leaf));
        return Message(step.next - step.value, step.next, inside, to, depth).error();
      }
      case Op::kValue:
        return DecodeError::kNone;  // one of its fields says what it is
      default:
        *leaf = Datum::Nested();
        return DecodeError::kNone;
    }
  }

  // Another one merges into the first: of a time, seconds and nanoseconds are kept where a number would be.
  DecodeError SecondsAndNanos(bool time, Step bytes, Datum* leaf, int depth) {
    int64_t seconds = 0;
    int32_t nanos = 0;
    if (leaf->kind != Datum::Kind::kAbsent) {
      seconds = static_cast<int64_t>(time ? leaf->number.mantissa : leaf->number.mantissa / kNanosPerSecond);
      nanos = time ? leaf->number.scale : static_cast<int32_t>(leaf->number.mantissa % kNanosPerSecond);
    }
    for (const uint8_t* p = bytes.next - bytes.value; p < bytes.next;) {
      const Step tag = event::ReadTag(p, bytes.next);
      if (!tag.ok()) return tag.error();
      const Step part = event::SkipField(tag.next, bytes.next, static_cast<uint32_t>(tag.value), depth);
      if (!part.ok()) return part.error();
      if (tag.value == 8) seconds = static_cast<int64_t>(part.value);
      if (tag.value == 16) nanos = static_cast<int32_t>(part.value);
      p = part.next;
    }
    if (!time) {
      *leaf = Datum::Of({seconds * kNanosPerSecond + nanos, 9});
      return DecodeError::kNone;
    }
    const std::optional<int64_t> micros = event::TimestampMicros(seconds, nanos);
    *leaf = micros ? Datum::Time(*micros) : Datum::Error("is no time of the years 1 to 9999");
    leaf->number = {seconds, nanos};
    return DecodeError::kNone;
  }

  DecodeError ConfluentDecimal(Step bytes, Datum* leaf, int depth) {
    std::string_view digits;
    uint64_t scale = 0;
    for (const uint8_t* p = bytes.next - bytes.value; p < bytes.next;) {
      const Step tag = event::ReadTag(p, bytes.next);
      if (!tag.ok()) return tag.error();
      const Step part = event::SkipField(tag.next, bytes.next, static_cast<uint32_t>(tag.value), depth);
      if (!part.ok()) return part.error();
      if (tag.value == (8 | event::kBytes)) digits = BytesOf(part);
      if (tag.value == 24) scale = part.value;
      p = part.next;
    }
    const std::optional<Decimal> number = scale <= uint64_t{kMostDigits} ? BigEndianDecimal(digits, static_cast<int>(scale)) : std::nullopt;
    *leaf = number ? Datum::Of(*number) : Datum::Error("is no decimal of 128 bits");
    return DecodeError::kNone;
  }

  const ProtobufProgram& program_;
  Captures& captures_;
  Texts& texts_;
  absl::InlinedVector<uint32_t, 8> counters_;
};

const char* ProtobufProgram::Read(std::string_view record, Captures* captures, Texts* texts, const std::function<void()>& visit) const {
  const DecodeError error = ProtobufWalk(*this, captures, texts).Root(record);
  if (error != DecodeError::kNone) return Text(error);
  visit();
  return nullptr;
}

}  // namespace tidemark::mapping
