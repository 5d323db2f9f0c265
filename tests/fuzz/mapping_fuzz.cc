// Records of sources, as values and keys: through the mappings that ship, and one of each other shape.
#include <memory>
#include <vector>

#include "config/catalogue.h"
#include "config/config.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;

constexpr const char* kOthers = R"(
  maxwell:
    topics: [maxwell]
    shape: maxwell
    events:
    - {emit: deal.won, when: 'becomes(row.stage, "won")', set: {deal.id: was(row.id), deal.amount: 'b64(row.a, row.s)', deal.created: 'local(row.t, "Europe/Berlin")'}}
  cloud:
    topics: [cloud]
    framing: cloudevents
    events:
    - {emit: order.paid, when: has(row.id) or has(meta.subject), set: {order.id: row.id | meta.subject, order.amount: {value: row.amount, on_error: absent}}}
    - {emit: order.item, each: row.items, set: {product.id: item.sku | record.headers.sku}}
  sent:
    topics: [sent]
    events:
    - {emit: lead.created, set: {lead.id: record.headers.id | record.offset}}
  dms:
    topics: [dms]
    shape: dms
    framing: connect
    events:
    - {emit: order.paid, when: changed(row.amount), set: {order.amount: {value: 'minor(row.amount, row.c)', on_error: absent}, order.first: {value: row.f, on_error: {constant: false}}, order.id: 'concat(key, row.id)'}}
)";

struct Mappings {
  Mappings() {
    std::string yaml = "kafka: {brokers: none}\ntopics: [plain]\nkpis: [{name: k, count: true, on: lead.created, windows: [1h]}]\nsources:";
    yaml += kOthers;
    for (const CatalogueFile& file : ShippedSources()) {
      yaml += "  " + std::string(file.subject) + ": {use: " + std::string(file.subject) + ", topics: [" + std::string(file.subject) + "]}\n";
    }
    Diagnostics diagnostics;
    ParseConfig("mapping_fuzz", yaml, &specs, &diagnostics);
    specs.privacy.hash_key = "0123456789abcdef";
    plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    testing::Expect(plan != nullptr, [&] { return diagnostics.ToString(); });
    for (const TopicPlan& topic : plan->topics()) {
      if (topic.mapper == nullptr) continue;
      mappers.push_back(topic.mapper.get());
      scratches.push_back(std::make_unique<Mapper::Scratch>(*topic.mapper));
    }
  }
  Specs specs;
  std::shared_ptr<const Plan> plan;
  std::vector<const Mapper*> mappers;
  std::vector<std::unique_ptr<Mapper::Scratch>> scratches;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Mappings mappings;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Some of the bytes are headers, too: of a CloudEvent in one of its modes, of a record that was sent again.
  const std::string_view some = text.substr(0, text.size() / 2);
  const std::vector<RecordHeader> headers = {{size % 2 == 0 ? "ce_id" : "id", some}, {size % 3 == 0 ? "ce_source" : "sku", some}, {size % 5 == 0 ? "content-type" : "ce_time", text},
                                             {"tidemark-topic", "t"}, {"tidemark-partition", "3"}, {"tidemark-offset", some}, {"tidemark-timestamp", text}};
  const RawRecord record{"t", 1, Offset{7}, WallTimeFromMicros(1'700'000'000'000'000), text, text.data() == nullptr ? "" : text, size % 7 == 0 ? std::span<const RecordHeader>() : headers};
  for (size_t m = 0; m < mappings.mappers.size(); ++m) {
    MappedEvents events, again;
    const MapOutcome outcome = mappings.mappers[m]->Map(record, mappings.scratches[m].get(), &events);
    testing::Expect((outcome == MapOutcome::kMapped) == (events.size() > 0), "events where it is mapped, and only there");
    testing::Expect(events.size() > 0 || events.bytes.empty(), "nothing is left of what was taken back");
    for (size_t e = 0; e < events.size(); ++e) {
      events::v1::Event event;
      testing::Expect(event.ParseFromArray(events.event(e).data(), static_cast<int>(events.event(e).size())), "an event is one to libprotobuf, too");
      testing::Expect(!event.id().empty() && event.has_time() && event.payload_case() != events::v1::Event::PAYLOAD_NOT_SET, "it has an id, a time and a payload");
    }
    testing::Expect(mappings.mappers[m]->Map(record, mappings.scratches[m].get(), &again) == outcome && again.bytes == events.bytes, "the same record, the same events");
  }
  return 0;
}
