#include "pipeline/mapping/avro.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "absl/container/inlined_vector.h"
#include "pipeline/event/utf8.h"
#include "pipeline/event/wire.h"
#include "pipeline/mapping/numbers.h"

namespace tidemark::mapping {
namespace {

constexpr int64_t kMostEmpty = 1'000;  // items without a byte, of one record
constexpr size_t kKeyBytes = 256;      // as of JSON: of the key of an array read by key
constexpr size_t kKeyedCells = 6;

// Where values go: the leaves of a record, or the cells of an element, in which no array is looked into.
struct Target {
  Datum* leaves;
  Captures* captures;
};

}  // namespace

// One record.
class AvroWalk {
 public:
  AvroWalk(const AvroProgram& program, std::string_view record, Texts* texts)
      : program_(program), p_(reinterpret_cast<const uint8_t*>(record.data())), end_(p_ + record.size()), texts_(*texts) {}

  const char* Root(Captures* captures, const std::function<void()>& visit) {
    const Node* node = &program_.nodes_[program_.top_];
    while (node->op == Op::kUnion) {
      if (!Branch(*node, &node)) return why_;
    }
    const auto record = [&](const Node& of) {
      captures->Reset(*program_.plan_);
      if (!Value(of, {captures->leaves.data(), captures}, 0)) return false;
      for (const uint32_t array : program_.plan_->positions) {
        if (const char* why = program_.positions_.Name(&captures->arrays[array])) return Fail(why);
      }
      visit();
      return true;
    };
    if (program_.root_ == AvroProgram::Root::kEach && node->op == Op::kArray) {
      const Node& item = program_.nodes_[node->rest];
      if (!Items(*node, [&](size_t) {
            const Node* one = &item;
            while (one->op == Op::kUnion) {
              if (!Branch(*one, &one)) return false;
            }
            return IsRecord(*one) ? record(*one) : Fail("is no list of records");
          })) {
        return why_;
      }
    } else if (!IsRecord(*node) && program_.root_ != AvroProgram::Root::kAny) {
      return "is no record";
    } else if (!record(*node)) {
      return why_;
    }
    return p_ == end_ ? nullptr : "goes on behind its end";
  }

 private:
  using Op = AvroProgram::Op;
  using Node = AvroProgram::Node;

  static bool IsRecord(const Node& node) { return node.op == Op::kRecord || node.op == Op::kMap; }
  bool Fail(const char* why) {
    why_ = why;
    return false;
  }
  bool Truncated() { return Fail("ends too early"); }

  bool Varint(uint64_t* out) {
    if (p_ < end_ && *p_ < 0x80) [[likely]] {
      *out = *p_++;
      return true;
    }
    const event::Step step = event::ReadVarint(p_, end_);
    if (!step.ok()) return Fail(step.error() == DecodeError::kTruncated ? "ends too early" : "has a number of more than 10 bytes");
    p_ = step.next;
    *out = step.value;
    return true;
  }
  bool Long(int64_t* out) {
    uint64_t bits = 0;
    if (!Varint(&bits)) return false;
    *out = static_cast<int64_t>(bits >> 1 ^ (0 - (bits & 1)));
    return true;
  }
  bool Bytes(uint64_t size, std::string_view* out) {
    if (size > static_cast<uint64_t>(end_ - p_)) return Truncated();
    *out = {reinterpret_cast<const char*>(p_), size};
    p_ += size;
    return true;
  }
  bool Text(std::string_view* out) {
    int64_t size = 0;
    if (!Long(&size)) return false;
    return size < 0 ? Fail("has a text of negative length") : Bytes(static_cast<uint64_t>(size), out);
  }
  bool Utf8(std::string_view text) { return event::IsUtf8(text) || Fail("has a text that is not UTF-8"); }

  // Put(), of which nothing but this is left for a text.
  bool String(Datum* leaf) {
    std::string_view text;
    if (!Text(&text) || !Utf8(text)) return false;
    leaf->kind = Datum::Kind::kText;
    leaf->unit = Unit::kNone;
    leaf->text = text;
    return true;
  }

  bool Branch(const Node& node, const Node** out) {
    int64_t branch = 0;
    if (!Long(&branch)) return false;
    if (branch < 0 || static_cast<uint64_t>(branch) >= node.parts.size()) return Fail("is of a branch that its union doesn't have");
    *out = &program_.nodes_[node.parts[static_cast<size_t>(branch)]];
    return true;
  }

  // Calls `item` for each, block by block. Items of which nothing is wanted are skipped with their block, where its size is known.
  template <class F>
  bool Items(const Node& node, F item) {
    for (size_t index = 0;;) {
      int64_t count = 0, size = 0;
      if (!Long(&count)) return false;
      if (count == 0) return true;
      const uint8_t* block_end = nullptr;
      if (count < 0) {
        if (count == INT64_MIN) return Fail("has a block of impossible size");
        count = -count;
        if (!Long(&size)) return false;
        if (size < 0 || size > end_ - p_) return Fail("has a block of impossible size");
        block_end = p_ + size;
        if (!node.wanted) {
          p_ = block_end;
          continue;
        }
      }
      const auto left = static_cast<uint64_t>(end_ - p_);
      if (node.item_least == 0 ? (empty_ += std::min(count, kMostEmpty + 1)) > kMostEmpty : static_cast<uint64_t>(count) > left / node.item_least) {
        return Fail("has a block of more items than bytes");
      }
      for (; count > 0; --count) {
        if (!item(index++)) return false;
      }
      if (block_end != nullptr && p_ != block_end) return Fail("has a block of another size than it says");
    }
  }

  bool Array(const Node& node, const Target& to, int depth) {
    if (node.elements != kNone) to.captures->arrays[node.elements].Clear();
    return Items(node, [&](size_t index) {
      for (size_t a = 0; a < node.at.size(); ++a) {
        if (node.at[a] == index) return Value(program_.nodes_[node.parts[a]], to, depth);
      }
      const Node& rest = program_.nodes_[node.rest];
      if (node.elements != kNone) {
        const uint32_t width = program_.plan_->arrays[node.elements].width;
        Captures::Elements& elements = to.captures->arrays[node.elements];
        elements.cells.resize(elements.cells.size() + width);
        return Value(rest, {elements.cells.data() + elements.count++ * width, nullptr}, depth);
      }
      if (node.keyed != nullptr) return Keyed(*node.keyed, rest, to, depth);
      return Value(rest, {nullptr, nullptr}, depth);  // nothing is wanted
    });
  }

  bool Keyed(const KeyedCapture& keyed, const Node& node, const Target& to, int depth) {
    absl::InlinedVector<Datum, kKeyedCells> cells(keyed.width);
    if (!Value(node, {cells.data(), nullptr}, depth)) return false;
    if (cells[0].kind != Datum::Kind::kText || cells[0].text.size() > kKeyBytes) return true;
    const auto wanted = keyed.leaves.find(cells[0].text);
    if (wanted == keyed.leaves.end()) return true;
    const auto given = std::find_if(cells.begin() + 1, cells.end(), [](const Datum& cell) { return cell.given(); });
    if (given != cells.end()) to.leaves[wanted->second] = *given;
    return true;
  }

  bool Map(const Node& node, const Target& to, int depth) {
    return Items(node, [&](size_t) {
      std::string_view name;
      if (!Text(&name)) return false;
      const auto member = std::find(node.names.begin(), node.names.end(), name);
      const uint32_t part = member == node.names.end() ? node.rest : node.parts[static_cast<size_t>(member - node.names.begin())];
      return Value(program_.nodes_[part], to, depth);
    });
  }

  template <class T>
  bool Float(Datum* out) {
    std::string_view bytes;
    if (!Bytes(sizeof(T), &bytes)) return false;
    T number;
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(&number, bytes.data(), sizeof(T));
    *out = FloatDatum(number, &texts_);
    return true;
  }

  Datum OfBytes(std::string_view bytes, int scale) {
    if (scale < 0) return Base64Datum(bytes, &texts_);
    const std::optional<Decimal> number = BigEndianDecimal(bytes, scale);
    return number ? Datum::Of(*number) : Datum::Error("is a decimal beyond 128 bits");
  }

  // {scale, value}: the two are nodes of its own, whatever their order.
  bool VariableScale(const Node& node, const Target& to, int depth) {
    std::array<Datum, 2> cells;
    for (const uint32_t part : node.parts) {
      if (!Value(program_.nodes_[part], {cells.data(), nullptr}, depth)) return false;
    }
    const std::optional<Decimal> number = Base64Decimal(cells[1], cells[0]);
    Put(number ? Datum::Of(*number) : Datum::Error("is no decimal number"), &to.leaves[node.leaf]);
    return true;
  }

  bool Value(const Node& node, const Target& to, int depth) {
    const auto put = [&](const Datum& value) {
      Put(value, &to.leaves[node.leaf]);
      return true;
    };
    switch (node.op) {
      case Op::kNothing:
        return true;
      case Op::kSkipBytes: {
        std::string_view skipped;
        return Bytes(node.size, &skipped);
      }
      case Op::kSkipVarint: {
        uint64_t skipped = 0;
        return Varint(&skipped);
      }
      case Op::kSkipText: {
        std::string_view skipped;
        return Text(&skipped);
      }
      case Op::kNull:
        return put(Datum::Null());
      case Op::kBoolean: {
        std::string_view byte;
        if (!Bytes(1, &byte)) return false;
        if (byte[0] != 0 && byte[0] != 1) return Fail("has a boolean that is neither");
        return put(Datum::Bool(byte[0] == 1));
      }
      case Op::kInt:
      case Op::kLong: {
        int64_t number = 0;
        if (!Long(&number)) return false;
        if (node.op == Op::kInt && (number < INT32_MIN || number > INT32_MAX)) return Fail("has an int of more than 32 bits");
        return put(Datum::Of(number, node.unit, node.local));
      }
      case Op::kFloat:
      case Op::kDouble: {
        Datum number;
        if (node.op == Op::kFloat ? !Float<float>(&number) : !Float<double>(&number)) return false;
        return put(number);
      }
      case Op::kString:
        return String(&to.leaves[node.leaf]);
      case Op::kBytes:
      case Op::kFixed: {
        std::string_view bytes;
        if (node.op == Op::kBytes ? !Text(&bytes) : !Bytes(node.size, &bytes)) return false;
        return put(OfBytes(bytes, node.scale));
      }
      case Op::kEnum: {
        int64_t symbol = 0;
        if (!Long(&symbol)) return false;
        if (symbol < 0 || static_cast<uint64_t>(symbol) >= node.names.size()) return Fail("has a symbol that its enum doesn't have");
        return put(Datum::Text(node.names[static_cast<size_t>(symbol)]));
      }
      default:
        return Nested(node, to, depth + 1);
    }
  }

  bool Nested(const Node& node, const Target& to, int depth) {
    if (depth > kMaxAvroDepth) return Fail("is nested deeper than 100");
    if (node.leaf != kNone && node.op != Op::kUnion && node.op != Op::kVariableScale) to.leaves[node.leaf] = Datum::Nested();
    switch (node.op) {
      case Op::kRecord:
        for (const uint32_t part : node.parts) {
          const Node* field = &program_.nodes_[part];
          if (field->op == Op::kUnion && !Branch(*field, &field)) return false;
          if (field->op == Op::kString) {  // most of what is wanted
            if (!String(&to.leaves[field->leaf])) return false;
          } else if (!Value(*field, to, depth)) {
            return false;
          }
        }
        return true;
      case Op::kUnion: {
        const Node* branch = nullptr;
        return Branch(node, &branch) && Value(*branch, to, depth);
      }
      case Op::kArray:
        return Array(node, to, depth);
      case Op::kMap:
        return Map(node, to, depth);
      default:
        return VariableScale(node, to, depth);
    }
  }

  const AvroProgram& program_;
  const uint8_t* p_;
  const uint8_t* end_;
  Texts& texts_;
  int64_t empty_ = 0;
  const char* why_ = nullptr;
};

const char* AvroProgram::Read(std::string_view record, Captures* captures, Texts* texts, const std::function<void()>& visit) const {
  return AvroWalk(*this, record, texts).Root(captures, visit);
}

}  // namespace tidemark::mapping
