// What formulas and rules may name: other times, totals, KPIs that others make, and labels that the program sets.
#include <gtest/gtest.h>

#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

// One KPI of each kind, named after it, over the label "rep" and the windows 24h and lifetime where it may have them.
std::string Company() {
  return TextBefore(kInput) + R"y(kpis:
- {name: won, on: a.w, count: true, by: {rep: a.rep}, windows: [24h, month_to_date, lifetime], compare: [previous, 1w]}
- {name: paid, on: a.p, sum: a.c, by: {rep: a.rep}, windows: [24h, month_to_date, lifetime]}
- {name: worth, on: a.p, avg: a.c, windows: [24h]}
- {name: best, on: a.p, max: a.c, windows: [24h]}
- {name: buyers, on: a.p, distinct: a.id, windows: [24h]}
- {name: loyal, on: a.p, distinct: a.id, at_least: 2, windows: [24h]}
- {name: busy, on: a.p, active: a.id, by: {rep: a.rep}, windows: [24h, lifetime]}
- {name: size, on: a.p, quantiles: a.c, stats: [p50, p90], windows: [24h], compare: [1mo]}
- {name: speed, key: a.id, elapsed: {from: a.a, to: a.w}, stats: [avg], by: {rep: to.a.rep}, windows: [24h]}
- {name: way, key: a.id, funnel: {steps: [a.a, [a.w, a.p]], within: 7d}, windows: [24h, lifetime], compare: [1w]}
- {name: deals, key: a.id, on: a.a, open: true, until: a.w, by: {rep: a.rep}}
)y";
}
constexpr int kCompanyLines = 14;

std::string Said(const std::string& more, Specs* specs) {
  Diagnostics diagnostics;
  ParseConfig("c.yaml", Company() + more + "\n", specs, &diagnostics);
  return diagnostics.ToString();
}

struct FormulaRow {
  const char* name;
  std::string yaml;
  std::string shown;
};

TEST(Formulas, TakeOtherTimesTotalsAndWhatIsOpen) {
  const FormulaRow rows[] = {
      {"Growth", "formula: won / won@previous - 1, by: [rep], windows: [24h, month_to_date]",
       "formula formula=((won / won@previous) - 1) by=rep:rep windows=24h=24h,month_to_date=month-to-date"},
      {"ShareOfATotal", "formula: paid / total(paid), by: [rep], windows: [24h, lifetime]",
       "formula formula=(paid / total(paid)) by=rep:rep windows=24h=24h,lifetime=ever"},
      {"ShareOfATotalThen", "formula: paid / total(paid@month_to_date), by: [rep], windows: [24h]",
       "formula formula=(paid / total(paid@month_to_date)) by=rep:rep windows=24h=24h"},
      {"TotalOfIds", "formula: busy / total(busy), by: [rep], windows: [24h]",
       "formula formula=(busy / total(busy)) by=rep:rep windows=24h=24h"},
      {"DistinctOfAnotherTime", "formula: buyers - buyers@previous, windows: [24h]",
       "formula formula=(buyers - buyers@previous) windows=24h=24h"},
      {"IdsAreAddedUpOverLabels", "formula: won / busy, windows: [24h]",
       "formula formula=(won / busy) windows=24h=24h"},
      {"OfWhatIsOpen", "formula: won / (won + deals@now), by: [rep], windows: [24h]",
       "formula formula=(won / (won + deals@now)) by=rep:rep windows=24h=24h"},
      {"OfNothingButWhatIsOpen", "formula: deals / 2, windows: [now]", "formula formula=(deals / 2) windows=now=ever"},
      {"OfNowAndThen", "formula: paid@24h / deals, windows: [now]",
       "formula formula=(paid@24h / deals) windows=now=ever"},
      {"Compared", "formula: paid / won, windows: [24h, lifetime], compare: [1w, previous]",
       "formula formula=(paid / won) windows=24h=24h,lifetime=ever compare=1w=7d,previous=before"},
      {"LeastAndMost", "formula: best / worth, windows: [24h]", "formula formula=(best / worth) windows=24h=24h"},
  };
  for (const FormulaRow& row : rows) {
    SCOPED_TRACE(row.name);
    Specs specs;
    EXPECT_EQ(Said("- {name: f, " + row.yaml + "}", &specs), "");
    EXPECT_EQ(ShownKpi(specs.kpis.back()), row.shown);
  }
}

struct MistakeRow {
  const char* name;
  std::string yaml;
  std::string expected;  // without "c.yaml:<line>:" of the first line after the company's
};

std::string At(const std::string& expected) {
  std::string text;
  for (size_t from = 0; from < expected.size();) {
    const size_t end = expected.find('\n', from) + 1;
    text += "c.yaml:" + std::to_string(kCompanyLines + 1) + ":" + expected.substr(from, end - from);
    from = end;
  }
  return text;
}

const MistakeRow kFormulas[] = {
    {"PreviousOfAMax", "formula: best / best@previous, windows: [24h]",
     "29: kpis[11].formula: \"best\" (max) has no value at another time\n"},
    {"PreviousOfWhatIsActive", "formula: busy@previous, windows: [24h]",
     "22: kpis[11].formula: \"busy\" (active) has no value at another time\n"},
    {"PreviousOfSeveralEach", "formula: loyal@previous, windows: [24h]",
     "22: kpis[11].formula: \"loyal\" (distinct with at_least) has no value at another time\n"},
    {"PreviousOfWhatIsOpen", "formula: deals@previous, windows: [now]",
     "22: kpis[11].formula: \"deals\" (open) has no value at another time\n"},
    {"PreviousOfLifetime", "formula: won@previous, windows: [24h, lifetime]",
     "51: kpis[11].windows[1]: lifetime has none before it, for won@previous; leave it out\n"},
    {"OpenInAWindow", "formula: won / deals, windows: [24h]",
     "28: kpis[11].formula: \"deals\" (open) is what is open now; write deals@now\n"},
    {"NowOfAnother", "formula: won / deals, windows: [now]",
     "45: kpis[11].windows[0]: now is needed of every KPI in the formula; \"won\" has 24h, month_to_date, lifetime; "
     "add "
     "it there\n"},
    {"TotalOfAnAverage", "formula: worth / total(worth), windows: [24h]",
     "36: kpis[11].formula: \"worth\" (avg) can't be added up over its labels; total takes count, sum, first, active, "
     "lapsed and open\n"},
    {"TotalOfDistinct", "formula: total(buyers), windows: [24h]",
     "28: kpis[11].formula: \"buyers\" (distinct) can't be added up over its labels; total takes count, sum, first, "
     "active, lapsed and open\n"},
    {"NothingButTotals", "formula: total(won) / total(paid), by: [rep], windows: [24h]",
     "53: kpis[11].by[0]: a total has no labels, and there is nothing else in the formula\n"},
    {"TotalInAWindowItLacks", "formula: total(busy@7d), windows: [24h]",
     "28: kpis[11].formula: busy@7d needs that window; \"busy\" has 24h, lifetime\n"},
    {"OfQuantiles", "formula: size / 2, windows: [24h]",
     "22: kpis[11].formula: \"size\" (quantiles) has several values for each series; a formula takes count, sum, avg, "
     "min, max, last, distinct, first, active, lapsed, open and formula\n"},
    {"OfElapsed", "formula: speed / 2, windows: [24h]",
     "22: kpis[11].formula: \"speed\" (elapsed) has several values for each series; a formula takes count, sum, avg, "
     "min, max, last, distinct, first, active, lapsed, open and formula\n"},
    {"OfAFunnel", "formula: way / 2, windows: [24h]",
     "22: kpis[11].formula: \"way\" (funnel) has several values for each series; a formula takes count, sum, avg, min, "
     "max, last, distinct, first, active, lapsed, open and formula\n"},
    {"OfAFunnelsShare", "formula: way_ratio / 2, windows: [24h]",
     "22: kpis[11].formula: \"way\" (funnel) has several values for each series; a formula takes count, sum, avg, min, "
     "max, last, distinct, first, active, lapsed, open and formula\n"},
    {"OfWhatItIsComparedWith", "formula: won / won_compare, windows: [24h]",
     "28: kpis[11].formula: \"won_compare\" is for rules and dashboards; a formula takes won@previous\n"},
    {"OfItsGrowth", "formula: won_growth_ratio, windows: [24h]",
     "22: kpis[11].formula: \"won_growth_ratio\" is for rules and dashboards; a formula takes won / won@previous - "
     "1\n"},
    {"OfAComparisonNotMade", "formula: paid_compare, windows: [24h]",
     "22: kpis[11].formula: there is no KPI \"paid_compare\"; there are: won, paid, worth, best, buyers, loyal, busy, "
     "size, speed, way, deals, f\n"},
    {"ComparedWithAMax", "formula: best / worth, windows: [24h], compare: [1w]",
     "61: kpis[11].compare: \"best\" (max) has no value at another time\n"},
    {"ComparedWithLifetime", "formula: won / won@lifetime, windows: [24h], compare: [1w]",
     "67: kpis[11].compare: \"won@lifetime\" has no value at another time\n"},
    {"ComparedWithNow", "formula: won / deals@now, windows: [24h], compare: [1w]",
     "64: kpis[11].compare: \"deals@now\" has no value at another time\n"},
    {"ComparedTwice", "formula: won / won@previous, windows: [24h], compare: [1w]",
     "67: kpis[11].compare: \"f\" takes won@previous itself, so it has no value at another time\n"},
    {"LabelCompare", "formula: won, by: [compare], windows: [24h], compare: [1w]",
     "32: kpis[11].by[0]: \"compare\" is reserved: compare sets this label; nearest: compared_with\n"
     "32: kpis[11].by[0]: \"won\" has no label \"compare\"; there is: rep\n"},
};

TEST(ConfigErrors, EveryMistakeOfWhatAFormulaNamesIsReportedAtItsPlace) {
  for (const MistakeRow& row : kFormulas) {
    SCOPED_TRACE(row.name);
    Specs specs;
    EXPECT_EQ(Said("- {name: f, " + row.yaml + "}", &specs), At(row.expected));
  }
}

TEST(ConfigErrors, AnotherTimeIsAskedOfFormulasThroughFormulas) {
  Specs specs;
  EXPECT_EQ(Said("- {name: f, formula: best / 2, windows: [24h]}\n- {name: g, formula: f + 1, windows: [24h]}\n"
                 "- {name: e, formula: won + g@previous, windows: [24h]}",
                 &specs),
            "c.yaml:17:28: kpis[13].formula: \"best\" (max) has no value at another time\n");
  EXPECT_EQ(Said("- {name: f, formula: won / won@previous, windows: [24h]}\n- {name: g, formula: f, windows: [24h], "
                 "compare: [1w]}",
                 &specs),
            "c.yaml:16:50: kpis[12].compare: \"f\" takes won@previous itself, so it has no value at another time\n");
  EXPECT_EQ(
      Said("- {name: f, formula: g, windows: [24h], compare: [1w]}\n- {name: g, formula: f, windows: [24h]}", &specs),
      "c.yaml:16:22: kpis[12].formula: \"f\" needs \"g\" itself: a circle\n");
}

TEST(ConfigErrors, NamesThatOtherKpisMakeAreTaken) {
  Specs specs;
  EXPECT_EQ(Said("- {name: won_compare, on: a.b, count: true, windows: [1h]}", &specs),
            "c.yaml:15:10: kpis[11].name: \"won_compare\" is made by \"won\" (compare); take another name\n");
  EXPECT_EQ(Said("- {name: won_growth_ratio, formula: won, windows: [24h]}", &specs),
            "c.yaml:15:10: kpis[11].name: \"won_growth_ratio\" is made by \"won\" (compare); take another name\n");
  EXPECT_EQ(Said("- {name: way_ratio, formula: won, windows: [24h]}", &specs),
            "c.yaml:15:10: kpis[11].name: \"way_ratio\" is made by \"way\" (funnel); take another name\n");
  EXPECT_EQ(Said("- {name: paid_compare, on: a.b, count: true, windows: [1h]}", &specs), "") << "nobody makes it";
  EXPECT_EQ(Said("- {name: won_growth, key: a.id, funnel: {steps: [a.a, a.b], within: 1d}, windows: [1h]}", &specs),
            "c.yaml:15:10: kpis[11].name: \"won_growth\" would make \"won_growth_ratio\", and so does \"won\"; take "
            "another name\n");
}

TEST(Rules, WatchWhatKpisMakeAndTheLabelsThatTheProgramSets) {
  const std::pair<const char*, const char*> rows[] = {
      {"kpi: won_growth_ratio, window: 24h, labels: {compare: 1w, rep: x}", "24h"},
      {"kpi: won_compare, window: month_to_date", "month_to_date"},
      {"kpi: way_growth_ratio, labels: {step: 2_a.w|a.p, compare: 1w}", "24h"},
      {"kpi: way_ratio, window: lifetime, labels: {step: 1_a.a}", "lifetime"},
      {"kpi: way, window: 1d, labels: {step: 1_a.a}", "24h"},
      {"kpi: size, labels: {stat: p90}", "24h"},
      {"kpi: size_compare, labels: {stat: p90, compare: 1mo}", "24h"},
      {"kpi: speed, labels: {stat: avg, rep: x}", "24h"},
      {"kpi: deals, labels: {rep: x}", "now"},
      {"kpi: deals, window: now", "now"},
  };
  for (const auto& [yaml, window] : rows) {
    SCOPED_TRACE(yaml);
    Specs specs;
    EXPECT_EQ(Said("rules: [{name: r, above: 1, " + std::string(yaml) + "}]", &specs), "");
    EXPECT_EQ(specs.rules.at(0).window, window);
  }
}

const MistakeRow kRules[] = {
    {"KpiThatNobodyMakes", "kpi: won_compared",
     "34: rules[0].kpi: there is no KPI \"won_compared\"; did you mean \"won_compare\"?\n"},
    {"ComparedLifetime", "kpi: won_compare, window: lifetime",
     "55: rules[0].window: \"won_compare\" has no window \"lifetime\"; it has 24h, month_to_date\n"},
    {"WindowOfAComparison", "kpi: won_compare",
     "16: rules[0]: \"window\" is missing; \"won_compare\" has 24h, month_to_date\n"},
    {"WindowOfWhatIsOpen", "kpi: deals, window: 24h",
     "49: rules[0].window: \"deals\" has no window \"24h\"; it has now\n"},
    {"CompareOfTheKpiItself", "kpi: won, window: 24h, labels: {compare: 1w}",
     "61: rules[0].labels: \"won\" has no label \"compare\"; there is: rep\n"},
    {"CompareUnknown", "kpi: won_compare, window: 24h, labels: {compare: 7d}",
     "78: rules[0].labels.compare: \"won_compare\" has no compare \"7d\"; did you mean \"1w\"?\n"},
    {"StatUnknown", "kpi: size, labels: {stat: p95}",
     "55: rules[0].labels.stat: \"size\" has no stat \"p95\"; did you mean \"p90\"?\n"},
    {"StepUnknown", "kpi: way_ratio, window: 24h, labels: {step: a.p}",
     "73: rules[0].labels.step: \"way_ratio\" has no step \"a.p\"; there are: 1_a.a, 2_a.w|a.p\n"},
    {"StepOfACount", "kpi: won, window: 24h, labels: {step: a.p}",
     "61: rules[0].labels: \"won\" has no label \"step\"; did you mean \"rep\"?\n"},
};

TEST(ConfigErrors, EveryMistakeOfWhatARuleNamesIsReportedAtItsPlace) {
  for (const MistakeRow& row : kRules) {
    SCOPED_TRACE(row.name);
    Specs specs;
    EXPECT_EQ(Said("rules: [{name: r, above: 1, " + row.yaml + "}]", &specs), At(row.expected));
  }
}

}  // namespace
}  // namespace tidemark
