// Conditions and values of a mapping, compiled: what is evaluated for each record. Internal to this room.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/pseudonyms.h"
#include "pipeline/mapping/capture.h"
#include "pipeline/mapping/raw_record.h"
#include "pipeline/mapping/shape.h"

namespace tidemark::mapping {

enum class Fn : uint8_t {
  kSeconds, kMillis, kMicros, kNanos, kDays, kIso, kLocal,
  kDecimal, kMinor, kBase64, kNegate, kProduct,
  kLower, kUpper, kConcat, kHash, kLookup,
  kChanged, kWas, kBecomes,
};

// Where a path's value is while a record is mapped.
struct Source {
  enum class Kind : uint8_t { kLeaf, kCell, kItem, kKey, kTopic, kPartition, kOffset, kTimestamp, kHeader } kind = Kind::kLeaf;
  uint32_t index = 0;              // kLeaf, kCell, kKey
  std::string property;            // kPropertyChange: only when this is the property that the record is about
  std::string header = {};         // kHeader: its name
};

struct Node {
  MapExpr::Kind kind = MapExpr::Kind::kPath;
  Fn fn = Fn::kDecimal;
  MapExpr::Compare compare = MapExpr::Compare::kEq;
  Source source;
  std::vector<uint32_t> args;
  std::vector<MapExpr::Literal> literals;
  const std::map<std::string, std::string>* words = nullptr;  // kLookup
  std::shared_ptr<const void> zone;                            // kLocal: an absl::TimeZone
  std::string name, full_name;     // kChanged, kBecomes: the field, as lists of changes call it: "City", "BillingAddress.City"
};

// What conditions and values see.
struct Moment {
  const RawRecord* record = nullptr;
  const Captures* captures = nullptr;
  const std::vector<Datum>* key = nullptr;
  const Datum* cells = nullptr;    // of the element that a rule is at
  std::string_view item;           // the entity that a record about several is read for
  bool has_item = false;
  Op op = Op::kEvent;
  std::string_view property;       // kPropertyChange: what the record is about
  uint32_t changed = kNone;        // array of the names of changed fields
  bool old_is_partial = false;
  uint32_t old_row = kNone;        // leaf that is given when anything is known of the row before
  Texts* texts = nullptr;
  Pseudonyms* pseudonyms = nullptr;
};

class Program {
 public:
  Datum Value(uint32_t node, const Moment& moment) const {
    Datum made;
    return Value(node, moment, &made);
  }
  // The same without a copy, where it stands in the record; *made has it otherwise.
  const Datum& Value(uint32_t node, const Moment& moment, Datum* made) const {
    const Node& of = nodes[node];
    if (of.kind == MapExpr::Kind::kPath && of.source.property.empty()) {
      if (of.source.kind == Source::Kind::kLeaf) return moment.captures->leaves[of.source.index];
      if (of.source.kind == Source::Kind::kCell && moment.cells != nullptr) return moment.cells[of.source.index];
    }
    return *made = Make(node, moment);
  }
  bool True(uint32_t node, const Moment& moment) const;

  std::vector<Node> nodes;
  std::map<std::string, std::map<std::string, std::string>> words;

 private:
  Datum Make(uint32_t node, const Moment& moment) const;
  Datum Read(const Source& source, const Moment& moment) const;
  Datum Call(const Node& node, const Moment& moment) const;
  bool Compares(const Node& node, const Moment& moment) const;
  bool Becomes(const Node& node, const Moment& moment) const;
  bool Changed(const Node& node, const Moment& moment, const Datum& now, const Datum& before) const;
};

// Bytes that somebody wrote outside of the record's value.
Datum TextOf(std::string_view bytes);
Datum HeaderOf(const RawRecord& record, std::string_view name);

// Equal in value: 1 and "1" are as numbers, not as texts.
bool Equals(const Datum& value, const MapExpr::Literal& literal);

}  // namespace tidemark::mapping
