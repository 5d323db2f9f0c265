// `generate source`: what a draft says of samples; it always loads, and rejects none of them.
#include <gtest/gtest.h>

#include "config/config.h"
#include "daemon/draft/draft.h"
#include "daemon/draft/observed.h"
#include "pipeline/event/schema.h"
#include "pipeline/plan/plan.h"

namespace tidemark {
namespace {

// Loads, and every record is read and none rejected.
std::string Drafted(const std::vector<std::string>& records) {
  const Result<std::string> draft = DraftSource("it", records);
  if (!draft.ok()) {
    EXPECT_EQ(draft.status().text().find("mistake of this program"), std::string::npos) << draft.status().text();
    return "refused: " + draft.status().text();
  }
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("draft.yaml", *draft, &specs, &diagnostics);
  std::shared_ptr<const Plan> plan;
  if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "") << *draft;
  if (plan == nullptr) return "";
  const Mapper& mapper = *plan->topics()[0].mapper;
  Mapper::Scratch scratch(mapper);
  for (const std::string& record : records) {
    MappedEvents events;
    RawRecord raw;
    raw.topic = "it";
    raw.kafka_time = WallTimeFromMicros(1);
    raw.value = record;
    const MapOutcome outcome = mapper.Map(raw, &scratch, &events);
    EXPECT_NE(outcome, MapOutcome::kRejected) << mapper.Describe(scratch.rejection()) << "\n" << *draft;
  }
  EXPECT_EQ(*DraftSource("it", records), *draft) << "the same again";
  return *draft;
}

void ExpectLines(const std::string& text, const std::vector<std::string>& lines) {
  size_t at = 0;
  for (const std::string& line : lines) {
    const size_t found = text.find(line, at);
    EXPECT_NE(found, std::string::npos) << "not there, or not in this order: " << line << "\n" << text;
    if (found != std::string::npos) at = found;
  }
}

TEST(Draft, KnowsDebeziumAndItsTables) {
  const std::string draft = Drafted({
      R"({"before":null,"after":{"id":7,"amount":"12.50","currency":"EUR","stage":"new","owner_id":3,"created_at":"2026-11-20T08:00:00Z"},"source":{"table":"deals","lsn":1,"ts_ms":1795100000000},"op":"c"})",
      R"({"schema":null,"payload":{"before":null,"after":{"id":7,"amount":"12.50","currency":"EUR","stage":"Closed Won","owner_id":3,"created_at":"2026-11-20T08:00:00Z"},"source":{"table":"deals","lsn":2,"ts_ms":1795100000000},"op":"u"}})",
      R"({"before":null,"after":{"sku":1},"source":{"table":"stock","lsn":3,"ts_ms":1795100000000},"op":"c"})",
  });
  ExpectLines(draft, {"shape: debezium", "id: [meta.source.table, meta.source.lsn]", "time: ms(meta.source.ts_ms)", "version: meta.source.lsn",
                      "emit: deal.created", "when: 'meta.source.table == \"deals\" and op in [create, snapshot]'", "id: [row.id]", "deal.id: row.id", "deal.amount: row.amount",
                      "emit: deal.updated", "id: [meta.source.table, row.id, meta.source.lsn]", "emit: deal.won", "becomes(row.stage, \"Closed Won\")",
                      "1 record of another type", "meta.source.table == \"stock\"", "on: deal.won"});
}

TEST(Draft, RecognisesTimesByTheirValues) {
  for (const auto& [value, call] : std::vector<std::pair<std::string, std::string>>{{"1795100000", "s(row.time)"},
                                                                                    {"1795100000123", "ms(row.time)"},
                                                                                    {"\"1795100000123456\"", "us(row.time)"},
                                                                                    {"1795100000123456789", "ns(row.time)"},
                                                                                    {"\"2026-11-20T08:00:00Z\"", "iso(row.time)"},
                                                                                    {"\"2026-11-20T08:00:00.000+0000\"", "iso(row.time)"},
                                                                                    {"\"2026-11-20T08:00:00\"", "local(row.time, \"UTC\")"},
                                                                                    {"\"2026-11-20\"", "local(row.time, \"UTC\")"}}) {
    const std::string draft = Drafted({R"({"type":"order paid","id":1,"time":)" + value + "}"});
    EXPECT_NE(draft.find("    time: " + (call.find(',') == std::string::npos ? call : "'" + call + "'")), std::string::npos) << value << "\n" << draft;
  }
  const std::string mixed = Drafted({R"({"type":"order paid","id":1,"time":"2026-11-20T08:00:00Z"})", R"({"type":"order paid","id":2,"time":1795100000})"});
  EXPECT_EQ(mixed.find("    time:"), std::string::npos) << mixed;
}

TEST(Draft, WhatASampleWouldBeRejectedForIsAComment) {
  const std::string draft = Drafted({R"({"type":"deal won","deal_id":1,"amount":"EtaH","currency":"EUR"})", R"({"type":"deal won","deal_id":2,"amount":12,"currency":"EUR"})"});
  ExpectLines(draft, {"emit: deal.won", "deal.id: row.deal_id", "# deal.amount: row.amount", "b64(row.amount, SCALE)", "deal.currency: row.currency"});
}

TEST(Draft, PersonalFieldsAreLeftToAPerson) {
  const std::string draft = Drafted({R"({"type":"contact created","contact":{"id":"c1","email":"ann@example.com","name":"Ann"}})"});
  ExpectLines(draft, {"emit: contact.created", "# contact.name: hash(lower(row.contact.name))", "# contact.email: hash(lower(row.contact.email))", "personal"});
  EXPECT_EQ(draft.find("ann@"), std::string::npos) << draft;
}

TEST(Draft, OfTypesThatNothingComesToMindForTheFirstIsAnActivity) {
  ExpectLines(Drafted({R"({"zig":1})", R"({"zig":2})"}), {"nothing comes to mind", "emit: activity.logged"});
}

TEST(Draft, ArraysEnvelopesAndPropertyChangesAreSeen) {
  ExpectLines(Drafted({R"([{"objectId":1,"propertyName":"dealstage","propertyValue":"won","subscriptionType":"deal.propertyChange","occurredAt":1556094637139,"portalId":5},)"
                       R"({"objectId":1,"subscriptionType":"deal.propertyChange","propertyName":"amount","propertyValue":"12.5","occurredAt":1556094637139,"portalId":5}])"}),
              {"shape: {property_change: {name: propertyName, value: propertyValue}}", "each: root", "id: [meta.portalId, meta.subscriptionType, meta.objectId, 'meta.propertyName | \"\"', meta.occurredAt]", "time: ms(meta.occurredAt)", "emit: deal.updated", "deal.id: meta.objectId",
               "deal.amount: row.amount", "deal.stage: row.dealstage"});
  ExpectLines(Drafted({R"([{"objectId":7,"subscriptionType":"deal.creation","occurredAt":1700000000000},)"
                       R"({"objectId":7,"propertyName":"dealstage","propertyValue":"won","occurredAt":1700000000000},{"objectId":7,"propertyName":"amount","propertyValue":"8.5e1","occurredAt":1700000000000}])"}),
              {"1 of them look different", "emit: deal.created", "deal.id: meta.objectId"});
  ExpectLines(Drafted({R"({"schema":{"type":"struct"},"payload":{"event":"order completed","order_id":"o1","total":5}})"}), {"framing: connect", "order.paid", "order.amount: row.total"});
}

TEST(Draft, LinesOfAnOrderAreEventsOfTheirOwn) {
  const std::string draft = Drafted({R"({"event":"order completed","order_id":"o1","total":25,"currency":"EUR","coupons":[{"code":"x"}],"products":[{"sku":"a","name":"A","price":10,"quantity":2},{"sku":"b","price":"5.00","quantity":1}]})",
                                     R"({"event":"order completed","order_id":"o2","total":0,"products":[]})"});
  ExpectLines(draft, {"emit: order.paid", "order.amount: row.total", "The lines of these orders", "emit: order.item", "when: row.event == \"order completed\"", "each: row.products", "order.id: row.order_id",
                      "item.currency: row.currency", "product.id: item.sku", "product.name: item.name", "item.units: item.quantity", "item.amount: 'product(item.price, item.quantity)'", "on: order.item"});
  EXPECT_EQ(draft.find("each: row.coupons"), std::string::npos);
  const std::string none = Drafted({R"({"event":"order completed","order_id":"o1","total":25,"products":[{"name":"A"},7,"x"]})"});
  EXPECT_EQ(none.find("order.item"), std::string::npos) << none;
}

TEST(Draft, OfAnAvroFileItIsSaidHowToMakeLines) {
  EXPECT_NE(Drafted({std::string("Obj\1\4\x14" "avro.codec\x8" "deflate"), "rest"}).find("python3 -m fastavro FILE > FILE.jsonl"), std::string::npos);
}

TEST(Draft, HostileSamplesEndInADraftOrAreRefused) {
  EXPECT_TRUE(Drafted({"{", "7", "null", "\"text\"", "[]", ""}).starts_with("refused: no record is a JSON object, or an array of them. "));
  std::string deep;
  for (int i = 0; i < 90; ++i) deep += R"({"a":)";
  Drafted({deep + "1" + std::string(90, '}')});
  Drafted({R"({"type":"a\"b\\c\n# x","id":1})", R"({"type":"order paid","odd \" name":1,"id":2})"});
  Drafted({R"({"type":"order paid: 'x' #y {z} [w]","a b":"2026-11-20T08:00:00Z","id":{"x":1},"order_id":[1,2],"amount":{}})"});
  Drafted({R"({"":1,"type":"","id":""})", R"({"type":"lead created","id":"","lead_id":null,"score":1e999,"created_at":-5})"});
  EXPECT_EQ(Drafted({R"({"type":"a\"b"})"}).rfind("refused", 0), 0u);
  Drafted({R"({"event_name":"page_view","event_timestamp":"1702651559604143","event_params":[{"key":"page location!","value":{"string_value":"x"}},{"key":1},7,null]})"});
}

}  // namespace
}  // namespace tidemark
