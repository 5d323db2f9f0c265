// A writer's schema and a record of it: the first byte chooses the schema, 0 one that stands in the input itself, behind its length.
#include <algorithm>
#include <memory>

#include "config/config.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;

constexpr const char* kSchemas[] = {
    R"({"type": "record", "name": "R", "fields": [{"name": "ChangeEventHeader", "type": {"type": "record", "name": "H", "fields": [{"name": "changeType", "type": "string"},
        {"name": "recordIds", "type": {"type": "array", "items": "string"}}, {"name": "changedFields", "type": {"type": "array", "items": "string"}},
        {"name": "nulledFields", "type": {"type": "array", "items": ["null", "string"]}}, {"name": "diffFields", "type": {"type": "array", "items": "string"}}]}},
        {"name": "StageName", "type": ["null", "string"]}, {"name": "Name", "type": ["null", {"type": "record", "name": "N", "fields": [{"name": "First", "type": "string"}]}]}]})",
    R"({"type": "array", "items": ["null", {"type": "record", "name": "R", "fields": [{"name": "id", "type": {"type": "enum", "name": "E", "symbols": ["a", "b"]}},
        {"name": "amount", "type": {"type": "record", "name": "io.debezium.data.VariableScaleDecimal", "fields": [{"name": "scale", "type": "int"}, {"name": "value", "type": "bytes"}]}},
        {"name": "at", "type": {"type": "int", "logicalType": "date"}}, {"name": "items", "type": {"type": "array", "items": "null"}},
        {"name": "m", "type": {"type": "map", "values": {"type": "fixed", "name": "F", "size": 0}}}]}]})",
    R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": ["null", "string", "long"]}, {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal",
        "precision": 40, "scale": 20}}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-nanos"}}, {"name": "items", "type": {"type": "array", "items": {"type": "record",
        "name": "I", "fields": [{"name": "sku", "type": "string"}, {"name": "tags", "type": {"type": "array", "items": "double"}}]}}}, {"name": "m", "type": {"type": "map", "values": "R"}},
        {"name": "params", "type": {"type": "array", "items": {"type": "record", "name": "P", "fields": [{"name": "k", "type": "string"}, {"name": "v", "type": "float"}]}}}]})",
};

constexpr const char* kConfig = R"(kafka: {brokers: none}
registry: {url: "http://none"}
topics: [plain]
kpis: [{name: k, count: true, on: lead.created, windows: [1h]}]
sources:
  all:
    topics: [all]
    format: avro
    framing: confluent
    each: root
    maps: {param: {array: row.params, key: k, value: [v]}}
    events:
    - {emit: deal.updated, when: has(row.amount), time: row.at, set: {deal.id: row.id, deal.amount: row.amount, deal.stage: row.m.x.id, deal.owner: param.x}}
    - {emit: order.item, each: row.items, set: {order.id: item.sku, order.amount: 'item.tags[1]', order.channel: key}}
    - {emit: deal.deleted, set: {deal.id: row.m.x}}
  none:
    topics: [none]
    format: avro
    framing: confluent
    each: root
    events: [{emit: deal.updated}]
  changes:
    topics: [changes]
    format: avro
    framing: confluent
    shape: salesforce_cdc
    events:
    - {emit: deal.won, when: 'becomes(row.StageName, ["won"]) or changed(row.Name.First)', set: {deal.id: item, deal.stage: row.StageName, deal.owner: row.Name.First}}
)";

struct Mappings {
  Mappings() {
    Diagnostics diagnostics;
    ParseConfig("avro_fuzz", kConfig, &specs, &diagnostics);
    plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    testing::Expect(plan != nullptr, [&] { return diagnostics.ToString(); });
  }
  Specs specs;
  std::shared_ptr<const Plan> plan;
};

MapOutcome Map(const Mapper& mapper, const RawRecord& record, const std::shared_ptr<WriterSchemas>& schemas, MappedEvents* events) {
  Mapper::Scratch scratch(mapper, schemas);
  return mapper.Map(record, &scratch, events);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Mappings mappings;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.size() < 3) return 0;
  WriterSchema schema;
  if (const auto chosen = static_cast<uint8_t>(input[0]); chosen > 0) {
    schema.text = kSchemas[chosen % std::size(kSchemas)];
    input.remove_prefix(1);
  } else {
    const size_t length = static_cast<size_t>(static_cast<uint8_t>(input[1])) << 8 | static_cast<uint8_t>(input[2]);
    schema.text = input.substr(3, length);
    input.remove_prefix(std::min(input.size(), 3 + length));
  }
  const auto schemas = std::make_shared<WriterSchemas>();
  schemas->Add(1, std::make_shared<const WriterSchema>(schema));
  const std::string value = std::string("\0\0\0\0\1", 5) + std::string(input);
  const RawRecord record{"t", 1, Offset{7}, WallTimeFromMicros(1'700'000'000'000'000), input, value};
  const Mapper& all = *mappings.plan->topics()[1].mapper;
  MappedEvents events, again, none;
  const MapOutcome outcome = Map(all, record, schemas, &events);
  testing::Expect(Map(all, record, schemas, &again) == outcome && again.bytes == events.bytes, "the same record, the same events");
  testing::Expect((outcome == MapOutcome::kMapped) == (events.size() > 0), "events where it is mapped, and only there");
  testing::Expect(events.size() <= 4 * (size + 1'000), "no more than the record's bytes justify");
  for (size_t e = 0; e < events.size(); ++e) {
    events::v1::Event event;
    testing::Expect(event.ParseFromArray(events.event(e).data(), static_cast<int>(events.event(e).size())), "an event is one to libprotobuf, too");
  }
  const Mapper& changes = *mappings.plan->topics()[3].mapper;
  MappedEvents of_changes, of_changes_again;
  const MapOutcome change = Map(changes, record, schemas, &of_changes);
  testing::Expect(Map(changes, record, schemas, &of_changes_again) == change && of_changes_again.bytes == of_changes.bytes, "the same change, the same events");
  testing::Expect(change != MapOutcome::kRejected || of_changes.size() == 0, "whole or not at all");
  const MapOutcome skipped = Map(*mappings.plan->topics()[2].mapper, record, schemas, &none);
  const bool read = outcome != MapOutcome::kUndecodable && outcome != MapOutcome::kAwaitsSchema;  // a key names another
  testing::Expect(!read || skipped != MapOutcome::kUndecodable, "what can be read can be skipped");
  return 0;
}
