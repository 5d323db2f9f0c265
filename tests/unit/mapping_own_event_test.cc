// Records that are events as they are, written with another state of their schema: what reads the same, and what would read as something else.
#include "pipeline/mapping/own_event.h"

#include <google/protobuf/descriptor.h>

#include <set>

#include "pipeline/mapping/framing.h"
#include "pipeline/mapping/protobuf_schema.h"
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

mapping::ProtobufSchema Schema(const std::string& messages) {
  MapSchema schema;
  schema.schema = std::make_shared<const WriterSchema>(WriterSchema{
      WriterSchema::Kind::kProtobuf,
      "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/duration.proto\"; import \"google/protobuf/struct.proto\"; "
      "import \"tidemark/events/v1/options.proto\"; " + messages,
      {}});
  Result<mapping::ProtobufSchema> made = mapping::ProtobufSchema::Make(schema);
  EXPECT_TRUE(made.ok()) << made.status().text();
  return *std::move(made);
}

// "": what is written with the one is read with the other.
std::string WhyNot(const std::string& writer, const std::string& reader) {
  const mapping::ProtobufSchema from = Schema(writer), to = Schema(reader);
  return mapping::WhyNotReadAs(from.Find(mapping::MessageIndexes{0}), to.Find(mapping::MessageIndexes{0}));
}

TEST(OwnEvent, NumbersTextsAndTruthsAreReadAsWhatHoldsAllOfThem) {
  const std::vector<std::string> types = {"int32",  "int64",   "uint32",   "uint64",   "sint32", "sint64", "fixed32", "fixed64",
                                          "float",  "sfixed32", "sfixed64", "bool",     "double", "string", "bytes",   "E", "M"};
  const std::set<std::string> held = {"int32 int64", "uint32 int64", "E int64", "bool int64", "E int32", "bool int32", "uint32 uint64", "bool uint64", "bool uint32",
                                      "int32 E", "sint32 sint64", "bytes string", "string bytes"};
  for (const std::string& from : types) {
    for (const std::string& to : types) {
      const std::string rest = "} enum E { NONE = 0; } message M { string v = 1; }";
      const std::string why = WhyNot("message R { " + from + " f = 3; " + rest, "message R { " + to + " f = 3; " + rest);
      const auto shown = [](const std::string& type) { return type == "E" ? std::string("enum") : type; };
      if (from == to || held.contains(from + " " + to)) {
        EXPECT_EQ(why, "") << from << " as " << to;
      } else {
        EXPECT_EQ(why, "its field 3, R.f, is of type " + shown(from) + ", and here of type " + shown(to));
      }
    }
  }
}

TEST(OwnEvent, WhatWouldMeanSomethingElseIsRefusedByName) {
  const struct {
    const char* name;
    std::string writer, reader, why;
  } kRows[] = {
      {"FieldsOfOneSideOnly", "string a = 1; int32 b = 2;", "string a = 1; bytes c = 3;", ""},
      {"OtherNames", "string a = 1;", "string other = 1;", ""},
      {"AListOfOne", "repeated string a = 1;", "string a = 1;", "its field 1, R.a, is repeated string, and here of type string"},
      {"OneOfAList", "string a = 1;", "repeated string a = 1;", "its field 1, R.a, is of type string, and here repeated string"},
      {"AMapOfMessages", "map<string, string> a = 1;", "repeated P a = 1;", "its field 1, R.a, is a map, and here repeated P"},
      {"MessagesOfAMap", "repeated P a = 1;", "map<string, string> a = 1;", "its field 1, R.a, is repeated P, and here a map"},
      {"TheSameMap", "map<string, int32> a = 1;", "map<string, int64> a = 1;", ""},
      {"AnotherMap", "map<string, int64> a = 1;", "map<string, int32> a = 1;", "its field 2, R.AEntry.value, is of type int64, and here of type int32"},
      {"ATimeOfASpan", "google.protobuf.Timestamp a = 1;", "google.protobuf.Duration a = 1;", "its field 1, R.a, is of type google.protobuf.Timestamp, and here of type google.protobuf.Duration"},
      {"ASpanOfATime", "google.protobuf.Duration a = 1;", "google.protobuf.Timestamp a = 1;", "its field 1, R.a, is of type google.protobuf.Duration, and here of type google.protobuf.Timestamp"},
      {"TheSameTime", "google.protobuf.Timestamp a = 1;", "google.protobuf.Timestamp a = 1;", ""},
      {"AMessageOfAText", "string a = 1;", "P a = 1;", "its field 1, R.a, is of type string, and here of type P"},
      {"TheSameScale", "int64 a = 1 [(tidemark.events.v1.scale) = 2];", "int64 a = 1 [(tidemark.events.v1.scale) = 2];", ""},
      {"AnotherScale", "int64 a = 1 [(tidemark.events.v1.scale) = 2];", "int64 a = 1 [(.tidemark.events.v1.scale) = 3];", "its field 1, R.a, is of type int64 with the scale 2, and here of type int64 with the scale 3"},
      {"WithinMessages", "P a = 1;", "Q a = 1;", "its field 1, P.v, is of type string, and here of type int32"},
      {"WithinThemselves", "R a = 1; P p = 2;", "R a = 1; P p = 2;", ""},
  };
  for (const auto& row : kRows) {
    const std::string rest = "} message P { string v = 1; } message Q { int32 v = 1; }";
    EXPECT_EQ(WhyNot("message R { " + row.writer + rest, "message R { " + row.reader + rest), row.why) << row.name;
  }
}

TEST(OwnEvent, WhatAPathMeansIsSignedByNumbersAndTypes) {
  const mapping::ProtobufSchema schema = Schema(
      "message R { string id = 1; optional int32 n = 2; repeated P list = 3; map<string, P> by_name = 4; google.protobuf.Struct any = 5; google.protobuf.Timestamp at = 6; } "
      "message P { int64 v = 1; P inner = 2; }");
  const auto signature = [&](const std::vector<MapPath::Step>& steps) {
    MapPath path;
    path.root = "row";
    path.steps = steps;
    const Result<std::string> made = mapping::SignatureOf(schema.Find(mapping::MessageIndexes{0}), path);
    return made.ok() ? *made : "refused: " + made.status().text();
  };
  EXPECT_EQ(signature({{"id", 0}}), " id=1:string");
  EXPECT_EQ(signature({{"n", 0}}), " n=2:int32?");
  EXPECT_EQ(signature({{"at", 0}}), " at=6:google.protobuf.Timestamp?");
  EXPECT_EQ(signature({{"list", 0}, {"", 7}, {"inner", 0}, {"v", 0}}), " list=3:message* inner=2:message? v=1:int64") << "whichever element it is";
  EXPECT_EQ(signature({{"by_name", 0}, {"some key", 0}, {"v", 0}}), " by_name=4:message* v=1:int64") << "whichever key it is";
  EXPECT_EQ(signature({{"any", 0}, {"x", 0}, {"y", 0}}), " any=5:message?") << "whatever is in it";
  EXPECT_EQ(signature({{"idd", 0}}), "refused: row.idd: the message has no field idd; did you mean id?");
  EXPECT_EQ(signature({{"id", 0}, {"x", 0}}), "refused: row.id.x: the message has no field x");
  EXPECT_EQ(signature({{"by_name", 0}, {"k", 0}, {"vv", 0}}), "refused: row.by_name.k.vv: the message has no field vv; did you mean v?");
}

}  // namespace
}  // namespace tidemark
