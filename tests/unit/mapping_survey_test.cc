// What is told of a mapping that doesn't fit its records: paths that are never there, types that no rule is about.
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

constexpr char kCalls[] = R"(id: [row.id]
events:
- emit: lead.created
  when: row.type == "track" and row.event in ["Signed Up", "Joined"] and has(row.user)
  set: {lead.id: row.user, lead.channel: row.chanel | row.medium}
- emit: order.item
  when: row.type == "order" and item.sku != "gift"
  each: row.lines
  set: {order.id: row.id, product.id: item.sku, product.name: item.nme}
ignore: row.type == "ping")";

struct Survey : testing::Test {
  static int64_t Found(const MappingRig& rig, const std::string& name) {
    int64_t found = -1;
    for (const MapSurvey::Path& path : rig.scratch->survey().paths) {
      if (path.name == name) found = std::max(found, int64_t{0}) + path.found;
    }
    return found;
  }
};

TEST_F(Survey, TellsWhichPathsAreNeverThere) {
  MappingRig rig(kCalls);
  ASSERT_EQ(rig.said, "");
  rig.scratch->BeginSurvey(*rig.mapper);
  rig.Map(R"({"id":1,"type":"track","event":"Joined","user":7,"medium":null})");
  rig.Map(R"({"id":2,"type":"order","lines":[{"sku":"a"},{"sku":"b"},{"sku":"gift"}]})");
  rig.Map(R"({"id":3,"type":"ping"})");
  EXPECT_EQ(Found(rig, "row.chanel"), 0) << "a typo";
  EXPECT_EQ(Found(rig, "row.medium"), 1) << "null is there";
  EXPECT_EQ(Found(rig, "item.sku"), 5) << "three of the condition, two of what passed it";
  EXPECT_EQ(Found(rig, "item.nme"), 0);
  EXPECT_EQ(Found(rig, "row.event"), 1);
  for (const MapSurvey::Path& path : rig.scratch->survey().paths) {
    if (path.name == "row.chanel") {
      EXPECT_EQ(path.looked, 1) << "where the rule fired";
    }
    EXPECT_GT(path.place.line, 0);
  }
  EXPECT_EQ(rig.scratch->survey().unmapped, (std::map<std::string, int64_t>{}));
}

TEST_F(Survey, TellsRecordsOfNoRuleApartByWhatConditionsCompare) {
  MappingRig rig(kCalls);
  rig.scratch->BeginSurvey(*rig.mapper);
  for (int i = 0; i < 3; ++i) rig.Map(R"({"id":1,"type":"screen","user":"ann@example.com"})");
  rig.Map(R"({"id":1,"type":"track","event":"Left\u001b[31m"})");
  rig.Map(R"({"id":1,"type":")" + std::string(60, 'x') + "\"}");
  rig.Map(R"({"id":1})");
  EXPECT_EQ(rig.scratch->survey().unmapped, (std::map<std::string, int64_t>{{"row.type = \"screen\"", 3},
                                                                            {"row.type = \"track\", row.event = \"Left?[31m\"", 1},
                                                                            {"row.type = \"" + std::string(40, 'x') + "..\"", 1},
                                                                            {"nothing that a condition compares", 1}}));
}

TEST_F(Survey, ShowsNothingThatIsPersonalOrHashed) {
  MappingRig rig(R"(events:
- {emit: contact.created, when: 'row.mail == "a@b.c" or row.uid == "x" or lower(row.kind) == "new"', set: {contact.email: row.mail, contact.id: hash(row.uid)}})");
  ASSERT_EQ(rig.said, "");
  rig.scratch->BeginSurvey(*rig.mapper);
  rig.Map(R"({"mail":"ann@example.com","uid":"u-42","kind":"Old"})");
  EXPECT_EQ(rig.scratch->survey().unmapped, (std::map<std::string, int64_t>{{"row.kind = \"Old\"", 1}}));
}

TEST_F(Survey, KeepsABoundedNumberOfTypesApart) {
  MappingRig rig(kCalls);
  rig.scratch->BeginSurvey(*rig.mapper);
  for (int i = 0; i < 300; ++i) rig.Map(R"({"id":1,"type":"t)" + std::to_string(i) + "\"}");
  EXPECT_EQ(rig.scratch->survey().unmapped.size(), 101u);
  EXPECT_EQ(rig.scratch->survey().unmapped.at("others"), 200);
}

TEST_F(Survey, WhatHappenedToARowIsAType) {
  MappingRig rig(R"(shape: debezium
events:
- {emit: lead.created, when: 'meta.source.table == "leads" and op == create', set: {lead.id: row.id}}
- {emit: deal.won, when: 'becomes(row.stage, "won")', set: {deal.id: row.id}})");
  ASSERT_EQ(rig.said, "");
  rig.scratch->BeginSurvey(*rig.mapper);
  rig.Map(R"({"op":"u","source":{"table":"deals"},"before":{"stage":"new"},"after":{"id":7,"stage":"lost"}})");
  EXPECT_EQ(rig.scratch->survey().unmapped, (std::map<std::string, int64_t>{{"meta.source.table = \"deals\", op = update, row.stage = \"lost\"", 1}}));
  EXPECT_EQ(Found(rig, "old.stage"), -1) << "nobody wrote it";
}

TEST_F(Survey, ARejectionIsCountedByItsField) {
  MappingRig rig(R"(id: [row.id]
events: [{emit: deal.won, set: {deal.id: row.id, deal.amount: row.amount}}])");
  rig.Map(R"({"id":1,"amount":"much"})");
  rig.Map(R"({"id":1,"amount":"much"})");
  rig.Map(R"({"amount":1})");
  EXPECT_EQ(rig.scratch->rejected(), (std::map<std::pair<uint32_t, std::string>, int64_t>{{{0, "deal.amount"}, 2}, {{0, "id"}, 1}}));
}

TEST_F(Survey, ItShowsNoControlCharactersAndManyKindsTogether) {
  MappingRig rig("events: [{emit: lead.created, when: row.type == \"x\"}]");
  rig.scratch->BeginSurvey(*rig.mapper);
  rig.Map("{\"type\":\"a\\u007f\\u0001b\"}");
  EXPECT_EQ(rig.scratch->survey().unmapped.count("row.type = \"a??b\""), 1u);
  for (int n = 0; n < 150; ++n) rig.Map(R"({"type":)" + std::to_string(n) + "}");
  rig.Map("{\"type\":\"a\\u007f\\u0001b\"}");
  const auto& unmapped = rig.scratch->survey().unmapped;
  EXPECT_EQ(unmapped.at("row.type = \"a??b\""), 2) << "known kinds are counted on";
  EXPECT_EQ(unmapped.at("others"), 51);
  EXPECT_EQ(unmapped.size(), 101u);
}

}  // namespace
}  // namespace tidemark
