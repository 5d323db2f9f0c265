// Protobuf records: a message's descriptor, compiled to what a mapping wants of it, and one pass over each record. No libprotobuf
// on that way. Internal to this room.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/event/decoder.h"
#include "pipeline/mapping/capture.h"

namespace google::protobuf {
class Descriptor;
class EnumDescriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace tidemark::mapping {

// Immutable; the plan that it was made for and the descriptors outlive it.
class ProtobufProgram {
 public:
  ProtobufProgram(const google::protobuf::Descriptor* message, const CapturePlan& plan);
  // Why messages of this type can't be read for the plan; empty: they can.
  const std::string& trouble() const { return trouble_; }

  // Fills *captures and calls `visit`, once. Semantics are libprotobuf's: the last scalar counts, messages merge, lists go on, the last
  // case of a oneof clears the others, unknown fields are skipped. A field without presence that is zero is absent, written or not.
  // nullptr, or what is wrong with the bytes. What isn't wanted is skipped, not checked.
  const char* Read(std::string_view record, Captures* captures, Texts* texts, const std::function<void()>& visit) const;

 private:
  friend class ProtobufWalk;
  enum class Op : uint8_t {
    kSkip,                                       // of a oneof, of whose other cases something is wanted
    kInt32, kInt64, kUint32, kUint64, kSint32, kSint64, kFixed32, kFixed64, kSfixed32, kSfixed64,
    kBool, kNull, kEnum, kFloat, kDouble, kString, kBytes,
    kMessage, kTimestamp, kDuration, kDecimal, kWrapper,
    kValue,                                      // google.protobuf.Value: what JSON would have in its place
  };
  enum class Many : uint8_t { kOne, kList, kMap };

  // A value, wherever it stands.
  struct Value {
    Op op = Op::kSkip;
    uint32_t wire = 0;
    bool implicit = false;                       // zero is absent
    bool closed = false;                         // of an enum: other numbers than its own are unknown fields
    uint32_t leaf = kNone;
    uint32_t message = kNone;                    // its fields; of a wrapper, where its value is
    const google::protobuf::EnumDescriptor* names = nullptr;
  };
  // What goes when a case of a oneof, or an entry of a map, takes the place of another.
  struct Clears {
    std::vector<uint32_t> leaves, arrays, counters;
    bool empty() const { return leaves.empty() && arrays.empty() && counters.empty(); }
    void Add(const Clears& more);
  };
  struct Field {
    int number = 0;
    Many many = Many::kOne;
    Value value;                                 // kOne: it; kList: of elements, of lists by key
    uint32_t list_leaf = kNone;
    std::vector<std::pair<size_t, Value>> at;    // elements by position
    uint32_t counter = kNone;                    // how many there were
    uint32_t first_counter = 0, end_counter = 0; // of what is in an element
    uint32_t elements = kNone;
    const KeyedCapture* keyed = nullptr;
    uint32_t key_wire = 0;
    Op key_op = Op::kString;
    struct Entry {
      std::string key;
      Value value;
      Clears clears;
    };
    std::vector<Entry> entries;                  // of a map
    Clears clears;
  };
  struct Node {
    std::vector<Field> fields;
    std::array<uint16_t, 32> low = {};            // 1 + index into fields, by number
  };
  class Compiler;
  const CapturePlan* plan_ = nullptr;
  std::vector<Node> nodes_;                      // [0] is the record
  uint32_t counters_ = 0;
  std::string trouble_;
};

}  // namespace tidemark::mapping
