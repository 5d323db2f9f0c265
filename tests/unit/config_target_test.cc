// Targets, business days and holidays: what right ones mean, and one row for every mistake.
#include <gtest/gtest.h>

#include "pipeline/event/schema.h"
#include "pipeline/plan/plan.h"
#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

// "month_to_date=5", "month_to_date=other 5 by rep 7=3 or quotas.amount".
std::string Shown(const KpiSpec& kpi) {
  std::string text;
  for (const TargetSpec& target : kpi.targets) {
    text += (text.empty() ? "" : ", ") + target.window + (target.by.empty() ? "" : " by " + target.by);
    for (const auto& [label, value] : target.values) text += " " + label + "=" + ToString(value);
    if (!target.table.empty()) text += " " + target.table + "." + target.column;
    if (target.value) text += (target.by.empty() ? " " : " other ") + ToString(*target.value);
  }
  return text;
}

constexpr char kKpi[] = R"y(kpis:
- {name: k, on: a.b, sum: a.c, by: {rep: a.rep}, windows: [1d, month_to_date, last_month, lifetime]}
)y";

std::string Read(const std::string& yaml) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + yaml + "\n", &specs, &diagnostics);
  return diagnostics.empty() ? Shown(specs.kpis[0]) : diagnostics.ToString();
}

TEST(Targets, StandByWindow) {
  EXPECT_EQ(Read(kKpi + std::string("targets: {k: {month_to_date: 250000, 24h: 0.5, lifetime: 7}}")), "month_to_date 250000, 1d 0.5, lifetime 7");
  EXPECT_EQ(Read(kKpi + std::string("targets: {k: {last_month: {by: rep, values: {ann: 3, 7: 4.25}, other: 1}}}")),
            "last_month by rep 7=4.25 ann=3 other 1");
  EXPECT_EQ(Read(kKpi + std::string("targets: {k: {month_to_date: {by: rep, table: reps, column: quota}}}")),
            "month_to_date by rep reps.quota");
}

TEST(Targets, StandInTheKpiToo) {
  EXPECT_EQ(Read("kpis: [{name: k, on: a.b, count: true, windows: [today], target: {today: 5}}]"), "today 5");
  EXPECT_EQ(Read("kpis: [{name: k, key: a.id, on: a.b, open: true, until: a.c, target: {now: 5}}]"), "now 5");
  EXPECT_EQ(Read("kpis: [{name: k, formula: n / 2, by: [rep], windows: [1h], target: {1h: {by: rep, values: {a: 1}}}}, "
                 "{name: n, on: a.b, count: true, by: {rep: a.rep}, windows: [1h]}]"),
            "1h by rep a=1");
}

std::string One(const std::string& target) { return kKpi + ("targets: {k: " + target + "}"); }

const ConfigRow kMistakes[] = {
    {"UnknownKpi", kInput, kKpi + std::string("targets: {kk: {1d: 5}}"), "c.yaml:5:11: targets.kk: there is no KPI \"kk\"; did you mean \"k\"?\n"},
    {"Twice", kInput, "kpis: [{name: k, on: a.b, count: true, windows: [1h], target: {1h: 5}}]\ntargets: {k: {1h: 6}}",
     "c.yaml:4:11: targets.k: \"k\" has a target already: kpis[0].target.1h\n"},
    {"UnknownWindow", kInput, One("{quarter_to_date: 5}"),
     "c.yaml:5:15: targets.k.quarter_to_date: \"k\" has no window \"quarter_to_date\"; it has 1d, month_to_date, last_month, lifetime\n"},
    {"SameWindow", kInput, One("{24h: 5, 1d: 6}"), "c.yaml:5:23: targets.k.1d: 1d is the same window as 1d\n"},
    {"ANumberAlone", kInput, One("5"), "c.yaml:5:14: targets.k: a map of window: number is wanted here, like {month_to_date: 250000}\n"},
    {"Empty", kInput, One("{}"), "c.yaml:5:14: targets.k: is empty\n"},
    {"Zero", kInput, One("{1d: 0}"), "c.yaml:5:19: targets.k.1d: 0 is nothing to reach; a target is greater than 0\n"},
    {"Negative", kInput, One("{1d: -2.5}"), "c.yaml:5:19: targets.k.1d: -2.5 is nothing to reach; a target is greater than 0\n"},
    {"Percent", kInput, One("{1d: 80%}"), "c.yaml:5:19: targets.k.1d: \"80%\" is not a decimal number like 250, -3 or 0.25\n"},
    {"AList", kInput, One("{1d: [5]}"), "c.yaml:5:19: targets.k.1d: a single value is wanted here\n"},
    {"UnknownLabel", kInput, One("{1d: {by: rpe, values: {a: 5}}}"),
     "c.yaml:5:24: targets.k.1d.by: \"k\" has no label \"rpe\"; did you mean \"rep\"?\n"},
    {"NoLabels", kInput, "kpis: [{name: k, on: a.b, count: true, windows: [1h], target: {1h: {by: rep, values: {a: 1}}}}]",
     "c.yaml:3:73: kpis[0].target.1h.by: \"k\" has no label \"rep\"; it has none\n"},
    {"NoBy", kInput, One("{1d: {values: {a: 5}}}"), "c.yaml:5:19: targets.k.1d: \"by\" is missing\n"},
    {"NoNumbers", kInput, One("{1d: {by: rep, other: 5}}"),
     "c.yaml:5:19: targets.k.1d: has no numbers: values: {emea: 900000}, or table and column: {table: reps, column: quota}\n"},
    {"TableWithoutColumn", kInput, One("{1d: {by: rep, table: reps}}"),
     "c.yaml:5:19: targets.k.1d: has no numbers: values: {emea: 900000}, or table and column: {table: reps, column: quota}\n"},
    {"ValuesAndTable", kInput, One("{1d: {by: rep, values: {a: 5}, table: reps, column: quota}}"),
     "c.yaml:5:45: targets.k.1d.table: stands beside values; leave one of them out\n"
     "c.yaml:5:58: targets.k.1d.column: belongs to table\n"},
    {"NoValues", kInput, One("{1d: {by: rep, values: {}}}"), "c.yaml:5:37: targets.k.1d.values: is empty\n"},
    {"ZeroOfAValue", kInput, One("{1d: {by: rep, values: {a: 0}, other: 0}}"),
     "c.yaml:5:41: targets.k.1d.values.a: 0 is nothing to reach; a target is greater than 0\n"
     "c.yaml:5:52: targets.k.1d.other: 0 is nothing to reach; a target is greater than 0\n"},
    {"OfOthers", kInput, One("{1d: {by: rep, values: {__other__: 5}}}"),
     "c.yaml:5:38: targets.k.1d.values.__other__: __other__ is several series together; it has no target\n"},
    {"UnknownKey", kInput, One("{1d: {by: rep, vaules: {a: 5}, values: {a: 5}}}"),
     "c.yaml:5:29: targets.k.1d: unknown key \"vaules\"; did you mean \"values\"?\n"},
    {"OfQuantiles", kInput, "kpis: [{name: k, on: a.b, quantiles: a.c, stats: [p50], windows: [1h], target: {1h: 5}}]",
     "c.yaml:3:80: kpis[0].target: belongs to count, sum, avg, min, max, last, distinct, first, active, lapsed, open and formula, not to "
     "quantiles\n"},
    {"InARule", kWhole, "rules: [{name: r, kpi: k, target: 5, below: 1}]",
     "c.yaml:4:27: rules[0].target: a rule over the KPI's _attainment_ratio or _pace_ratio says that\n"},
    {"NameTaken", kInput,
     "kpis: [{name: k, on: a.b, count: true, windows: [week_to_date], target: {week_to_date: 5}}, {name: k_pace_ratio, "
     "on: a.b, count: true, windows: [1h]}]",
     "c.yaml:3:100: kpis[1].name: \"k_pace_ratio\" is made by \"k\" (target); take another name\n"},
    {"BusinessDay", kWhole, "calendar: {business_days: [mon-fry]}",
     "c.yaml:4:28: calendar.business_days[0]: \"mon-fry\" is no day; there are mon, tue, wed, thu, fri, sat, sun and ranges like mon-fri\n"},
    {"NoBusinessDay", kWhole, "calendar: {business_days: []}", "c.yaml:4:27: calendar.business_days: is empty; leave it out for every day\n"},
    {"HolidaysAsAList", kWhole, "calendar: {holidays: [2026-12-25]}",
     "c.yaml:4:22: calendar.holidays: the name of a table is wanted here, whose keys are the dates, like 2026-12-25\n"},
};

TEST(ConfigErrors, EveryMistakeOfATargetIsReportedAtItsPlace) {
  for (const ConfigRow& row : kMistakes) ExpectRow(row);
}

// ---- rules over what targets make -----------------------------------------------------------------------------

std::string Ruled(const std::string& rule) {
  return Read("kpis: [{name: k, on: a.b, count: true, by: {rep: a.rep}, windows: [1h, today, month_to_date], "
              "target: {today: 5, month_to_date: 9}}]\n"
              "rules: [{name: r, below: 1, " + rule + "}]");
}

TEST(Targets, MakeKpisForRules) {
  const std::string right = "today 5, month_to_date 9";
  EXPECT_EQ(Ruled("kpi: k_pace_ratio, labels: {rep: a}"), right) << "its only window";
  EXPECT_EQ(Ruled("kpi: k_expected_ratio"), right);
  EXPECT_EQ(Ruled("kpi: k_target, window: today"), right);
  EXPECT_EQ(Ruled("kpi: k_attainment_ratio, window: 1h"),
            "c.yaml:4:62: rules[0].window: \"k_attainment_ratio\" has no window \"1h\"; it has today, month_to_date\n");
  EXPECT_EQ(Ruled("kpi: k_expected_ratio, labels: {rep: a}"),
            "c.yaml:4:61: rules[0].labels: \"k_expected_ratio\" has no label \"rep\"; it has none\n");
  EXPECT_EQ(Read("kpis: [{name: k, on: a.b, count: true, windows: [1h], target: {1h: 5}}]\nrules: [{name: r, below: 1, kpi: k_pace_ratio}]"),
            "c.yaml:4:34: rules[0].kpi: there is no KPI \"k_pace_ratio\"; there are: k, k_attainment_ratio, k_target\n")
      << "a rolling window has no pace";
}

// ---- tables, which are looked at with the schema --------------------------------------------------------------

std::string Compiled(const std::string& yaml) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + yaml + "\n", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  TableSpec table;
  table.name = "reps";
  LookupTable::Builder builder({{"team", ColumnType::kText}, {"quota", ColumnType::kDecimal}});
  table.contents = std::move(builder).Build();
  specs.tables.push_back(std::move(table));
  Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  return diagnostics.ToString();
}

TEST(Targets, AreOfTablesThatThereAre) {
  const auto with = [](const std::string& table, const std::string& column) {
    return Compiled("kpis: [{name: k, on: deal.won, count: true, by: {rep: deal.owner}, windows: [1h], target: {1h: {by: rep, table: " + table +
                    ", column: " + column + "}}}]");
  };
  EXPECT_EQ(with("reps", "quota"), "");
  EXPECT_EQ(with("rep", "quota"), "c.yaml:3:113: kpis[0].target.1h.table: there is no table rep; did you mean reps?\n");
  EXPECT_EQ(with("reps", "quote"), "c.yaml:3:127: kpis[0].target.1h.column: the table reps has no column quote; did you mean quota?\n");
  EXPECT_EQ(with("reps", "team"),
            "c.yaml:3:127: kpis[0].target.1h.column: team is text, not decimal; write columns: {team: decimal} in tables.reps\n");
  EXPECT_EQ(Compiled("calendar: {holidays: rep}\nkpis: [{name: k, on: deal.won, count: true, windows: [1h]}]"),
            "c.yaml:3:22: calendar.holidays: there is no table rep; did you mean reps?\n");
}

TEST(Targets, ChangeNothingThatIsStored) {
  const auto fingerprint = [](const std::string& target) {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", TextBefore(kInput) + "kpis: [{name: k, on: deal.won, count: true, windows: [1h]" + target + "}]\n", &specs, &diagnostics);
    return Plan::Compile(specs, Schema::Canonical(), &diagnostics)->kpis()[0].fingerprint;
  };
  EXPECT_EQ(fingerprint(""), fingerprint(", target: {1h: 5}"));
}

}  // namespace
}  // namespace tidemark
