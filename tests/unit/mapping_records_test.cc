// Records as connectors and tools write them: what they are about, what happened to it, and what becomes of them.
#include <fstream>

#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

const std::string kTime = "time { seconds: 1700000000 }";

TEST(MapRecords, EventsAreWhatTheyAre) {
  MappingRig rig(R"(id: [row.messageId]
time: iso(row.timestamp)
ignore: row.type in ["identify", "group"]
events:
- {emit: order.paid, when: 'row.type == "track" and row.event == "Order Completed"', id: [row.properties.order_id], set: {order.id: row.properties.order_id, order.amount: row.properties.revenue | row.properties.total}}
- {emit: order.item, when: 'row.event == "Order Completed"', each: row.properties.products, id: [row.properties.order_id, item.sku], set: {order.id: row.properties.order_id, product.id: item.sku}}
- {emit: web.page_view, when: 'row.type == "page"'})");
  EXPECT_EQ(rig.Map(R"({"type":"track","event":"Order Completed","messageId":"m1","timestamp":"2023-11-14T22:13:20Z",
                      "properties":{"order_id":"o/1","total":20,"products":[{"sku":"a"},{"sku":"b"}]}})"),
            "mapped: id: \"order.paid/o%2F1\" source: \"s\" " + kTime + " order_paid { order { id: \"o/1\" amount_micros: 20000000 } }; "
            "id: \"order.item/o%2F1/a\" source: \"s\" " + kTime + " order_item { order { id: \"o/1\" } product { id: \"a\" } }; "
            "id: \"order.item/o%2F1/b\" source: \"s\" " + kTime + " order_item { order { id: \"o/1\" } product { id: \"b\" } }");
  EXPECT_EQ(rig.Map(R"({"type":"page","messageId":"m2","timestamp":"2023-11-14T22:13:20Z"})"),
            "mapped: id: \"web.page_view/m2\" source: \"s\" " + kTime + " web_page_view { }");
  EXPECT_EQ(rig.Map(R"({"type":"identify"})"), "ignored");
  EXPECT_EQ(rig.Map(R"({"type":"screen"})"), "unmapped");
  EXPECT_EQ(rig.Map(R"({"type":"page","messageId":"m2"})"), "rejected: time is absent");
  EXPECT_EQ(rig.Map(R"({"type":"page","timestamp":"2023-11-14T22:13:20Z"})"), "rejected: id a part of it is absent");
  EXPECT_EQ(rig.Map(R"({"type":"track","event":"Order Completed","messageId":"m1","timestamp":"2023-11-14T22:13:20Z",
                      "properties":{"order_id":"o1","total":20,"products":[{"sku":"a"},{}]}})"),
            "rejected: id a part of it is absent") << "whole or not at all";
  for (const char* bad : {"", "{", "[]", "7", "{\"type\":\"page\"} x", "{\"type\":", "\x00\x01", "{\"type\":\"\xff\"}"}) EXPECT_EQ(rig.Map(bad), "undecodable: bad_json: record is no JSON object") << bad;
  EXPECT_EQ(rig.Map(std::string_view()), "tombstone");
}

TEST(MapRecords, OfTwoArraysByOneNameTheLastCounts) {
  MappingRig rig("events:\n- {emit: order.item, each: row.p, id: [item.sku], set: {product.id: item.sku}}");
  EXPECT_EQ(rig.Map(R"({"p":[{"sku":"a"},{"sku":"b"}],"p":[{"sku":"c"}]})"),
            "mapped: id: \"order.item/c\" source: \"s\" " + kTime + " order_item { product { id: \"c\" } }");
}

TEST(MapRecords, WhatAValueWasIsWorkedOutAsWhatItIs) {
  MappingRig rig(R"(shape: debezium
events:
- {emit: deal.updated, when: 'changed(b64(row.amount, 2))'}
- {emit: deal.stage_changed, when: 'becomes(concat(row.a, "/", row.b), "x/y")'}
- {emit: deal.reopened, when: 'changed(iso(row.at))'})");
  const auto change = [&](const std::string& before, const std::string& after) {
    const std::string said = rig.Map(R"({"op":"u","before":)" + before + R"(,"after":)" + after + "}");
    std::string types;
    for (const char* type : {"deal_updated", "deal_stage_changed", "deal_reopened"}) types += said.find(type) == std::string::npos ? "" : std::string(type) + " ";
    return types;
  };
  const std::string row = R"({"amount":"AQ==","a":"x","b":"y","at":"2023-11-14T22:13:20Z"})";
  EXPECT_EQ(change(row, row), "");
  EXPECT_EQ(change(R"({"amount":"Ag==","a":"x","b":"y","at":"2023-11-14T22:13:20Z"})", row), "deal_updated ");
  EXPECT_EQ(change(R"({"amount":"AQ==","a":"x","b":"z","at":"2023-11-14T22:13:20Z"})", row), "deal_stage_changed ");
  EXPECT_EQ(change(R"({"amount":"AQ==","a":"x","b":"y","at":"2023-11-14T22:13:21Z"})", row), "deal_reopened ");
}

TEST(MapRecords, ACloudEventWithoutDataHasAnEmptyRowInAnyFormat) {
  std::string file = testing::TempDir() + "cloud.avsc";
  std::ofstream(file) << R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "int"}, {"name": "n", "type": "int"}]})";
  MappingRig rig("framing: cloudevents\nformat: avro\nschema: " + file + "\nevents: [{emit: deal.updated, set: {deal.id: row.id}}]");
  EXPECT_EQ(rig.Map("", {}, {{"ce_id", "e"}, {"ce_source", "s"}}), "mapped: id: \"deal.updated/s/e\" source: \"s\" " + kTime + " deal_updated { }");
}

TEST(MapRecords, CloudEventsInBothModes) {
  MappingRig rig(R"(framing: cloudevents
events:
- {emit: order.paid, when: 'meta.type == "order.paid"', set: {order.id: row.id, order.customer: meta.subject, order.amount: row.total}}
- {emit: order.item, when: 'meta.type == "order.paid"', each: row.items, set: {product.id: item.sku}}
- {emit: lead.created, when: 'meta.type == "lead" and meta.datacontenttype == "application/json"', time: record.timestamp, id: [meta.id], set: {lead.id: meta.subject}})");
  const std::string id = "/%2Fshop/e1\" source: \"s\" ", time = "time { seconds: 1522900584 } ";
  const std::string paid = "mapped: id: \"order.paid" + id + time + "order_paid { order { id: \"7\" amount_micros: 5000000 customer: \"c\" } }; id: \"order.item/%2Fshop/e1/0\" source: \"s\" " + time +
                           "order_item { product { id: \"a\" } }";
  const std::string data = R"({"id":7,"total":5,"items":[{"sku":"a"}],"type":"lead","source":"/x"})";
  std::vector<RecordHeader> binary = {{"ce_specversion", "1.0"}, {"ce_id", "e1"}, {"ce_type", "order.paid"}, {"ce_source", "/shop"}, {"ce_time", "2018-04-05T03:56:24Z"}, {"ce_subject", "c"}, {"content-type", "application/json"}};
  EXPECT_EQ(rig.Map(data, {}, binary), paid) << "members of the data that are called as attributes are none";
  const std::string attributes = R"({"specversion":"1.0","id":"e1","type":"order.paid","source":"/shop","time":"2018-04-05T03:56:24Z","subject":"c","datacontenttype":"application/json")";
  for (const char* type : {"application/cloudevents+json", "application/CloudEvents+JSON; charset=utf-8", "application/cloudevents-batch+json", "application/json", ""}) {
    EXPECT_EQ(rig.Map(attributes + R"(,"data":)" + data + "}", {}, {{"content-type", type}}), paid) << type;
  }
  EXPECT_EQ(rig.Map(R"({"data":)" + data + "," + attributes.substr(1) + "}"), paid);
  const std::string base64 = R"(,"data_base64":"eyJpZCI6NywidG90YWwiOjUsIml0ZW1zIjpbeyJza3UiOiJhIn1dLCJ0eXBlIjoibGVhZCJ9"})";
  EXPECT_EQ(rig.Map(attributes + base64), paid);
  EXPECT_EQ(rig.Map("[" + attributes + base64 + "," + attributes + R"(,"data":)" + data + "}]"), paid + paid.substr(6).replace(0, 2, "; ")) << "a batch";
  EXPECT_EQ(rig.Map("[" + attributes + R"(,"data_base64":"e30="},{"id":"x"}])"), "mapped: id: \"order.paid" + id + time + "order_paid { order { customer: \"c\" } }") << "nothing is left of one in the other";
  binary[2].value = "lead";
  const std::string lead = "mapped: id: \"lead.created/e1\" source: \"s\" " + kTime + " lead_created { lead { id: \"c\" } }";
  EXPECT_EQ(rig.Map("{}", {}, binary), lead);
  EXPECT_EQ(rig.Map(std::string_view(), {}, binary), lead) << "all is said by its attributes";
  EXPECT_EQ(rig.Map(std::string_view()), "tombstone");
  EXPECT_EQ(rig.Map("{", {}, binary), "undecodable: bad_json: record is no JSON object");
  EXPECT_EQ(rig.Map(attributes + R"(,"data_base64":"!"})"), "undecodable: bad_json: record has data_base64 that is no base64");
  EXPECT_EQ(rig.Map(attributes + R"(,"data_base64":"ew=="})"), "undecodable: bad_json: record is no JSON object");
  EXPECT_EQ(rig.Map(attributes + R"(,"data_base64":7})"), "undecodable: bad_json: record has data_base64 that is no base64");
  EXPECT_EQ(rig.Map(attributes + "}", {}, {{"content-type", "application/cloudevents+avro"}}), "undecodable: bad_json: record is a CloudEvent in another format than JSON");
  EXPECT_EQ(rig.Map(R"({"type":"order.paid","source":"a","data":{}})"), "rejected: id a part of it is absent");
  EXPECT_EQ(rig.Map(R"({"type":"order.paid","source":"a","id":"1","data":{}})"), "mapped: id: \"order.paid/a/1\" source: \"s\" " + kTime + " order_paid { }") << "without a time, that of the record";
}

TEST(MapRecords, HeadersAreOfTheRecord) {
  MappingRig rig(R"(id: [record.headers."x-shopify-event-id"]
events:
- {emit: order.paid, when: 'record.headers.topic == "orders/paid"', set: {order.id: row.id, order.customer: record.headers.shop | "none"}}
ignore: not has(record.headers.topic))");
  const std::string paid = "mapped: id: \"order.paid/e1\" source: \"s\" " + kTime + " order_paid { order { id: \"7\" customer: ";
  EXPECT_EQ(rig.Map(R"({"id":7})", {}, {{"topic", "orders/paid"}, {"x-shopify-event-id", "e1"}, {"shop", "a"}}), paid + "\"a\" } }");
  EXPECT_EQ(rig.Map(R"({"id":7})", {}, {{"topic", "x"}, {"topic", "orders/paid"}, {"x-shopify-event-id", "e1"}}), paid + "\"none\" } }") << "the last of a name";
  EXPECT_EQ(rig.Map(R"({"id":7})", {}, {{"topic", "orders/paid"}, {"shop", std::string_view()}, {"x-shopify-event-id", "e1"}}), paid + "\"none\" } }") << "null";
  EXPECT_EQ(rig.Map(R"({"id":7})", {}, {{"topic", "orders/paid"}}), "rejected: id a part of it is absent");
  EXPECT_EQ(rig.Map(R"({"id":7})", {}, {{"topic", "orders/paid"}, {"x-shopify-event-id", "\xff"}}), "rejected: id is no text in UTF-8");
  EXPECT_EQ(rig.Map(R"({"id":7})"), "ignored");
  EXPECT_TRUE(rig.mapper->wants_headers());
}

TEST(MapRecords, WithoutAnIdItIsTheRecords) {
  MappingRig rig("events:\n- {emit: lead.created, set: {lead.id: row.id}}");
  EXPECT_EQ(rig.Map(R"({"id":"a"})"), "mapped: id: \"lead.created/t/3/42\" source: \"s\" " + kTime + " lead_created { lead { id: \"a\" } }");
}

TEST(MapRecords, DebeziumWithAndWithoutItsSchema) {
  MappingRig rig(R"(shape: debezium
id: [meta.source.table, row.id | old.id, meta.source.lsn]
version: meta.source.lsn
events:
- {emit: deal.created, when: 'op in [create, snapshot]', set: {deal.id: row.id, deal.amount: 'b64(row.amount, 2)'}}
- {emit: deal.won, when: 'becomes(row.stage, "won")', id: [row.id], set: {deal.id: row.id}}
- {emit: deal.deleted, when: op == delete, set: {deal.id: old.id | key.id}})");
  const std::string created = "mapped: id: \"deal.created/deals/7/5\" source: \"s\" " + kTime + " entity_version: 5 deal_created { deal { id: \"7\" amount_micros: 120000000 } }";
  const std::string row = R"({"before":null,"after":{"id":7,"amount":"LuA=","stage":"new"},"source":{"table":"deals","lsn":5},"op":"c"})";
  EXPECT_EQ(rig.Map(row), created);
  EXPECT_EQ(rig.Map(R"({"schema":{"type":"struct","op":"x"},"payload":)" + row + "}"), created);
  EXPECT_EQ(rig.Map(R"({"schema":null,"payload":)" + row + "}"), created);
  const auto update = [&](const std::string& before, const char* stage) {
    return rig.Map(R"({"before":)" + before + R"(,"after":{"id":7,"stage":")" + stage + R"("},"source":{"table":"deals","lsn":6},"op":"u"})");
  };
  const std::string won = "mapped: id: \"deal.won/7\" source: \"s\" " + kTime + " entity_version: 6 deal_won { deal { id: \"7\" } }";
  EXPECT_EQ(update(R"({"id":7,"stage":"new"})", "won"), won);
  EXPECT_EQ(update(R"({"id":7,"stage":"won"})", "won"), "unmapped") << "it was already";
  EXPECT_EQ(update("null", "won"), won) << "what it was isn't known";
  EXPECT_EQ(update(R"({"id":7,"stage":"won"})", "lost"), "unmapped");
  EXPECT_EQ(rig.Map(R"({"before":{"id":7},"after":null,"source":{"table":"deals","lsn":9},"op":"d"})"),
            "mapped: id: \"deal.deleted/deals/7/9\" source: \"s\" " + kTime + " entity_version: 9 deal_deleted { deal { id: \"7\" } }");
  EXPECT_EQ(rig.Map(R"({"before":null,"after":null,"source":{"table":"deals","lsn":9},"op":"d"})", R"({"id":8})"), "rejected: id a part of it is absent");
  EXPECT_EQ(rig.Map(R"({"op":"t","source":{"table":"deals"}})"), "unmapped");
}

TEST(MapRecords, TheKeyIsReadTheSameWay) {
  MappingRig rig("id: [key.id]\nevents:\n- {emit: lead.created, set: {lead.id: key.id}}");
  const std::string mapped = "mapped: id: \"lead.created/9\" source: \"s\" " + kTime + " lead_created { lead { id: \"9\" } }";
  EXPECT_EQ(rig.Map("{}", R"({"id":9})"), mapped);
  EXPECT_EQ(rig.Map("{}", R"({"schema":{},"payload":{"id":9}})"), mapped);
  EXPECT_EQ(rig.Map("{}", "plain"), "rejected: id a part of it is absent");
  EXPECT_EQ(rig.Map("{}", "\xff"), "rejected: id a part of it is absent");
  MappingRig bare("id: [key]\nevents:\n- {emit: lead.created, set: {lead.id: key}}");
  EXPECT_EQ(bare.Map("{}", "plain"), "mapped: id: \"lead.created/plain\" source: \"s\" " + kTime + " lead_created { lead { id: \"plain\" } }");
}

TEST(MapRecords, SalesforceSaysWhichFieldsChangedOfWhichRecords) {
  MappingRig rig(R"(shape: salesforce_cdc
id: [meta.transactionKey, meta.sequenceNumber, item]
time: ms(meta.commitTimestamp)
lists: {won: [Closed Won]}
events:
- {emit: deal.created, when: op == create, set: {deal.id: item, deal.stage: row.StageName}}
- {emit: deal.won, when: 'becomes(row.StageName, won)', set: {deal.id: item, deal.amount: row.Amount}})");
  const auto change = [&](const std::string& type, const std::string& ids, const std::string& header, const std::string& fields) {
    return R"({"ChangeEventHeader":{"entityName":"Opportunity","recordIds":)" + ids + R"(,"changeType":")" + type +
           R"(","transactionKey":"k","sequenceNumber":1,"commitTimestamp":1700000000000)" + header + "}" + fields + "}";
  };
  const std::string won = "deal_won { deal { id: \"";
  EXPECT_EQ(rig.Map(change("UPDATE", R"(["006a","006b"])", R"(,"changedFields":["StageName"])", R"(,"StageName":"Closed Won","Amount":5.5)")),
            "mapped: id: \"deal.won/k/1/006a\" source: \"s\" " + kTime + " " + won + "006a\" amount_micros: 5500000 } }; "
            "id: \"deal.won/k/1/006b\" source: \"s\" " + kTime + " " + won + "006b\" amount_micros: 5500000 } }");
  const std::string one = "mapped: id: \"deal.won/k/1/006a\" source: \"s\" " + kTime + " " + won + "006a\" } }";
  EXPECT_EQ(rig.Map(change("UPDATE", R"(["006a"])", R"(,"changedFields":["Amount"])", R"(,"StageName":"Closed Won","Amount":null)")), "unmapped");
  EXPECT_EQ(rig.Map(change("UPDATE", R"(["006a"])", R"(,"changedFields":["0x08F81000"])", R"(,"StageName":"Closed Won","Amount":null)")), one);
  EXPECT_EQ(rig.Map(R"({"schema":"x","payload":)" + change("UPDATE", R"(["006a"])", "", R"(,"StageName":"Closed Won")") + R"(,"event":{"replayId":6}})"), one);
  EXPECT_EQ(rig.Map(R"({"data":{"payload":)" + change("UPDATE", R"(["006a"])", "", R"(,"StageName":"Closed Won")") + "}}"), one);
  EXPECT_EQ(rig.Map(change("CREATE", R"(["006a"])", "", R"(,"StageName":"Closed Won")")),
            "mapped: id: \"deal.created/k/1/006a\" source: \"s\" " + kTime + " deal_created { deal { id: \"006a\" stage: \"Closed Won\" } }; " + one.substr(8));
  EXPECT_EQ(rig.Map(change("GAP_UPDATE", R"(["006a"])", "", "")), "gap");
  EXPECT_EQ(rig.Map(change("GAP_OVERFLOW", R"(["000000000000000AAA"])", "", "")), "gap");
}

TEST(MapRecords, AGapSaysWhenItWas) {
  const std::string source = "shape: salesforce_cdc\neach: root\n%time: ms(meta.commitTimestamp)\nevents:\n- {emit: deal.updated, when: op == update, time: ms(meta.commitTimestamp), set: {deal.id: item, deal.amount: row.Amount}}";
  const auto of = [&](const std::string& time) {
    std::string text = source;
    return text.replace(text.find('%'), time.empty() ? 1 : text.find('\n', text.find('%')) + 1 - text.find('%'), time);
  };
  MappingRig rig(of("")), none(of("id: [item]\n"));
  const auto change = [](const std::string& type, const std::string& at, const std::string& fields = "") {
    return R"({"ChangeEventHeader":{"recordIds":["006a"],"changeType":")" + type + "\"" + (at.empty() ? "" : ",\"commitTimestamp\":" + at) + "}" + fields + "}";
  };
  const auto times = [](const MappingRig& r) {
    std::string text;
    for (const EventTime t : r.scratch->gaps()) text += FormatRfc3339(t) + " ";
    return text;
  };
  const std::string sent = "2023-11-14T22:13:20Z ";
  EXPECT_EQ(rig.Map(change("GAP_UPDATE", "1600000000000")), "gap");
  EXPECT_EQ(times(rig), "2020-09-13T12:26:40Z ");
  EXPECT_EQ(none.Map(change("GAP_UPDATE", "1600000000000")), "gap");
  EXPECT_EQ(times(none), sent) << "a source without a time";
  for (const std::string& bad : {""s, "null"s, "\"x\""s, "1e40"s}) {
    EXPECT_EQ(rig.Map(change("GAP_UPDATE", bad)), "gap");
    EXPECT_EQ(times(rig), sent) << bad;
  }
  EXPECT_TRUE(rig.Map("[" + change("GAP_CREATE", "1600000000000") + "," + change("UPDATE", "1600000000000") + "," + change("GAP_DELETE", "1600000060000") + "]").starts_with("mapped"));
  EXPECT_EQ(times(rig), "2020-09-13T12:26:40Z 2020-09-13T12:27:40Z ");
  EXPECT_TRUE(rig.Map("[" + change("GAP_CREATE", "1600000000000") + "," + change("UPDATE", "1600000000000", R"(,"Amount":"x")") + "]").starts_with("rejected"));
  EXPECT_EQ(times(rig), "") << "whole or not at all";
  EXPECT_TRUE(rig.Map(change("UPDATE", "1600000000000")).starts_with("mapped"));
  EXPECT_EQ(times(rig), "");
}

TEST(MapRecords, APropertyStandsOnlyInItsOwnChange) {
  MappingRig rig(R"(each: root
shape: {property_change: {name: propertyName, value: propertyValue}}
id: [meta.objectId, meta.propertyName, meta.occurredAt]
time: ms(meta.occurredAt)
words: {stages: {"11": won, "12": new}}
events:
- {emit: deal.created, when: 'meta.subscriptionType == "deal.creation"', id: [meta.objectId], set: {deal.id: meta.objectId}}
- {emit: deal.won, when: 'becomes(lookup(stages, row.dealstage), "won")', set: {deal.id: meta.objectId, deal.stage: 'lookup(stages, row.dealstage)'}}
- {emit: deal.updated, when: has(row.amount), set: {deal.id: meta.objectId, deal.amount: row.amount}})");
  EXPECT_EQ(rig.Map(R"([{"objectId":7,"subscriptionType":"deal.creation","occurredAt":1700000000000},
                      {"objectId":7,"subscriptionType":"deal.propertyChange","propertyName":"dealstage","propertyValue":"11","occurredAt":1700000000000},
                      {"objectId":7,"subscriptionType":"deal.propertyChange","propertyName":"amount","propertyValue":"8.5","occurredAt":1700000000000}])"),
            "mapped: id: \"deal.created/7\" source: \"s\" " + kTime + " deal_created { deal { id: \"7\" } }; "
            "id: \"deal.won/7/dealstage/1700000000000\" source: \"s\" " + kTime + " deal_won { deal { id: \"7\" stage: \"won\" } }; "
            "id: \"deal.updated/7/amount/1700000000000\" source: \"s\" " + kTime + " deal_updated { deal { id: \"7\" amount_micros: 8500000 } }");
  EXPECT_EQ(rig.Map(R"({"objectId":7,"propertyName":"dealstage","propertyValue":"12","occurredAt":1700000000000})"), "unmapped");
  EXPECT_EQ(rig.Map(R"([{"objectId":7,"subscriptionType":"deal.creation","occurredAt":1700000000000},
                      {"objectId":7,"propertyName":"amount","propertyValue":"x","occurredAt":1700000000000}])"), "rejected: deal.amount is no number") << "whole or not at all";
  EXPECT_EQ(rig.Map("[]"), "unmapped");
}

TEST(MapRecords, ArraysOfKeysAndValuesAreReadByKey) {
  MappingRig rig(R"(maps: {param: {array: row.event_params, key: key, value: [value.int_value, value.double_value, value.string_value]}}
time: us(row.event_timestamp)
id: [row.user, row.event_timestamp]
events:
- {emit: web.page_view, when: row.event_name == "page_view", set: {web.session: 'concat(row.user, "/", param.ga_session_id)', web.page: param.page_location}})");
  EXPECT_EQ(rig.said, "");
  const std::string got = rig.Map(R"({"event_name":"page_view","event_timestamp":"1700000000000000","user":"u","event_params":[
     {"key":"page_location","value":{"string_value":"/x","int_value":null}},{"key":"other","value":{"int_value":"3"}},
     {"value":{"int_value":"1702651555"},"key":"ga_session_id"}]})");
  EXPECT_NE(got.find("u/1702651555"), std::string::npos) << got;
  EXPECT_NE(got.find("\"/x\""), std::string::npos) << got;
}

TEST(MapRecords, OtherConnectors) {
  MappingRig maxwell("shape: maxwell\nevents:\n- {emit: deal.won, when: 'becomes(row.stage, \"won\")', id: [row.id], set: {deal.id: row.id, deal.stage: was(row.stage)}}");
  EXPECT_NE(maxwell.Map(R"({"type":"update","data":{"id":1,"stage":"won"},"old":{"stage":"new"}})").find("stage: \"new\""), std::string::npos);
  EXPECT_EQ(maxwell.Map(R"({"type":"update","data":{"id":1,"stage":"won"},"old":{"amount":1}})"), "unmapped");
  MappingRig dms("shape: dms\nevents:\n- {emit: deal.won, when: 'becomes(row.stage, \"won\")', id: [row.id], set: {deal.id: row.id}}");
  EXPECT_EQ(dms.Map(R"({"data":{"id":1,"stage":"won","BI_stage":"won"},"metadata":{"operation":"update"}})"), "unmapped");
  EXPECT_EQ(dms.Map(R"({"data":{"id":1,"stage":"won","BI_stage":"new"},"metadata":{"operation":"update"}})").substr(0, 6), "mapped");
  MappingRig row("shape: row\nevents:\n- {emit: deal.deleted, when: op == delete, set: {deal.id: row.id}}\n- {emit: deal.updated, when: op == upsert, set: {deal.id: row.id}}");
  EXPECT_NE(row.Map(R"({"id":1,"__deleted":"true"})").find("deal_deleted"), std::string::npos);
  EXPECT_NE(row.Map(R"({"id":1,"__deleted":"false"})").find("deal_updated"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
