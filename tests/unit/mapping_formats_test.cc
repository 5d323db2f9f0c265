// Avro and Protobuf beside the usual: what is passed over, records cut anywhere, lists by key, schemas at their limits.
#include "tests/unit/avro_bytes.h"
#include "tests/unit/mapping_protobuf_rig.h"

namespace tidemark {
namespace {

const std::string kFrame = "\0\0\0\0\7"s;
const std::string kBadSchema = "undecodable: bad_schema: record is of a schema that can't be used: it ";

std::string Payload(const std::string& got) {
  const size_t at = got.find("deal_updated {");
  return at == std::string::npos ? got : got.substr(at + 14);
}

struct FormatRig : MappingRig {
  FormatRig(const std::string& format, const std::string& source, WriterSchema schema) : MappingRig("format: " + format + "\nframing: confluent\n" + source) {
    schemas->Add(7, std::make_shared<const WriterSchema>(std::move(schema)));
  }
};
struct AvroRig : FormatRig {
  AvroRig(const std::string& source, const std::string& schema) : FormatRig("avro", source, {WriterSchema::Kind::kAvro, schema, {}}) {}
  std::string Of(const std::string& bytes) { return Payload(Map(kFrame + bytes)); }
};

const std::string kStage = "events: [{emit: deal.updated, set: {deal.stage: row.x}}]";

TEST(AvroFormat, WhatNobodyWantsIsPassedOver) {
  AvroRig rig(kStage, R"({"type": "error", "name": "R", "fields": [
      {"name": "a", "type": "boolean"}, {"name": "b", "type": "float"}, {"name": "c", "type": "double"}, {"name": "d", "type": "null"},
      {"name": "e", "type": {"type": "fixed", "name": "F", "size": 3}}, {"name": "f", "type": {"type": "fixed", "name": "G", "size": 0}},
      {"name": "g", "type": {"type": "enum", "name": "E", "symbols": ["p", "q"]}}, {"name": "h", "type": "bytes"}, {"name": "i", "type": "int"},
      {"name": "j", "type": {"type": "array", "items": ["null", "string", "long"]}}, {"name": "k", "type": {"type": "map", "values": {"type": "array", "items": "int"}}},
      {"name": "l", "type": {"type": "record", "name": "Inside", "fields": [{"name": "x", "type": "string"}]}}, {"name": "m", "type": ["int", "Inside", "string"]},
      {"name": "x", "type": {"type": {"type": "string"}}}, {"name": "z", "type": "E"}]})");
  const std::string list = avro::Long(1) + avro::Text("s") + avro::Long(2) + avro::Long(9);
  const std::string before = "\1"s + "ffff" + "dddddddd" + "FFF" + avro::Long(1) + avro::Text("\xff") + avro::Long(-5) +
                             avro::Long(2) + list + avro::Long(-2) + avro::Long(static_cast<int64_t>(list.size())) + list + avro::Long(0) +
                             avro::Long(1) + avro::Text("key") + avro::Long(2) + avro::Long(1) + avro::Long(2) + avro::Long(0) + avro::Long(0) +
                             avro::Text("no") + avro::Long(1) + avro::Text("nor") ;
  const std::string record = before + avro::Text("yes") + avro::Long(0);
  EXPECT_EQ(rig.Of(record), " deal { stage: \"yes\" } }");
  for (size_t size = 0; size < record.size(); ++size) EXPECT_TRUE(rig.Of(record.substr(0, size)).starts_with("undecodable: bad_avro: record ")) << size;
}

TEST(AvroFormat, WhatIsWantedIsReadToItsLastByte) {
  AvroRig rig("maps: {p: {array: row.params, key: k, value: v}}\n"
              "events: [{emit: deal.updated, each: row.lines, set: {deal.stage: row.x, deal.owner: 'row.list[1]', deal.id: row.map.a, deal.region: p.r, deal.product: item.sku, deal.currency: row.e, deal.segment: row.f, deal.reason: 'row.b'}}]",
              R"({"type": "record", "name": "R", "fields": [
      {"name": "b", "type": "boolean"}, {"name": "x", "type": ["null", "double", "string"]}, {"name": "list", "type": {"type": "array", "items": ["null", "float"]}},
      {"name": "map", "type": {"type": "map", "values": ["long", "string"]}}, {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["EUR", "USD"]}},
      {"name": "f", "type": {"type": "fixed", "name": "F", "size": 3}},
      {"name": "params", "type": {"type": "array", "items": {"type": "record", "name": "P", "fields": [{"name": "k", "type": ["string", "int", "null"]}, {"name": "v", "type": ["null", "string"]}]}}},
      {"name": "lines", "type": {"type": "array", "items": ["null", {"type": "record", "name": "L", "fields": [{"name": "sku", "type": "string"}]}]}}]})");
  const auto param = [](const std::string& key, const std::string& value) { return key + (value.empty() ? avro::Long(0) : avro::Long(1) + avro::Text(value)); };
  const std::string params = avro::Long(5) + param(avro::Long(0) + avro::Text("r"), "north") + param(avro::Long(0) + avro::Text("r"), "") + param(avro::Long(1) + avro::Long(7), "a number is no key") +
                             param(avro::Long(2), "nor is nothing") + param(avro::Long(0) + avro::Text(std::string(5'000, 'k')), "nor what nobody writes") + avro::Long(0);
  const std::string head = "\0"s + avro::Long(1) + "\0\0\0\0\0\0\xf8\x3f"s + avro::Long(2) + avro::Long(0) + avro::Long(1) + "\0\0\x20\x40"s + avro::Long(0) +
                           avro::Long(1) + avro::Text("a") + avro::Long(0) + avro::Long(12) + avro::Long(0) + avro::Long(1) + "\1\2\3" ;
  const std::string record = head + params + avro::Long(1) + avro::Long(1) + avro::Text("s1") + avro::Long(0);
  EXPECT_EQ(rig.Of(record), " deal { id: \"12\" currency: \"USD\" stage: \"1.5\" owner: \"2.5\" region: \"north\" segment: \"AQID\" product: \"s1\" reason: \"false\" } }");
  for (size_t size = 0; size < record.size(); ++size) EXPECT_TRUE(rig.Of(record.substr(0, size)).starts_with("undecodable: bad_avro: record ")) << size;
}

TEST(AvroFormat, ADecimalOfVariableScaleHasTheFieldsOfOne) {
  const auto as = [](const std::string& fields, const std::string& bytes) {
    AvroRig rig("events: [{emit: deal.updated, set: {deal.amount: row.x}}]",
                R"({"type": "record", "name": "R", "fields": [{"name": "x", "type": {"type": "record", "name": "io.debezium.data.VariableScaleDecimal", "fields": [)" + fields + "]}}]}");
    return rig.Of(bytes);
  };
  const std::string scale = R"({"name": "scale", "type": "int"})", value = R"({"name": "value", "type": "bytes"})";
  EXPECT_EQ(as(value + "," + scale, avro::Text("\x19") + avro::Long(1)), " deal { amount_micros: 2500000 } }");
  EXPECT_EQ(as(scale + "," + value, avro::Long(-1) + avro::Text("\x19")), "rejected: deal.amount is no decimal number");
  EXPECT_EQ(as(scale + "," + value, avro::Long(1)), "undecodable: bad_avro: record ends too early");
  const std::string record = "rejected: deal.amount is a list or an object, not one value";
  EXPECT_EQ(as(R"({"name": "scale", "type": "long"},)" + value, avro::Long(1) + avro::Text("\x19")), record);
  EXPECT_EQ(as(scale + R"(,{"name": "value", "type": "string"})", avro::Long(1) + avro::Text("1")), record);
  EXPECT_EQ(as(scale + R"(,{"name": "amount", "type": "bytes"})", avro::Long(1) + avro::Text("1")), record);
  EXPECT_EQ(as(scale, avro::Long(1)), record);
}

TEST(AvroFormat, ALogicalTypeThatIsNotRightIsNone) {
  const auto as = [](const std::string& meaning) {
    AvroRig rig("events: [{emit: deal.updated, set: {deal.amount: row.x}}]", R"({"type": "record", "name": "R", "fields": [{"name": "x", "type": {"type": "bytes", "logicalType": "decimal")" + meaning + "}}]}");
    return rig.Of(avro::Text("\7"));
  };
  EXPECT_EQ(as(R"(, "precision": 4)"), " deal { amount_micros: 7000000 } }") << "without a scale it has none";
  EXPECT_EQ(as(R"(, "precision": 4, "scale": 4)"), " deal { amount_micros: 700 } }");
  for (const char* wrong : {"", R"(, "precision": 0)", R"(, "precision": "4")", R"(, "precision": 4, "scale": 5)", R"(, "precision": 4, "scale": -1)"}) {
    EXPECT_EQ(as(wrong), "rejected: deal.amount is no number") << wrong;
  }
  AvroRig both("events: [{emit: deal.updated, set: {deal.expected_close: row.x}}]",
               R"({"type": "record", "name": "R", "fields": [{"name": "x", "type": {"type": "long", "connect.name": "io.debezium.time.ZonedTimestamp", "logicalType": "timestamp-millis"}}]})");
  EXPECT_EQ(both.Of(avro::Long(7'000)), " deal { expected_close { seconds: 7 } } }");
}

TEST(AvroFormat, BadSchemasAreSaid) {
  const auto said = [](const std::string& schema) {
    const std::string got = AvroRig(kStage, schema).Of("");
    return got.starts_with(kBadSchema) ? got.substr(kBadSchema.size()) : got;
  };
  const auto field = [](const std::string& type) { return R"({"type": "record", "name": "R", "fields": [{"name": "f", "type": )" + type + "}]}"; };
  EXPECT_EQ(said("7"), "a type is a name, a list or an object");
  EXPECT_EQ(said(field(R"({"type": 7})")), "f: a type is a name, a list or an object");
  EXPECT_EQ(said(field(R"(["null", 7])")), "f: a type is a name, a list or an object");
  EXPECT_EQ(said(field(R"({"type": "array"})")), "f: an array of nothing");
  EXPECT_EQ(said(field(R"({"type": "map"})")), "f: a map of nothing");
  EXPECT_EQ(said(field(R"({"type": "array", "items": "none"})")), "f: \"none\" is no type of it");
  EXPECT_EQ(said(field(R"({"type": "enum", "name": "E"})")), "f: an enum without `symbols`");
  EXPECT_EQ(said(field(R"({"type": "enum", "name": "E", "symbols": [7]})")), "f: a symbol that is no text");
  EXPECT_EQ(said(field(R"({"type": "enum", "symbols": []})")), "f: a type without a name");
  EXPECT_EQ(said(field(R"({"type": "fixed", "name": "F", "size": 3000000000})")), "f: a `fixed` without a size");
  EXPECT_EQ(said(R"({"type": "record", "name": "R", "fields": [7]})"), "a field without a name");
  EXPECT_EQ(said(R"({"type": "record", "name": "R", "fields": [{"type": "int"}]})"), "a field without a name");
  EXPECT_EQ(said(R"({"type": "record", "name": "R", "fields": [{"name": "f"}]})"), "field \"f\" has no type");
  EXPECT_EQ(said(std::string(9 << 20, ' ')), "its schema is larger than 8 MiB");
  EXPECT_EQ(said("string \n"), "undecodable: bad_avro: record is no record") << "a name alone is a schema";
  std::string many = "[\"int\"";
  for (int i = 0; i < 20'000; ++i) many += ", \"int\"";
  EXPECT_EQ(said(field(many + "]")), "f: has more than 20000 types");
}

TEST(AvroFormat, ReferencesAreFewAndOfAvro) {
  const auto said = [](const WriterSchema& schema) { return Payload(FormatRig("avro", kStage, schema).Map(kFrame)); };
  const WriterSchema leaf{WriterSchema::Kind::kAvro, "\"int\"", {}};
  WriterSchema other = leaf;
  other.references.emplace_back("p", WriterSchema{WriterSchema::Kind::kProtobuf, "", {}});
  EXPECT_EQ(said(other), kBadSchema + "isn't Avro");
  WriterSchema many = leaf;
  for (int i = 0; i < 300; ++i) many.references.emplace_back("r" + std::to_string(i), leaf);
  EXPECT_EQ(said(many), kBadSchema + "has more than 200 references");
  WriterSchema deep = leaf;
  for (int i = 0; i < 150; ++i) {
    WriterSchema next = leaf;
    next.references.emplace_back("r" + std::to_string(i), std::move(deep));
    deep = std::move(next);
  }
  EXPECT_EQ(said(deep), kBadSchema + "its references are nested too deep");
}

const std::string kProto = R"(syntax = "proto2";
message R {
  optional string x = 1; optional uint32 u32 = 2; optional fixed64 f64 = 3; optional sfixed32 sf32 = 4; optional E e = 5; optional sint64 s64 = 6; optional bool b = 7;
  repeated P params = 8; repeated L lines = 9; map<bool, string> by_truth = 10; map<string, string> words = 11; repeated fixed32 numbers = 12 [packed = true];
  oneof one { Many many = 13; string other = 14; }
  optional group Old = 15 { optional string x = 1; }
  message P { optional string k = 1; optional string v = 2; optional int32 n = 3; }
  message L { optional string sku = 1; repeated string tags = 2; }
  message Many { repeated P params = 1; repeated L lines = 2; repeated string list = 3; map<string, string> words = 4; optional string x = 5; }
  enum E { A = 1; B = 2; }
})";

struct ProtoRig : FormatRig {
  explicit ProtoRig(const std::string& source, const std::string& schema = kProto) : FormatRig("protobuf", source, {WriterSchema::Kind::kProtobuf, schema, {}}) {}
  std::string Of(const std::string& bytes) { return Payload(Map(kFrame + "\0"s + bytes)); }
};

TEST(ProtobufFormat, EveryTypeOnTheWire) {
  const Oracle proto(kProto, "R");
  const auto as = [&](const std::string& value, const std::string& text) {
    return ProtoRig("events: [{emit: deal.updated, set: {deal.stage: '" + value + "'}}]").Of(proto.Of(text));
  };
  const auto stage = [](const std::string& text) { return " deal { stage: \"" + text + "\" } }"; };
  EXPECT_EQ(as("row.u32", "u32: 4294967295"), stage("4294967295"));
  EXPECT_EQ(as("row.f64", "f64: 18446744073709551615"), stage("18446744073709551615"));
  EXPECT_EQ(as("row.sf32", "sf32: -7"), stage("-7"));
  EXPECT_EQ(as("row.s64", "s64: -9223372036854775808"), stage("-9223372036854775808"));
  EXPECT_EQ(as("row.u32", "u32: 0"), stage("0")) << "proto2 tells what is there";
  EXPECT_EQ(as("row.e", "e: B"), stage("B"));
  EXPECT_EQ(ProtoRig(kStage).Of("\x28\x63"), " }") << "an enum's number that proto2 doesn't know is unknown";
  EXPECT_EQ(as("row.by_truth.\"true\"", R"(by_truth { key: true value: "t" } by_truth { key: false value: "f" })"), stage("t"));
  EXPECT_EQ(as("row.words.b", R"(words { key: "a" value: "1" } words { key: "b" value: "2" } words { key: "b" value: "3" })"), stage("3")) << "the last of a key";
  EXPECT_EQ(as("row.numbers[2]", "numbers: [5, 6, 7]"), stage("7"));
  EXPECT_EQ(as("row.numbers", "numbers: [5, 6, 7]"), "rejected: deal.stage is a list or an object, not one value");
  EXPECT_EQ(as("row.words", R"(words { key: "a" })"), "rejected: deal.stage is a list or an object, not one value");
  EXPECT_EQ(as("row.old.x", "Old { x: \"y\" }"), " }") << "groups aren't read";
  EXPECT_EQ(as("row.x.y", "x: \"y\""), " }");
}

TEST(ProtobufFormat, ListsByKey) {
  const Oracle proto(kProto, "R");
  ProtoRig rig("maps: {p: {array: row.params, key: k, value: [n, v]}}\nevents: [{emit: deal.updated, set: {deal.stage: p.a, deal.region: p.b}}]");
  const auto of = [&](const std::string& text) { return rig.Of(proto.Of(text)); };
  EXPECT_EQ(of(R"(params { k: "a" v: "1" } params { k: "b" n: 2 v: "3" } params { k: "c" v: "4" } params { v: "5" })"), " deal { stage: \"1\" region: \"2\" } }");
  EXPECT_EQ(of(R"(params { k: "a" v: "1" } params { k: "a" })"), " deal { stage: \"1\" } }") << "which has no value";
  EXPECT_EQ(of("params { k: \"" + std::string(5'000, 'k') + "\" v: \"1\" }"), " }");
}

TEST(ProtobufFormat, ACaseOfAOneofClearsTheOthers) {
  const Oracle proto(kProto, "R");
  ProtoRig rig("maps: {p: {array: row.many.params, key: k, value: v}}\n"
               "events: [{emit: deal.updated, set: {deal.stage: row.other, deal.owner: 'row.many.list[0]', deal.region: p.a, deal.id: row.many.words.w, deal.reason: row.many.x}}]");
  const std::string many = proto.Of(R"(many { params { k: "a" v: "1" } list: "l" words { key: "w" value: "2" } x: "y" })");
  const std::string other = proto.Of("other: \"o\"");
  EXPECT_EQ(rig.Of(many), " deal { id: \"2\" owner: \"l\" region: \"1\" reason: \"y\" } }");
  EXPECT_EQ(rig.Of(many + other), " deal { stage: \"o\" } }");
  EXPECT_EQ(rig.Of(other + many), " deal { id: \"2\" owner: \"l\" region: \"1\" reason: \"y\" } }");
  EXPECT_EQ(rig.Of(many + other + proto.Of("many { list: \"m\" }")), " deal { owner: \"m\" } }") << "counted from the first again";
  ProtoRig each("events: [{emit: order.item, each: row.many.lines, id: [item.sku]}]");
  const std::string lines = proto.Of(R"(many { lines { sku: "a" } lines { sku: "b" } })");
  EXPECT_EQ(each.Map(kFrame + "\0"s + lines + other + proto.Of(R"(many { lines { sku: "c" } })")),
            "mapped: id: \"order.item/c\" source: \"s\" time { seconds: 1700000000 } order_item { }");
}

TEST(ProtobufFormat, ARecordCutAnywhereIsReadWhereLibprotobufReadsIt) {
  const Oracle proto(kProto, "R");
  const std::string record = proto.Of(R"(x: "text" u32: 300 f64: 9 sf32: -1 e: A s64: -300 b: true params { k: "a" v: "1" n: 3 } lines { sku: "s" tags: "t" tags: "u" }
      by_truth { key: true value: "v" } words { key: "w" value: "z" } numbers: [1, 2] many { params { k: "q" v: "r" } lines { sku: "m" } list: "l" words { key: "w" value: "2" } } Old { x: "g" })");
  ProtoRig rig("maps: {p: {array: row.params, key: k, value: [v, n]}}\n"
               "events: [{emit: deal.updated, each: row.lines, set: {deal.stage: row.x, deal.owner: row.u32, deal.id: row.f64, deal.region: p.a, deal.product: 'item.tags[1]', deal.currency: row.by_truth.\"true\", "
               "deal.segment: row.words.w, deal.reason: 'row.numbers[1]', deal.pipeline: 'row.many.list[0]', deal.campaign: row.sf32, deal.team: row.many.words.w}}]");
  ASSERT_EQ(rig.said, "");
  int whole = 0;
  for (size_t size = 0; size <= record.size(); ++size) {
    const std::string cut = record.substr(0, size);
    const std::unique_ptr<google::protobuf::Message> message(proto.type->New());
    const bool readable = message->ParsePartialFromString(cut);
    EXPECT_EQ(rig.Of(cut).starts_with("undecodable: bad_protobuf: "), !readable) << size << " " << rig.Of(cut);
    whole += readable ? 1 : 0;
  }
  EXPECT_GT(whole, 10);
}

TEST(ProtobufFormat, BadSchemasAreSaid) {
  const auto said = [](const WriterSchema& schema) {
    const std::string got = Payload(FormatRig("protobuf", kStage, schema).Map(kFrame + "\0"s));
    return got.starts_with(kBadSchema) ? got.substr(kBadSchema.size()) : got;
  };
  const auto proto = [](const std::string& text) { return WriterSchema{WriterSchema::Kind::kProtobuf, text, {}}; };
  EXPECT_EQ(said(proto("message A {}" + std::string(9 << 20, ' '))), "is larger than 8 MiB");
  EXPECT_EQ(said({WriterSchema::Kind::kAvro, "\"int\"", {}}), "is a schema of Avro, not of Protobuf");
  WriterSchema deep = proto("message A {}");
  for (int i = 0; i < 150; ++i) {
    WriterSchema next = proto("message A" + std::to_string(i) + " {}");
    next.references.emplace_back("r" + std::to_string(i) + ".proto", std::move(deep));
    deep = std::move(next);
  }
  EXPECT_EQ(said(deep), "its references are nested too deep");
  WriterSchema chain = proto("import \"c0.proto\"; message A {}");
  for (int i = 0; i < 150; ++i) chain.references.emplace_back("c" + std::to_string(i) + ".proto", proto("import \"c" + std::to_string(i + 1) + ".proto\";"));
  EXPECT_EQ(said(chain), "its imports are nested deeper than 100");
  WriterSchema many = proto("message A {}");
  for (int i = 0; i < 1'100; ++i) many.references.emplace_back("m" + std::to_string(i) + ".proto", proto(""));
  EXPECT_EQ(said(many), "has more than 1000 references");
  WriterSchema twice = proto("import \"a.proto\"; message R { optional string x = 1; }");
  twice.references.emplace_back("a.proto", proto("message A {}"));
  twice.references.emplace_back("a.proto", proto("message B {}"));
  EXPECT_EQ(said(twice), " }") << "of two by one name the first is the one";
  EXPECT_EQ(said(proto("import \"confluent/meta.proto\"; message R { optional string x = 1 [(confluent.field_meta).doc = \"d\", deprecated = true]; }")), " }");
}

}  // namespace
}  // namespace tidemark
