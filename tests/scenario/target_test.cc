// Targets in a running engine: exact against numbers worked out by hand and a naive answer, over changing tables, time, restarts.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

using events::v1::Event;
using Quotas = std::vector<std::pair<std::string, int64_t>>;  // in millionths

constexpr int64_t kHour = 3600, kDay = 86400;

std::shared_ptr<const LookupTable> Table(const Quotas& rows) {
  LookupTable::Builder builder({{"quota", ColumnType::kDecimal}});
  for (const auto& [rep, quota] : rows) {
    builder.AddRow(rep);
    builder.SetNumber(0, quota);
  }
  return std::move(builder).Build();
}

// The rig's first day is Saturday, 9 December 2023.
struct TargetRig : EngineRig {
  void Configure(const std::string& yaml, const Quotas& quotas = {}, const std::vector<std::string>& holidays = {}) {
    Specs read;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", "kafka: {brokers: \"b:9092\"}\ntopics: [crm]\n" + yaml, &read, &diagnostics);
    ASSERT_EQ(diagnostics.ToString(), "");
    specs = std::move(read);
    Add("reps", Table(quotas));
    LookupTable::Builder days({});
    for (const std::string& day : holidays) days.AddRow(day);
    Add("free", std::move(days).Build());
  }
  void Add(const std::string& name, std::shared_ptr<const LookupTable> contents) {
    TableSpec& table = specs.tables.emplace_back();
    table.name = name;
    table.contents = std::move(contents);
  }
  void SetQuotas(const Quotas& quotas) { engine->SetTables({Table(quotas), specs.tables[1].contents}); }
  void Deal(int64_t seconds, const std::string& owner, int64_t micros, const std::string& currency = "USD") {
    Event e;
    auto* deal = e.mutable_deal_won()->mutable_deal();
    deal->set_owner(owner);
    deal->set_currency(currency);
    deal->set_amount_micros(micros);
    Append(e, seconds, 0, "");
  }
};

constexpr char kByRep[] = R"(
calendar: {business_days: [mon-fri], holidays: free}
kpis:
  - {name: won, on: deal.won, sum: deal.amount, by: {rep_id: deal.owner}, windows: [1h, month_to_date],
     target: {month_to_date: {by: rep_id, table: reps, column: quota}}}
)";

TEST(Targets, AQuotaOfATableFollowsTheTable) {
  TargetRig rig;
  rig.Configure(kByRep, {{"ann", 200'000'000}, {"bob", 50'500'000}, {"cat", 0}, {"eve", -5'000'000}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(10, "ann", 50'000'000);
  rig.Deal(20, "cat", 1'000'000);
  rig.Deal(30, "dan", 1'000'000);
  ASSERT_TRUE(rig.RunAt(60).ok());
  EXPECT_EQ(rig.Value("won_target", "month_to_date", "ann"), "200");
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "ann"), "0.25");
  EXPECT_EQ(rig.Value("won_target", "month_to_date", "bob"), "50.5");
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "bob"), "0") << "won nothing yet";
  EXPECT_EQ(rig.Value("won_target", "month_to_date", "cat"), "absent") << "0 is no target";
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "cat"), "absent");
  EXPECT_EQ(rig.Value("won_target", "month_to_date", "dan"), "absent") << "not in the table";
  EXPECT_EQ(rig.Value("won_target", "month_to_date", "eve"), "none");
  EXPECT_EQ(rig.Value("won_target", "1h", "ann"), "none") << "a window without a target";
  EXPECT_EQ(rig.Value("won", "month_to_date", "bob"), "none") << "the KPI itself has who had events";

  rig.SetQuotas({{"ann", 100'000'000}, {"dan", 4'000'000}});
  ASSERT_TRUE(rig.RunAt(62).ok());
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "ann"), "0.5");
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "dan"), "0.25");
  EXPECT_EQ(rig.Value("won_target", "month_to_date", "bob"), "none");
  EXPECT_EQ(rig.Value("won", "month_to_date", "ann"), "50") << "what was counted stays";
}

TEST(Targets, AQuietEngineShowsAChangedTable) {
  TargetRig rig;
  rig.Configure(kByRep, {{"ann", 200'000'000}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(10, "ann", 50'000'000);
  ASSERT_TRUE(rig.RunAt(60).ok());
  const uint64_t before = rig.engine->view()->sequence();
  rig.SetQuotas({{"ann", 50'000'000}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rig.engine->Step(EngineRig::WallAt(60 + i)).ok());
  EXPECT_GT(rig.engine->view()->sequence(), before) << "without an event, and without time moving on";
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "ann"), "1");
}

// December 2023 has 21 weekdays; the 25th and 26th are free. Its 1st is a Friday; from the 4th on come five and then the rig's start.
TEST(Targets, PaceIsWhatIsReachedOfWhatIsExpectedByNow) {
  TargetRig rig;
  rig.Configure(kByRep, {{"ann", 190'000'000}}, {"2023-12-25", "2023-12-26"});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(10, "ann", 30'000'000);
  ASSERT_TRUE(rig.RunAt(60).ok());
  const double at_weekend = 6.0 / 19;
  EXPECT_EQ(rig.Value("won_expected_ratio", "month_to_date"), Value::Real(at_weekend).ToString());
  EXPECT_EQ(rig.Value("won_pace_ratio", "month_to_date", "ann"), "0.5") << "30 / 190 of 6 / 19: exactly a half";
  ASSERT_TRUE(rig.RunAt(2 * kDay + 12 * kHour).ok());  // Monday noon
  EXPECT_EQ(rig.Value("won_expected_ratio", "month_to_date"), Value::Real(6.5 / 19).ToString());
  ASSERT_TRUE(rig.Start(2 * kDay + 12 * kHour).ok());
  EXPECT_EQ(rig.Value("won_expected_ratio", "month_to_date"), Value::Real(6.5 / 19).ToString()) << "as before the restart";
  ASSERT_TRUE(rig.RunAt(17 * kDay).ok());  // the 26th, free: 6 + 10
  EXPECT_EQ(rig.Value("won_expected_ratio", "month_to_date"), Value::Real(16.0 / 19).ToString());
  ASSERT_TRUE(rig.RunAt(22 * kDay + 20 * kHour).ok());  // New Year's Eve, a Sunday
  EXPECT_EQ(rig.Value("won_expected_ratio", "month_to_date"), "1");
  ASSERT_TRUE(rig.RunAt(23 * kDay + 12 * kHour).ok());  // Monday, 1 January
  EXPECT_EQ(rig.Value("won_attainment_ratio", "month_to_date", "ann"), "0");
  EXPECT_EQ(rig.Value("won_pace_ratio", "month_to_date", "ann"), "absent") << "in the first business day";
  ASSERT_TRUE(rig.RunAt(24 * kDay).ok());
  EXPECT_EQ(rig.Value("won_pace_ratio", "month_to_date", "ann"), "0");
}

TEST(Targets, AreOfLabelsWithManyOthers) {
  TargetRig rig;
  rig.Configure(R"(
kpis:
  - {name: won, on: deal.won, sum: deal.amount, by: {rep_id: deal.owner, currency: deal.currency}, windows: [lifetime],
     target: {lifetime: {by: currency, values: {USD: 100, GBP: 80}, other: 50}}}
  - {name: few, on: deal.won, count: true, by: {rep_id: deal.owner}, max_series: 1, windows: [lifetime],
     target: {lifetime: {by: rep_id, values: {ann: 2, bob: 2, zoe: 2}}}}
  - {name: best, on: deal.won, sum: deal.amount, by: {rep_id: deal.owner}, top: 1, windows: [lifetime], target: {lifetime: 100}}
  - {name: half, formula: few / 2, by: [rep_id], windows: [lifetime], target: {lifetime: {by: rep_id, values: {ann: 1, yan: 1}}}}
  - {name: size, on: deal.won, avg: deal.amount, by: {rep_id: deal.owner}, windows: [lifetime],
     target: {lifetime: {by: rep_id, values: {ann: 20, zoe: 20}}}}
)");
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "ann", 25'000'000, "USD");
  rig.Deal(2, "bob", 10'000'000, "EUR");
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Value("won_attainment_ratio", "lifetime", "ann|USD"), "0.25");
  EXPECT_EQ(rig.Value("won_attainment_ratio", "lifetime", "bob|EUR"), "0.2");
  EXPECT_EQ(rig.Value("few_attainment_ratio", "lifetime", "ann"), "0.5");
  EXPECT_EQ(rig.Value("few_attainment_ratio", "lifetime", "__other__"), "absent");
  EXPECT_EQ(rig.Value("few_attainment_ratio", "lifetime", "bob"), "none") << "is among the others";
  EXPECT_EQ(rig.Value("few_attainment_ratio", "lifetime", "zoe"), "none") << "may be among them";
  EXPECT_EQ(rig.Value("best_attainment_ratio", "lifetime", "ann"), "0.25");
  EXPECT_EQ(rig.Value("best_attainment_ratio", "lifetime", "bob"), "none") << "not among the greatest";
  EXPECT_EQ(rig.Value("half_attainment_ratio", "lifetime", "ann"), "0.5");
  EXPECT_EQ(rig.Value("size_attainment_ratio", "lifetime", "ann"), "1.25");
  EXPECT_EQ(rig.Value("size_attainment_ratio", "lifetime", "zoe"), "absent") << "an average of nothing is nothing";
  EXPECT_EQ(rig.Value("size_target", "lifetime", "zoe"), "20");
}

TEST(Targets, AFormulaOverNothingIsWhatTheFormulaSays) {
  TargetRig rig;
  rig.Configure(R"(
kpis:
  - {name: won, on: deal.won, count: true, by: {rep_id: deal.owner}, windows: [lifetime]}
  - {name: twice, formula: won * 2 + 3, by: [rep_id], windows: [lifetime], target: {lifetime: {by: rep_id, values: {ann: 10, bob: 6}}}}
  - {name: share, formula: won / won, by: [rep_id], windows: [lifetime], target: {lifetime: {by: rep_id, values: {bob: 1}}}}
)");
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(1, "ann", 1);
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Value("twice_attainment_ratio", "lifetime", "ann"), "0.5");
  EXPECT_EQ(rig.Value("twice_attainment_ratio", "lifetime", "bob"), "0.5");
  EXPECT_EQ(rig.Value("share_attainment_ratio", "lifetime", "bob"), "absent") << "0 / 0";
}

TEST(Targets, ARuleSeesTimePassAlone) {
  TargetRig rig;
  rig.Configure(std::string(kByRep) + "rules: [{name: behind, kpi: won_pace_ratio, below: 0.5}]\n", {{"ann", 210'000'000}});
  ASSERT_TRUE(rig.Start(0).ok());
  rig.Deal(10, "ann", 35'000'000);  // of 60: 0.58
  ASSERT_TRUE(rig.RunAt(2 * kDay).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kInactive);
  // 35 / 210 is half of what is expected when 7 of 21 days are over: just after Monday's end.
  ASSERT_TRUE(rig.RunAt(3 * kDay + 600).ok());
  EXPECT_EQ(rig.Breach().state, BreachState::kFiring);
  EXPECT_EQ(rig.Breach().since, EngineRig::At(3 * kDay + 300)) << "at the grid's first instant past it";
}

// The same whether time moves in one stride or in many, with restarts between.
TEST(Targets, ARulesPastDoesNotDependOnStrides) {
  const auto run = [](int64_t stride, bool restarts) {
    TargetRig rig;
    rig.Configure(std::string(kByRep) + "rules: [{name: behind, kpi: won_pace_ratio, below: 0.5, for: 12h}]\n", {{"ann", 210'000'000}});
    EXPECT_TRUE(rig.Start(0).ok());
    rig.Deal(10, "ann", 35'000'000);
    EXPECT_TRUE(rig.RunAt(60).ok());
    for (int64_t t = stride; t <= 4 * kDay; t += stride) {
      EXPECT_TRUE(rig.RunAt(t).ok());
      if (restarts) {
        EXPECT_TRUE(rig.Start(t).ok());
      }
    }
    return std::pair(rig.Breach().state, rig.Breach().since);
  };
  const auto whole = run(4 * kDay, false);
  EXPECT_EQ(whole, std::pair(BreachState::kFiring, EngineRig::At(3 * kDay + 12 * kHour + 300)));
  EXPECT_EQ(run(5 * kHour + 20 * 60, false), whole);
  EXPECT_EQ(run(16 * kHour, true), whole);
}

TEST(Targets, HoldARulesStateOverTheEndOfAPeriod) {
  for (const bool clears : {false, true}) {
    TargetRig rig;
    const std::string rule = "rules: [{name: behind, kpi: won_pace_ratio, below: 0.5, for: 1d";
    rig.Configure(kByRep + rule + (clears ? ", absent: clear}]\n" : "}]\n"), {{"ann", 210'000'000}});
    ASSERT_TRUE(rig.Start(0).ok());
    rig.Deal(10, "ann", 1'000'000);
    ASSERT_TRUE(rig.RunAt(22 * kDay).ok());
    EXPECT_EQ(rig.Breach().state, BreachState::kFiring);
    ASSERT_TRUE(rig.RunAt(23 * kDay + 12 * kHour).ok());
    EXPECT_EQ(rig.Breach().state, clears ? BreachState::kInactive : BreachState::kFiring) << "the new month has no pace yet";
    ASSERT_TRUE(rig.RunAt(24 * kDay + kHour).ok());
    EXPECT_EQ(rig.Breach().state, clears ? BreachState::kPending : BreachState::kFiring);
  }
}

// Any deals, quotas and instants: attainment is the quotient of the two exact numbers, pace that over the share of time.
TEST(Targets, EqualTheNaiveAnswer) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20; ++round) {
    TargetRig rig;
    Quotas quotas;
    std::map<std::string, int64_t> quota, sums;
    for (const char* rep : {"a", "b", "c", "d"}) {
      quota[rep] = static_cast<int64_t>(random() % 4) == 0 ? 0 : static_cast<int64_t>(1 + random() % 1'000'000'000);
      quotas.emplace_back(rep, quota[rep]);
    }
    rig.Configure(kByRep, quotas);
    ASSERT_TRUE(rig.Start(0).ok());
    for (int i = 0; i < 20; ++i) {
      const std::string rep(1, static_cast<char>('a' + random() % 5));
      const auto micros = static_cast<int64_t>(random() % 2'000'000'000) - 500'000'000;
      rig.Deal(i, rep, micros);
      sums[rep] += micros;
    }
    const int64_t hours = 1 + static_cast<int64_t>(random() % (21 * 24));
    ASSERT_TRUE(rig.RunAt(hours * kHour).ok());
    double days = 6;  // of December's 21 weekdays, the 1st to the 8th
    for (int64_t h = 0; h < hours; ++h) days += h / 24 % 7 >= 2 ? 1.0 / 24 : 0;
    for (const char* rep : {"a", "b", "c", "d", "e"}) {
      const std::string attained = rig.Value("won_attainment_ratio", "month_to_date", rep);
      const std::string pace = rig.Value("won_pace_ratio", "month_to_date", rep);
      if (quota[rep] <= 0) {
        EXPECT_TRUE(attained == "none" || attained == "absent") << rep << attained;
        continue;
      }
      const double expected = static_cast<double>(sums[rep]) / static_cast<double>(quota[rep]);
      EXPECT_EQ(std::stod(attained), expected) << "one division, rounded once";
      EXPECT_NEAR(std::stod(pace), expected / (days / 21), std::abs(expected) * 1e-12) << hours << " h";
    }
  }
}

}  // namespace
}  // namespace tidemark
