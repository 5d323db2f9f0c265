// What moved a KPI, in an afternoon of a small shop.
#include "pipeline/explain/explain.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
topics: [crm]
kpis:
  - {name: revenue, sum: order.amount, on: order.paid, by: {sales_region: order.region}, windows: [2h, lifetime]}
  - {name: order_value, avg: order.amount, on: order.paid, by: {sales_region: order.region}, windows: [2h]}
  - {name: orders, count: true, on: order.paid, by: {sales_region: order.region, channel: order.channel}, windows: [2h]}
  - {name: yield, formula: revenue / orders, by: [sales_region], windows: [2h]}
  - {name: pipeline, key: deal.id, open: {value: deal.amount}, on: [deal.created, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {rep_id: deal.owner}}
)";

struct Shop : testing::Test {
  Shop() {
    Diagnostics diagnostics;
    ParseConfig("explain_test", kConfig, &rig.specs, &diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
    rig.specs.time.max_hold = std::chrono::hours(1000);
  }
  static constexpr int64_t kHour = 3600;
  void Deal(int64_t seconds, const char* what, const std::string& id, int64_t micros, const std::string& owner) {
    events::v1::Event e;
    auto* deal = std::string(what) == "won" ? e.mutable_deal_won()->mutable_deal()
                 : std::string(what) == "reopened" ? e.mutable_deal_reopened()->mutable_deal()
                                                   : e.mutable_deal_created()->mutable_deal();
    deal->set_id(id);
    if (micros != 0) deal->set_amount_micros(micros);
    if (!owner.empty()) deal->set_owner(owner);
    rig.Append(e, seconds, 0, "");
  }
  Result<Explanation> Ask(ExplainRequest request, std::optional<int64_t> from = {}) {
    Diagnostics diagnostics;
    if (from) request.from = EngineRig::At(*from);
    return Explain(Plan::Compile(rig.specs, Schema::Canonical(), &diagnostics), rig.store, request, [] { return true; });
  }
  static std::string Text(const Change& c) {
    std::string text = (c.from.absent() ? "none" : c.from.ToString()) + " -> " + (c.to.absent() ? "none" : c.to.ToString()) + ": "
        + c.change.ToString();
    if (c.parts) text += " = " + ToString(c.parts->entered) + " - " + ToString(c.parts->left) + " + " + ToString(c.parts->corrected);
    return text;
  }
  EngineRig rig;
};

TEST_F(Shop, WhatEnteredLeftAndCameLateAddsUp) {
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(kHour / 2, 5'000'000);                   // leaves
  rig.Order(kHour + 1800, 10'000'000);               // stays
  rig.Order(kHour + 1800, 3'000'000, "apac");
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  rig.Order(kHour + 2000, -2'000'000);               // a correction that came late
  rig.Order(2 * kHour + 60, 7'000'000);              // entered
  ASSERT_TRUE(rig.RunAt(3 * kHour).ok());
  const auto got = Ask({"revenue"}, 2 * kHour);
  ASSERT_TRUE(got.ok()) << got.status().text();
  EXPECT_EQ(got->from, EngineRig::At(2 * kHour));
  EXPECT_EQ(got->to, EngineRig::At(3 * kHour));
  EXPECT_EQ(Text(*got->number.total), "18 -> 18: 0 = 7 - 5 + -2");
  ASSERT_EQ(got->number.series.all, 2u);
  EXPECT_EQ(got->number.series.series[0].labels[0], "apac") << "nothing moved: by name";
  EXPECT_EQ(Text(got->number.series.series[1].change), "15 -> 15: 0 = 7 - 5 + -2");
  const auto ever = Ask({"revenue", "lifetime"}, 2 * kHour);
  EXPECT_EQ(Text(*ever->number.total), "18 -> 23: 5 = 7 - 0 + -2");
  const auto one = Ask({.kpi = "revenue", .labels = {{"sales_region", "apac"}}}, 2 * kHour);
  EXPECT_EQ(Text(*one->number.total), "3 -> 3: 0 = 0 - 0 + 0");
}

TEST_F(Shop, WhatWasAheadOfItsHourIsNoCorrection) {
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(kHour - 10, 1'000'000);
  ASSERT_TRUE(rig.RunAt(kHour - 5).ok());
  rig.Order(kHour + 2, 4'000'000);  // it is here before the hour is proven
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  EXPECT_EQ(rig.Value("revenue", "2h", "emea"), "5");
  rig.Order(kHour + 20, 2'000'000);
  ASSERT_TRUE(rig.RunAt(kHour + 1800).ok());
  EXPECT_EQ(Text(*Ask({"revenue"}, kHour)->number.total), "5 -> 7: 2 = 2 - 0 + 0");
}

TEST_F(Shop, WhatDoesNotAddUpIsToldByWhatItIsMadeOf) {
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(1800, 4'000'000);
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  rig.Order(kHour + 60, 1'000'000);
  ASSERT_TRUE(rig.RunAt(kHour + 120).ok());
  const auto average = Ask({"order_value"}, kHour);
  ASSERT_TRUE(average.ok()) << average.status().text();
  EXPECT_EQ(Text(average->number.series.series[0].change), "4 -> 2.5: -1.5");
  ASSERT_EQ(average->made_of.size(), 2u);
  EXPECT_EQ(average->made_of[0].name + " " + Text(*average->made_of[0].total), "count 1 -> 2: 1 = 1 - 0 + 0");
  EXPECT_EQ(average->made_of[1].name + " " + Text(*average->made_of[1].total), "sum 4 -> 5: 1 = 1 - 0 + 0");
  const auto formula = Ask({"yield"}, kHour);
  ASSERT_TRUE(formula.ok()) << formula.status().text();
  EXPECT_EQ(Text(formula->number.series.series[0].change), "4 -> 2.5: -1.5");
  ASSERT_EQ(formula->made_of.size(), 2u);
  EXPECT_EQ(formula->made_of[0].name + " " + Text(formula->made_of[0].series.series[0].change), "revenue 4 -> 5: 1 = 1 - 0 + 0");
  EXPECT_EQ(formula->made_of[1].name + " " + Text(formula->made_of[1].series.series[0].change), "orders 1 -> 2: 1 = 1 - 0 + 0");
  EXPECT_EQ(formula->made_of[1].series.labels, (std::vector<std::string>{"sales_region"}));
}

TEST_F(Shop, WhichDealsAreBehindThePipeline) {
  ASSERT_TRUE(rig.Start(0).ok());
  Deal(100, "created", "old", 5'000'000, "ann");
  Deal(200, "created", "won", 3'000'000, "ann");
  Deal(300, "won", "again", 0, "bob");
  Deal(250, "created", "again", 2'000'000, "bob");
  ASSERT_TRUE(rig.RunAt(kHour).ok());
  Deal(kHour + 10, "won", "won", 0, "");
  Deal(kHour + 20, "created", "new", 9'000'000, "bob");
  Deal(kHour + 30, "reopened", "again", 0, "");
  Deal(kHour + 40, "created", "brief", 1'000'000, "bob");
  Deal(kHour + 50, "won", "brief", 0, "");
  ASSERT_TRUE(rig.RunAt(kHour + 120).ok());
  const auto got = Ask({.kpi = "pipeline", .ids = true}, kHour);
  ASSERT_TRUE(got.ok()) << got.status().text();
  EXPECT_EQ(Text(*got->number.total), "8 -> 16: 8");
  EXPECT_NE(got->number.no_parts, "");
  std::string open, left;
  const auto text = [](const ExplainedId& id) {
    return id.id + " " + id.labels[0] + " " + id.value.ToString() + (id.entered ? " entered" : "") + " "
        + std::to_string(Micros(id.at) / kMicrosPerSecond - EngineRig::kStartSeconds) + ";";
  };
  for (const ExplainedId& id : got->ids->ids) open += text(id);
  for (const ExplainedId& id : got->ids->left) left += text(id);
  EXPECT_EQ(open, "new bob 9 entered 3620;old ann 5 100;again bob 2 entered 3630;");
  EXPECT_EQ(left, "won ann 3 3610;") << "what came and went in between is neither";
  const auto two = Ask({.kpi = "pipeline", .ids = true, .limit = 2}, kHour);
  EXPECT_EQ(two->ids->ids.size(), 2u);
  EXPECT_EQ(two->ids->all, 3u);
  const auto hers = Ask({.kpi = "pipeline", .labels = {{"rep_id", "ann"}}, .ids = true}, kHour);
  EXPECT_EQ(hers->ids->all, 1u);
}

TEST_F(Shop, TheFirstHourIsTakenWhereNoEarlierOneIsKnown) {
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(100, 1'000'000);
  ASSERT_TRUE(rig.RunAt(200).ok());
  EXPECT_EQ(Ask({"revenue"}).status().code(), Code::kNotFound);
  ASSERT_TRUE(rig.RunAt(2 * kHour + 60).ok());
  EXPECT_EQ(Ask({"revenue"})->from, EngineRig::At(kHour)) << "a day before is not known";
  ExplainRequest between{"revenue"};
  between.to = EngineRig::At(2 * kHour + 30);
  EXPECT_EQ(Ask(between)->to, EngineRig::At(2 * kHour));
  EXPECT_EQ(Ask({"revenue"}, 5 * kHour).ok(), true) << "the last hour that is known";
}

TEST_F(Shop, OfLargeTablesOnlyMidnightsAreKept) {
  ASSERT_TRUE(rig.Start(0).ok());
  for (int n = 0; n < 70'000; ++n) rig.Order(22 * kHour + 1800, 1'000'000, "r" + std::to_string(n));  // in three windows
  ASSERT_TRUE(rig.RunAt(23 * kHour).ok());
  EXPECT_EQ(Ask({"revenue"}).status().code(), Code::kNotFound);
  ASSERT_TRUE(rig.RunAt(25 * kHour + 60).ok());
  const auto got = Ask({.kpi = "revenue", .limit = 3}, 25 * kHour);
  ASSERT_TRUE(got.ok()) << got.status().text();
  EXPECT_EQ(got->from, EngineRig::At(24 * kHour));
  EXPECT_EQ(Text(*got->number.total), "70000 -> 0: -70000 = 0 - 70000 + 0");
  EXPECT_EQ(got->number.series.series.size(), 3u);
  EXPECT_EQ(got->number.series.all, 70'000u);
}

TEST_F(Shop, WhatIsAskedWronglyIsSaid) {
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Order(100, 1'000'000);
  ASSERT_TRUE(rig.RunAt(2 * kHour).ok());
  EXPECT_NE(Ask({"revenu"}).status().text().find("nearest: revenue"), std::string::npos);
  EXPECT_NE(Ask({"revenue", "3h"}).status().text().find("no window"), std::string::npos);
  EXPECT_NE(Ask({.kpi = "revenue", .by = "sales_regon"}).status().text().find("nearest: sales_region"), std::string::npos);
  EXPECT_NE(Ask({.kpi = "revenue", .ids = true}, kHour).status().text().find("counts no ids"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
