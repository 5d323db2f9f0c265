// Derived fields at run time: small programs, run once an event between decoding and routing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/pseudonyms.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/lookup_table.h"

namespace tidemark {

// A table that fields look into: how its rows are laid out for as long as the plan runs, and what they were at first.
struct LookupPlan {
  std::string name;
  std::vector<LookupColumn> columns;
  std::vector<bool> needed;  // by column: used by a field, or declared; a later file without it is refused
  std::shared_ptr<const LookupTable> contents;
};

// What the configuration said, by index of the plan.
inline LookupTables ContentsOf(std::span<const LookupPlan> plans) {
  LookupTables contents;
  for (const LookupPlan& plan : plans) contents.push_back(plan.contents);
  return contents;
}

// The derived fields of one event type, put into slots that the decoder left free. A field is absent when an operand is,
// and when its value does not fit into 64 bits.
// Immutable once Fields has built it; any thread.
class Derivation {
 public:
  static constexpr size_t kMaxFinds = 64;

  // What hashes are made with, and their texts until the next event. Of one thread.
  struct Hashes {
    explicit Hashes(std::string_view key) : pseudonyms(key) {}
    Pseudonyms pseudonyms;
    std::array<Pseudonyms::Text, kMaxSlotsPerType> texts{};  // by slot
  };

  bool empty() const { return steps_.empty(); }
  // Fills the derived slots of *row. REQUIRES: the row is of this type and has a time; a table has its plan's columns.
  // Text that came from a table lives as long as the table, a hash until the next call.
  // `hashes` may be null of an entity's: what is kept of it is hashed already.
  void Evaluate(const LookupTables& tables, Hashes* hashes, EventRow* row) const;

 private:
  friend class Fields;
  struct Node {
    enum class Kind : uint8_t { kNumber, kSlot, kAdd, kSubtract, kMultiply, kNegate, kFilled, kSince, kLookup, kHash };
    Kind kind = Kind::kNumber;
    bool text = false;           // its value is Slot::s
    bool needs_present = false;  // kSlot: absent is absent, and not zero
    uint8_t slot = 0;            // kSlot; kHash: its own
    int64_t number = 0;          // kNumber; kMultiply: what the product is divided by; kSince: the unit in microseconds
    std::array<int64_t, 2> up = {1, 1};  // kAdd, kSubtract: brings the args to one scale
    uint32_t find = 0, column = 0;       // kLookup
    std::vector<uint32_t> args;
  };
  struct Step {
    uint32_t root = 0;
    uint8_t slot = 0;
  };
  // A row that is looked up once an event, however many of its columns are used.
  struct Find {
    uint32_t table = 0;
    uint32_t key = 0;  // a node
  };
  struct Frame;
  struct Operand {
    bool present = false;
    Slot value{.s = {nullptr, 0}};
  };

  Operand Eval(uint32_t index, Frame* frame) const;
  Operand Arithmetic(const Node& node, Frame* frame) const;
  Operand Filled(const Node& node, Frame* frame) const;
  uint32_t FindRow(uint32_t find, Frame* frame) const;
  Operand Hash(const Node& node, Frame* frame) const;

  std::vector<Node> nodes_;
  std::vector<Step> steps_;  // in this order: a field after those it is made of
  std::vector<Find> finds_;
};

}  // namespace tidemark
