// Avro records: a writer's schema, compiled to what a mapping wants of it, and one pass over each record. Internal to this room.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/mapping/avro_positions.h"
#include "pipeline/mapping/avro_schema.h"
#include "pipeline/mapping/capture.h"

namespace tidemark::mapping {

// Immutable; the plan that it was made for outlives it.
class AvroProgram {
 public:
  // kRecord: the value is a record. kEach: or an array of them. kAny: of a key, any value.
  enum class Root : uint8_t { kRecord, kEach, kAny };
  static Result<AvroProgram> Make(const WriterSchema& schema, const CapturePlan& plan, Root root);

  // Fills *captures and calls `visit`, as JsonReader does. nullptr, or what is wrong with the bytes: then what was visited
  // doesn't count. What isn't wanted is skipped, not checked. Values are texts of the record, of the program or of *texts.
  const char* Read(std::string_view record, Captures* captures, Texts* texts, const std::function<void()>& visit) const;

 private:
  friend class AvroWalk;
  enum class Op : uint8_t {
    kNothing, kSkipBytes, kSkipVarint, kSkipText,  // not wanted: nothing, so many bytes, a varint, a text by its length
    kNull, kBoolean, kInt, kLong, kFloat, kDouble, kBytes, kString, kFixed, kEnum,
    kRecord, kArray, kMap, kUnion, kVariableScale,
  };
  struct Node {
    Op op = Op::kNothing;
    bool wanted = false;                 // of a record, array or map: something in it is
    bool local = false;
    Unit unit = Unit::kNone;
    int scale = -1;
    uint32_t leaf = kNone;
    uint32_t size = 0;                   // of kSkipBytes, kFixed
    uint64_t item_least = 0;             // of an array or map: bytes of an item
    uint32_t rest = kNone;               // what any other item is read with
    std::vector<uint32_t> parts;         // nodes: fields, branches; items by position, members by name
    std::vector<size_t> at;              // of an array: positions of parts
    std::vector<std::string> names;      // of a map: of parts; of an enum: symbols
    uint32_t elements = kNone;           // as CaptureNode's
    const KeyedCapture* keyed = nullptr;
  };
  class Compiler;
  const CapturePlan* plan_ = nullptr;
  Root root_ = Root::kRecord;
  std::vector<Node> nodes_;
  uint32_t top_ = 0;
  AvroPositions positions_;              // where the plan has arrays of them
};

}  // namespace tidemark::mapping
