// What the decoder does at each field of each message: tables compiled once from the paths a configuration uses.
// Internal to this room.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/event/schema.h"

namespace tidemark::event {

enum class Op : uint8_t {
  kSkip,
  kInt64,  // varints, by how their bits are read
  kUint64,
  kInt32,  // enums too
  kUint32,
  kSint32,
  kSint64,
  kBool,
  kFixed32,
  kSfixed32,
  kFixed64,
  kSfixed64,
  kFloat,
  kDouble,
  kString,
  kBytes,
  kTime,
  kDuration,
  kWrapper,  // aux: index into Program::nodes, of which the one field has the same slot
  kMap,      // aux: index into Program::maps
  kMessage,  // aux: index into Program::nodes
  kPayload,  // aux: index into Program::types
};

inline constexpr uint8_t kNoWire = 0xff;  // matches no wire type: the field is skipped

struct alignas(16) Action {  // so that a table is indexed by shifting
  Op op = Op::kSkip;
  uint8_t wire = kNoWire;  // a field of another wire type is an unknown field
  uint8_t slot = 0;
  uint8_t scale = 0;           // kFloat, kDouble
  uint8_t always_present = 0;  // 1: zero on the wire is not the same as absent
  uint16_t clears = 0;         // 0, or 1 + index into Program::clears: slots of the oneof's other cases
  uint32_t aux = 0;
};

// One message type at one place in the tree of paths.
struct Node {
  static constexpr uint32_t kLowNumbers = 16;  // those whose tag is one byte
  static constexpr uint32_t kDenseNumbers = 256;
  std::array<Action, kLowNumbers> low;
  std::vector<Action> dense;                        // by field number, up to the highest one used below kDenseNumbers
  std::vector<std::pair<uint32_t, Action>> sparse;  // higher numbers, sorted

  const Action* Find(uint32_t number) const {
    if (number < kLowNumbers) return &low[number];
    if (number < dense.size()) return &dense[number];
    return sparse.empty() ? nullptr : FindSparse(number);
  }
  const Action* FindSparse(uint32_t number) const;
  Action& At(uint32_t number);  // made when missing; keeps `sparse` sorted
};

struct MapKey {
  std::string key;
  uint8_t slot = 0;
};

// How one event type's row is laid out.
struct TypeLayout {
  uint32_t node = 0;  // of its payload; kNoNode: nothing in it is used
  uint8_t slots = 0;  // in a row, one per path
  // Slots filled at the end: (envelope slot, row slot), and (row slot, row slot) for a field asked for twice.
  std::vector<std::pair<uint8_t, uint8_t>> from_envelope;
  std::vector<std::pair<uint8_t, uint8_t>> repeats;
};
inline constexpr uint32_t kNoNode = UINT32_MAX;

// Envelope fields come before it is known which event type's row they belong to, so they have slots of their own.
// The first three are in every program.
inline constexpr uint8_t kIdSlot = 0;
inline constexpr uint8_t kSourceSlot = 1;
inline constexpr uint8_t kTimeSlot = 2;

// Invariants: nodes[0] is the envelope; types is indexed by EventTypeId.
struct Program {
  std::vector<Node> nodes;
  std::vector<std::vector<MapKey>> maps;
  std::vector<uint64_t> clears;
  std::vector<TypeLayout> types;
  uint8_t envelope_slots = 0;
  uint8_t row_slots = 0;  // of the type that has most
};

// A path resolved: the fields down to the leaf, all singular but for a map at the end. Without fields: no path, and the
// slot stays absent.
struct FieldPath {
  bool in_envelope = false;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  std::string map_key;
  int scale = 0;
};

// paths[t] are those of event type t, in slot order. kInvalid when they need more than 64 envelope slots.
Result<Program> BuildProgram(const Schema& schema, std::span<const std::vector<FieldPath>> paths);

}  // namespace tidemark::event
