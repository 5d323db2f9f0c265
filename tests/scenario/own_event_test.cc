// Records that are events as they are: KPIs name the fields of one's own Protobuf message, and nobody writes a mapping.
#include <filesystem>
#include <fstream>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"
#include "tests/fakes/protobuf_oracle.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

const std::string kSchema = R"(syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "tidemark/events/v1/options.proto";
import "validate/validate.proto";
message Ping { string id = 1; }
message Checkout {
  string order_number = 1 [(validate.rules).string.min_len = 1];
  int64 placed_ms = 2;
  int64 total_micros = 3 [(tidemark.events.v1.scale) = 6];
  sint32 points = 4;
  fixed32 units = 5;
  Status status = 6;
  Address address = 7;
  double weight = 8;
  optional int64 discount = 9;
  google.protobuf.Int64Value refund = 10;
  google.protobuf.Timestamp promised = 11;
  google.protobuf.Duration took = 12;
  map<string, string> tags = 13;
  string email = 14 [(tidemark.events.v1.personal) = true];
  bool gift = 15;
  repeated string coupons = 16;
  oneof paid_by { string card = 17; string voucher = 18; }
  map<string, int64> counts = 19;
  float rate = 20;
}
message Address { string country = 1; Address billing = 2; }
enum Status { UNKNOWN = 0; PAID = 1; OPEN = 2; }
)";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

struct Writer : Oracle {
  explicit Writer(const std::string& text, const std::string& name = "shop.v1.Checkout") : Oracle(text, name) {}
  std::string operator()(const std::string& text) const { return Of(text); }
};

constexpr char kKpi[] = "{name: k, on: checkout, sum: checkout.total, windows: [lifetime]}";

struct Own : testing::Test {
  Own() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "schemas");
    File("checkout.proto", kSchema);
  }
  ~Own() override { std::filesystem::remove_all(folder); }
  void File(const std::string& name, const std::string& text) const { std::ofstream(folder / name, std::ios::binary) << text; }
  std::string Path(const std::string& name) const { return (folder / name).string(); }

  // What is wrong with a source of these lines, and KPIs; "": nothing.
  std::string Read(const std::string& kpis = kKpi, const std::string& more = "", const std::string& source = "") {
    const std::string lines = source.empty() ? "schema: " + Path("checkout.proto") + ", message: shop.v1.Checkout, payload: checkout, id: [row.order_number], time: ms(row.placed_ms)" : source;
    const std::string yaml = "kafka: {brokers: none}\nregistry: {url: \"http://none\"}\nsources:\n  shop: {topics: [crm], format: protobuf, " + lines + more + "}\nkpis: [" + kpis + "]\n";
    Diagnostics diagnostics;
    rig = std::make_unique<EngineRig>();
    rig->specs = Specs();
    ParseConfig("own.yaml", yaml, &rig->specs, &diagnostics);
    plan = diagnostics.empty() ? Plan::Compile(rig->specs, Schema::Canonical(), &diagnostics) : nullptr;
    std::string said = diagnostics.ToString();
    while (!said.empty() && said.back() == '\n') said.pop_back();
    return said;
  }
  // Its records through an engine; the value of the KPI `k`.
  std::string Value(const std::string& kpi, const std::vector<std::string>& records, const std::string& labels = "") {
    EXPECT_EQ(Read(kpi), "");
    Run(records);
    return rig->Value("k", "lifetime", labels);
  }
  void Run(const std::vector<std::string>& records) {
    for (const std::string& record : records) rig->logs.at({kRigTopic, 0}).Append(record, EngineRig::WallAt(60));
    ASSERT_TRUE(rig->Start(0).ok());
    ASSERT_TRUE(rig->RunAt(120).ok());
    EXPECT_TRUE(rig->Counts().AddUp());
  }
  static std::string At(int64_t seconds) { return " placed_ms: " + std::to_string((EngineRig::kStartSeconds + seconds) * 1000); }
  static std::string Framed(char schema, const std::string& indexes, const std::string& record) { return "\0\0\0\0"s + schema + indexes + record; }
  // What decides whether the stored state of the KPI `k` still fits.
  uint64_t Fingerprint(const std::string& schema, const std::string& kpi = kKpi) {
    File("checkout.proto", schema);
    EXPECT_EQ(Read(kpi), "");
    return plan == nullptr ? 0 : plan->kpis()[0].fingerprint;
  }

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("own_event_test." + std::to_string(getpid()));
  std::unique_ptr<EngineRig> rig;
  std::shared_ptr<const Plan> plan;
};

TEST_F(Own, KpisNameItsFields) {
  const Writer checkout(kSchema);
  const auto by = [&](const std::string& field, const std::string& record, const std::string& more = "") {
    EXPECT_EQ(Read("{name: k, on: checkout, count: true, by: {l: " + field + "}, windows: [lifetime]" + more + "}"), "");
    Run({checkout("order_number: \"1\"" + At(5) + record)});
    std::string labels;
    rig->engine->view()->ForEach(KpiId{0}, [&](const SeriesValue& series) { labels += "[" + std::string(series.labels.values[0]) + "]"; });
    return labels;
  };
  const auto sum = [&](const std::string& field, const std::string& record) {
    return Value("{name: k, on: checkout, sum: " + field + ", windows: [lifetime]}", {checkout("order_number: \"1\"" + At(5) + record)});
  };
  EXPECT_EQ(sum("checkout.total", " total_micros: 12500000"), "12.5");
  EXPECT_EQ(sum("checkout.points", " points: -7"), "-7");
  EXPECT_EQ(sum("checkout.units", " units: 4294967295"), "4294967295");
  EXPECT_EQ(sum("checkout.weight", " weight: 0.1"), "0.1");
  EXPECT_EQ(sum("checkout.rate", " rate: 0.25"), "0.25");
  EXPECT_EQ(sum("checkout.took", " took { seconds: 90 nanos: 500000000 }"), "90.5");
  EXPECT_EQ(sum("checkout.refund", " refund { value: 4 }"), "4");
  EXPECT_EQ(by("checkout.status", " status: PAID"), "[PAID]");
  EXPECT_EQ(by("checkout.gift", " gift: true"), "[true]");
  EXPECT_EQ(by("checkout.address.country", " address { country: \"PT\" }"), "[PT]");
  EXPECT_EQ(by("checkout.address.billing.billing.country", " address { billing { billing { country: \"ES\" } } }"), "[ES]");
  EXPECT_EQ(by("checkout.tags.color", " tags { key: \"size\" value: \"L\" } tags { key: \"color\" value: \"red\" }"), "[red]");
  EXPECT_EQ(by("checkout.voucher", " voucher: \"v\""), "[v]");
  EXPECT_EQ(by("checkout.order_number", "", ", where: has(checkout.promised)"), "") << "it has none";
  EXPECT_EQ(by("checkout.order_number", " promised { seconds: 5 }", ", where: has(checkout.promised)"), "[1]");
  EXPECT_EQ(by("event.source", ""), "[shop]");
  EXPECT_EQ(by("event.id", ""), "[checkout/1]");
}

TEST_F(Own, BytesMeanWhatLibprotobufMakesOfThem) {
  const Writer checkout(kSchema);
  const std::string head = checkout("order_number: \"1\"" + At(5));
  const auto sum = [&](const std::string& bytes) { return Value(kKpi, {head + bytes}); };
  EXPECT_EQ(sum(checkout("total_micros: 1000000") + checkout("total_micros: 2000000")), "2") << "the last counts";
  EXPECT_EQ(sum(checkout("total_micros: 1000000") + "\x1a\1x"), "1") << "of another type on the wire: an unknown field";
  EXPECT_EQ(sum("\xfa\x3e\1x" + checkout("total_micros: 3000000")), "3") << "an unknown field";
  EXPECT_EQ(sum("\x1a\3\x80\x89\x7a"), "0") << "packed is what lists are";
  const std::string country = "{name: k, on: checkout, count: true, by: {c: checkout.address.country, b: checkout.address.billing.country}, windows: [lifetime]}";
  EXPECT_EQ(Value(country, {head + checkout("address { country: \"PT\" }") + checkout("address { billing { country: \"ES\" } }")}, "PT|ES"), "1") << "messages merge";
  const std::string paid = "{name: k, on: checkout, count: true, by: {card: checkout.card, voucher: checkout.voucher}, windows: [lifetime]}";
  EXPECT_EQ(Value(paid, {head + checkout("card: \"c\"") + checkout("voucher: \"v\"")}, "|v"), "1") << "one case of a oneof";
}

TEST_F(Own, AbsentIsNotZeroWhereTheSchemaTellsThemApart) {
  const Writer checkout(kSchema);
  const auto average = [&](const std::string& field, const std::string& zero) {
    const std::string value = field == "refund" ? "refund { value: 4 }" : field + ": 4";
    return Value("{name: k, on: checkout, avg: checkout." + field + ", windows: [lifetime]}",
                 {checkout("order_number: \"1\" " + value + At(5)), checkout("order_number: \"2\" " + zero + At(6)), checkout("order_number: \"3\"" + At(7))});
  };
  EXPECT_EQ(average("discount", "discount: 0"), "2") << "optional: the third has none";
  EXPECT_EQ(average("refund", "refund {}"), "2") << "a wrapper is there for this";
  EXPECT_EQ(average("units", ""), "1.3333333333333333") << "without `optional` all have one, and it is 0";
}

TEST_F(Own, WhatCannotBeReadIsCountedByReasonAndNothingElseIsLost) {
  const Writer checkout(kSchema);
  const std::string good = checkout("order_number: \"1\" total_micros: 1000000 address { country: \"PT\" }" + At(5));
  ASSERT_EQ(Read("{name: k, on: checkout, sum: checkout.total, by: {c: checkout.address.country}, windows: [lifetime]}, {name: w, on: checkout, sum: checkout.weight, windows: [lifetime]}"), "");
  const std::string head = checkout("order_number: \"2\"" + At(6));
  Run({good, good, head + "\x3a\3\x0a\1\xff", head + checkout("weight: nan"), head + "\x3a\x02\x0a\x09", head + "\x18", "\x0f", checkout("total_micros: 5"), ""});
  EXPECT_EQ(rig->Value("k", "lifetime", "PT"), "1");
  const RecordCounts counts = rig->Counts();
  const auto undecodable = [&](DecodeError error) { return counts.undecodable[static_cast<size_t>(error)]; };
  EXPECT_EQ(counts.read, 9);
  EXPECT_EQ(counts.duplicate, 1);
  EXPECT_EQ(counts.accepted, 1);
  EXPECT_EQ(undecodable(DecodeError::kBadUtf8), 1);
  EXPECT_EQ(undecodable(DecodeError::kBadNumber), 1);
  EXPECT_EQ(undecodable(DecodeError::kTruncated), 1) << "in what the id's paths don't lead into";
  EXPECT_EQ(undecodable(DecodeError::kBadProtobuf), 2);
  EXPECT_EQ(counts.rejected, 2) << "no id";
  EXPECT_EQ(counts.quarantined_no_time, 0);
}

TEST_F(Own, EntitiesOfItsFieldsAreFollowed) {
  File("parcel.proto", "syntax = \"proto3\"; message Parcel { string number = 1; int64 at = 2; string box = 3; }");
  const std::string source = "schema: " + Path("checkout.proto") + ", message: shop.v1.Checkout, payload: order.checked_out, id: [row.order_number], time: ms(row.placed_ms)}\n  dhl: {topics: [crm2], "
                             "format: protobuf, schema: " + Path("parcel.proto") + ", payload: parcel.sent, id: [row.box], time: s(row.at)";
  ASSERT_EQ(Read("{name: k, key: [order.order_number, parcel.number], elapsed: {from: order.checked_out, to: parcel.sent}, stats: [sum], by: {box: to.parcel.box}, unit: seconds, windows: [lifetime]}", "", source), "");
  EXPECT_EQ(plan->schema().Resolve(*plan->schema().FindType("order.paid"), "order.order_number").ok(), false) << "the first word is shared, not the fields";
  rig->logs[{"crm2", 0}].Append(Writer("syntax = \"proto3\"; message Parcel { string number = 1; int64 at = 2; string box = 3; }", "Parcel")(
                                   "number: \"1\" box: \"b\" at: " + std::to_string(EngineRig::kStartSeconds + 35)), EngineRig::WallAt(60));
  rig->logs.at({kRigTopic, 0}).Append(Writer(kSchema)("order_number: \"1\"" + At(5)), EngineRig::WallAt(60));
  ASSERT_TRUE(rig->Start(0).ok());
  ASSERT_TRUE(rig->RunAt(120).ok());
  std::string shown;
  rig->engine->view()->ForEach(KpiId{0}, [&](const SeriesValue& series) { shown += std::string(series.labels.values[0]) + "=" + series.value.ToString(); });
  EXPECT_EQ(shown, "b=30");
}

TEST_F(Own, RecordsOfOtherVersionsAreReadByNumber) {
  const std::string source = "framing: confluent, schema: " + Path("checkout.proto") + ", message: shop.v1.Checkout, schemas: " + Path("schemas") +
                             ", payload: checkout, id: [row.order_number], time: ms(row.placed_ms)";
  const std::string older = Replaced(Replaced(Replaced(kSchema, "string order_number", "string order_no"), "  float rate = 20;\n", ""), "sint32 points = 4", "sint32 points = 40");
  const std::string newer = Replaced(kSchema, "  float rate = 20;", "  float rate = 20; string note = 21;");
  const std::string retyped = Replaced(kSchema, "fixed32 units = 5", "string units = 5");
  const std::string narrower = Replaced(kSchema, "int64 placed_ms = 2", "int32 placed_ms = 2");
  const std::string inside = Replaced(kSchema, "message Address { string country = 1;", "message Address { int32 country = 1;");
  const std::string list = Replaced(kSchema, "sint32 points = 4", "repeated sint32 points = 4");
  const std::string span = Replaced(kSchema, "Timestamp promised", "Duration promised"), cents = Replaced(kSchema, "scale) = 6", "scale) = 2");
  char number = 1;
  for (const std::string* text : {&kSchema, &older, &newer, &retyped, &narrower, &inside, &list, &span, &cents}) File("schemas/" + std::to_string(number++) + ".proto", *text);
  ASSERT_EQ(Read("{name: k, on: checkout, sum: checkout.total, windows: [lifetime]}", "", source), "");
  const std::string second = "\2\2"s;  // [1]: the second message of its file
  const auto record = [&](const std::string& schema, const std::string& text) { return Writer(schema)(text + At(5)); };
  Run({Framed(1, second, record(kSchema, "order_number: \"1\" total_micros: 1000000")), Framed(2, second, record(older, "order_no: \"2\" total_micros: 20000000 points: 5")),
       Framed(3, second, record(newer, "order_number: \"3\" total_micros: 300000000 note: \"n\"")), Framed(4, second, record(retyped, "order_number: \"4\" units: \"x\"")),
       Framed(5, second, Writer(narrower)("order_number: \"5\" placed_ms: 1")), Framed(6, second, record(inside, "order_number: \"6\"")), Framed(7, second, record(list, "order_number: \"7\"")),
       Framed(8, second, record(span, "order_number: \"9\" promised { seconds: 5 }")), Framed(9, second, record(cents, "order_number: \"10\" total_micros: 100")),
       Framed(1, "\0"s, Writer(kSchema, "shop.v1.Ping")("id: \"p\"")), record(kSchema, "order_number: \"8\"")});
  EXPECT_EQ(rig->Value("k", "lifetime"), "321");
  const RecordCounts counts = rig->Counts();
  EXPECT_EQ(counts.accepted, 4) << "an int32 is an int64, too";
  EXPECT_EQ(counts.unmapped, 1) << "another message";
  EXPECT_EQ(counts.undecodable[static_cast<size_t>(DecodeError::kBadSchema)], 5);
  EXPECT_EQ(counts.undecodable[static_cast<size_t>(DecodeError::kBadFraming)], 1);
  Mapper::Scratch scratch(*plan->topics()[0].mapper);
  MappedEvents events;
  const std::string bytes = Framed(6, second, record(inside, "order_number: \"6\""));
  EXPECT_EQ(plan->topics()[0].mapper->Map({"crm", 0, Offset{0}, EngineRig::WallAt(1), {}, bytes}, &scratch, &events), MapOutcome::kUndecodable);
  EXPECT_EQ(scratch.rejection().why,
            "is of a schema that can't be read as shop.v1.Checkout: its field 1, shop.v1.Address.country, is of type int32, and here of type string");
  const std::string scaled = Framed(9, second, record(cents, "order_number: \"10\""));
  EXPECT_EQ(plan->topics()[0].mapper->Map({"crm", 0, Offset{0}, EngineRig::WallAt(1), {}, scaled}, &scratch, &events), MapOutcome::kUndecodable);
  EXPECT_EQ(scratch.rejection().why, "is of a schema that can't be read as shop.v1.Checkout: its field 3, shop.v1.Checkout.total_micros, is of type int64 with the scale 2, "
                                     "and here of type int64 with the scale 6");
}

TEST_F(Own, StateFitsAsLongAsTheFieldsThatAreReadAreTheSame) {
  const uint64_t before = Fingerprint(kSchema);
  EXPECT_EQ(Fingerprint(Replaced(kSchema, "  float rate = 20;", "  float rate = 20; string note = 21;")), before) << "a field more";
  EXPECT_EQ(Fingerprint(Replaced(kSchema, "sint32 points = 4", "string points = 44")), before) << "a field that nobody reads";
  EXPECT_EQ(Fingerprint(Replaced(kSchema, "OPEN = 2;", "OPEN = 2; LOST = 3;")), before);
  EXPECT_NE(Fingerprint(Replaced(kSchema, "int64 total_micros = 3", "int64 total_micros = 33")), before) << "renumbered";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "int64 total_micros = 3", "sint64 total_micros = 3")), before) << "retyped";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "int64 total_micros = 3", "optional int64 total_micros = 3")), before) << "absent is 0 no more";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "int64 placed_ms = 2", "fixed64 placed_ms = 2")), before) << "of the time";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "string order_number = 1", "string order_number = 111")), before) << "of the id";
  const std::string by = "{name: k, on: checkout, count: true, where: has(checkout.address.country), by: {s: checkout.status}, windows: [lifetime]}";
  const uint64_t labelled = Fingerprint(kSchema, by);
  EXPECT_EQ(Fingerprint(Replaced(kSchema, "int64 total_micros = 3", "int64 total_micros = 33"), by), labelled) << "which this one doesn't read";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "Status status = 6", "Status status = 66"), by), labelled);
  EXPECT_NE(Fingerprint(Replaced(kSchema, "message Address { string country = 1;", "message Address { string country = 11;"), by), labelled);
  EXPECT_NE(Fingerprint(Replaced(kSchema, "Address address = 7", "Address address = 77"), by), labelled);
  const std::string has = "{name: k, on: checkout, count: true, where: has(checkout.refund) or has(checkout.promised), windows: [lifetime]}";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "Int64Value refund", "StringValue refund"), has), Fingerprint(kSchema, has)) << "another wrapper";
  EXPECT_NE(Fingerprint(Replaced(kSchema, "Timestamp promised", "Duration promised"), has), Fingerprint(kSchema, has)) << "a span is no time";
  const std::string distinct = "{name: k, on: checkout, distinct: checkout.card, windows: [24h]}";
  EXPECT_NE(Fingerprint(kSchema, distinct), Fingerprint(Replaced(kSchema, "string card = 17", "string card = 27"), distinct));
}

TEST_F(Own, SchemasThatLeadToThemselvesInManyWaysAreNoTrouble) {
  std::string tree = "syntax = \"proto3\"; message Tree { string id = 1; ";
  for (int f = 2; f < 10; ++f) tree += "Tree t" + std::to_string(f) + " = " + std::to_string(f) + "; ";
  File("tree.proto", tree + "int64 total = 10; }");  // 8^7 messages at the depth to which paths are listed
  File("leaf.proto", "syntax = \"proto3\"; message Leaf { string id = 1; }");
  const std::string source = "schema: " + Path("tree.proto") + ", payload: tree, id: [row.id]}\n  leaves: {topics: [leaves], format: protobuf, schema: " + Path("leaf.proto") + ", payload: leaf, id: [row.id]";
  EXPECT_EQ(Read("{name: k, key: [leaf.id, tree.id], elapsed: {from: tree, to: leaf}, stats: [sum], unit: seconds, windows: [lifetime]}", "", source), "");
  const std::string said = Read("{name: k, on: tree, sum: tree.totel, windows: [lifetime]}", "", source);
  EXPECT_NE(said.find("tree.totel is not a field of tree; did you mean tree.total?"), std::string::npos) << said;
}

TEST_F(Own, NamesInAStructAreKeysThatMayBeThere) {
  const std::string text = "syntax = \"proto3\"; import \"google/protobuf/struct.proto\"; message Free { string id = 1; int64 at = 2; google.protobuf.Struct extra = 3; }";
  File("free.proto", text);
  ASSERT_EQ(Read("{name: k, on: free, count: true, by: {i: event.id}, windows: [lifetime]}", "", "schema: " + Path("free.proto") + ", payload: free, id: [row.extra.order], time: s(row.at)"), "");
  Run({Writer(text, "Free")("at: " + std::to_string(EngineRig::kStartSeconds + 5) + " extra { fields { key: \"order\" value { string_value: \"7\" } } }")});
  EXPECT_EQ(rig->Value("k", "lifetime", "free/7"), "1");
}

TEST_F(Own, ANumberInTheEnvelopeHangsOnTheNameAlone) {
  ASSERT_EQ(Read(), "");
  const int32_t number = plan->schema().event_types()[plan->schema().FindType("checkout")->v].payload_field;
  File("a.proto", "syntax = \"proto3\"; message A { string id = 1; }");
  ASSERT_EQ(Read(kKpi, "}\n  a: {topics: [a], format: protobuf, schema: " + Path("a.proto") + ", payload: a"), "");
  EXPECT_EQ(plan->schema().event_types()[plan->schema().FindType("checkout")->v].payload_field, number);
  EXPECT_GE(number, 20'000);
}

TEST_F(Own, ADescriptorSetDoesAsWell) {
  const Writer checkout(kSchema);
  File("checkout.pb", checkout.set.SerializeAsString());
  ASSERT_EQ(Read(kKpi, "", "schema: " + Path("checkout.pb") + ", message: shop.v1.Checkout, payload: checkout, id: [row.order_number], time: ms(row.placed_ms)"), "");
  Run({checkout("order_number: \"1\" total_micros: 12500000" + At(5))});
  EXPECT_EQ(rig->Value("k", "lifetime"), "12.5");
}

TEST_F(Own, MistakesAreToldWhereTheyStand) {
  const auto kpi = [&](const std::string& measure) { return Read("{name: k, on: checkout, windows: [lifetime], " + measure + "}"); };
  EXPECT_EQ(kpi("sum: checkout.totel"), "own.yaml:5:58: sum: checkout.totel is not a field of checkout; did you mean checkout.total?");
  EXPECT_EQ(kpi("sum: total"), "own.yaml:5:58: sum: total is not a field of checkout");
  EXPECT_EQ(kpi("sum: checkout.order_number"), "own.yaml:5:58: sum: checkout.order_number is not a number");
  EXPECT_EQ(kpi("distinct: checkout.coupons"), "own.yaml:5:63: distinct: checkout.coupons is repeated: a KPI can use only fields that hold one value; add the path that checkout has, like [checkout.coupons, deal.lead]");
  EXPECT_EQ(kpi("sum: checkout.counts.a"), "own.yaml:5:58: sum: checkout.counts is repeated: a KPI can use only fields that hold one value");
  EXPECT_EQ(kpi("sum: checkout.address"), "own.yaml:5:58: sum: checkout.address is a message, not a value: name one of its fields");
  EXPECT_NE(kpi("count: true, by: {e: checkout.email}").find("checkout.email is personal data"), std::string::npos);
  EXPECT_EQ(kpi("count: true, by: {e: {field: checkout.email, personal: allow}}"), "");
  File("checkout.proto", Replaced(kSchema, "Int64Value refund = 10", "Int64Value refund = 10 [(tidemark.events.v1.scale) = 2]"));
  EXPECT_EQ(kpi("sum: checkout.refund"), "own.yaml:5:58: sum: checkout.refund is a message, of which the option scale says nothing: put it on a field that is a number");
  File("checkout.proto", kSchema);
  EXPECT_EQ(Read("{name: k, on: chekout, count: true, windows: [1h]}"), "own.yaml:5:22: on: there is no event type \"chekout\"; did you mean \"checkout\"?");
}

TEST_F(Own, MistakesOfSourcesAreToldWhereTheyStand) {
  const std::string schema = "schema: " + Path("checkout.proto") + ", message: shop.v1.Checkout, ";
  // Less the column, which hangs on where the test's files are.
  const auto said = [&](const std::string& lines, const std::string& kpi = kKpi) {
    std::string text = Read(kpi, "", lines);
    while (text.find("\nown.yaml:5") != std::string::npos) text.resize(text.find("\nown.yaml:5"));
    EXPECT_TRUE(text.starts_with("own.yaml:4:") || text.starts_with("own.yaml:5:")) << text;
    return text.substr(std::min(text.size(), text.find(": ") + 2));
  };
  EXPECT_EQ(said(schema + "payload: checkout, id: [row.order_numbr]"), "sources.shop.id: row.order_numbr: the message has no field order_numbr; did you mean order_number?");
  EXPECT_EQ(said(schema + "payload: checkout, id: [row.address.country, row.address.zip]"), "sources.shop.id: row.address.zip: the message has no field zip");
  EXPECT_EQ(said(schema + "payload: checkout, time: ms(row.placed)"), "sources.shop.time: row.placed: the message has no field placed");
  EXPECT_EQ(said(schema + "payload: order.paid"), "sources.shop.payload: order.paid is an event type already; take another name");
  EXPECT_EQ(said(schema + "payload: event.seen"), "sources.shop.payload: event has a meaning of its own in paths; take another word");
  EXPECT_EQ(said(schema + "payload: to"), "sources.shop.payload: to has a meaning of its own in paths; take another word");
  EXPECT_EQ(said(schema + "payload: a-b"), "sources.shop.payload: \"a-b\" is not an event type like checkout or parcel.sent");
  EXPECT_EQ(said(schema + "payload: checkout, ignore: row.gift"),
            "sources.shop.ignore: beside `payload`, which takes records as they are: KPIs have `where`; for more write `events` alone");
  EXPECT_EQ(said(schema + "payload: checkout, events: []"),
            "sources.shop.events: beside `payload`, which takes records as they are: KPIs have `where`; for more write `events` alone");
  EXPECT_EQ(said("payload: checkout"), "sources.shop: KPIs name the fields of its `payload`: write `schema: FILE`, the schema that they mean, also where records name others");
  EXPECT_EQ(said("framing: confluent, payload: checkout"),
            "sources.shop: KPIs name the fields of its `payload`: write `schema: FILE`, the schema that they mean, also where records name others");
  EXPECT_EQ(said("schema: " + Path("checkout.proto") + ", message: shop.v1.Chekout, payload: checkout"), "sources.shop.schema: it has no message shop.v1.Chekout");
  File("old.proto", "syntax = \"proto2\"; message Old { optional string id = 1; }");
  EXPECT_EQ(said("schema: " + Path("old.proto") + ", payload: old"), "sources.shop.payload: Old is not of proto3, so no event as it is; write `events` instead, whose rules read it");
  File("mixed.proto", "syntax = \"proto3\"; import \"old.proto\"; message Mixed { Old old = 1; }");
  EXPECT_EQ(said("schema: " + Path("mixed.proto") + ", payload: mixed").find("sources.shop.schema: it schema.proto can't be used: "), 0) << "an import that nobody has";
  EXPECT_EQ(said(schema + "payload: checkout}\n  eu: {topics: [eu], format: protobuf, " + schema + "payload: checkout"),
            "sources.eu.payload: checkout comes from sources.shop already; topics with the same message are topics of one source");
}

}  // namespace
}  // namespace tidemark
