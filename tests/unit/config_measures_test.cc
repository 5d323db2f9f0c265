// Measures of events and of ids, and `stats`: what right ones mean, and one row for every mistake.
#include <gtest/gtest.h>

#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

const KpiRow kRight[] = {
    {"Quantiles", "on: a.b, quantiles: a.c, stats: [p50, p99.9, avg], windows: [1h]",
     "quantiles field=a.c stats=p50,p99.9,avg on=a.b windows=1h=1h"},
    {"OneStat", "on: a.b, quantiles: a.c, stats: p90, windows: [lifetime]",
     "quantiles field=a.c stats=p90 on=a.b windows=lifetime=ever"},
    {"StatsAtTheEdges", "on: a.b, quantiles: a.c, stats: [p0.001, p99.999, p5, sum, count], windows: [today]",
     "quantiles field=a.c stats=p0.001,p99.999,p5,sum,count on=a.b windows=today=day-to-date"},
    {"QuantilesOfEnoughEvents", "on: a.b, quantiles: a.c, stats: [p50], min_samples: 5, windows: [1h]",
     "quantiles field=a.c stats=p50 on=a.b min_samples=5 windows=1h=1h"},
    {"Distinct", "on: order.paid, distinct: order.customer, windows: [30d, month_to_date, last_month, lifetime]",
     "distinct key=order.customer on=order.paid "
     "windows=30d=30d,month_to_date=month-to-date,last_month=month-before,lifetime=ever"},
    {"DistinctOfTheFirstFieldThere", "on: [a.b, c.d], distinct: [order.customer, customer.id], windows: [7d]",
     "distinct key=order.customer,customer.id on=a.b,c.d windows=7d=7d"},
    {"DistinctWithSeveralEventsEach", "on: a.b, distinct: a.id, at_least: 2, windows: [30d, lifetime]",
     "distinct key=a.id at_least=2 on=a.b windows=30d=30d,lifetime=ever"},
    {"AtLeastOneIsAll", "on: a.b, distinct: a.id, at_least: 1, windows: [today], compare: [1d]",
     "distinct key=a.id on=a.b windows=today=day-to-date compare=1d=24h"},
    {"First", "on: a.b, first: a.id, by: {channel: a.channel}, windows: [24h, month_to_date]",
     "first key=a.id on=a.b by=channel:a.channel windows=24h=24h,month_to_date=month-to-date"},
    {"Active", "on: a.b, active: [a.id], where: a.x, windows: [30d, lifetime]",
     "active key=a.id on=a.b windows=30d=30d,lifetime=ever"},
    {"Lapsed", "on: a.b, lapsed: a.id, windows: [30d]", "lapsed key=a.id on=a.b windows=30d=30d"},
};

TEST(Measures, OfEventsAndIdsSayWhatIsCounted) {
  for (const KpiRow& row : kRight) ExpectKpi(row);
}

std::string Kpi(const std::string& text) { return "kpis:\n- {name: x, on: a.b, " + text + "}"; }

std::string Stats(const std::string& stats) {
  return "kpis:\n- {name: x, on: a.b, quantiles: a.c, windows: [1h], stats: " + stats + "}";
}

const ConfigRow kMistakes[] = {
    {"StatsMissing", kInput, Kpi("quantiles: a.c, windows: [1h]"),
     "c.yaml:4:3: kpis[0]: \"stats\" is missing: what to tell of the values, like [p50, p90, avg]\n"},
    {"StatsEmpty", kInput, Stats("[]"), "c.yaml:4:60: kpis[0].stats: is empty\n"},
    {"StatsAMap", kInput, Stats("{p50: 1}"), "c.yaml:4:60: kpis[0].stats: a list of values is wanted here\n"},
    {"StatTwice", kInput, Stats("[p50, p50]"), "c.yaml:4:66: kpis[0].stats[1]: \"p50\" is given twice\n"},
    {"StatZero", kInput, Stats("[p0]"), "c.yaml:4:61: kpis[0].stats[0]: p0 is the least value: measure it with min\n"},
    {"StatHundred", kInput, Stats("[p100]"),
     "c.yaml:4:61: kpis[0].stats[0]: p100 is the greatest value: measure it with max\n"},
    {"StatBeyond", kInput, Stats("[p101]"), "c.yaml:4:61: kpis[0].stats[0]: \"p101\" is not between p0 and p100\n"},
    {"StatDecimals", kInput, Stats("[p99.9999]"),
     "c.yaml:4:61: kpis[0].stats[0]: \"p99.9999\" has more than three decimals\n"},
    {"StatWithZeros", kInput, Stats("[p099.90]"), "c.yaml:4:61: kpis[0].stats[0]: \"p099.90\" is written p99.9\n"},
    {"StatCapital", kInput, Stats("[P50]"), "c.yaml:4:61: kpis[0].stats[0]: \"P50\" is written p50\n"},
    {"StatNumber", kInput, Stats("[95]"), "c.yaml:4:61: kpis[0].stats[0]: \"95\" is written p95\n"},
    {"StatFraction", kInput, Stats("[0.95]"), "c.yaml:4:61: kpis[0].stats[0]: \"0.95\" is written p95\n"},
    {"StatFractionOfTenths", kInput, Stats("[0.5]"), "c.yaml:4:61: kpis[0].stats[0]: \"0.5\" is written p50\n"},
    {"StatFractionOfThousandths", kInput, Stats("[0.999]"),
     "c.yaml:4:61: kpis[0].stats[0]: \"0.999\" is written p99.9\n"},
    {"StatMedian", kInput, Stats("[median, mean]"),
     "c.yaml:4:61: kpis[0].stats[0]: \"median\" is written p50\n"
     "c.yaml:4:69: kpis[0].stats[1]: \"mean\" is written avg\n"},
    {"StatMisspelt", kInput, Stats("[cuont]"),
     "c.yaml:4:61: kpis[0].stats[0]: \"cuont\" is none of avg, sum, count and quantiles like p50 or p99.9; did you "
     "mean \"count\"?\n"},
    {"StatNone", kInput, Stats("[pp50, p, p5.]"),
     "c.yaml:4:61: kpis[0].stats[0]: \"pp50\" is none of avg, sum, count and quantiles like p50 or p99.9\n"
     "c.yaml:4:67: kpis[0].stats[1]: \"p\" is none of avg, sum, count and quantiles like p50 or p99.9\n"
     "c.yaml:4:70: kpis[0].stats[2]: \"p5.\" is none of avg, sum, count and quantiles like p50 or p99.9\n"},
    {"StatsTooMany", kInput, Stats("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]"),
     "c.yaml:4:60: kpis[0].stats: more than 16 of them\n"},
    {"StatsOfACount", kInput, Kpi("count: true, stats: [p50], windows: [1h]"),
     "c.yaml:4:35: kpis[0].stats: belongs to quantiles, elapsed and dwell, not to count\n"},
    {"StatAsALabel", kInput, Kpi("quantiles: a.c, stats: [p50], by: {stat: a.d}, windows: [1h]"),
     "c.yaml:4:57: kpis[0].by.stat: \"stat\" is reserved: stats sets this label; nearest: statistic\n"},
    {"DistinctTrue", kInput, Kpi("distinct: true, windows: [1h]"),
     "c.yaml:4:32: kpis[0].distinct: \"true\" is not a field like order.customer\n"},
    {"DistinctEmpty", kInput, Kpi("distinct: [], windows: [1h]"), "c.yaml:4:32: kpis[0].distinct: is empty\n"},
    {"DistinctTwice", kInput, Kpi("distinct: [a.id, a.id], windows: [1h]"),
     "c.yaml:4:39: kpis[0].distinct[1]: \"a.id\" is given twice\n"},
    {"DistinctNoField", kInput, Kpi("distinct: [a.id, a-id], windows: [1h]"),
     "c.yaml:4:39: kpis[0].distinct[1]: \"a-id\" is not a field like order.customer\n"},
    {"DistinctOfAMap", kInput, Kpi("distinct: {field: a.id}, windows: [1h]"),
     "c.yaml:4:32: kpis[0].distinct: a list of values is wanted here\n"},
    {"DistinctOfManyFields", kInput,
     Kpi("distinct: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q], windows: [1h]"),
     "c.yaml:4:32: kpis[0].distinct: more than 16 fields\n"},
    {"DistinctWithKey", kInput, Kpi("distinct: a.id, key: a.id, windows: [1h]"),
     "c.yaml:4:38: kpis[0].key: distinct names the id itself; leave it out\n"},
    {"AtLeastNone", kInput, Kpi("distinct: a.id, at_least: 0, windows: [1h]"),
     "c.yaml:4:48: kpis[0].at_least: 0 is not from 1 to 1000; nearest: 1\n"},
    {"AtLeastTooMany", kInput, Kpi("distinct: a.id, at_least: 5000, windows: [1h]"),
     "c.yaml:4:48: kpis[0].at_least: 5000 is not from 1 to 1000; nearest: 1000\n"},
    {"AtLeastOfActive", kInput, Kpi("active: a.id, at_least: 2, windows: [1h]"),
     "c.yaml:4:36: kpis[0].at_least: belongs to distinct, not to active\n"},
    {"AtLeastInAMonth", kInput, Kpi("distinct: a.id, at_least: 2, windows: [30d, last_month]"),
     "c.yaml:4:66: kpis[0].windows[1]: last_month is a window of the calendar; distinct with at_least takes rolling "
     "windows and lifetime; nearest: 30d\n"},
    {"AtLeastCompared", kInput, Kpi("distinct: a.id, at_least: 2, compare: [1w], windows: [1h]"),
     "c.yaml:4:51: kpis[0].compare: can't go with at_least; leave one of them out\n"},
    {"ActiveInAMonth", kInput, Kpi("active: a.id, windows: [month_to_date]"),
     "c.yaml:4:46: kpis[0].windows[0]: month_to_date is a window of the calendar; active takes rolling windows and "
     "lifetime; nearest: 30d\n"},
    {"LapsedInAYear", kInput, Kpi("lapsed: a.id, windows: [last_year]"),
     "c.yaml:4:46: kpis[0].windows[0]: last_year is a window of the calendar; lapsed takes rolling windows only; "
     "nearest: 365d\n"},
    {"LapsedEver", kInput, Kpi("lapsed: a.id, windows: [30d, lifetime]"),
     "c.yaml:4:51: kpis[0].windows[1]: lifetime has no window before it; lapsed takes rolling windows only\n"},
    {"SecondMeasureOfIds", kInput, Kpi("active: a.id, distinct: a.id, windows: [1h]"),
     "c.yaml:4:30: kpis[0].active: a second measure beside distinct; a KPI has exactly one\n"},
    {"MeasureWithoutValue", kInput, "kpis:\n- name: x\n  on: a.b\n  first:\n  windows: [1h]",
     "c.yaml:6:3: kpis[0].first: has no value; leave the key out for its default\n"},
};

TEST(ConfigErrors, EveryMistakeOfAMeasureIsReportedAtItsPlace) {
  for (const ConfigRow& row : kMistakes) ExpectRow(row);
}

std::string HelpOf(const std::string& yaml) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + "kpis:\n- {name: x, " + yaml + "}\n", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "") << yaml;
  return specs.kpis.at(0).help;
}

TEST(Measures, DescribeThemselvesWithoutHelp) {
  EXPECT_EQ(HelpOf("on: a.b, quantiles: a.c, stats: [p50], windows: [1h]"), "Quantiles of a.c over a.b.");
  EXPECT_EQ(HelpOf("on: [a.b, c.d], distinct: [a.id, c.id], windows: [1h]"), "Distinct a.id over a.b, c.d.");
  EXPECT_EQ(HelpOf("on: a.b, first: a.id, windows: [1h]"), "New a.id over a.b.");
  EXPECT_EQ(HelpOf("on: a.b, lapsed: a.id, windows: [1h]"), "Lapsed a.id over a.b.");
  EXPECT_EQ(HelpOf("key: a.id, elapsed: {from: a.b, to: [c.d, e.f]}, stats: [avg], windows: [1h]"),
            "Time from a.b to c.d or e.f.");
  EXPECT_EQ(HelpOf("key: a.id, funnel: {steps: [a.b, c.d], within: 7d}, windows: [1h]"),
            "Each a.id that came so far: a.b, c.d.");
  EXPECT_EQ(HelpOf("key: a.id, on: a.b, dwell: a.stage, stats: [avg], windows: [1h]"),
            "Time in each a.stage over a.b.");
  EXPECT_EQ(HelpOf("key: a.id, on: a.b, open: true, until: [c.d]"), "Open now, by a.id.");
  EXPECT_EQ(HelpOf("key: a.id, on: a.b, open: {value: a.c}, until: [c.d]"), "Sum of a.c, by a.id, open now.");
}

}  // namespace
}  // namespace tidemark
