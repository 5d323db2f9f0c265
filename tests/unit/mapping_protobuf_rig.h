// A Protobuf schema of one's own, and a mapping of its records.
#pragma once

#include "tests/fakes/protobuf_oracle.h"
#include "tests/unit/mapping_rig.h"

namespace tidemark {

using namespace std::string_literals;  // NOLINT: zero bytes in texts

inline const std::string kSchema = R"(syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "confluent/type/decimal.proto";
import "validate/validate.proto";
message Order {
  option (validate.rules).strict = true;
  string id = 1 [(validate.rules).string.min_len = 1];
  Stage stage = 2;
  int64 cents = 3;
  uint64 serial = 4;
  double price = 5;
  google.protobuf.Timestamp created = 6;
  repeated Line lines = 7;
  map<string, string> tags = 8;
  oneof payment { Card card = 9; string iban = 10; Person person = 20; }
  google.protobuf.StringValue note = 11;
  optional bool paid = 12;
  bytes raw = 13;
  repeated sint32 steps = 14;
  confluent.type.Decimal total = 15;
  map<int32, Line> by_number = 16;
  float rate = 17;
  fixed32 f32 = 18;
  sfixed64 sf64 = 19;
  google.protobuf.Int64Value count = 21;
  Person buyer = 40;
  bool gift = 41;
  message Line { string sku = 1; int32 units = 2; repeated string labels = 3; }
  enum Stage { UNKNOWN = 0; OPEN = 1; WON = 2; }
}
message Card { string brand = 1; repeated string digits = 2; }
message Person { string name = 1; int32 age = 2; Person parent = 3; }
)";

struct ProtobufRig : MappingRig {
  explicit ProtobufRig(const std::string& source, const std::string& schema = kSchema) : MappingRig("format: protobuf\nframing: confluent\n" + source) {
    schemas->Add(7, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kProtobuf, schema, {}}));
  }
  std::string Of(const std::string& bytes, const std::string& indexes = "\0"s) { return Map("\0\0\0\0\7"s + indexes + bytes); }
};

inline std::string Shown(const std::string& deal) {
  return R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated {)" + (deal.empty() ? " }" : " deal { " + deal + " } }");
}
inline std::string Set(const std::string& fields) { return "events: [{emit: deal.updated, set: {" + fields + "}}]"; }

}  // namespace tidemark
