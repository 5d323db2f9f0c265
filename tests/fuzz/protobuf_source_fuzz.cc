// Protobuf of a source's own: behind a zero byte a record, which libprotobuf reads too; behind a two a descriptor, as schemas in base64 are; behind
// any other the text of a schema.
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "config/config.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;

constexpr const char* kSchema = R"(syntax = "proto3"; package s;
import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/duration.proto";
message R {
  string id = 1; sint64 n = 2; double d = 3; repeated int32 list = 4; repeated Item items = 5; map<string, Item> m = 6; map<bool, fixed32> b = 7;
  oneof o { string a = 8; Item i = 9; int32 other = 10; }
  google.protobuf.Timestamp at = 11; google.protobuf.StringValue w = 12; optional uint64 u = 13; E e = 14; bytes raw = 15; R r = 16; google.protobuf.Duration took = 40; float f = 41;
}
message Item { string sku = 1; repeated string tags = 2; bool ok = 3; google.protobuf.Int32Value n = 4; }
enum E { Z = 0; ONE = 1; })";

constexpr const char* kConfig = R"(kafka: {brokers: none}
registry: {url: "http://none"}
topics: [plain]
kpis: [{name: k, count: true, on: lead.created, windows: [1h]}]
sources:
  s:
    topics: [s]
    format: protobuf
    framing: confluent
    events:
    - {emit: deal.updated, set: {deal.id: row.id, deal.stage: row.a, deal.owner: row.i.sku, deal.segment: 'row.i.tags[1]', deal.region: row.m.x.sku, deal.currency: 'row.list[2]', deal.product: row.b.true, deal.lead: row.u}}
    - {emit: lead.created, set: {lead.id: row.w, lead.channel: row.e, lead.region: row.raw, lead.owner: row.n, lead.team: row.d, lead.segment: row.f, lead.source: row.r.r.id, lead.product: row.took}}
    - {emit: order.item, each: row.items, set: {order.id: item.sku, order.channel: 'item.tags[0]', order.region: item.ok, order.coupon: item.n}}
    - {emit: deal.won, when: has(row.at), time: row.at}
)";

// The same records as events of their own.
constexpr const char* kOwnConfig = R"(kafka: {brokers: none}
sources:
  own: {topics: [own], format: protobuf, schema: SCHEMA, message: s.R, payload: own, id: [row.id | row.a | "none"]}
kpis:
- {name: k, on: own, sum: own.n, where: has(own.u) or own.r.a == "x", by: {w: own.w, sku: own.i.sku, e: own.e, raw: own.raw}, windows: [1h]}
- {name: l, on: own, avg: own.d, where: own.f > 1 or has(own.at) or own.took > 2 or own.i.n == 3, by: {other: own.other, ok: own.r.i.ok}, windows: [1h]}
)";

struct Fixture {
  Fixture() : pool(google::protobuf::DescriptorPool::generated_pool()) {
    Diagnostics diagnostics;
    ParseConfig("protobuf_source_fuzz", kConfig, &specs, &diagnostics);
    plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    testing::Expect(plan != nullptr, [&] { return diagnostics.ToString(); });
    google::protobuf::io::ArrayInputStream in(kSchema, static_cast<int>(std::string_view(kSchema).size()));
    google::protobuf::io::Tokenizer tokenizer(&in, nullptr);
    google::protobuf::compiler::Parser parser;
    google::protobuf::FileDescriptorProto file;
    testing::Expect(parser.Parse(&tokenizer, &file), "the schema is one");
    file.set_name("s.proto");
    testing::Expect(pool.BuildFile(file) != nullptr, "and can be used");
    type = factory.GetPrototype(pool.FindMessageTypeByName("s.R"));
    schemas->Add(1, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kProtobuf, kSchema, {}}));
    scratch = std::make_unique<Mapper::Scratch>(mapper(), schemas);

    const std::filesystem::path path = std::filesystem::temp_directory_path() / ("protobuf_source_fuzz." + std::to_string(getpid()) + ".proto");
    std::ofstream(path) << kSchema;
    std::string config = kOwnConfig;
    config.replace(config.find("SCHEMA"), 6, path.string());
    ParseConfig("protobuf_source_fuzz", config, &own_specs, &diagnostics);
    std::filesystem::remove(path);
    own_plan = Plan::Compile(own_specs, Schema::Canonical(), &diagnostics);
    testing::Expect(own_plan != nullptr, [&] { return diagnostics.ToString(); });
    own_scratch = std::make_unique<Mapper::Scratch>(own(), nullptr);
    slots.resize(own_plan->decoder().max_slots());
  }
  const Mapper& own() const { return *own_plan->topics()[0].mapper; }
  const Mapper& mapper() const { return *plan->topics()[1].mapper; }
  MapOutcome Map(std::string_view bytes, Mapper::Scratch* with, MappedEvents* events) const {
    const std::string value = std::string("\0\0\0\0\1\0", 6) + std::string(bytes);
    return mapper().Map({"t", 1, Offset{7}, WallTimeFromMicros(1'700'000'000'000'000), "", value}, with, events);
  }
  Specs specs;
  std::shared_ptr<const Plan> plan;
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const google::protobuf::Message* type = nullptr;
  std::shared_ptr<WriterSchemas> schemas = std::make_shared<WriterSchemas>();
  std::unique_ptr<Mapper::Scratch> scratch;
  Specs own_specs;
  std::shared_ptr<const Plan> own_plan;
  std::unique_ptr<Mapper::Scratch> own_scratch;
  mutable std::vector<Slot> slots;
};

// A record that is an event as it is: the decoder reads it if libprotobuf does, but for numbers that it can't hold.
void ReadOwn(const Fixture& fixture, std::string_view record, bool is_message) {
  MappedEvents events;
  const MapOutcome outcome = fixture.own().Map({"own", 1, Offset{7}, WallTimeFromMicros(1'700'000'000'000'000), "", record}, fixture.own_scratch.get(), &events);
  testing::Expect(outcome == MapOutcome::kMapped || outcome == MapOutcome::kUndecodable, "its id is never absent");
  testing::Expect(outcome == MapOutcome::kMapped || !is_message, "what libprotobuf reads is an event");
  if (outcome != MapOutcome::kMapped) return;
  testing::Expect(events.size() == 1 && events.event(0).ends_with(record), "the record stands in it as it is");
  EventRow row;
  fixture.own_plan->decoder().Decode(events.event(0), fixture.slots.data(), &row);
  testing::Expect(row.error == DecodeError::kNone || row.error == DecodeError::kBadNumber || !is_message, "and is read as libprotobuf does");
  testing::Expect(row.error != DecodeError::kNone || row.type == fixture.own_plan->schema().FindType("own"), "as what it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Fixture fixture;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  MappedEvents events, again;
  if (data[0] != 0) {
    const auto schemas = std::make_shared<WriterSchemas>();
    schemas->Add(1, std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kProtobuf, data[0] == 2 ? absl::Base64Escape({input.data(), input.size()}) : std::string(input), {}}));
    Mapper::Scratch scratch(fixture.mapper(), schemas);
    fixture.Map(input, &scratch, &events);
    return 0;
  }
  const MapOutcome outcome = fixture.Map(input, fixture.scratch.get(), &events);
  testing::Expect((outcome == MapOutcome::kMapped) == (events.size() > 0), "events where it is mapped, and only there");
  for (size_t e = 0; e < events.size(); ++e) {
    events::v1::Event event;
    testing::Expect(event.ParseFromArray(events.event(e).data(), static_cast<int>(events.event(e).size())), "an event is one to libprotobuf, too");
  }
  const std::unique_ptr<google::protobuf::Message> message(fixture.type->New());
  const bool is_message = message->ParseFromArray(input.data(), static_cast<int>(input.size()));
  ReadOwn(fixture, input, is_message);
  if (!is_message) return 0;
  testing::Expect(outcome != MapOutcome::kUndecodable, "what libprotobuf reads is read");
  const MapOutcome merged = fixture.Map(message->SerializeAsString(), fixture.scratch.get(), &again);
  testing::Expect(merged == outcome && again.bytes == events.bytes, "what libprotobuf makes of it is the same record");
  return 0;
}
