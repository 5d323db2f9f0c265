// Which values of a record a mapping wants, as a tree of names that one pass over the record follows. Internal to this room.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mapping/datum.h"
#include "pipeline/mapping/spec.h"

namespace tidemark::mapping {

inline constexpr uint32_t kNone = UINT32_MAX;

// A place in a record. Several may fill one leaf: what is read last stays, absent and null change nothing that is there.
struct CaptureNode {
  uint32_t leaf = kNone;        // the value here goes there
  uint32_t elements = kNone;    // an array here: index into CapturePlan::arrays
  uint32_t keyed = kNone;       // an array of keys and values: index into CapturePlan::keyed
  std::vector<std::pair<std::string, uint32_t>> members;  // name, node
  std::vector<std::pair<size_t, uint32_t>> at;            // position in an array, node
  bool leads_on() const { return elements != kNone || keyed != kNone || !members.empty() || !at.empty(); }
};

// Elements of an array, each captured by a tree of its own.
struct ArrayCapture {
  uint32_t root = 0;            // node
  uint32_t width = 0;           // leaves of an element
};

struct KeyedCapture {
  std::string map;              // its name among MappingSpec::maps
  uint32_t root = 0;            // node of an element; its leaf 0 is the key, the others its values, the first that is given counts
  uint32_t width = 0;
  std::map<std::string, uint32_t, std::less<>> leaves;  // by key: leaf of the record
};

struct CapturePlan {
  std::vector<CaptureNode> nodes = {CaptureNode()};     // [0] is the record
  std::vector<ArrayCapture> arrays;
  std::vector<KeyedCapture> keyed;
  uint32_t leaves = 0;
  // Arrays of the names of fields, which may stand as bitmaps of their positions; of the record that is at the first of these places.
  std::vector<uint32_t> positions;
  std::vector<std::vector<MapPath::Step>> places;

  // The node where these steps lead from `root`, made where it isn't there yet.
  uint32_t At(uint32_t root, const std::vector<MapPath::Step>& steps);
  const CaptureNode* Member(const CaptureNode& node, std::string_view name) const {
    for (const auto& [member, to] : node.members) {
      if (member == name) return &nodes[to];
    }
    return nullptr;
  }
};

// What one record held of it. Cleared and filled again for each.
struct Captures {
  std::vector<Datum> leaves;
  struct Elements {
    std::vector<Datum> cells;   // elements x width
    size_t count = 0;
    void Clear() {
      cells.clear();
      count = 0;
    }
  };
  std::vector<Elements> arrays;
  std::string_view message;     // of Protobuf: the record itself, without what stood around it
  void Reset(const CapturePlan& plan);
};

// Texts that were made of what a record holds, by a reader or a function: there until it is mapped.
class Texts {
 public:
  std::string_view Keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  void Clear() { kept_.clear(); }

 private:
  std::deque<std::string> kept_;      // which never moves what it has
};

// Of leaves by the names of fields: what is null and not among the names in array `nulled` isn't there, and what is among those in
// array `differing` is no value.
void DropUnsaid(const std::vector<std::pair<uint32_t, std::string>>& leaves, uint32_t nulled, uint32_t differing, Captures* captures);

// A value into a leaf: an absent or null one doesn't take the place of one that is given.
inline void Put(const Datum& value, Datum* leaf) {
  if (value.given() || !leaf->given()) *leaf = value;
}

}  // namespace tidemark::mapping
