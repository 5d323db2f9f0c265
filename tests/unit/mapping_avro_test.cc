// Avro: a writer's schema, and records that it wrote, become the same events as JSON with the same facts.
#include "tests/unit/avro_bytes.h"
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

constexpr const char* kFrom = "format: avro\nframing: confluent\n";
const std::string kEvent = R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { )";

// A rig that has schema 7, and maps what stands behind its number.
struct AvroRig : MappingRig {
  AvroRig(const std::string& source, const std::string& schema) : MappingRig(kFrom + source) {
    if (!schema.empty()) schemas->Add(7, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, schema, {}}));
  }
  std::string Of(const std::string& bytes, std::string_view key = {}) { return Map("\0\0\0\0\7"s + bytes, key); }
};

std::string Record(const std::string& fields) { return R"({"type": "record", "name": "R", "fields": [)" + fields + "]}"; }
std::string Field(const std::string& name, const std::string& type) { return R"({"name": ")" + name + R"(", "type": )" + type + "}"; }

// What a field of `type` with these bytes becomes as deal.stage (a text) or deal.amount.
std::string As(const std::string& field, const std::string& type, const std::string& bytes, const std::string& value = "row.x") {
  AvroRig rig("events: [{emit: deal.updated, set: {" + field + ": '" + value + "'}}]", Record(Field("before", "\"string\"") + "," + Field("x", type) + "," + Field("after", "\"long\"")));
  std::string shown = rig.Of(avro::Text("b") + bytes + avro::Long(-1));
  if (shown.starts_with(kEvent) && shown.ends_with(" } }")) shown = shown.substr(kEvent.size(), shown.size() - kEvent.size() - 4);
  return shown;
}

TEST(Avro, EachTypeBecomesWhatJsonHasOfIt) {
  EXPECT_EQ(As("deal.stage", "\"string\"", avro::Text("won")), "stage: \"won\"");
  EXPECT_EQ(As("deal.stage", "\"long\"", avro::Long(INT64_MIN)), "stage: \"-9223372036854775808\"");
  EXPECT_EQ(As("deal.stage", "\"int\"", avro::Long(7)), "stage: \"7\"");
  EXPECT_EQ(As("deal.stage", "\"boolean\"", "\1"), "stage: \"true\"");
  EXPECT_EQ(As("deal.stage", "\"float\"", "\0\0\xc0\x3f"s), "stage: \"1.5\"");
  EXPECT_EQ(As("deal.stage", "\"float\"", "\xcd\xcc\xcc\x3d"), "stage: \"0.1\"") << "the shortest digits that a float reads back";
  EXPECT_EQ(As("deal.stage", "\"double\"", "\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "stage: \"0.1\"");
  EXPECT_EQ(As("deal.stage", "\"double\"", "\0\0\0\0\0\0\xf0\x7f"s), "rejected: deal.stage is no finite number");
  EXPECT_EQ(As("deal.stage", "\"bytes\"", avro::Text("\1\xff")), "stage: \"Af8=\"") << "base64, as JSON has bytes";
  EXPECT_EQ(As("deal.stage", R"({"type": "fixed", "name": "F", "size": 2})", "\1\xff"), "stage: \"Af8=\"");
  EXPECT_EQ(As("deal.stage", R"({"type": "enum", "name": "E", "symbols": ["open", "won"]})", avro::Long(1)), "stage: \"won\"");
  EXPECT_EQ(As("deal.stage", R"({"type": "string", "logicalType": "uuid"})", avro::Text("u")), "stage: \"u\"");
  const std::string nothing = R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { })";
  EXPECT_EQ(As("deal.stage", "\"null\"", ""), nothing);
  EXPECT_EQ(As("deal.stage", R"(["null", "string"])", avro::Long(0)), nothing);
  EXPECT_EQ(As("deal.stage", R"(["string", "null"])", avro::Long(0) + avro::Text("won")), "stage: \"won\"");
  EXPECT_EQ(As("deal.stage", R"(["null", "long", "string"])", avro::Long(1) + avro::Long(3)), "stage: \"3\"");
  EXPECT_EQ(As("deal.stage", R"({"type": "record", "name": "Y", "fields": []})", ""), "rejected: deal.stage is a list or an object, not one value");
}

TEST(Avro, DecimalsAreExact) {
  const std::string decimal = R"({"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4})";
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("\x12\xd6\x87")), "amount_micros: 123456700") << "1234567 at 4 digits";
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("\xff")), "amount_micros: -100");
  EXPECT_EQ(As("deal.amount", decimal, avro::Text(std::string(30, '\xff') + "\x9c")), "amount_micros: -10000") << "however long it is written";
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("")), "rejected: deal.amount is a decimal beyond 128 bits");
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("\1" + std::string(16, '\0'))), "rejected: deal.amount is a decimal beyond 128 bits");
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("\x80" + std::string(15, '\0'))), "rejected: deal.amount is a decimal beyond 128 bits");
  EXPECT_EQ(As("deal.amount", R"({"type": "fixed", "name": "D", "size": 3, "logicalType": "decimal", "precision": 6, "scale": 2})", "\0\0\x96"s), "amount_micros: 1500000");
  EXPECT_EQ(As("deal.amount", R"({"type": "bytes", "logicalType": "decimal", "precision": 40, "scale": 30})", avro::Text("\x0d\xe0\xb6\xb3\xa7\x64\0\0"s)), "amount_micros: 0")
      << "10^18 at 30 digits";
  EXPECT_EQ(As("deal.amount", R"({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3})", avro::Text("\1")), "rejected: deal.amount is no number")
      << "more digits than it has: no decimal, says Avro";
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("\x12\xd6\x87"), "b64(row.x, 4)"), "amount_micros: 123456700") << "which is what JSON's has to say";
  EXPECT_EQ(As("deal.amount", decimal, avro::Text("\x12\xd6\x87"), "b64(row.x, 2)"), "rejected: deal.amount is no decimal in base64");
  EXPECT_EQ(As("deal.amount", R"({"type": "record", "name": "VariableScaleDecimal", "namespace": "io.debezium.data", "fields": [{"name": "scale", "type": "int"}, {"name": "value", "type": "bytes"}]})",
               avro::Long(2) + avro::Text("\0\x96"s)), "amount_micros: 1500000");
}

TEST(Avro, TimesNeedNoUnit) {
  const auto type = [](const std::string& of, const std::string& logical) { return R"({"type": ")" + of + R"(", "logicalType": ")" + logical + "\"}"; };
  const std::string at = "expected_close { seconds: 1700000000 nanos: 123456000 }";
  EXPECT_EQ(As("deal.expected_close", type("long", "timestamp-micros"), avro::Long(1'700'000'000'123'456)), at);
  EXPECT_EQ(As("deal.expected_close", type("long", "timestamp-millis"), avro::Long(1'700'000'000'123)), "expected_close { seconds: 1700000000 nanos: 123000000 }");
  EXPECT_EQ(As("deal.expected_close", type("long", "timestamp-nanos"), avro::Long(1'700'000'000'123'456'999)), at);
  EXPECT_EQ(As("deal.expected_close", type("int", "date"), avro::Long(19'675)), "expected_close { seconds: 1699920000 }");
  EXPECT_EQ(As("deal.expected_close", type("long", "timestamp-micros"), avro::Long(1'700'000'000'123'456), "us(row.x)"), at) << "said twice";
  EXPECT_EQ(As("deal.expected_close", type("long", "timestamp-micros"), avro::Long(1'700'000'000'123'456), "iso(row.x)"), at) << "what JSON writes as text";
  EXPECT_EQ(As("deal.expected_close", type("long", "timestamp-micros"), avro::Long(1), "ms(row.x)"), "rejected: deal.expected_close is a time of another unit, as its schema has it");
  EXPECT_EQ(As("deal.expected_close", "\"long\"", avro::Long(1)), "rejected: deal.expected_close is no time");
  EXPECT_EQ(As("deal.expected_close", type("long", "local-timestamp-millis"), avro::Long(1'700'000'000'000)),
            "rejected: deal.expected_close is a time without a zone: write local(.., zone), or its unit if it is of UTC");
  EXPECT_EQ(As("deal.expected_close", type("long", "local-timestamp-millis"), avro::Long(1'700'000'000'000), R"(local(row.x, "Europe/Berlin"))"), "expected_close { seconds: 1699996400 }");
  EXPECT_EQ(As("deal.expected_close", R"({"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"})", avro::Long(1'700'000'000'123'456), "us(row.x)"), at);
  EXPECT_EQ(As("deal.stage", type("long", "timestamp-millis"), avro::Long(123)), "stage: \"123\"") << "the number that it is, where no time is wanted";
  EXPECT_EQ(As("deal.stage", type("long", "time-micros"), avro::Long(123)), "stage: \"123\"") << "of a day: a number";
}

TEST(Avro, TimesAndIdsOfEvents) {
  AvroRig rig("time: row.at\nid: [row.at, row.n]\nversion: row.at\nevents: [{emit: deal.deleted}]",
              Record(Field("at", R"({"type": "long", "logicalType": "timestamp-millis"})") + "," + Field("n", "[\"null\", \"int\"]")));
  EXPECT_EQ(rig.Of(avro::Long(5'000) + avro::Long(1) + avro::Long(7)), R"(mapped: id: "deal.deleted/5000/7" source: "s" time { seconds: 5 } entity_version: 5000 deal_deleted { })");
  EXPECT_EQ(rig.Of(avro::Long(5'000) + avro::Long(0)), "rejected: id a part of it is absent");
}

TEST(Avro, ListsMapsAndWhatIsNested) {
  const std::string item = R"({"type": "record", "name": "Item", "fields": [{"name": "sku", "type": "string"}, {"name": "tags", "type": {"type": "array", "items": "string"}}]})";
  AvroRig rig("maps: {param: {array: row.params, key: k, value: [v.i, v.s]}}\nevents:\n- {emit: order.item, each: row.items, set: {order.id: row.meta.id, product.id: item.sku, order.channel: 'item.tags[1]', order.region: param.region}}",
              Record(Field("items", R"({"type": "array", "items": )" + item + "}") + "," + Field("more", R"({"type": "array", "items": "Item"})") + "," +
                     Field("meta", R"({"type": "map", "values": "string"})") + "," +
                     Field("params", R"({"type": "array", "items": {"type": "record", "name": "P", "fields": [{"name": "k", "type": "string"}, {"name": "v", "type":
                           {"type": "record", "name": "V", "fields": [{"name": "s", "type": ["null", "string"]}, {"name": "i", "type": ["null", "int"]}]}}]}})")));
  const std::string tags = avro::Long(2) + avro::Text("a") + avro::Text("b") + avro::Long(0), one = avro::Text("1") + avro::Long(0);
  const std::string two = avro::Text("2") + tags;
  const std::string items = avro::Long(1) + one + avro::Long(-1) + avro::Long(static_cast<int64_t>(two.size())) + two + avro::Long(0);
  const std::string meta = avro::Long(2) + avro::Text("other") + avro::Text("x") + avro::Text("id") + avro::Text("o1") + avro::Long(0);
  const std::string params = avro::Long(2) + avro::Text("city") + avro::Long(1) + avro::Text("Rome") + avro::Long(0) + avro::Text("region") + avro::Long(1) + avro::Text("north") +
                             avro::Long(1) + avro::Long(4) + avro::Long(0);
  EXPECT_EQ(rig.Of(items + items + meta + params),
            R"(mapped: id: "order.item/t/3/42/0" source: "s" time { seconds: 1700000000 } order_item { order { id: "o1" region: "4" } product { id: "1" } }; )"
            R"(id: "order.item/t/3/42/1" source: "s" time { seconds: 1700000000 } order_item { order { id: "o1" region: "4" channel: "b" } product { id: "2" } })");
}

TEST(Avro, TypesInThemselves) {
  AvroRig rig("events: [{emit: deal.updated, set: {deal.stage: row.next.next.v}}]",
              R"({"type": "record", "name": "List", "fields": [{"name": "v", "type": "string"}, {"name": "next", "type": ["null", "List"]}]})");
  const std::string end = avro::Text("c") + avro::Long(0);
  EXPECT_EQ(rig.Of(avro::Text("a") + avro::Long(1) + avro::Text("b") + avro::Long(1) + end), kEvent + "stage: \"c\" } }");
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += avro::Text("a") + avro::Long(1);
  EXPECT_EQ(rig.Of(deep + end), "undecodable: bad_avro: record is nested deeper than 100");
}

TEST(Avro, TheRootIsARecordOrAListOfThem) {
  const std::string record = Record(Field("id", "\"string\""));
  const std::string lead = "events: [{emit: lead.created, id: [row.id]}]";
  const auto event = [](const std::string& id) { return R"(id: "lead.created/)" + id + R"(" source: "s" time { seconds: 1700000000 } lead_created { })"; };
  EXPECT_EQ(AvroRig(lead, R"({"type": "array", "items": )" + record + "}").Of(avro::Long(0)), "undecodable: bad_avro: record is no record");
  AvroRig each("each: root\n" + lead, R"(["null", {"type": "array", "items": )" + record + "}, \"R\"]");
  EXPECT_EQ(each.Of(avro::Long(1) + avro::Long(2) + avro::Text("a") + avro::Text("b") + avro::Long(0)), "mapped: " + event("a") + "; " + event("b"));
  EXPECT_EQ(each.Of(avro::Long(2) + avro::Text("c")), "mapped: " + event("c"));
  EXPECT_EQ(each.Of(avro::Long(0)), "undecodable: bad_avro: record is no record");
  EXPECT_EQ(AvroRig(lead, R"({"type": "map", "values": "string"})").Of(avro::Long(1) + avro::Text("id") + avro::Text("m") + avro::Long(0)), "mapped: " + event("m"));
}

TEST(Avro, ADebeziumRecordIsReadLikeItsJson) {
  const std::string row = R"(["null", {"type": "record", "name": "Value", "namespace": "crm.public.deals", "connect.name": "crm.public.deals.Value",
      "fields": [{"name": "id", "type": "long"}, {"name": "stage", "type": ["null", "string"], "default": null}]}])";
  AvroRig rig("shape: debezium\nid: [row.id]\ntime: ms(meta.source.ts_ms)\nevents: [{emit: deal.won, when: 'becomes(row.stage, \"won\")', set: {deal.id: row.id}}]\nignore: op == delete",
              R"({"type": "record", "name": "Envelope", "namespace": "crm.public.deals", "fields": [{"name": "before", "type": )" + row + R"(, "default": null},
                  {"name": "after", "type": ["null", "Value"], "default": null}, {"name": "op", "type": "string"},
                  {"name": "source", "type": {"type": "record", "name": "Source", "namespace": "io.debezium.connector.postgresql", "fields": [{"name": "ts_ms", "type": "long"}]}}]})");
  const auto deal = [](const char* stage) { return avro::Long(1) + avro::Long(5) + avro::Long(1) + avro::Text(stage); };
  EXPECT_EQ(rig.Of(deal("open") + deal("won") + avro::Text("u") + avro::Long(9'000)), R"(mapped: id: "deal.won/5" source: "s" time { seconds: 9 } deal_won { deal { id: "5" } })");
  EXPECT_EQ(rig.Of(deal("won") + deal("won") + avro::Text("u") + avro::Long(9'000)), "unmapped");
  EXPECT_EQ(rig.Of(avro::Long(0) + deal("won") + avro::Text("u") + avro::Long(9'000)), R"(mapped: id: "deal.won/5" source: "s" time { seconds: 9 } deal_won { deal { id: "5" } })");
  EXPECT_EQ(rig.Of(deal("won") + avro::Long(0) + avro::Text("d") + avro::Long(9'000)), "ignored");
}

TEST(Avro, KeysHaveSchemasOfTheirOwn) {
  AvroRig rig("events: [{emit: deal.updated, set: {deal.id: key.id, deal.stage: key}}]", Record(""));
  EXPECT_EQ(rig.Of("", "plain"), kEvent + "stage: \"plain\" } }");
  EXPECT_EQ(rig.Of("", "\xff"), "rejected: deal.stage is no text in UTF-8");
  EXPECT_EQ(rig.Of("", "\0\0\0\0\x08"s), "awaits its schema 8");
  rig.schemas->Add(8, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, R"({"type": "record", "name": "K", "fields": [{"name": "id", "type": "int"}]})", {}}));
  rig.schemas->Add(9, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, "\"long\"", {}}));
  EXPECT_EQ(rig.Of("", "\0\0\0\0\x08"s + avro::Long(5)), kEvent + "id: \"5\" } }");
  EXPECT_EQ(rig.Of("", "\0\0\0\0\x09"s + avro::Long(6)), kEvent + "stage: \"6\" } }");
  EXPECT_EQ(rig.Of("", "\0\0\0\0\x09"s), "undecodable: bad_avro: key ends too early");
}

struct Bad {
  const char* name;
  std::string type, bytes, said;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }
class BadAvro : public testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(
    Avro, BadAvro,
    testing::Values(
        Bad{"NothingThere", "\"long\"", "", "ends too early"}, Bad{"CutNumber", "\"long\"", "\x80", "ends too early"},
        Bad{"LongNumber", "\"long\"", std::string(10, '\x80') + "\1", "has a number of more than 10 bytes"},
        Bad{"WideInt", "\"int\"", avro::Long(INT64_C(1) << 40), "has an int of more than 32 bits"},
        Bad{"CutText", "\"string\"", avro::Long(9) + "abc", "ends too early"}, Bad{"NegativeText", "\"string\"", avro::Long(-1), "has a text of negative length"},
        Bad{"HugeText", "\"string\"", avro::Long(INT64_MAX), "ends too early"}, Bad{"NoUtf8", "\"string\"", avro::Text("\xff"), "has a text that is not UTF-8"},
        Bad{"NoBoolean", "\"boolean\"", "\2", "has a boolean that is neither"}, Bad{"CutDouble", "\"double\"", "1234567", "ends too early"},
        Bad{"NoBranch", R"(["null", "string"])", avro::Long(2), "is of a branch that its union doesn't have"},
        Bad{"NegativeBranch", R"(["null", "string"])", avro::Long(-1), "is of a branch that its union doesn't have"},
        Bad{"NoSymbol", R"({"type": "enum", "name": "E", "symbols": ["a"]})", avro::Long(1), "has a symbol that its enum doesn't have"},
        Bad{"ManyItems", R"({"type": "array", "items": "string"})", avro::Long(INT64_C(1) << 60), "has a block of more items than bytes"},
        Bad{"ManyNothings", R"({"type": "array", "items": "null"})", avro::Long(INT64_C(1) << 60), "has a block of more items than bytes"},
        Bad{"LeastCount", R"({"type": "array", "items": "null"})", avro::Long(INT64_MIN) + avro::Long(0), "has a block of impossible size"},
        Bad{"LargeBlock", R"({"type": "array", "items": "string"})", avro::Long(-1) + avro::Long(100), "has a block of impossible size"},
        Bad{"NegativeBlock", R"({"type": "array", "items": "string"})", avro::Long(-1) + avro::Long(-5), "has a block of impossible size"},
        Bad{"OtherBlock", R"({"type": "array", "items": "string"})", avro::Long(-1) + avro::Long(3) + avro::Text("a") + avro::Long(0), "has a block of another size than it says"},
        Bad{"NoEnd", R"({"type": "array", "items": "string"})", avro::Long(1) + avro::Text("a"), "ends too early"},
        Bad{"GoesOn", "\"string\"", avro::Text("a") + "b", "goes on behind its end"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(BadAvro, IsUndecodable) {
  AvroRig rig("events: [{emit: deal.updated, set: {deal.stage: 'row.x', deal.id: 'row.x[0]'}}]", Record(Field("x", GetParam().type)));
  EXPECT_EQ(rig.Of(GetParam().bytes), "undecodable: bad_avro: record " + GetParam().said);
}

TEST(Avro, ItemsWithoutAByteAreFew) {
  AvroRig rig("events: [{emit: deal.updated, each: row.x}]", Record(Field("x", R"({"type": "array", "items": {"type": "record", "name": "E", "fields": []}})")));
  EXPECT_TRUE(rig.Of(avro::Long(1'000) + avro::Long(0)).starts_with("mapped: "));
  EXPECT_EQ(rig.Of(avro::Long(500) + avro::Long(501) + avro::Long(0)), "undecodable: bad_avro: record has a block of more items than bytes");
}

struct BadSchema {
  const char* name;
  std::string schema, said;
};
void PrintTo(const BadSchema& bad, std::ostream* out) { *out << bad.name; }
class BadAvroSchema : public testing::TestWithParam<BadSchema> {};
std::string Deep(int depth) {
  std::string open, close;
  for (int i = 0; i < depth; ++i) {
    open += R"({"type": "array", "items": )";
    close += "}";
  }
  return Record(Field("x", open + "\"int\"" + close));
}
std::string Doubling(int times) {
  std::string fields = Field("f0", R"({"type": "record", "name": "R0", "fields": [{"name": "n", "type": "null"}]})");
  for (int i = 1; i < times; ++i) {
    const std::string last = "\"R" + std::to_string(i - 1) + "\"";
    fields += "," + Field("f" + std::to_string(i), R"({"type": "record", "name": "R)" + std::to_string(i) + R"(", "fields": [{"name": "a", "type": )" + last + R"(}, {"name": "b", "type": )" + last + "}]}");
  }
  return Record(fields);
}
INSTANTIATE_TEST_SUITE_P(
    Avro, BadAvroSchema,
    testing::Values(
        BadSchema{"NoJson", "{", "\"{\" is no type of it"}, BadSchema{"NoType", "{}", "an object without `type`"}, BadSchema{"Unknown", Record(Field("x", "\"Y\"")), "x: \"Y\" is no type of it"},
        BadSchema{"NoName", R"({"type": "record", "fields": []})", "a type without a name"}, BadSchema{"NoFields", R"({"type": "record", "name": "R"})", "a record without `fields`"},
        BadSchema{"Twice", Record(Field("x", R"({"type": "fixed", "name": "R", "size": 1})")), "x: \"R\" is there twice"},
        BadSchema{"InItself", Record(Field("x", "\"R\"")), "a record is always in itself"}, BadSchema{"NoSize", R"({"type": "fixed", "name": "F", "size": -1})", "a `fixed` without a size"},
        BadSchema{"Deep", Deep(200), "its types are nested deeper than 100"}, BadSchema{"Doubling", Doubling(40), "a record has more than 20000 values"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(BadAvroSchema, IsSaid) {
  AvroRig rig("events: [{emit: deal.updated}]", GetParam().schema);
  const std::string said = rig.Of("");
  EXPECT_TRUE(said.starts_with("undecodable: bad_schema: record is of a schema that can't be used: it ")) << said;
  EXPECT_TRUE(said.ends_with(GetParam().said)) << said;
  EXPECT_EQ(rig.Of(""), said) << "and again";
}

TEST(Avro, ReferencesComeFirst) {
  AvroRig rig("events: [{emit: deal.updated, set: {deal.stage: row.a.v}}]", "");
  WriterSchema schema{WriterSchema::Kind::kAvro, R"({"type": "record", "name": "R", "namespace": "x", "fields": [{"name": "a", "type": "y.A"}, {"name": "b", "type": "y.A"}]})", {}};
  schema.references.emplace_back("y.A", WriterSchema{WriterSchema::Kind::kAvro, R"({"type": "record", "name": "y.A", "fields": [{"name": "v", "type": "string"}]})", {}});
  schema.references.emplace_back("y.A", schema.references[0].second);
  rig.schemas->Add(7, std::make_shared<const WriterSchema>(schema));
  EXPECT_EQ(rig.Of(avro::Text("one") + avro::Text("two")), kEvent + "stage: \"one\" } }");
}

TEST(Avro, ASchemaOfAnotherKindIsNone) {
  AvroRig rig("events: [{emit: deal.updated}]", "");
  rig.schemas->Add(7, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kJson, "{}", {}}));
  EXPECT_EQ(rig.Of(""), "undecodable: bad_schema: record is of a schema that can't be used: it is a schema of JSON Schema, not of Avro");
}

// As Salesforce's Pub/Sub API writes changes: all fields, and which of them say something by their positions.
struct BitmapRig : AvroRig {
  static std::string Schema() {
    const auto texts = [](const std::string& name) { return Field(name, R"({"type": "array", "items": "string"})"); };
    const std::string header = R"({"type": "record", "name": "H", "fields": [)" + Field("changeType", "\"string\"") + "," + texts("recordIds") + "," + texts("changedFields") + "," +
                               texts("nulledFields") + "," + texts("diffFields") + "]}";
    const std::string name = R"(["null", {"type": "record", "name": "N", "fields": [)" + Field("FirstName", R"(["null", "string"])") + "," + Field("LastName", R"(["null", "string"])") + "]}]";
    return Record(Field("ChangeEventHeader", header) + "," + Field("StageName", R"(["null", "string"])") + "," + Field("Amount", R"(["null", "double"])") + "," + Field("Name", name) + "," +
                  Field("OwnerId", R"(["null", "string"])"));
  }
  explicit BitmapRig(const std::string& events) : AvroRig("shape: salesforce_cdc\n" + events, Schema()) {}
  static std::string List(const std::vector<std::string>& items) {
    std::string bytes;
    if (!items.empty()) bytes = avro::Long(static_cast<int64_t>(items.size()));
    for (const std::string& item : items) bytes += avro::Text(item);
    return bytes + avro::Long(0);
  }
  // StageName is Closed Won, OwnerId null, the last name L.
  std::string Change(const std::vector<std::string>& changed, const std::vector<std::string>& nulled = {}, const std::vector<std::string>& differing = {}) {
    return Of(avro::Text("UPDATE") + List({"006a"}) + List(changed) + List(nulled) + List(differing) + avro::Long(1) + avro::Text("Closed Won") + avro::Long(0) + avro::Long(1) + avro::Long(0) +
              avro::Long(1) + avro::Text("L") + avro::Long(0));
  }
};

TEST(Avro, BitmapsAreOfTheRecordThatTheChangeIs) {
  AvroRig rig("shape: salesforce_cdc\nevents: [{emit: deal.updated, id: [item], when: 'changed(row.StageName)', set: {deal.id: item}}]",
              R"({"type": "record", "name": "Envelope", "fields": [)" + Field("schema", "\"string\"") + "," + Field("payload", BitmapRig::Schema()) + "]}");
  const auto change = [&](const std::string& bits) {
    return rig.Of(avro::Text("s") + avro::Text("UPDATE") + BitmapRig::List({"006a"}) + BitmapRig::List({bits}) + BitmapRig::List({}) + BitmapRig::List({}) + avro::Long(1) + avro::Text("Closed Won") +
                  avro::Long(0) + avro::Long(0) + avro::Long(0));
  };
  EXPECT_TRUE(change("0x2").starts_with("mapped")) << change("0x2");
  EXPECT_EQ(change("0x4"), "unmapped");
}

TEST(Avro, BitmapsNameFieldsByTheirPositions) {
  const auto rig = [](const std::string& what) {
    return BitmapRig("events: [{emit: deal.updated, id: [item], when: '" + what + "', set: {deal.id: item}}]");
  };
  const auto yes = [](const std::string& shown) { return shown.starts_with("mapped"); };
  BitmapRig stage = rig("changed(row.StageName)"), amount = rig("changed(row.Amount)"), won = rig("becomes(row.StageName, [\"Closed Won\"])"), last = rig("changed(row.Name.LastName)"),
            first = rig("changed(row.Name.FirstName)");
  for (const std::string& bits : {"0x2"s, "0x02"s, "0x0000000000000000000002"s, "0x1F"s, "0x1e"s}) {
    EXPECT_TRUE(yes(stage.Change({bits}))) << bits;
    EXPECT_TRUE(yes(won.Change({bits}))) << bits;
  }
  for (const std::string& bits : {"0x1D"s, "0x10"s, "3-0x3"s}) {
    EXPECT_EQ(stage.Change({bits}), "unmapped") << bits;
    EXPECT_EQ(won.Change({bits}), "unmapped") << bits;
  }
  EXPECT_TRUE(yes(amount.Change({"0x04"}))) << "also of a field that is null";
  EXPECT_EQ(amount.Change({"0x02"}), "unmapped");
  EXPECT_TRUE(yes(last.Change({"0x08", "3-0x02"})));
  EXPECT_EQ(first.Change({"0x08", "3-0x02"}), "unmapped");
  EXPECT_TRUE(yes(first.Change({"3-0x01"})));
  EXPECT_TRUE(yes(stage.Change({"StageName"}))) << "connectors write names, as in JSON";
  EXPECT_TRUE(yes(last.Change({"Name.LastName"})));
  EXPECT_TRUE(yes(last.Change({"StageName", "3-0x02"})));
}

TEST(Avro, NullSaysSomethingWhereItIsNamed) {
  BitmapRig rig("events: [{emit: deal.updated, id: [item], set: {deal.id: item, deal.stage: row.StageName, deal.owner: row.OwnerId}}]");
  rig.scratch->BeginSurvey(*rig.mapper);
  const auto found = [&] {
    for (const auto& path : rig.scratch->survey().paths) {
      if (path.name == "row.OwnerId") return path.found;
    }
    return int64_t{-1};
  };
  EXPECT_TRUE(rig.Change({"0x02"}).starts_with("mapped"));
  EXPECT_EQ(found(), 0) << "unchanged, so it isn't there";
  EXPECT_TRUE(rig.Change({"0x12"}, {"0x10"}).starts_with("mapped"));
  EXPECT_EQ(found(), 1);
  EXPECT_EQ(rig.Change({"0x02"}, {}, {"0x02"}), "rejected: deal.stage is told as a difference from what it was");
}

TEST(Avro, BitmapsThatAreNoneAreUndecodableByName) {
  BitmapRig rig("events: [{emit: deal.updated, id: [item], when: changed(row.StageName), set: {deal.id: item}}]");
  const std::string bad = "undecodable: bad_avro: record has a bitmap of changed fields";
  EXPECT_EQ(rig.Change({"0x"}), bad + " that is none");
  EXPECT_EQ(rig.Change({"0xg1"}), bad + " that is none");
  EXPECT_EQ(rig.Change({"3-0x"}), bad + " that is none");
  EXPECT_EQ(rig.Change({"0x20"}), bad + ", of one that its schema doesn't have");
  EXPECT_EQ(rig.Change({"3-0x04"}), bad + ", of one that its schema doesn't have");
  for (const std::string& field : {"1-0x01"s, "5-0x01"s, "99999999999999999999-0x01"s}) EXPECT_EQ(rig.Change({field}), bad + ", of a record that its schema doesn't have") << field;
  EXPECT_EQ(rig.Change({"0x02"}, {"0x40"}), bad + ", of one that its schema doesn't have");
  EXPECT_EQ(rig.Change({"-0x01", "x"}), "unmapped") << "names, of whatever";
}

}  // namespace
}  // namespace tidemark
