// A Protobuf schema of one's own, libprotobuf's reading of it, and a mapping of its records.
#pragma once

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

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

// The message of a .proto text, by libprotobuf alone.
struct Oracle {
  explicit Oracle(std::string text, const std::string& name) : pool(google::protobuf::DescriptorPool::generated_pool()) {
    for (const char* unknown : {"import \"validate/validate.proto\";", "option (validate.rules).strict = true;", " [(validate.rules).string.min_len = 1]"}) {
      if (const size_t at = text.find(unknown); at != std::string::npos) text.erase(at, std::string(unknown).size());
    }
    Add("confluent/type/decimal.proto", "syntax = \"proto3\"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }");
    Add("o.proto", text);
    type = factory.GetPrototype(pool.FindMessageTypeByName(name));
  }
  void Add(const std::string& name, const std::string& text) {
    google::protobuf::io::ArrayInputStream in(text.data(), static_cast<int>(text.size()));
    google::protobuf::io::Tokenizer tokenizer(&in, nullptr);
    google::protobuf::compiler::Parser parser;
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(parser.Parse(&tokenizer, &file));
    file.set_name(name);
    EXPECT_NE(pool.BuildFile(file), nullptr);
    set.add_file()->CopyFrom(file);
  }
  std::string Of(const std::string& text) const {
    const std::unique_ptr<google::protobuf::Message> message(type->New());
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, message.get())) << text;
    return message->SerializeAsString();
  }
  google::protobuf::FileDescriptorSet set;  // less Google's own
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const google::protobuf::Message* type = nullptr;
};

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
