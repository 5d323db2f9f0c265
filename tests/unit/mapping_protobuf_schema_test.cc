// Schemas of Protobuf: a .proto text or descriptors, what they refer to, which message of them a record is, and what is wrong with them.
#include <absl/strings/escaping.h>

#include <filesystem>
#include <fstream>

#include "pipeline/mapping/protobuf_schema.h"
#include "tests/unit/mapping_protobuf_rig.h"

namespace tidemark {
namespace {

TEST(Protobuf, TheMessageIsTheOneThatIsNamed) {
  const Oracle card(kSchema, "shop.Card"), line(kSchema, "shop.Order.Line");
  ProtobufRig rig(Set("deal.stage: row.brand | row.sku"));
  const std::string visa = card.Of("brand: \"visa\""), sku = line.Of("sku: \"s\"");
  EXPECT_EQ(rig.Of(visa, "\2\2"), Shown("stage: \"visa\"")) << "count and index in zigzag: [1]";
  EXPECT_EQ(rig.Of(sku, "\4\0\0"s), Shown("stage: \"s\"")) << "[0, 0]";
  EXPECT_EQ(rig.Of("", "\2\0"s), Shown("")) << "[0], as Apicurio writes it";
  EXPECT_EQ(rig.Of(visa, "\2\x06"), "undecodable: bad_framing: record is of a message that its schema doesn't have");
  EXPECT_EQ(rig.Of("", "\2"), "undecodable: bad_framing: record doesn't say which message of its schema it is");
  EXPECT_EQ(rig.Of("", ""), "undecodable: bad_framing: record doesn't say which message of its schema it is");
  EXPECT_EQ(rig.Of("", "\x80\x80\x80\x80\x10"), "undecodable: bad_framing: record doesn't say which message of its schema it is");
  ProtobufRig plain("message_index: plain\n" + Set("deal.stage: row.brand | row.sku"));
  EXPECT_EQ(plain.Of(visa, "\1\1"), Shown("stage: \"visa\""));
}

// Confluent's serializer for Java counts by the text that it registers, those for Python and .NET by the descriptor, which has a message for each map.
TEST(Protobuf, EntriesOfMapsCountWhereTheSchemaHasThemAsMessages) {
  const Oracle line(kSchema, "shop.Order.Line");
  const std::string sku = line.Of("sku: \"s\""), not_there = "undecodable: bad_framing: record is of a message that its schema doesn't have";
  const std::string rule = Set("deal.stage: row.sku");
  ProtobufRig text(rule), descriptor(rule, absl::Base64Escape(line.set.file(1).SerializeAsString()));
  EXPECT_EQ(text.Of(sku, "\4\0\0"s), Shown("stage: \"s\"")) << "Order, and Line is the first in it";
  EXPECT_EQ(text.Of(sku, "\4\0\2"s), not_there) << "an entry is no record";
  EXPECT_EQ(descriptor.Of(sku, "\4\0\4"s), Shown("stage: \"s\"")) << "behind TagsEntry and ByNumberEntry";
  EXPECT_EQ(descriptor.Of(sku, "\4\0\0"s), not_there);
  EXPECT_EQ(descriptor.Of(sku, "\4\0\6"s), not_there) << "one too many";
  ProtobufRig written(rule, R"(syntax = "proto3"; message M { repeated TagsEntry tags = 1; message TagsEntry { option map_entry = true; string key = 1; string value = 2; } message Line { string sku = 1; } })");
  EXPECT_EQ(written.Of(sku, "\4\0\2"s), Shown("stage: \"s\"")) << "as Confluent's registry writes a descriptor";
  EXPECT_EQ(written.Of(sku, "\4\0\0"s), not_there);
}

TEST(Protobuf, ABadSchemaIsSaid) {
  const auto said = [](const std::string& schema) {
    const std::string all = ProtobufRig(Set("deal.stage: row.id"), schema).Of("");
    const std::string begin = "undecodable: bad_schema: record is of a schema that can't be used: it ";
    return all.starts_with(begin) ? all.substr(begin.size()) : all;
  };
  EXPECT_EQ(said("message {"), "schema.proto is no .proto: line 1, column 9: Expected message name.");
  EXPECT_EQ(said("syntax = \"proto3\";"), "has no message");
  EXPECT_EQ(said("IgMKAS0="), "schema.proto can't be used: -: \"-\" is not a valid identifier.") << "base64 of a descriptor";
  EXPECT_EQ(said("aGVsbG8="), "schema.proto is no .proto: line 1, column 1: Expected top-level statement (e.g. \"message\").") << "base64 of something";
  EXPECT_EQ(said("syntax = \"proto3\"; message A { B b = 1; }"), "schema.proto can't be used: A.b: \"B\" is not defined.");
  EXPECT_EQ(said("syntax = \"proto3\"; import \"a.proto\"; message A { a.B b = 1; }"), "schema.proto can't be used: A.b: \"a.B\" is not defined.");
  EXPECT_EQ(said("syntax = \"proto3\"; import \"google/protobuf/none.proto\"; message A { string s = 1; }"), Shown("")) << "an import that nobody has, and nothing needs";
  for (const char* words : {"/* \\", "\"\\", "'\\\n", "\"\\\"", "'x\\"}) EXPECT_TRUE(said(words).starts_with("schema.proto is no .proto: ")) << words;
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "message M { ";
  EXPECT_EQ(said(deep), "schema.proto is nested too deep");
}

TEST(Protobuf, ReferencesAreImports) {
  MappingRig rig("format: protobuf\nframing: confluent\n" + Set("deal.stage: row.a.v"));
  WriterSchema schema{WriterSchema::Kind::kProtobuf, "syntax = \"proto3\"; import \"x/a.proto\"; message R { x.A a = 1; }", {}};
  schema.references.emplace_back("x/a.proto", WriterSchema{WriterSchema::Kind::kProtobuf, "syntax = \"proto3\"; package x; message A { string v = 1; }", {}});
  rig.schemas->Add(7, std::make_shared<const WriterSchema>(schema));
  EXPECT_EQ(rig.Map("\0\0\0\0\7\0\x0a\3\x0a\1z"s), Shown("stage: \"z\""));
}

TEST(Protobuf, OneSchemaForAllRecords) {
  const std::string folder = testing::TempDir() + "/tidemark_protobuf_test";
  std::filesystem::create_directories(folder);
  const Oracle order(kSchema, "shop.Order");
  std::ofstream(folder + "/shop.proto") << kSchema;
  std::ofstream(folder + "/shop.desc", std::ios::binary) << order.set.SerializeAsString();
  const std::string id = order.Of("id: \"a\"");
  EXPECT_EQ(MappingRig("format: protobuf\nschema: " + folder + "/shop.proto\n" + Set("deal.stage: row.id")).Map(id), Shown("stage: \"a\""));
  EXPECT_EQ(MappingRig("format: protobuf\nschema: " + folder + "/shop.proto\nmessage: shop.Person\n" + Set("deal.stage: row.name")).Map(id), Shown("stage: \"a\""));
  EXPECT_EQ(MappingRig("format: protobuf\nschema: " + folder + "/shop.desc\nmessage: shop.Order\n" + Set("deal.stage: row.id")).Map(id), Shown("stage: \"a\""));
  EXPECT_EQ(MappingRig("format: protobuf\nschema: " + folder + "/shop.desc\nmessage: shop.Oder\n" + Set("deal.stage: row.id")).said,
            "m.yaml:8:13: sources.s.schema: it has no message shop.Oder\n");
  std::filesystem::remove_all(folder);
}

TEST(Protobuf, WhatIsInAnAnyIsRefusedByName) {
  const std::string text = R"(syntax = "proto3"; import "google/protobuf/any.proto"; message Order { string id = 1; google.protobuf.Any payload = 2; })";
  const std::string path = testing::TempDir() + "/any.proto";
  std::ofstream(path) << text;
  const std::string of_file = "format: protobuf\nschema: " + path + "\n";
  EXPECT_EQ(MappingRig(of_file + "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.payload.stage}}]").said,
            "m.yaml:8:13: sources.s.schema: it has a google.protobuf.Any where stage is wanted, and what is in one isn't read: let a message of its own type stand there, or a oneof\n");
  EXPECT_EQ(MappingRig(of_file + "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.payload.type_url}}]").said, "");
}

TEST(Protobuf, AReferenceMayBeCalledAsTheSchemaMightBe) {
  MappingRig rig("format: protobuf\nframing: confluent\nevents: [{emit: deal.updated, set: {deal.id: row.who.name}}]");
  const WriterSchema main{WriterSchema::Kind::kProtobuf, "syntax = \"proto3\"; import \"schema.proto\"; message Order { Person who = 1; }",
                          {{"schema.proto", {WriterSchema::Kind::kProtobuf, "syntax = \"proto3\"; message Person { string name = 1; }", {}}}}};
  rig.schemas->Add(7, std::make_shared<const WriterSchema>(main));
  EXPECT_TRUE(rig.Map("\0\0\0\0\7\0\n\3\n\1a"s).ends_with("deal_updated { deal { id: \"a\" } }"));
}

TEST(Protobuf, BracesOfWordsNestNothing) {
  const std::string many(200, '{');
  const auto said = [&](const std::string& words) {
    const std::string path = testing::TempDir() + "/braces.proto";
    std::ofstream(path) << "syntax = \"proto3\";\n" + words + "\nmessage Order { string id = 1; }\n";
    return MappingRig("format: protobuf\nschema: " + path + "\nevents: [{emit: deal.updated, set: {deal.id: row.id}}]").said;
  };
  EXPECT_EQ(said("// " + many), "");
  EXPECT_EQ(said("/* " + many + " \n * / */"), "");
  EXPECT_EQ(said("import \"" + many + "\\\"" + many + "\";"), "");
  EXPECT_EQ(said("import '" + many + "\"';"), "");
  for (const std::string& open : {"/**//" + many, "\"\n" + many, "'\\\n" + many, "/* */" + many, many, std::string(300, '}') + many, "/*\0\" \";"s + many}) {
    EXPECT_EQ(said(open), "m.yaml:8:13: sources.s.schema: it schema.proto is nested too deep\n") << open;
  }
}

TEST(Protobuf, DescriptorSetsAreSetsOfFiles) {
  const auto why = [](WriterSchema::Kind kind, const std::string& text, const std::string& message = "R") {
    const Result<mapping::ProtobufSchema> made = mapping::ProtobufSchema::Make({std::make_shared<const WriterSchema>(WriterSchema{kind, text, {}}), true, message, {}});
    return made.ok() ? "" : made.status().text();
  };
  const auto file = [](const std::string& name, const std::string& import) {
    const std::string parts = "\x0a" + std::string(1, static_cast<char>(name.size())) + name + (import.empty() ? "" : "\x1a" + std::string(1, static_cast<char>(import.size())) + import) +
                              (name == "a" ? "\x22\3\x0a\1R" : "");
    return "\x0a" + std::string(1, static_cast<char>(parts.size())) + parts;
  };
  EXPECT_EQ(why(WriterSchema::Kind::kProtobuf, file("a", "")), "");
  EXPECT_EQ(why(WriterSchema::Kind::kProtobuf, file("a", ""), "Q"), "has no message Q");
  EXPECT_EQ(why(WriterSchema::Kind::kProtobuf, file("a", ""), ""), "has no message");
  EXPECT_EQ(why(WriterSchema::Kind::kAvro, file("a", "")), "isn't Protobuf");
  for (const std::string bytes : {"", "\7", "message R {}"}) {
    EXPECT_EQ(why(WriterSchema::Kind::kProtobuf, bytes), "is no descriptor set; protoc writes one with --descriptor_set_out and --include_imports");
  }
  EXPECT_EQ(why(WriterSchema::Kind::kProtobuf, file("a", "b") + file("b", "a")), "a imports itself");
  std::string many;
  for (int n = 0; n < 3'000; ++n) many += file("f" + std::to_string(n), "");
  EXPECT_TRUE(why(WriterSchema::Kind::kProtobuf, many).ends_with(" files")) << why(WriterSchema::Kind::kProtobuf, many);
}

}  // namespace
}  // namespace tidemark
