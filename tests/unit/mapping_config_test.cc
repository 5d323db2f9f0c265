// What is wrong in a mapping is said where it stands.
#include <filesystem>
#include <fstream>

#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Mapping, MappingMistake,
    testing::Values(
        Mistake{"NoRule", "shape: row", "m.yaml:6:5: sources.s: \"events\" is missing\n"},
        Mistake{"NoHeader", "events: [{emit: lead.created, id: [record.headers.a.b]}]",
                "m.yaml:7:40: sources.s.events[0].id: record.headers.a.b names no header; write record.headers.NAME, and in quotes what isn't one word: record.headers.\"x-shopify-topic\"\n"},
        Mistake{"CloudEventsHaveTheirMeta", "framing: cloudevents\nshape: debezium\nevents: [{emit: lead.created}]",
                "m.yaml:7:14: sources.s.framing: cloudevents goes with the shapes event and row: `meta` are its attributes, and other shapes have a `meta` of their own\n"},
        Mistake{"CloudEventsAreBatches", "framing: cloudevents\neach: root\nevents: [{emit: lead.created}]", "m.yaml:7:14: sources.s.framing: cloudevents takes batches as they come: leave out `each`\n"},
        Mistake{"NoAttribute", "framing: cloudevents\nevents: [{emit: lead.created, when: has(meta.a.b)}]",
                "m.yaml:8:45: sources.s.events[0].when: meta.a.b is no attribute of a CloudEvent; write meta.NAME, like meta.type\n"},
        Mistake{"NoSuchMapping", "use: segmnt", "m.yaml:7:10: sources.s.use: \"segmnt\" is no mapping that ships; did you mean \"segment\"?\n"},
        Mistake{"NoSuchType", "events: [{emit: deal.wun}]", "m.yaml:7:21: sources.s.events[0].emit: \"deal.wun\" is no event type; did you mean deal.won?\n"},
        Mistake{"NoSuchField", "events: [{emit: deal.won, set: {deal.amuont: row.a}}]", "m.yaml:7:37: sources.s.events[0].set.deal.amuont: deal.amuont is not a field of deal.won; did you mean deal.amount?\n"},
        Mistake{"NoSuchRoot", "events: [{emit: deal.won, when: rwo.a == 1}]", "m.yaml:7:37: sources.s.events[0].when: rwo.a begins with none of row, old, key, meta, record, item; did you mean row?\n"},
        Mistake{"NoOld", "events: [{emit: deal.won, when: old.a == 1}]", "m.yaml:7:37: sources.s.events[0].when: old.a: records of this shape have no `old`\n"},
        Mistake{"NoUnit", "time: row.created\nevents: [{emit: deal.won}]", "m.yaml:7:11: sources.s.events[0].time: says no unit: write iso(..), s(..), ms(..), us(..), ns(..), days(..) or local(.., zone)\n"},
        Mistake{"NoFunction", "events: [{emit: deal.won, set: {deal.id: uppr(row.a)}}]", "m.yaml:7:46: sources.s.events[0].set.deal.id: uppr is no function; did you mean upper?\n"},
        Mistake{"NoList", "events: [{emit: deal.won, when: row.a in won}]", "m.yaml:7:46: sources.s.events[0].when: there is no list called \"won\"; define it under `lists`, or write [\"a\", \"b\"]\n"},
        Mistake{"NoWords", "events: [{emit: deal.won, set: {deal.id: 'lookup(w, row.a)'}}]", "m.yaml:7:47: sources.s.events[0].set.deal.id: there are no `words` called w\n"},
        Mistake{"NoZone", "events: [{emit: deal.won, time: 'local(row.t, \"Mars\")'}]", "m.yaml:7:38: sources.s.events[0].time: \"Mars\" is no time zone of this machine, like Europe/Berlin\n"},
        Mistake{"AValueIsNoCondition", "events: [{emit: deal.won, when: lower(row.a)}]", "m.yaml:7:37: sources.s.events[0].when: a condition is wanted here, like row.type == \"track\"\n"},
        Mistake{"OneArrayInTwoWays", "events: [{emit: order.item, each: row.p, set: {order.id: 'row.p[0].id', product.id: item.id}}]",
                "m.yaml:5:3: sources.s.events: an array is read in two ways: by `each`, by key (`maps`) or by position; one of them\n"},
        Mistake{"OneArrayByTwoMaps", "maps: {a: {array: row.p, key: k, value: v}, b: {array: row.p, key: n, value: v}}\nevents: [{emit: deal.won, set: {deal.id: a.x, deal.stage: b.y}}]",
                "m.yaml:7:49: sources.s.events[0].set.deal.stage: b reads the array that a reads; make one of them\n"},
        Mistake{"NoSuchFormat", "format: avor\nevents: [{emit: deal.won}]", "m.yaml:7:13: sources.s.format: \"avor\" is none of json, avro, protobuf; did you mean \"avro\"?\n"},
        Mistake{"ConnectIsJson", "format: avro\nframing: connect\nschema: /proc/version\nevents: [{emit: deal.won}]", "m.yaml:8:14: sources.s.framing: {schema, payload} is of JSON alone\n"},
        Mistake{"NoSchema", "format: avro\nevents: [{emit: deal.won}]",
                "m.yaml:5:3: sources.s: its records name no schema: write `schema: FILE`, or `framing: confluent` where a number stands before each, `headers` where it stands in a header\n"},
        Mistake{"JsonNeedsNoSchema", "schema: x\nevents: [{emit: deal.won}]", "m.yaml:7:13: sources.s.schema: JSON needs none\n"},
        Mistake{"FramedByNumber", "format: avro\nframing: confluent\nschema: x\nevents: [{emit: deal.won}]", "m.yaml:9:13: sources.s.schema: records name their schema by number; `schemas` is a directory of them\n"},
        Mistake{"NoSuchFile", "format: avro\nschema: /nowhere/x.avsc\nevents: [{emit: deal.won}]", "m.yaml:8:13: sources.s.schema: can't read \"/nowhere/x.avsc\": No such file or directory\n"},
        Mistake{"NoSuchDirectory", "format: avro\nframing: confluent\nschemas: /nowhere\nevents: [{emit: deal.won}]", "m.yaml:9:14: sources.s.schemas: can't read \"/nowhere\": No such file or directory\n"},
        Mistake{"DirectoryOfNothing", "format: avro\nframing: confluent\nschemas: /proc/self/fdinfo\nevents: [{emit: deal.won}]", "m.yaml:9:14: sources.s.schemas: holds no schema; the one with number 7 is called 7.avsc\n"},
        Mistake{"MessageOfAvro", "format: avro\nframing: confluent\nmessage: a.B\nevents: [{emit: deal.won}]", "m.yaml:9:14: sources.s.message: only Protobuf without framing, or with `payload`, is told which message it is\n"},
        Mistake{"IndexOfAvro", "format: avro\nframing: confluent\nmessage_index: plain\nevents: [{emit: deal.won}]", "m.yaml:9:20: sources.s.message_index: is of Protobuf with `framing: confluent` or `headers`\n"},
        Mistake{"KeyWithoutFraming", "key_format: avro\nevents: [{emit: deal.won}]", "m.yaml:7:17: sources.s.key_format: is read with `framing: confluent` or `headers` alone\n"},
        Mistake{"HeadersOfJson", "framing: headers\nevents: [{emit: deal.won}]", "m.yaml:7:14: sources.s.framing: JSON needs no schema: without framing it is read as it is\n"},
        Mistake{"SchemasOfNothing", "framing: confluent\nschemas: /nowhere\nevents: [{emit: deal.won}]",
                "m.yaml:8:14: sources.s.schemas: only Avro and Protobuf with `framing: confluent` or `headers` name their schemas by number\n"},
        Mistake{"GapsOfOthers", "shape: row\non_gap: count\nevents: [{emit: deal.won}]", "m.yaml:8:13: sources.s.on_gap: only records of the shape salesforce_cdc tell of what was lost\n"},
        Mistake{"NoSuchGap", "shape: salesforce_cdc\non_gap: covrage\nevents: [{emit: deal.won}]", "m.yaml:8:13: sources.s.on_gap: \"covrage\" is none of coverage, count; did you mean \"coverage\"?\n"},
        Mistake{"ItemWithoutEach", "events: [{emit: deal.won, set: {deal.id: item.a}}]", "m.yaml:7:46: sources.s.events[0].set.deal.id: item.a: there is an item only where a rule has `each`\n"}),
    NameOf);

// Of expressions and paths.
INSTANTIATE_TEST_SUITE_P(
    Paths, MappingMistake,
    testing::Values(
        Mistake{"NoNearFunction", "events: [{emit: deal.won, set: {deal.id: xyzzy(row.a)}}]", "m.yaml:7:46: sources.s.events[0].set.deal.id: xyzzy is no function\n"},
        Mistake{"TooFewArguments", "events: [{emit: deal.won, set: {deal.amount: 'minor(row.a)'}}]",
                "m.yaml:7:51: sources.s.events[0].set.deal.amount: minor is written like minor(row.amount, row.currency)\n"},
        Mistake{"TooManyArguments", "events: [{emit: deal.won, set: {deal.id: 'lower(row.a, row.b)'}}]",
                "m.yaml:7:47: sources.s.events[0].set.deal.id: lower is written like lower(row.email)\n"},
        Mistake{"NoZoneAtAll", "events: [{emit: deal.won, time: 'local(row.t)'}]",
                "m.yaml:7:38: sources.s.events[0].time: local is written like local(row.created, \"Europe/Berlin\")\n"},
        Mistake{"ChangedOfNoField", "events: [{emit: deal.won, when: 'changed(meta.a)'}]", "m.yaml:7:38: sources.s.events[0].when: changed wants a field of the row, like row.stage\n"},
        Mistake{"ChangedOfTheRow", "events: [{emit: deal.won, when: 'changed(row)'}]", "m.yaml:7:38: sources.s.events[0].when: changed wants a field of the row, like row.stage\n"},
        Mistake{"ChangedOfAChange", "events: [{emit: deal.won, when: 'changed(was(row.a))'}]",
                "m.yaml:7:38: sources.s.events[0].when: changed wants a field of the row, like row.stage\n"},
        Mistake{"ChangedOfAConstant", "events: [{emit: deal.won, when: 'changed(lower(\"a\"))'}]",
                "m.yaml:7:38: sources.s.events[0].when: changed wants a field of the row, like row.stage\n"},
        Mistake{"ATimeIsNoText", "events: [{emit: deal.won, set: {deal.id: ms(row.a)}}]", "m.yaml:7:37: sources.s.events[0].set.deal.id: the field is no time\n"},
        Mistake{"AConditionIsNoValue", "events: [{emit: deal.won, set: {deal.id: 'row.a == 1'}}]",
                "m.yaml:7:47: sources.s.events[0].set.deal.id: a value is wanted here, not a condition; rules have `when`\n"},
        Mistake{"AConditionIsNoPart", "events: [{emit: deal.won, set: {deal.id: 'concat(row.a == 1, \"x\")'}}]",
                "m.yaml:7:54: sources.s.events[0].set.deal.id: a value is wanted here, not a condition; rules have `when`\n"},
        Mistake{"NoNearType", "events: [{emit: xyzzy}]", "m.yaml:7:21: sources.s.events[0].emit: \"xyzzy\" is no event type\n"},
        Mistake{"NoEvents", "events: []", "m.yaml:5:3: sources.s.events: there is no rule, so nothing would come of it\n"},
        Mistake{"AnItemOfAnEntity", "shape: salesforce_cdc\nevents: [{emit: deal.won, set: {deal.id: item.a}}]",
                "m.yaml:8:46: sources.s.events[0].set.deal.id: item.a: there is an item only where a rule has `each`; the record's entity is `item` alone\n"},
        Mistake{"NoNearRoot", "maps: {param: {array: row.p, key: k, value: v}}\nevents: [{emit: deal.won, set: {deal.id: xyzzy.a}}]",
                "m.yaml:8:46: sources.s.events[0].set.deal.id: xyzzy.a begins with none of row, old, key, meta, record, item or the names of `maps`\n"},
        Mistake{"NearAMap", "maps: {param: {array: row.p, key: k, value: v}}\nevents: [{emit: deal.won, set: {deal.id: parm.a}}]",
                "m.yaml:8:46: sources.s.events[0].set.deal.id: parm.a begins with none of row, old, key, meta, record, item or the names of `maps`; did you mean param?\n"},
        Mistake{"AMapWithoutAKey", "maps: {param: {array: row.p, key: k, value: v}}\nevents: [{emit: deal.won, set: {deal.id: param}}]",
                "m.yaml:8:46: sources.s.events[0].set.deal.id: param itself is no value; write param.KEY\n"},
        Mistake{"ARecordAlone", "events: [{emit: deal.won, set: {deal.id: record}}]",
                "m.yaml:7:46: sources.s.events[0].set.deal.id: record is nothing; there are record.topic, record.partition, record.offset, record.timestamp, record.headers.NAME\n"},
        Mistake{"ARecordsWhat", "events: [{emit: deal.won, set: {deal.id: record.size}}]",
                "m.yaml:7:46: sources.s.events[0].set.deal.id: record.size is nothing; there are record.topic, record.partition, record.offset, record.timestamp, record.headers.NAME\n"},
        Mistake{"HeadersAlone", "events: [{emit: deal.won, set: {deal.id: record.headers}}]",
                "m.yaml:7:46: sources.s.events[0].set.deal.id: record.headers names no header; write record.headers.NAME, and in quotes what isn't one word: record.headers.\"x-shopify-topic\"\n"},
        Mistake{"HeadersByNumber", "events: [{emit: deal.won, set: {deal.id: 'record.headers[0]'}}]",
                "m.yaml:7:47: sources.s.events[0].set.deal.id: record.headers[0] names no header; write record.headers.NAME, and in quotes what isn't one word: record.headers.\"x-shopify-topic\"\n"},
        Mistake{"MetaAlone", "framing: cloudevents\nevents: [{emit: deal.won, set: {deal.id: meta}}]",
                "m.yaml:8:46: sources.s.events[0].set.deal.id: meta is no attribute of a CloudEvent; write meta.NAME, like meta.type\n"},
        Mistake{"MetaByNumber", "framing: cloudevents\nevents: [{emit: deal.won, set: {deal.id: 'meta[0]'}}]",
                "m.yaml:8:47: sources.s.events[0].set.deal.id: meta[0] is no attribute of a CloudEvent; write meta.NAME, like meta.type\n"},
        Mistake{"EachOfOld", "events: [{emit: deal.won, each: old.a}]", "m.yaml:7:37: sources.s.events[0].each: old.a: records of this shape have no `old`\n"},
        Mistake{"EachOfARecord", "events: [{emit: deal.won, each: record.headers}]",
                "m.yaml:7:37: sources.s.events[0].each: record.headers: records of this shape have no `record`\n"},
        Mistake{"ATruthIsNoNumber", "events: [{emit: deal.won, when: 'row.a and 1'}]", "m.yaml:7:48: sources.s.events[0].when: a condition is wanted here, like row.type == \"track\"\n"},
        Mistake{"EachOfTwo", "events: [{emit: order.item, each: row.p, set: {product.id: 'row.p[0]'}}]",
                "m.yaml:5:3: sources.s.events: an array is read in two ways: by `each`, by key (`maps`) or by position; one of them\n"},
        Mistake{"NoMetaHere", "events: [{emit: deal.won, set: {deal.id: meta.a}}]",
                "m.yaml:7:46: sources.s.events[0].set.deal.id: meta.a: records of this shape have no `meta`\n"},
        Mistake{"TimesOfAvro", "format: avro\nframing: confluent\ntime: row.a | ms(row.b)\nevents: [{emit: deal.won}]", ""},
        Mistake{"TimesOfAvroOrTexts", "format: avro\nframing: confluent\ntime: row.a | lower(row.b)\nevents: [{emit: deal.won}]",
                "m.yaml:9:11: sources.s.events[0].time: says no unit: write iso(..), s(..), ms(..), us(..), ns(..), days(..) or local(.., zone)\n"}),
    NameOf);

TEST_P(MappingMistake, IsSaidAtItsPlace) { EXPECT_EQ(MappingRig(GetParam().source).said, GetParam().said); }

TEST(Mapping, SchemasComeFromFiles) {
  const std::string folder = testing::TempDir() + "/tidemark_schemas_test";
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& text) { std::ofstream(folder + "/" + name) << text; };
  write("7.avsc", R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]})");
  write("8.avsc", R"({"type": "record", "name": "R", "fields": [{"name": "n", "type": "int"}, {"name": "id", "type": "string"}]})");
  write("README", "not one of them");
  const std::string by_number = "format: avro\nframing: confluent\nschemas: " + folder + "\nevents: [{emit: lead.created, set: {lead.id: row.id}}]";
  const std::string lead = R"(mapped: id: "lead.created/t/3/42" source: "s" time { seconds: 1700000000 } lead_created { lead { id: "a" } })";
  MappingRig rig(by_number);
  EXPECT_EQ(rig.Map(std::string("\0\0\0\0\7\2a", 7)), lead);
  EXPECT_EQ(rig.Map(std::string("\0\0\0\0\x08\2\2a", 8)), lead);
  EXPECT_EQ(rig.specs.files.size(), 2u) << "which are watched";
  const std::string alone = "format: avro\nschema: " + folder + "/7.avsc\nevents: [{emit: lead.created, set: {lead.id: row.id}}]";
  EXPECT_EQ(MappingRig(alone).Map("\2a"), lead);
  const uint64_t before = MappingRig(alone).plan->kpis()[0].fingerprint, numbered = rig.plan->kpis()[0].fingerprint;
  write("7.avsc", R"({"type": "record", "name": "R", "fields": [{"name": "name", "type": "string"}]})");
  EXPECT_NE(MappingRig(alone).plan->kpis()[0].fingerprint, before) << "another schema makes other events of the same records";
  EXPECT_EQ(MappingRig(by_number).plan->kpis()[0].fingerprint, numbered) << "more numbers don't";
  write("7.avsc", R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "strin"}]})");
  EXPECT_EQ(MappingRig(by_number).said, "m.yaml:9:14: sources.s.schemas: 7: it id: \"strin\" is no type of it\n");
  write("7.avsc", "");
  write("x.avsc", "");
  EXPECT_EQ(MappingRig(by_number).said, "m.yaml:9:14: sources.s.schemas: \"x.avsc\" is not called by the number of its schema, like 7.avsc\n");
  std::filesystem::remove_all(folder);
}

TEST(Mapping, DirectoriesHoldSchemasByTheirNumbers) {
  const std::string folder = testing::TempDir() + "/tidemark_schema_numbers_test";
  const auto said = [&](const std::vector<std::pair<std::string, std::string>>& files, const std::string& source = "format: avro\n") {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    for (const auto& [name, text] : files) std::ofstream(folder + "/" + name) << text;
    return MappingRig(source + "framing: confluent\nschemas: " + folder + "\nevents: [{emit: lead.created, set: {lead.id: row.id}}]").said;
  };
  const std::string avro = R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]})", proto = "syntax = \"proto3\"; message R { string id = 1; }";
  const std::string not_called = " is not called by the number of its schema, like 7.";
  EXPECT_EQ(said({{"7.avsc", avro}, {"8.proto", "not looked at"}}), "");
  EXPECT_EQ(said({{"7.avsc", avro}, {"07.avsc", avro}}), "m.yaml:9:14: sources.s.schemas: schema 7 is there twice\n");
  for (const std::string name : {"7x", "0", "-7", "4294967296", "seven"}) EXPECT_EQ(said({{name + ".avsc", avro}}), "m.yaml:9:14: sources.s.schemas: \"" + name + ".avsc\"" + not_called + "avsc\n");
  EXPECT_EQ(said({{"7.proto", proto}}, "format: protobuf\n"), "");
  EXPECT_EQ(said({{"7.avsc", avro}}, "format: protobuf\n"), "m.yaml:9:14: sources.s.schemas: holds no schema; the one with number 7 is called 7.proto\n");
  EXPECT_EQ(said({{"x.proto", proto}}, "format: protobuf\n"), "m.yaml:9:14: sources.s.schemas: \"x.proto\"" + not_called + "proto\n");
  EXPECT_EQ(said({{"7.avsc", avro}, {"8.proto", proto}}, "format: avro\nkey_format: protobuf\n"), "") << "one may be that of keys";
  EXPECT_EQ(said({{"7.avsc", "{}"}, {"8.proto", proto}}, "format: avro\nkey_format: protobuf\n"), "m.yaml:10:14: sources.s.schemas: 7: it an object without `type`\n");
  EXPECT_EQ(said({{"7.avsc", std::string((4u << 20) + 1, ' ')}}), "m.yaml:9:14: sources.s.schemas: \"7.avsc\" is larger than 4 MiB\n");
  // Whoever names files, names them as they like.
  EXPECT_EQ(said({{std::string(70, '\x80') + ".avsc", avro}}), "m.yaml:9:14: sources.s.schemas: \"...\"" + not_called + "avsc\n");
  std::vector<std::pair<std::string, std::string>> many;
  for (int n = 1; n <= 1'001; ++n) many.emplace_back(std::to_string(n) + ".avsc", "");
  EXPECT_EQ(said(many), "m.yaml:9:14: sources.s.schemas: holds more than 1000 schemas\n");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/7.avsc");
  EXPECT_EQ(MappingRig("format: avro\nframing: confluent\nschemas: " + folder + "\nevents: [{emit: lead.created}]").said, "m.yaml:9:14: sources.s.schemas: can't read \"7.avsc\": Is a directory\n");
  std::filesystem::remove_all(folder);
}

TEST(Mapping, AnotherMappingCountsAnew) {
  const auto fingerprint = [](const std::string& source) {
    MappingRig rig(source);
    EXPECT_EQ(rig.said, "");
    return rig.plan == nullptr ? 0 : rig.plan->kpis()[0].fingerprint;
  };
  const uint64_t one = fingerprint("events: [{emit: lead.created, set: {lead.id: row.a}}]");
  EXPECT_EQ(one, fingerprint("events:\n- emit: lead.created\n  set:\n    lead.id: row.a   # the same"));
  EXPECT_NE(one, fingerprint("events: [{emit: lead.created, set: {lead.id: row.b}}]"));
}

}  // namespace
}  // namespace tidemark
