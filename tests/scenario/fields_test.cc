// Derived fields and tables in a running engine: as labels, conditions and measures, over reloads and restarts.
#include <gtest/gtest.h>

#include "config/config.h"
#include "pipeline/engine/verify.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

using events::v1::Event;
using Rows = std::vector<std::pair<std::string, std::string>>;

const std::vector<LookupColumn> kColumns = {{"team", ColumnType::kText}};

std::shared_ptr<const LookupTable> Teams(const Rows& rows) {
  LookupTable::Builder builder(kColumns);
  for (const auto& [rep, team] : rows) {
    builder.AddRow(rep);
    builder.SetText(0, team);
  }
  return std::move(builder).Build();
}

struct FieldsRig : EngineRig {
  using EngineRig::EngineRig;

  // The KPIs and fields of a configuration, with a table `reps` of teams.
  void Configure(const std::string& yaml, const Rows& rows = {}) {
    Specs read;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", "kafka: {brokers: \"b:9092\"}\ntopics: [crm]\n" + yaml, &read, &diagnostics);
    ASSERT_EQ(diagnostics.ToString(), "");
    specs.kpis = std::move(read.kpis);
    specs.fields = std::move(read.fields);
    specs.tables.clear();
    TableSpec table;
    table.name = "reps";
    table.contents = Teams(rows);
    specs.tables.push_back(std::move(table));
  }
  void Deal(int64_t seconds, const std::string& owner, double amount, double probability, int partition = 0) {
    Event e;
    auto* deal = e.mutable_deal_won()->mutable_deal();
    deal->set_owner(owner);
    deal->set_amount_micros(static_cast<int64_t>(amount * 1e6));
    deal->set_probability(probability);
    Append(e, seconds, partition, "");
  }
};

constexpr char kByTeam[] = R"(
fields:
  team: reps[deal.owner].team
kpis:
  - {name: won, on: deal.won, count: true, by: {sales_team: team}, windows: [1h, lifetime]}
  - {name: value, on: deal.won, sum: deal.amount, by: {sales_team: team}, windows: [1h, lifetime]}
)";

TEST(Fields, ATableGivesLabels) {
  FieldsRig rig;
  rig.Configure(kByTeam, {{"r1", "blue"}, {"r2", "red"}, {"r3", "blue"}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "r1", 10, 1);
  rig.Deal(2, "r2", 20, 1);
  rig.Deal(3, "r3", 30.5, 1);
  rig.Deal(4, "r4", 5, 1);
  rig.Deal(5, "", 1, 1);
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Value("won", "1h", "blue"), "2");
  EXPECT_EQ(rig.Value("value", "1h", "blue"), "40.5");
  EXPECT_EQ(rig.Value("won", "1h", "red"), "1");
  EXPECT_EQ(rig.Value("won", "1h", ""), "2") << "reps that the table does not know";
}

TEST(Fields, AProductIsAConditionAndAMeasure) {
  FieldsRig rig;
  rig.Configure(R"(
fields:
  weighted: deal.amount * deal.probability
kpis:
  - {name: weighted_value, on: deal.won, sum: weighted, windows: [1h]}
  - {name: big, on: deal.won, count: true, where: weighted >= 100.5, windows: [1h]}
  - {name: largest, on: deal.won, max: weighted, windows: [1h]}
  - {name: known, on: deal.won, count: true, where: has(weighted), windows: [1h]}
)");
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "r1", 201, 0.5);
  rig.Deal(2, "r1", 1000, 0.1);
  rig.Deal(3, "r1", 0.000003, 0.5);  // 0.0000015: to the even neighbour
  Event unknown;
  unknown.mutable_deal_won()->mutable_deal()->set_amount_micros(5'000'000);
  rig.Append(unknown, 4, 0, "");
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Value("weighted_value", "1h"), "200.500002");
  EXPECT_EQ(rig.Value("big", "1h"), "1");
  EXPECT_EQ(rig.Value("largest", "1h"), "100.5");
  EXPECT_EQ(rig.Value("known", "1h"), "3");
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).counts.filtered, 1) << "absent, so not summed";
}

TEST(Fields, AnAbsentNumberIsAnEmptyLabel) {
  FieldsRig rig;
  rig.Configure(R"(
fields:
  age_weeks: weeks_since(product.launched)
kpis:
  - {name: won, on: deal.won, count: true, by: {age_weeks: age_weeks}, windows: [1h]}
)");
  ASSERT_TRUE(rig.Start(0).ok());
  const auto deal = [&](std::optional<int64_t> launched) {
    Event e;
    e.mutable_deal_won();
    if (launched) e.mutable_deal_won()->mutable_product()->mutable_launched()->set_seconds(*launched);
    rig.Append(e, 100, 0, "");
  };
  deal(EngineRig::kStartSeconds + 100);
  deal(EngineRig::kStartSeconds - 7 * 86400);
  deal(EngineRig::kStartSeconds + 101);
  deal(std::nullopt);
  ASSERT_TRUE(rig.RunAt(200).ok());
  EXPECT_EQ(rig.Value("won", "1h", "0"), "1");
  EXPECT_EQ(rig.Value("won", "1h", "1"), "1");
  EXPECT_EQ(rig.Value("won", "1h", "-1"), "1");
  EXPECT_EQ(rig.Value("won", "1h", ""), "1");
}

TEST(Fields, AgeIsAsOfTheEventAlsoWhenItComesLate) {
  FieldsRig rig;
  rig.Configure(R"(
fields:
  age_days: days_since(deal.created)
kpis:
  - {name: age, on: deal.won, sum: age_days, windows: [lifetime]}
)");
  ASSERT_TRUE(rig.Start(0).ok());
  for (const int64_t at : {10 * 86400, 3 * 86400}) {
    Event e;
    e.mutable_deal_won()->mutable_deal()->mutable_created()->set_seconds(EngineRig::kStartSeconds);
    rig.Append(e, at, 0, "");
  }
  ASSERT_TRUE(rig.RunAt(10 * 86400 + 5).ok());
  EXPECT_EQ(rig.Value("age", "lifetime"), "13");
}

// A table is as it is when an event is applied: what was counted stays where it is.
TEST(Tables, AReloadCountsFromTheNextEventOn) {
  FieldsRig rig;
  rig.Configure(kByTeam, {{"r1", "blue"}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "r1", 10, 1);
  ASSERT_TRUE(rig.RunAt(2).ok());
  rig.engine->SetTables({Teams({{"r1", "red"}})});
  EXPECT_EQ(rig.Value("won", "1h", "blue"), "1");
  rig.Deal(3, "r1", 10, 1);
  rig.Deal(1, "r1", 10, 1);  // late, and applied after the reload
  ASSERT_TRUE(rig.RunAt(4).ok());
  EXPECT_EQ(rig.Value("won", "1h", "blue"), "1");
  EXPECT_EQ(rig.Value("won", "1h", "red"), "2");
  ASSERT_TRUE(rig.RunAt(2 * 3600).ok());
  EXPECT_EQ(rig.Value("won", "1h", "blue"), "0") << "what was counted as blue leaves as blue";
  EXPECT_EQ(rig.Value("won", "1h", "red"), "0");
  EXPECT_EQ(rig.Value("won", "lifetime", "blue"), "1");
  EXPECT_EQ(VerifyState(rig.store)->mismatch_count, 0u);
}

// Events that were decoded before a reload, and wait for their turn, are counted with the new contents.
TEST(Tables, AReloadReachesEventsThatWait) {
  FieldsRig rig(2);
  rig.Configure(kByTeam, {{"r1", "blue"}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "r1", 1, 1);
  ASSERT_TRUE(rig.RunAt(2).ok());
  rig.source->Break({kRigTopic, 1}, true);
  rig.Deal(200, "r1", 1, 1);  // further than `align` past what is known of the other partition
  ASSERT_TRUE(rig.RunAt(10).ok());
  ASSERT_EQ(rig.Counts().accepted, 1);
  rig.engine->SetTables({Teams({{"r1", "red"}})});
  rig.source->Break({kRigTopic, 1}, false);
  ASSERT_TRUE(rig.RunAt(210).ok());
  EXPECT_EQ(rig.Counts().accepted, 2);
  EXPECT_EQ(rig.Value("won", "lifetime", "blue"), "1");
  EXPECT_EQ(rig.Value("won", "lifetime", "red"), "1");
}

TEST(Tables, OtherContentsDoNotStartAKpiAnew) {
  FieldsRig rig;
  rig.Configure(kByTeam, {{"r1", "blue"}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "r1", 10, 1);
  ASSERT_TRUE(rig.RunAt(2).ok());
  rig.Configure(kByTeam, {{"r1", "red"}, {"r2", "red"}});
  ASSERT_TRUE(rig.Start(3).ok());
  EXPECT_EQ(rig.Value("won", "lifetime", "blue"), "1");
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).coverage[1], 1.0);
  rig.Deal(4, "r1", 10, 1);
  ASSERT_TRUE(rig.RunAt(5).ok());
  EXPECT_EQ(rig.Value("won", "lifetime", "blue"), "1");
  EXPECT_EQ(rig.Value("won", "lifetime", "red"), "1");
}

TEST(Fields, ARenamedFieldKeepsItsNumbersAndARedefinedOneStartsAnew) {
  const auto config = [](const std::string& name, const std::string& definition) {
    return "fields: {" + name + ": " + definition + "}\nkpis: [{name: total, on: deal.won, sum: " + name + ", windows: [lifetime]}]\n";
  };
  FieldsRig rig;
  rig.Configure(config("weighted", "deal.amount * deal.probability"));
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "r1", 10, 0.5);
  ASSERT_TRUE(rig.RunAt(2).ok());
  EXPECT_EQ(rig.Value("total", "lifetime"), "5");
  rig.Configure(config("expected", "deal.probability * deal.amount"));
  ASSERT_TRUE(rig.Start(3).ok());
  EXPECT_EQ(rig.Value("total", "lifetime"), "5");
  rig.Configure(config("expected", "deal.probability * deal.amount + deal.amount"));
  ASSERT_TRUE(rig.Start(4).ok());
  ASSERT_TRUE(rig.RunAt(5).ok());
  EXPECT_EQ(rig.Value("total", "lifetime"), "0");
  EXPECT_LT(rig.engine->view()->status(KpiId{0}).coverage[0], 1.0);
}

TEST(Fields, AreKeysAndLabelsOfIds) {
  FieldsRig rig;
  rig.Configure(R"(
fields:
  team: reps[deal.owner].team
  lead_team: reps[lead.owner].team
kpis:
  - {name: winning_teams, on: deal.won, distinct: team, windows: [1h]}
  - {name: response, key: lead.id, elapsed: {from: lead.created, to: lead.contacted}, stats: [count, avg], by: {sales_team: to.lead_team}, windows: [1h]}
)", {{"r1", "blue"}, {"r2", "red"}, {"r3", "blue"}});
  ASSERT_TRUE(rig.Start(0).ok());
  for (const char* owner : {"r1", "r2", "r3", "r4", ""}) rig.Deal(1, owner, 1, 1);
  Event created, contacted;
  created.mutable_lead_created()->mutable_lead()->set_id("l1");
  created.mutable_lead_created()->mutable_lead()->set_owner("r1");
  contacted.mutable_lead_contacted()->mutable_lead()->set_id("l1");
  contacted.mutable_lead_contacted()->mutable_lead()->set_owner("r2");
  rig.Append(created, 10, 0, "");
  rig.Append(contacted, 100, 0, "");
  ASSERT_TRUE(rig.RunAt(110).ok());
  EXPECT_EQ(rig.Value("winning_teams", "1h"), "2");
  EXPECT_EQ(rig.engine->view()->status(KpiId{0}).counts.filtered, 2) << "no team, no id";
  EXPECT_EQ(rig.Value("response", "1h", "red|avg"), "90");
  ASSERT_TRUE(rig.Start(120).ok());
  rig.Deal(121, "r1", 1, 1);
  ASSERT_TRUE(rig.RunAt(122).ok());
  EXPECT_EQ(rig.Value("winning_teams", "1h"), "2");
}

// Of an entity they are worked out from what is kept of it, at each of its events, with the tables of that moment.
TEST(Fields, OfEntitiesAreMadeOfWhatIsKept) {
  FieldsRig rig;
  rig.Configure(R"(
fields:
  team: reps[deal.owner].team
  weighted: deal.amount * deal.probability
kpis:
  - {name: pipeline, key: deal.id, on: [deal.created, deal.updated], open: {value: weighted}, until: deal.won, by: {sales_team: team}}
  - {name: large, key: deal.id, on: [deal.created, deal.updated], open: true, until: deal.won, where: weighted >= 100}
)", {{"r1", "blue"}});
  ASSERT_TRUE(rig.Start(0).ok());
  const auto deal = [&](int64_t seconds, std::optional<double> amount, std::optional<double> probability) {
    Event e;
    auto* d = e.mutable_deal_updated()->mutable_deal();
    d->set_id("d1");
    if (seconds == 1) d->set_owner("r1");
    if (amount) d->set_amount_micros(static_cast<int64_t>(*amount * 1e6));
    if (probability) d->set_probability(*probability);
    rig.Append(e, seconds, 0, "");
  };
  deal(1, 100, std::nullopt);
  ASSERT_TRUE(rig.RunAt(2).ok());
  EXPECT_EQ(rig.Value("pipeline", "now", "blue"), "0") << "nobody said how likely it is";
  deal(3, std::nullopt, 0.5);
  ASSERT_TRUE(rig.RunAt(4).ok());
  EXPECT_EQ(rig.Value("pipeline", "now", "blue"), "50");
  EXPECT_EQ(rig.Value("large", "now"), "0");
  deal(4, 200, std::nullopt);
  ASSERT_TRUE(rig.RunAt(5).ok());
  EXPECT_EQ(rig.Value("pipeline", "now", "blue"), "100");
  EXPECT_EQ(rig.Value("large", "now"), "1");
  rig.engine->SetTables({Teams({{"r1", "red"}})});
  ASSERT_TRUE(rig.RunAt(6).ok());
  EXPECT_EQ(rig.Value("pipeline", "now", "blue"), "100") << "a table moves nothing by itself";
  deal(2, 1000, 0.25);  // late: both are newer
  deal(7, std::nullopt, 0.25);
  ASSERT_TRUE(rig.RunAt(8).ok());
  EXPECT_EQ(rig.Value("pipeline", "now", "red"), "50");
  EXPECT_EQ(rig.Value("pipeline", "now", "blue"), "0");
  ASSERT_TRUE(rig.Start(9).ok());  // with the table as it was
  Event won;
  won.mutable_deal_won()->mutable_deal()->set_id("d1");
  rig.Append(won, 10, 0, "");
  ASSERT_TRUE(rig.RunAt(11).ok());
  EXPECT_EQ(rig.Value("pipeline", "now", "red"), "0") << "taken back where it was";
  EXPECT_EQ(rig.Value("pipeline", "now", "blue"), "0");
}

TEST(Fields, OfEntitiesMayComeFromSeveralEventTypes) {
  FieldsRig rig;
  rig.Configure(R"(
fields: {conceded: deal.amount - quote.amount}
kpis:
  - {name: conceded, key: deal.id, sum: conceded, on: deal.created, correct: {by: quote.sent}, windows: [lifetime]}
)");
  ASSERT_TRUE(rig.Start(0).ok());
  Event created, sent;
  created.mutable_deal_created()->mutable_deal()->set_id("d1");
  created.mutable_deal_created()->mutable_deal()->set_amount_micros(50'000'000);
  sent.mutable_quote_sent()->mutable_deal()->set_id("d1");
  sent.mutable_quote_sent()->mutable_quote()->set_amount_micros(42'500'000);
  rig.Append(sent, 2, 0, "");
  rig.Append(created, 1, 0, "");
  ASSERT_TRUE(rig.RunAt(3).ok());
  EXPECT_EQ(rig.Value("conceded", "lifetime"), "7.5");
}

TEST(Fields, WaitingIsForWhatTheLabelIsMadeOf) {
  FieldsRig rig;
  rig.Configure(R"(
fields: {team: "reps[deal.owner].team"}
kpis:
  - {name: stuck, key: deal.id, on: deal.updated, open: {waiting_for: 2h}, until: deal.won, by: {sales_team: team}}
)", {{"r1", "blue"}, {"r2", "blue"}, {"r3", "red"}});
  ASSERT_TRUE(rig.Start(0).ok());
  const auto deal = [&](int64_t seconds, const std::string& owner) {
    Event e;
    e.mutable_deal_updated()->mutable_deal()->set_id("d1");
    e.mutable_deal_updated()->mutable_deal()->set_owner(owner);
    rig.Append(e, seconds, 0, "");
  };
  deal(1, "r1");
  deal(3'000, "");
  deal(6'000, "r2");
  ASSERT_TRUE(rig.RunAt(7'300).ok());
  EXPECT_EQ(rig.Value("stuck", "now", "blue"), "1") << "another rep of the same team";
  deal(7'400, "r3");
  ASSERT_TRUE(rig.RunAt(7'500).ok());
  EXPECT_EQ(rig.Value("stuck", "now", "red"), "0");
  ASSERT_TRUE(rig.RunAt(14'700).ok());
  EXPECT_EQ(rig.Value("stuck", "now", "red"), "1");
}

TEST(Fields, ARestartInTheMiddleCountsEachEventOnce) {
  FieldsRig rig(2);
  rig.Configure(kByTeam, {{"r0", "blue"}, {"r1", "red"}});
  ASSERT_TRUE(rig.Start(0).ok());
  for (int i = 0; i < 200; ++i) {
    rig.Deal(i, "r" + std::to_string(i % 3), 1.25, 1, i % 2);
    if (i % 40 != 39) continue;
    ASSERT_TRUE(rig.RunAt(i).ok());
    ASSERT_TRUE(rig.Start(i).ok());
  }
  ASSERT_TRUE(rig.RunAt(200).ok());
  EXPECT_EQ(rig.Value("won", "lifetime", "blue"), "67");
  EXPECT_EQ(rig.Value("value", "lifetime", "red"), "83.75");
  EXPECT_EQ(rig.Value("won", "lifetime", ""), "66");
}

}  // namespace
}  // namespace tidemark
