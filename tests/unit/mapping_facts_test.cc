// once and carry: what can't be is said where it stands, and which KPIs follow.
#include "config/config.h"
#include "pipeline/plan/plan.h"
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

constexpr char kRules[] = "sources:\n  s:\n    topics: [t]\n    events:\n"
                          "    - {emit: deal.updated, set: {deal.id: row.id, deal.amount: row.amount, deal.owner: row.owner}}\n"
                          "    - {emit: deal.won, once: [deal.id], carry: [deal.amount], set: {deal.id: row.id, deal.stage: row.stage}}\n"
                          "    - {emit: deal.stage_changed, entity: deal.id, carry: [deal.owner, deal.region], set: {deal.id: row.id, deal.stage: row.stage}}\n";

std::string Said(const std::string& kpi, const std::string& more = "") {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("f.yaml", std::string("kafka: {brokers: none}\nkpis: [{name: k, ") + kpi + "}]\n" + kRules + more, &specs, &diagnostics);
  if (diagnostics.empty()) Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  return diagnostics.ToString();
}

class FactMistake : public testing::TestWithParam<Mistake> {};
INSTANTIATE_TEST_SUITE_P(
    Facts, FactMistake,
    testing::Values(Mistake{"NoId", "once: []", "m.yaml:7:37: sources.s.events[0].once: the field with the id of what it happens to once is wanted here, like [deal.id]\n"},
                    Mistake{"IdNotSet", "once: [deal.id]", "m.yaml:7:37: sources.s.events[0].once: deal.id is not set by the rule; put it into `set`\n"},
                    Mistake{"WhoseFields", "carry: [deal.amount]", "m.yaml:7:38: sources.s.events[0].carry: whose fields? Say once: [deal.id] where it happens once, else entity: deal.id\n"},
                    Mistake{"Twice", "once: [deal.id], entity: deal.id, set: {deal.id: row.id}", "m.yaml:7:56: sources.s.events[0].entity: is what once says already; leave it out\n"},
                    Mistake{"NoSuchField", "once: [deal.id], carry: [deal.amuont], set: {deal.id: row.id}",
                            "m.yaml:7:55: sources.s.events[0].carry: deal.amuont is not a field of deal.won; did you mean deal.amount?\n"},
                    Mistake{"ItsOwnId", "once: [deal.id], carry: [deal.id], set: {deal.id: row.id}",
                            "m.yaml:7:55: sources.s.events[0].carry: deal.id says whose fields they are, and can't be one of them\n"},
                    Mistake{"WithinAlone", "within: 1m, set: {deal.id: row.id}", "m.yaml:7:39: sources.s.events[0].within: belongs to carry; leave it out\n"}),
    NameOf);

TEST_P(FactMistake, IsSaidAtItsPlace) { EXPECT_EQ(MappingRig(std::string("events: [{emit: deal.won, ") + GetParam().source + "}]").said, GetParam().said); }

TEST(Facts, RulesOfOneTypeAgreeAboutTheId) {
  const std::string won = "events: [{emit: deal.won, once: [deal.id], set: {deal.id: row.id}}, ";
  EXPECT_EQ(MappingRig(won + "{emit: deal.won, set: {deal.id: row.id}}]").said, "");
  EXPECT_EQ(MappingRig(won + "{emit: deal.won, once: [deal.lead], set: {deal.lead: row.id}}]").said,
            "m.yaml:7:96: sources.s: deal.won is told apart by deal.lead here, and by deal.id in sources.s; once and carry hold for all events of a type, so take the same\n");
}

TEST(Facts, KpisThatFollow) {
  for (const char* kpi : {"on: deal.won, count: true, by: {rep_id: deal.owner}, windows: [24h]", "on: deal.won, sum: deal.amount, windows: [24h]",
                          "key: deal.id, on: deal.won, sum: deal.amount, correct: {revoke: deal.deleted}, windows: [24h]", "first: deal.id, on: deal.won, windows: [24h]",
                          "key: deal.id, elapsed: {from: deal.created, to: deal.won}, stats: [p50], by: {rep_id: to.deal.owner}, windows: [24h]",
                          "key: deal.id, on: deal.stage_changed, dwell: deal.stage, stats: [p50], by: {rep_id: deal.owner}, windows: [24h]", "on: deal.stage_changed, count: true, windows: [24h]",
                          "key: deal.id, on: deal.updated, open: {value: deal.amount}, until: deal.won", "on: deal.won, max: deal.units, windows: [24h]", "on: deal.won, count: true, where: 'deal.stage == \"won\"', windows: [24h]", "on: deal.won, distinct: deal.customer, windows: [24h]"}) {
    EXPECT_EQ(Said(kpi), "") << kpi;
  }
}

TEST(Facts, KpisThatCant) {
  EXPECT_EQ(Said("on: deal.won, max: deal.amount, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s carries deal.amount into deal.won from other events, which may come later, and max can't take back what it counted\n");
  EXPECT_EQ(Said("on: deal.stage_changed, count: true, by: {rep_id: deal.owner}, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s carries deal.owner into deal.stage_changed, by deal.id, which isn't the KPI's key\n");
  EXPECT_EQ(Said("on: [deal.won, deal.lost], count: true, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s says that some of its events happen once to each deal.id, and an id would count once for all of them; count them apart and add them in a formula\n");
  EXPECT_EQ(Said("key: deal.id, on: deal.won, sum: deal.amount, correct: {add: deal.updated}, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s says that deal.won happens once, at its earliest, which corrections by or add can't follow; leave out one of them\n");
  EXPECT_EQ(Said("key: deal.id, on: deal.stage_changed, dwell: deal.stage, where: deal.region == \"emea\", stats: [p50], by: {rep_id: deal.owner}, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s carries deal.region into deal.stage_changed, and `where` looks at it before; put the condition into what counts it\n")
      << "the other field that is carried is all right";
  EXPECT_EQ(Said("key: deal.id, on: deal.stage_changed, dwell: deal.stage, stats: [p50], by: {known: owned}, windows: [24h]", "fields: {owned: filled(deal.owner)}\n"),
            "f.yaml:2:15: kpis[0]: sources.s carries deal.owner into deal.stage_changed, and the label known is worked out from it; take the field itself\n");
  EXPECT_EQ(Said("on: deal.won, sum: deal.units, nonnegative: true, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: what happens once can move to where it came first, so nonnegative can't hold; leave it out\n");
  EXPECT_EQ(Said("key: deal.id, funnel: {steps: [deal.created, [deal.won, deal.lost]], within: 30d}, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s says that deal.won happens once, at its earliest, which a step of several event types can't follow\n");
  EXPECT_EQ(Said("key: deal.id, on: deal.won, sum: deal.units, correct: {by: deal.updated}, windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s says that deal.won happens once, at its earliest, which corrections by or add can't follow; leave out one of them\n");
  EXPECT_EQ(Said("first: deal.id, on: deal.won, where: 'deal.stage == \"won\"', windows: [24h]"),
            "f.yaml:2:15: kpis[0]: sources.s says that deal.won happens once, at its earliest, and `where` would choose a later one; put the condition into what counts it\n");
}

TEST(Facts, OfTheCatalogueAreLeftOutByName) {
  Specs specs;
  Diagnostics diagnostics;
  const std::string yaml = "kafka: {brokers: none}\ntopics: [all]\ncatalogue: all\nsources: {s: {use: salesforce, topics: [t]}}\n";
  ParseConfig("f.yaml", yaml, &specs, &diagnostics, ShippedCatalogue());
  EXPECT_EQ(diagnostics.ToString(), "");
  ASSERT_EQ(specs.left_out.size(), 1U);
  EXPECT_EQ(specs.left_out[0].first, "deal_size_max");
}

TEST(Facts, WhatNoTopicCarriesIsLeftOutOfTheCatalogueAndRefusedOfOnesOwn) {
  Specs specs;
  Diagnostics diagnostics;
  const std::string yaml = "kafka: {brokers: none}\nsources: {s: {use: debezium_crm, topics: [t]}}\ncatalogue: [leads, revenue]\n";
  ParseConfig("f.yaml", yaml, &specs, &diagnostics, ShippedCatalogue());
  EXPECT_NE(Plan::Compile(specs, Schema::Canonical(), &diagnostics), nullptr) << diagnostics.ToString();
  std::map<std::string, std::string> why(specs.left_out.begin(), specs.left_out.end());
  EXPECT_EQ(why["landing_page_visits"], "no topic carries what is counted");
  EXPECT_EQ(why["visit_to_lead_ratio"], "it is computed from KPIs that are left out");
  EXPECT_FALSE(why.contains("leads_created"));
  EXPECT_FALSE(why.contains("revenue_net")) << "payments come, refunds don't";
  ParseConfig("f.yaml", yaml + "kpis: [{name: mine, on: web.session, count: true, windows: [1h]}]\n", &specs, &diagnostics, ShippedCatalogue());
  EXPECT_EQ(Plan::Compile(specs, Schema::Canonical(), &diagnostics), nullptr);
  EXPECT_EQ(diagnostics.ToString(), "f.yaml:4:25: on: no topic carries web.session; see topics[].events\n");
}

}  // namespace
}  // namespace tidemark
