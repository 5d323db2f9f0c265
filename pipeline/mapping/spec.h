// What `sources:` says of records that aren't canonical events, as values: config/ fills these from YAML, Mapper::Compile
// checks and resolves them. Every part that can be wrong carries its Place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/base/time.h"
#include "pipeline/mapping/schemas.h"

namespace tidemark {

// Where a value stands: "row.items[0].price". The root says of what, the steps lead into it.
struct MapPath {
  struct Step {
    std::string name;          // of a member; "": an element
    size_t index = 0;          // of the element
    bool operator==(const Step&) const = default;
  };
  std::string root;            // row, old, key, meta, record, item, or the name of one of `maps`
  std::vector<Step> steps;
  std::string ToString() const;
};

// A condition or a value; which of them stands where, Mapper::Compile checks.
struct MapExpr {
  enum class Kind : uint8_t {
    kPath, kOp,                // kOp: what happened to the row: create, update, ...
    kLiteral,
    kFirst,                    // a | b: the first of args that gives a value
    kCall,                     // name(args)
    kCompare, kIn,             // args[0] with literals
    kHas,                      // args[0] is there and not null
    kAnd, kOr, kNot,
  };
  enum class Compare : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe };
  using Literal = std::variant<bool, Decimal, std::string>;
  Kind kind = Kind::kPath;
  Compare compare = Compare::kEq;
  std::string name;            // kCall: the function; a second name that it takes (lookup's words, local's zone) is literals[0]
  MapPath path;                // kPath
  std::vector<Literal> literals;
  std::vector<std::unique_ptr<MapExpr>> args;
  Place place;
};

// What a rule does with a field whose value can't be what the field wants.
enum class OnMapError : uint8_t { kReject, kAbsent, kConstant };

struct MapField {
  std::string field;           // of the event type: "deal.amount", "dimensions.brand"
  std::unique_ptr<MapExpr> value;
  OnMapError on_error = OnMapError::kReject;
  MapExpr::Literal constant;
  Place place;
};

// One kind of event that records of the source can yield.
struct MapRule {
  std::string emit;            // event type
  std::unique_ptr<MapExpr> when;    // null: always
  std::optional<MapPath> each; // an array: an event for each of its elements, `item`
  std::vector<std::unique_ptr<MapExpr>> id;  // empty: the source's
  std::unique_ptr<MapExpr> time;             // null: the source's
  std::vector<MapField> set;
  bool whole = false;          // the record itself is the event's payload, as it is: the only rule, and without `set` and `when`
  // What holds for all events of this type, in KPIs of the entity: at most one, the earliest; fields that the event lacks are as
  // its other events left them by then.
  std::string entity;          // path of its id; empty where neither is said
  bool once = false;
  std::vector<std::string> carry;
  Duration within{};           // what is said up to so long after counts as said by then
  Place place;
  Place each_place, entity_place, carry_place;
};

// An array of keys and values, read by key: `param.page_location`.
struct MapKeyed {
  std::string name;
  MapPath array;
  std::string key;                           // where an element has its key
  std::vector<std::string> values;           // where it has its value: the first that is there and not null
  Place place;
};

enum class MapShape : uint8_t { kEvent, kRow, kDebezium, kSalesforceCdc, kPropertyChange, kMaxwell, kDms };
// What a record says that tells of changes which the source lost, beside being counted: that its minute wasn't wholly observed, or nothing.
enum class OnGap : uint8_t { kCoverage, kCount };
enum class MapKeyFormat : uint8_t { kSame, kText, kJson, kAvro, kProtobuf };  // kSame: as the value
enum class MapFormat : uint8_t { kJson, kAvro, kProtobuf };
// What stands around a record: nothing; {schema, payload}, of JSON; Confluent's wire format, the number of its schema before it; the
// attributes of a CloudEvent, in headers or around its data; a header with the number of its schema.
enum class MapFraming : uint8_t { kRaw, kConnect, kConfluent, kCloudEvents, kHeaders };

// A schema that a file of the configuration holds.
struct MapSchema {
  std::shared_ptr<const WriterSchema> schema;
  bool is_descriptor_set = false;            // its text is a FileDescriptorSet, as protoc writes it
  std::string message;                       // full name of the Protobuf message; empty: the first of the file
  Place place;
};

struct MappingSpec {
  MapShape shape = MapShape::kEvent;
  MapFormat format = MapFormat::kJson;
  MapFraming framing = MapFraming::kRaw;
  MapKeyFormat key_format = MapKeyFormat::kSame;
  bool plain_indexes = false;                // framed(), Protobuf: which message it is stands as varints without zigzag
  // Values and keys name their schemas by number; whether any schema is read by it.
  bool framed() const { return framing == MapFraming::kConfluent || framing == MapFraming::kHeaders; }
  bool numbers_schemas() const {
    return framed() && (format != MapFormat::kJson || key_format == MapKeyFormat::kAvro || key_format == MapKeyFormat::kProtobuf);
  }
  // What records were written with, as far as the configuration has it: by number, or one for all of them.
  std::map<uint32_t, MapSchema> schemas;
  std::optional<MapSchema> schema;
  std::string property_name, property_value; // kPropertyChange: where a record has them
  bool each_root = false;                    // the value is an array of records, or one
  std::vector<MapKeyed> maps;
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, std::map<std::string, std::string>> words;
  // Empty: topic, partition, offset and which event of the record it is; of a CloudEvent its source and id.
  std::vector<std::unique_ptr<MapExpr>> id;
  std::unique_ptr<MapExpr> time;             // null: of a CloudEvent its time; else, and where it has none, the record's Kafka timestamp
  std::vector<std::unique_ptr<MapExpr>> version;  // up to three parts, compared in order; empty: none
  std::vector<MapRule> rules;
  std::unique_ptr<MapExpr> ignore;           // what is dropped on purpose
  OnGap on_gap = OnGap::kCoverage;
  Place place;
};

}  // namespace tidemark
