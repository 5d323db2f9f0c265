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

}  // namespace
}  // namespace tidemark
