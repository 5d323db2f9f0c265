// What stands before records that name their schema by number.
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

constexpr const char* kLead = "framing: confluent\nevents: [{emit: lead.created, set: {lead.id: row.id}}]";

TEST(Framing, OfJsonIsAZeroByteAndANumberThatNobodyAsksFor) {
  MappingRig rig(kLead);
  EXPECT_FALSE(rig.mapper->wants_schemas());
  EXPECT_EQ(rig.Map("\0\0\0\0\7{\"id\": \"a\"}"s),
            R"(mapped: id: "lead.created/t/3/42" source: "s" time { seconds: 1700000000 } lead_created { lead { id: "a" } })");
  EXPECT_EQ(rig.Map("\0\0\0\0\7{\"id\""s), "undecodable: bad_json: record is no JSON object");
}

TEST(Framing, OfOtherMakesIsRefusedByName) {
  MappingRig rig(kLead);
  EXPECT_EQ(rig.Map("{\"id\": \"a\"}"), "undecodable: bad_framing: record doesn't begin with the zero byte of Confluent's wire format");
  EXPECT_EQ(rig.Map(""), "undecodable: bad_framing: record doesn't begin with the zero byte of Confluent's wire format");
  EXPECT_EQ(rig.Map("\0\0\0\1"s), "undecodable: bad_framing: record is shorter than the number of a schema");
  EXPECT_EQ(rig.Map("\3\0"s + std::string(16, 'u') + "{}"),
            "undecodable: bad_framing: record begins like the wire format of AWS Glue's registry, which isn't read; write it with Confluent's");
  EXPECT_EQ(rig.Map("\0\0\0\0\0\0\0\0\7{}"s),
            "undecodable: bad_framing: record names schema 0: it looks like Apicurio's own numbers of 8 bytes, which aren't read; let its serializer write ids of 4");
}

TEST(Framing, ARecordWaitsForItsSchemaWhereMoreMayCome) {
  MappingRig rig("format: avro\n" + std::string(kLead));
  EXPECT_TRUE(rig.mapper->wants_schemas());
  EXPECT_EQ(rig.Map("\0\0\1\0\7x"s), "awaits its schema 65543");
  rig.scratch = std::make_unique<Mapper::Scratch>(*rig.mapper);
  EXPECT_TRUE(rig.Map("\0\0\1\0\7x"s).starts_with("undecodable: bad_schema: ")) << "none will come";
}

struct HeaderRig : MappingRig {
  explicit HeaderRig(const std::string& format, const std::string& more = "") : MappingRig(format + "\nframing: headers\n" + more + "events: [{emit: lead.created, set: {lead.id: row.id, lead.channel: key.c | \"none\"}}]") {
    schemas->Add(7, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]})", {}}));
    schemas->Add(8, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, R"({"type": "record", "name": "K", "fields": [{"name": "c", "type": "string"}]})", {}}));
    schemas->Add(9, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kProtobuf, "syntax = \"proto3\"; message A { string x = 1; } message B { string id = 2; }", {}}));
  }
};

TEST(Framing, ASchemasNumberMayStandInAHeader) {
  HeaderRig rig("format: avro");
  EXPECT_TRUE(rig.mapper->wants_schemas());
  EXPECT_TRUE(rig.mapper->wants_headers());
  const auto lead = [](const std::string& channel) {
    return R"(mapped: id: "lead.created/t/3/42" source: "s" time { seconds: 1700000000 } lead_created { lead { id: "a" channel: ")" + channel + "\" } }";
  };
  const std::string confluent = "\0\0\0\0\7"s, apicurio = "\0\0\0\0\0\0\0\7"s, key = "\0\0\0\0\x8"s;
  EXPECT_EQ(rig.Map("\2a", "", {{"__value_schema_id", confluent}}), lead("none"));
  EXPECT_EQ(rig.Map("\2a", "\2k", {{"__value_schema_id", confluent}, {"__key_schema_id", key}}), lead("k"));
  EXPECT_EQ(rig.Map("\2a", "\2k", {{"__value_schema_id", "no"}, {"__value_schema_id", confluent}}), lead("none")) << "the last of a name; a key without one is its text";
  EXPECT_EQ(rig.Map("\2a", "", {{"apicurio.value.contentId", apicurio}, {"apicurio.value.encoding", "BINARY"}}), lead("none"));
  EXPECT_EQ(rig.Map("\2a", "", {{"__value_schema_id", "\0\0\1\0\7"s}}), "awaits its schema 65543");
}

TEST(Framing, HeadersThatNameNoNumberAreRefusedByName) {
  HeaderRig rig("format: avro");
  const auto said = [&](const std::string& name, const std::string& value) { return rig.Map("\2a", {}, {{name, value}, {"apicurio.value.encoding", "JSON"}}); };
  const std::string bad = "undecodable: bad_framing: record ";
  EXPECT_EQ(said("other", "x"), bad + "has no header that names its schema");
  EXPECT_EQ(said("__key_schema_id", "\0\0\0\0\7"s), bad + "has no header that names its schema");
  EXPECT_EQ(said("__value_schema_id", "\1"s + std::string(16, 'g')), bad + "names its schema by a GUID, which isn't read: let its serializer write the id before the record (PrefixSchemaIdSerializer), with framing: confluent");
  EXPECT_EQ(said("__value_schema_id", "\0\0\7"s), bad + "has a header for its schema's id that is none of Confluent's");
  EXPECT_EQ(said("__value_schema_id", "7"), bad + "has a header for its schema's id that is none of Confluent's");
  EXPECT_EQ(said("__value_schema_id", "\0\0\0\0\0"s), bad + "names a schema by a number that no registry gives");
  EXPECT_EQ(said("apicurio.value.globalId", "\0\0\0\0\0\0\0\7"s),
            bad + "names its schema by Apicurio's globalId, which isn't read: let its serializer write the contentId (apicurio.registry.use-id)");
  EXPECT_EQ(said("apicurio.value.contentId", "\0\0\0\7"s), bad + "has a header for its schema's id that is none of Apicurio's");
  EXPECT_EQ(said("apicurio.value.contentId", "\0\0\0\0\0\0\0\7"s), bad + "is written as JSON by Apicurio's serializer: let it write BINARY");
  EXPECT_EQ(rig.Map("\2a", "", {{"apicurio.value.contentId", "\0\0\0\1\0\0\0\7"s}}), bad + "names a schema by a number that no registry gives");
}

TEST(Framing, AKeyWhoseHeaderCantBeReadIsNoText) {
  HeaderRig rig("format: avro");
  const auto said = [&](const std::string& name, const std::string& value) {
    return rig.Map("\2a", "\2k", {{"__value_schema_id", "\0\0\0\0\7"s}, {name, value}, {"apicurio.key.encoding", "JSON"}});
  };
  const std::string bad = "undecodable: bad_framing: key ";
  EXPECT_EQ(said("__key_schema_id", "\1"s + std::string(16, 'g')),
            bad + "names its schema by a GUID, which isn't read: let its serializer write the id before the record (PrefixSchemaIdSerializer), with framing: confluent");
  EXPECT_EQ(said("__key_schema_id", "\0\0\7"s), bad + "has a header for its schema's id that is none of Confluent's");
  EXPECT_EQ(said("apicurio.key.globalId", "\0\0\0\0\0\0\0\x8"s),
            bad + "names its schema by Apicurio's globalId, which isn't read: let its serializer write the contentId (apicurio.registry.use-id)");
  EXPECT_EQ(said("apicurio.key.contentId", "\0\0\0\0\0\0\0\x8"s), bad + "is written as JSON by Apicurio's serializer: let it write BINARY");
  EXPECT_TRUE(said("other", "x").starts_with("mapped: ")) << "a key without one is its text";
}

TEST(Framing, WhichMessageItIsStandsBehindTheNumber) {
  HeaderRig rig("format: protobuf", "key_format: text\n");
  const std::string number = "\0\0\0\0\x9"s, b = "\x12\1a";
  EXPECT_EQ(rig.Map(b, "", {{"__value_schema_id", number + "\2\2"}}),
            R"(mapped: id: "lead.created/t/3/42" source: "s" time { seconds: 1700000000 } lead_created { lead { id: "a" channel: "none" } })");
  const std::string none = "undecodable: bad_framing: record names no message of its schema in the header: Apicurio's headers are read of Avro alone";
  EXPECT_EQ(rig.Map(b, "", {{"__value_schema_id", number}}), none);
  EXPECT_EQ(rig.Map(b, "", {{"apicurio.value.contentId", "\0\0\0\0\0\0\0\x9"s}}), none);
  for (const std::string& indexes : {"\2"s, "\2\2\2"s}) {
    EXPECT_EQ(rig.Map(b, "", {{"__value_schema_id", number + indexes}}), "undecodable: bad_framing: record doesn't say which message of its schema it is");
  }
  EXPECT_EQ(rig.Map(b, "", {{"__value_schema_id", number + "\2\4"}}), "undecodable: bad_framing: record is of a message that its schema doesn't have");
}

TEST(Framing, MessagesAreNamedByFewNumbersThatAreNone) {
  HeaderRig rig("format: protobuf", "key_format: text\n");
  // Zigzag: how many there are, and each.
  for (const std::string& indexes : {"\1"s, "\x42"s, "\2\1"s, "\2\x80\x80\x80\x80\x20"s}) {
    EXPECT_EQ(rig.Map("\x12\1a", "", {{"__value_schema_id", "\0\0\0\0\x9"s + indexes}}), "undecodable: bad_framing: record doesn't say which message of its schema it is");
  }
  EXPECT_EQ(rig.Map("\x12\1a", "", {{"__value_schema_id", {}}}), "undecodable: bad_framing: record has no header that names its schema") << "null";
}

TEST(Framing, OfGlueIsToldCompressedOrNot) {
  MappingRig rig("format: avro\nframing: confluent\nevents: [{emit: lead.created, set: {lead.id: row.id}}]");
  const std::string glue = "undecodable: bad_framing: record begins like the wire format of AWS Glue's registry, which isn't read; write it with Confluent's";
  const std::string other = "undecodable: bad_framing: record doesn't begin with the zero byte of Confluent's wire format";
  for (const auto& [how, said] : {std::pair{'\0', glue}, {'\5', glue}, {'\1', other}}) EXPECT_EQ(rig.Map("\3"s + how + std::string(20, 'x')), said);
}

TEST(Framing, KeysHaveAFormatOfTheirOwn) {
  const std::string lead = R"(mapped: id: "lead.created/t/3/42" source: "s" time { seconds: 1700000000 } lead_created { lead { id: ")", none = R"(mapped: id: "lead.created/t/3/42" source: "s" time { seconds: 1700000000 } lead_created { lead { } })";
  const std::string rules = "events: [{emit: lead.created, set: {lead.id: key.id | key}}]";
  MappingRig avro("framing: confluent\nkey_format: avro\n" + rules), protobuf("framing: confluent\nkey_format: protobuf\n" + rules), json("format: avro\nframing: confluent\nkey_format: json\n" + rules);
  for (MappingRig* rig : {&avro, &protobuf, &json}) {
    rig->schemas->Add(7, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, R"({"type":"record","name":"K","fields":[{"name":"id","type":"string"}]})", {}}));
    rig->schemas->Add(8, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kProtobuf, "syntax = \"proto3\"; message K { string id = 1; }", {}}));
  }
  EXPECT_EQ(avro.Map("\0\0\0\0\1{}"s, "\0\0\0\0\7\2a"s), lead + "a\" } }");
  EXPECT_EQ(avro.Map("\0\0\0\0\1{}"s, "text"), lead + "text\" } }") << "a key that isn't framed is its text";
  EXPECT_EQ(avro.Map("\0\0\0\0\1{}"s, "\0\0\0\0\x8\2a"s), "undecodable: bad_schema: key is of a schema that can't be used: it is a schema of Protobuf, not of Avro");
  EXPECT_EQ(protobuf.Map("\0\0\0\0\1{}"s, "\0\0\0\0\x8\0\x0a\1a"s), lead + "a\" } }");
  EXPECT_EQ(json.Map("\0\0\0\0\7\2x"s, R"({"id":"a"})"), lead + "a\" } }") << "JSON needs no framing";
  EXPECT_EQ(json.Map("\0\0\0\0\7\2x"s, "\0\0\0\0\1{\"id\":\"a\"}"s), lead + "a\" } }");
  EXPECT_EQ(json.Map("\0\0\0\0\7\2x"s, "text"), lead + "text\" } }");
}

}  // namespace
}  // namespace tidemark
