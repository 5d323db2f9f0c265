// When a rule fires: comparisons, lists, and what has changed; and of which values ids, times and versions are made.
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

// Whether a rule with this `when` fires on a record.
std::string Fires(const std::string& when, const std::string& record, const std::string& source = "") {
  MappingRig rig(source + "events:\n- {emit: order.paid, when: '" + when + "'}");
  const std::string got = rig.Map(record);
  return got.starts_with("mapped") ? "yes" : got == "unmapped" ? "no" : got;
}

struct Case {
  const char* when;
  const char* record;
  bool fires;
};

TEST(MapConditions, CompareNumbersAsNumbersAndTextsAsTexts) {
  const Case cases[] = {
      {"row.a < 10", R"({"a":9.5})", true},       {"row.a < 10", R"({"a":10})", false},     {"row.a < 10", R"({"a":"9"})", true},
      {"row.a <= 10", R"({"a":10.0})", true},     {"row.a <= 10", R"({"a":10.01})", false}, {"row.a > 10", R"({"a":1e2})", true},
      {"row.a > 10", R"({"a":10})", false},       {"row.a >= 10", R"({"a":10})", true},     {"row.a >= 10", R"({"a":9})", false},
      {"row.a < 10", R"({"a":"ten"})", false},    {"row.a >= 10", R"({"a":"ten"})", false}, {"row.a < 10", R"({})", false},
      {"row.a >= 10", R"({"a":true})", false},    {"row.a == 10", R"({"a":"10.0"})", true}, {"row.a == 10", R"({"a":11})", false},
      {"row.a == 10", R"({"a":"x"})", false},     {"row.a == 10", R"({"a":null})", false},  {"row.a != 10", R"({"a":11})", true},
      {"row.a != 10", R"({})", true},             {"row.a < \"b\"", R"({"a":"a"})", true},  {"row.a < \"b\"", R"({"a":"b"})", false},
      {"row.a <= \"b\"", R"({"a":"b"})", true},   {"row.a > \"b\"", R"({"a":"c"})", true},  {"row.a >= \"b\"", R"({"a":"a"})", false},
      {"row.a < \"b\"", R"({"a":1})", false},     {"row.a == \"1\"", R"({"a":1})", false},  {"row.a == \"1\"", R"({"a":"1"})", true},
      {"row.a in [1, \"x\"]", R"({"a":1.0})", true}, {"row.a in [1, \"x\"]", R"({"a":"x"})", true}, {"row.a in [1, \"x\"]", R"({"a":2})", false},
  };
  for (const Case& c : cases) EXPECT_EQ(Fires(c.when, c.record), c.fires ? "yes" : "no") << c.when << " of " << c.record;
}

TEST(MapConditions, TruthIsATruthOrItsWord) {
  const Case cases[] = {
      {"row.a", R"({"a":true})", true},          {"row.a", R"({"a":"true"})", true},          {"row.a", R"({"a":false})", false},
      {"row.a", R"({"a":"false"})", false},      {"row.a", R"({"a":1})", false},              {"row.a", R"({})", false},
      {"row.a == true", R"({"a":"true"})", true}, {"row.a == false", R"({"a":"false"})", true}, {"row.a == false", R"({"a":false})", true},
      {"row.a == false", R"({})", false},        {"not row.a", R"({})", true},                {"true", R"({})", true},
      {"false or row.a", R"({"a":true})", true}, {"row.a and row.b", R"({"a":true})", false}, {"row.a and row.b", R"({"a":true,"b":true})", true},
      {"has(row.a)", R"({"a":0})", true},        {"has(row.a)", R"({"a":null})", false},      {"has(row.a)", R"({"a":{}})", true},
  };
  for (const Case& c : cases) EXPECT_EQ(Fires(c.when, c.record), c.fires ? "yes" : "no") << c.when << " of " << c.record;
}

TEST(MapConditions, WhatHasChangedIsKnownFromWhatWas) {
  const auto changed = [](const std::string& field, const std::string& record) { return Fires("changed(row." + field + ")", record, "shape: debezium\n"); };
  const auto update = [](const std::string& before, const std::string& after) { return R"({"op":"u","before":)" + before + R"(,"after":)" + after + "}"; };
  EXPECT_EQ(changed("a", update(R"({"a":1})", R"({"a":1.0})")), "no") << "one number";
  EXPECT_EQ(changed("a", update(R"({"a":"1"})", R"({"a":1})")), "no");
  EXPECT_EQ(changed("a", update(R"({"a":"x"})", R"({"a":"y"})")), "yes");
  EXPECT_EQ(changed("a", update(R"({"a":true})", R"({"a":false})")), "yes");
  EXPECT_EQ(changed("a", update(R"({"a":true})", R"({"a":"true"})")), "no");
  EXPECT_EQ(changed("a", update(R"({"a":null})", R"({"a":null})")), "no");
  EXPECT_EQ(changed("a", update(R"({"a":1})", R"({"a":null})")), "yes");
  EXPECT_EQ(changed("a", update(R"({"a":null})", R"({"a":1})")), "yes");
  EXPECT_EQ(changed("a", update(R"({"a":{}})", R"({"a":{}})")), "yes") << "what is nested isn't compared: better once too often";
  EXPECT_EQ(changed("a", update("null", R"({"a":1})")), "yes") << "nothing is known of what was";
  EXPECT_EQ(changed("a", R"({"op":"c","before":null,"after":{"a":1}})"), "yes") << "new";
  EXPECT_EQ(changed("a", R"({"op":"r","before":null,"after":{"a":1}})"), "yes") << "seen for the first time";
  EXPECT_EQ(changed("a", R"({"op":"c","before":null,"after":{}})"), "no");
}

TEST(MapConditions, BecomesIsOneOfAListAndWasNot) {
  const auto becomes = [](const std::string& before, const std::string& after) {
    return Fires("becomes(row.a, [\"won\", \"sold\"])", R"({"op":"u","before":{"a":)" + before + R"(},"after":{"a":)" + after + "}}", "shape: debezium\n");
  };
  EXPECT_EQ(becomes("\"open\"", "\"won\""), "yes");
  EXPECT_EQ(becomes("\"sold\"", "\"won\""), "no") << "it was one of them";
  EXPECT_EQ(becomes("\"won\"", "\"won\""), "no");
  EXPECT_EQ(becomes("\"won\"", "\"open\""), "no");
  EXPECT_EQ(becomes("null", "\"won\""), "yes");
}

TEST(MapConditions, OfUpdatesWithWhatChangedTheOldSideHasThatAlone) {
  const auto fires = [](const std::string& when, const std::string& record) { return Fires(when, record, "shape: maxwell\n"); };
  const std::string update = R"({"type":"update","data":{"a":1,"b":2},"old":{"a":0}})";
  EXPECT_EQ(fires("changed(row.a)", update), "yes");
  EXPECT_EQ(fires("changed(row.b)", update), "no");
  EXPECT_EQ(fires("was(row.a) == 0", update), "yes");
  EXPECT_EQ(fires("was(row.b) == 2", update), "yes") << "what isn't told has stayed";
}

TEST(MapConditions, AnIdIsOfTextsWhoseStrokesCantBeMistaken) {
  MappingRig rig("id: [row.a, row.b]\nevents: [{emit: order.paid}]");
  const auto id = [&](const std::string& record) {
    const std::string got = rig.Map(record);
    return got.starts_with("mapped") ? got.substr(13, got.find("\" source") - 13) : got;
  };
  EXPECT_EQ(id(R"({"a":"x/y","b":"z"})"), "order.paid/x%2Fy/z");
  EXPECT_EQ(id(R"({"a":"x","b":"y/z"})"), "order.paid/x/y%2Fz");
  EXPECT_EQ(id(R"({"a":"x%2Fy","b":7})"), "order.paid/x%252Fy/7");
  EXPECT_EQ(id(R"({"a":true,"b":""})"), "order.paid/true/");
  EXPECT_EQ(id(R"({"a":[],"b":""})"), "rejected: id is a list or an object, not one value");
  EXPECT_EQ(id(R"({"a":null,"b":""})"), "rejected: id a part of it is absent");
  MappingRig times("id: [iso(row.t)]\nevents: [{emit: order.paid}]");
  EXPECT_TRUE(times.Map(R"({"t":"1970-01-01T00:00:01Z"})").starts_with("mapped: id: \"order.paid/1000000\"")) << "the number that it is";
  EXPECT_EQ(times.Map(R"({"t":"x"})"), "rejected: id a time is wanted, like 2026-11-24T03:36:49Z");
}

TEST(MapConditions, ElementsOfARecordHaveIdsOfTheirOwn) {
  MappingRig rows("each: root\nevents: [{emit: order.paid}]");
  const std::string got = rows.Map("[{},{}]");
  EXPECT_NE(got.find("order.paid/t/3/42/0"), std::string::npos) << got;
  EXPECT_NE(got.find("order.paid/t/3/42/1"), std::string::npos) << got;
  MappingRig entities("shape: salesforce_cdc\nevents: [{emit: deal.updated}]");
  const std::string both = entities.Map(R"({"ChangeEventHeader":{"entityName":"Opportunity","recordIds":["a/b",7,"c"],"changeType":"UPDATE","changedFields":["X"]},"X":1})");
  EXPECT_NE(both.find("deal.updated/t/3/42/a%2Fb"), std::string::npos) << both;
  EXPECT_NE(both.find("deal.updated/t/3/42/c"), std::string::npos) << both;
  EXPECT_EQ(both.find("/7\""), std::string::npos) << "a number is no record's id there: " << both;
}

TEST(MapConditions, TimesAndVersionsOfEvents) {
  MappingRig rig("time: record.timestamp | ms(row.t)\nversion: row.v\nevents: [{emit: order.paid}]");
  EXPECT_NE(rig.Map(R"({"v":"9007199254740993"})").find("entity_version: 9007199254740993"), std::string::npos);
  EXPECT_EQ(rig.Map(R"({"v":null})").find("entity_version"), std::string::npos);
  EXPECT_EQ(rig.Map(R"({})").find("entity_version"), std::string::npos);
  EXPECT_EQ(rig.Map(R"({"v":"x"})"), "rejected: version is no number");
  EXPECT_EQ(rig.Map(R"({"v":1.5})"), "rejected: version is no whole number");
  EXPECT_EQ(rig.Map(R"({"v":9223372036854775808})"), "rejected: version is out of range");
  MappingRig parts("version: [row.a, iso(row.b), row.c]\nevents: [{emit: order.paid}]");
  EXPECT_NE(parts.Map(R"({"a":-1,"b":"1970-01-01T00:00:07Z","c":"3"})").find("entity_version: -1 entity_version_minor: 7000000 entity_version_patch: 3 order_paid"), std::string::npos);
  EXPECT_NE(parts.Map(R"({"a":null,"c":3})").find("} entity_version_patch: 3 order_paid"), std::string::npos) << "not those of the record before";
  EXPECT_EQ(parts.Map(R"({"a":1,"c":"x"})"), "rejected: version is no number");
  MappingRig timed("time: iso(row.t)\nversion: iso(row.u)\nevents: [{emit: order.paid}]");
  EXPECT_NE(timed.Map(R"({"t":"2023-11-14T22:13:20Z","u":"1970-01-01T00:00:07Z"})").find("entity_version: 7000000"), std::string::npos);
  EXPECT_EQ(timed.Map(R"({"t":"2023-11-14T22:13:20Z","u":"soon"})"), "rejected: version a time is wanted, like 2026-11-24T03:36:49Z");
  EXPECT_EQ(timed.Map(R"({"t":"soon"})"), "rejected: time a time is wanted, like 2026-11-24T03:36:49Z");
  EXPECT_EQ(timed.Map(R"({"t":null})"), "rejected: time is absent");
}

TEST(MapConditions, WhereARecordStandsCanBeAField) {
  MappingRig rig("events: [{emit: order.paid, set: {order.id: 'concat(record.topic, \":\", record.partition, \":\", record.offset)', order.channel: record.headers.way}}]");
  EXPECT_NE(rig.Map("{}", {}, {{"way", "a"}, {"way", "b"}}).find(R"(order { id: "t:3:42" channel: "b" })"), std::string::npos);
  EXPECT_EQ(rig.Map("{}", {}, {{"way", "\xff"}}), "rejected: order.channel is no text in UTF-8");
}

TEST(MapConditions, WhatNoRuleIsAboutIsToldByWhatConditionsCompare) {
  MappingRig rig("events:\n- {emit: order.paid, when: 'row.type == \"paid\" and row.live == true and row.n == 1'}");
  rig.scratch->BeginSurvey(*rig.mapper);
  EXPECT_EQ(rig.Map(R"({"type":"open\u0007\u001b[31m","live":false,"n":12.50})"), "unmapped");
  EXPECT_EQ(rig.Map(R"({"type":")" + std::string(50, 'x') + R"(","live":true})"), "unmapped");
  EXPECT_EQ(rig.Map(R"({"type":[]})"), "unmapped");
  std::string told;
  for (const auto& [what, count] : rig.scratch->survey().unmapped) told += what + "\n";
  EXPECT_NE(told.find("row.type = \"open??[31m\", row.live = false, row.n = 12.50"), std::string::npos) << told;
  EXPECT_NE(told.find("row.type = \"" + std::string(40, 'x') + "..\", row.live = true"), std::string::npos) << told;
  EXPECT_NE(told.find("nothing that a condition compares"), std::string::npos) << told;
  for (int i = 0; i < 200; ++i) rig.Map(R"({"type":"t)" + std::to_string(i) + "\"}");
  EXPECT_LE(rig.scratch->survey().unmapped.size(), 101u);
  EXPECT_GT(rig.scratch->survey().unmapped.at("others"), 0);
}

}  // namespace
}  // namespace tidemark
