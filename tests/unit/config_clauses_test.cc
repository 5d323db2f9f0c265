// The clauses key, correct, compare and top: what right ones mean, and one row for every mistake.
#include <gtest/gtest.h>

#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

const KpiRow kRight[] = {
    {"CorrectedSum",
     "on: order.paid, key: order.id, sum: order.amount, correct: {add: order.refunded, by: [order.updated], "
     "revoke: [order.deleted, order.canceled]}, windows: [30d]",
     "sum field=order.amount key=order.id on=order.paid correct.by=order.updated correct.add=order.refunded "
     "correct.revoke=order.deleted,order.canceled windows=30d=30d"},
    {"RevokedFirst", "on: a.b, first: [a.id, z.a_id], correct: {revoke: [z.y]}, windows: [7d]",
     "first key=a.id,z.a_id on=a.b correct.revoke=z.y windows=7d=7d"},
    {"RevokedFunnel", "key: a.id, funnel: {steps: [a.b, a.c], within: 7d}, correct: {revoke: a.d}, windows: [7d]",
     "funnel key=a.id steps=a.b > a.c within=7d on=a.b,a.c correct.revoke=a.d windows=7d=7d"},
    {"CorrectedCount", "on: a.b, key: [a.id, z.a_id], count: true, correct: {revoke: z.y}, windows: [today, lifetime]",
     "count key=a.id,z.a_id on=a.b correct.revoke=z.y windows=today=day-to-date,lifetime=ever"},
    {"CorrectedAverage", "on: a.b, key: a.id, avg: a.c, correct: {add: [a.d]}, windows: [1h]",
     "avg field=a.c key=a.id on=a.b correct.add=a.d windows=1h=1h"},
    {"CorrectedQuantiles", "on: a.b, key: a.id, quantiles: a.c, stats: [p50], correct: {by: [a.d]}, windows: [1h]",
     "quantiles field=a.c key=a.id stats=p50 on=a.b correct.by=a.d windows=1h=1h"},
    {"ComparedWithAll",
     "on: a.b, count: true, windows: [1h, lifetime], compare: [previous, 1h, 1w, 1mo, 18mo, 1y, 10y]",
     "count on=a.b windows=1h=1h,lifetime=ever "
     "compare=previous=before,1h=1h,1w=7d,1mo=1months,18mo=18months,1y=12months,10y=120months"},
    {"ComparedWithOne", "on: a.b, avg: a.c, windows: [month_to_date], compare: 1y",
     "avg field=a.c on=a.b windows=month_to_date=month-to-date compare=1y=12months"},
    {"ComparedLongAgo", "on: a.b, count: true, windows: [1h], compare: [3660d, 120mo, 25h, 1d2h]",
     "count on=a.b windows=1h=1h compare=3660d=3660d,120mo=120months,25h=25h,1d2h=26h"},
    {"ComparedFunnel", "key: a.id, funnel: {steps: [a.b, c.d], within: 7d}, windows: [7d], compare: previous",
     "funnel key=a.id steps=a.b > c.d within=7d on=a.b,c.d windows=7d=7d compare=previous=before"},
    {"ComparedNewOnes", "on: a.b, first: a.id, windows: [7d], compare: previous",
     "first key=a.id on=a.b windows=7d=7d compare=previous=before"},
    {"Top", "on: a.b, sum: a.c, by: {product: a.product}, top: 10, windows: [1h]",
     "sum field=a.c on=a.b top=10 by=product:a.product windows=1h=1h"},
    {"TopOfIds", "on: a.b, active: a.id, by: {rep_id: a.rep}, top: 1000, windows: [1h]",
     "active key=a.id on=a.b top=1000 by=rep_id:a.rep windows=1h=1h"},
    {"LabelsOfOtherWords", "on: a.b, count: true, by: {step: a.c, stat: a.d, compare: a.e}, windows: [1h]",
     "count on=a.b by=step:a.c,stat:a.d,compare:a.e windows=1h=1h"},
};

TEST(Clauses, SayWhatCorrectsAndWhatItIsComparedWith) {
  for (const KpiRow& row : kRight) ExpectKpi(row);
}

std::string Kpi(const std::string& text) { return "kpis:\n- {name: x, on: a.b, windows: [1h], " + text + "}"; }
std::string Corrected(const std::string& correct) { return Kpi("sum: a.c, key: a.id, correct: " + correct); }
std::string Compared(const std::string& compare) { return Kpi("count: true, compare: " + compare); }

const ConfigRow kMistakes[] = {
    {"CorrectEmpty", kInput, Corrected("{}"),
     "c.yaml:4:67: kpis[0].correct: is empty; it has at least one of by, add and revoke\n"},
    {"CorrectIsAList", kInput, Corrected("[a.d]"),
     "c.yaml:4:67: kpis[0].correct: a map like {by: [deal.updated], revoke: [deal.deleted]} is wanted here\n"},
    {"CorrectKeyMisspelt", kInput, Corrected("{revok: a.d}"),
     "c.yaml:4:68: kpis[0].correct: unknown key \"revok\"; did you mean \"revoke\"?\n"},
    {"CorrectByEmpty", kInput, Corrected("{by: []}"), "c.yaml:4:72: kpis[0].correct.by: is empty\n"},
    {"CorrectByNoType", kInput, Corrected("{by: [a.d, a d]}"),
     "c.yaml:4:78: kpis[0].correct.by[1]: \"a d\" is not an event type like lead.created\n"},
    {"CorrectByWhatIsCounted", kInput, Corrected("{by: [a.d, a.b]}"),
     "c.yaml:4:78: kpis[0].correct.by[1]: \"a.b\" stands in on already; an event does one thing to a KPI\n"},
    {"CorrectTwice", kInput, Corrected("{add: a.d, revoke: [a.e, a.d]}"),
     "c.yaml:4:92: kpis[0].correct.revoke[1]: \"a.d\" stands in correct.add already; an event does one thing to a "
     "KPI\n"},
    {"CorrectsAnId", kInput, Kpi("first: a.id, correct: {by: a.d, revoke: a.e}"),
     "c.yaml:4:60: kpis[0].correct.by: belongs to count, sum, avg and quantiles, not to first\n"},
    {"RevokedByAStep", kInput, Kpi("key: a.id, funnel: {steps: [a.b, a.c], within: 7d}, correct: {revoke: a.c}"),
     "c.yaml:4:13: kpis[0].on: the events of funnel are those of its steps; leave it out\n"
     "c.yaml:4:107: kpis[0].correct.revoke: \"a.c\" stands in a step already; an event does one thing to a KPI\n"},
    {"CorrectWithoutKey", kInput, Kpi("count: true, correct: {revoke: a.d}"),
     "c.yaml:4:3: kpis[0]: \"key\" is missing: the field with the id of what is corrected, like deal.id\n"},
    {"KeyWithoutCorrect", kInput, Kpi("count: true, key: a.id"),
     "c.yaml:4:50: kpis[0].key: belongs to correct here; leave it out, or say what corrects\n"},
    {"KeyOfMin", kInput, Kpi("min: a.c, key: a.id"),
     "c.yaml:4:47: kpis[0].key: belongs to count, sum, avg, quantiles, elapsed, funnel, dwell and open, not to min\n"},
    {"KeyNoField", kInput, Kpi("count: true, key: \"a id\", correct: {revoke: a.d}"),
     "c.yaml:4:55: kpis[0].key: \"a id\" is not a field like deal.id\n"},
    {"CorrectLast", kInput, Kpi("last: a.c, key: a.id, correct: {revoke: a.d}"),
     "c.yaml:4:48: kpis[0].key: belongs to count, sum, avg, quantiles, elapsed, funnel, dwell and open, not to last\n"
     "c.yaml:4:59: kpis[0].correct: belongs to count, sum, avg, quantiles, distinct, first, active, lapsed, elapsed, funnel and dwell, not to last\n"},
    {"AddToACount", kInput, Kpi("count: true, key: a.id, correct: {add: a.d}"),
     "c.yaml:4:71: kpis[0].correct.add: belongs to sum and avg, not to count\n"},
    {"CorrectedThatNeverFalls", kInput, Kpi("sum: a.c, key: a.id, correct: {revoke: a.d}, nonnegative: true"),
     "c.yaml:4:82: kpis[0].nonnegative: what can be corrected can fall; leave it out\n"},
    {"AddOutside", kInput, Kpi("sum: a.c, add: [a.d]"), "c.yaml:4:47: kpis[0].add: stands in the map of correct\n"},
    {"CompareEmpty", kInput, Compared("[]"), "c.yaml:4:59: kpis[0].compare: is empty\n"},
    {"CompareAMap", kInput, Compared("{previous: true}"),
     "c.yaml:4:59: kpis[0].compare: a list of values is wanted here\n"},
    {"CompareMinutes", kInput, Compared("[90m]"),
     "c.yaml:4:60: kpis[0].compare[0]: 90m is not a whole number of hours; nearest: 1h, 2h\n"},
    {"CompareAMinuteForAMonth", kInput, Compared("[1m]"),
     "c.yaml:4:60: kpis[0].compare[0]: 1m is not from 1h to 3660d; nearest: 1h, or 1mo for months\n"},
    {"CompareWithNow", kInput, Compared("[0h]"),
     "c.yaml:4:60: kpis[0].compare[0]: 0h is not from 1h to 3660d; nearest: 1h\n"},
    {"CompareLongerThanKept", kInput, Compared("[9000d]"),
     "c.yaml:4:60: kpis[0].compare[0]: 9000d is not from 1h to 3660d; nearest: 3660d\n"},
    {"CompareMonthsNone", kInput, Compared("[0mo]"),
     "c.yaml:4:60: kpis[0].compare[0]: 0mo is not from 1mo to 120mo; nearest: 1mo\n"},
    {"CompareYearsTooMany", kInput, Compared("[11y]"),
     "c.yaml:4:60: kpis[0].compare[0]: 11y is not from 1y to 10y; nearest: 10y\n"},
    {"CompareYearsOverflowing", kInput, Compared("[2000000000y]"),
     "c.yaml:4:60: kpis[0].compare[0]: 2000000000y is not from 1y to 10y; nearest: 10y\n"},
    {"CompareInWords", kInput, Compared("[1 month, 2 years, prev, yoy, last_week, 1M]"),
     "c.yaml:4:60: kpis[0].compare[0]: \"1 month\" is no other time; write previous, or how long before: 24h, 1w, 1mo, "
     "1y; nearest: 1mo\n"
     "c.yaml:4:69: kpis[0].compare[1]: \"2 years\" is no other time; write previous, or how long before: 24h, 1w, 1mo, "
     "1y; nearest: 2y\n"
     "c.yaml:4:78: kpis[0].compare[2]: \"prev\" is no other time; write previous, or how long before: 24h, 1w, 1mo, "
     "1y; "
     "nearest: previous\n"
     "c.yaml:4:84: kpis[0].compare[3]: \"yoy\" is no other time; write previous, or how long before: 24h, 1w, 1mo, 1y; "
     "nearest: 1y\n"
     "c.yaml:4:89: kpis[0].compare[4]: \"last_week\" is no other time; write previous, or how long before: 24h, 1w, "
     "1mo, 1y; nearest: 1w\n"
     "c.yaml:4:100: kpis[0].compare[5]: \"1M\" is no other time; write previous, or how long before: 24h, 1w, 1mo, 1y; "
     "nearest: 1mo\n"},
    {"CompareWithASpace", kInput, Compared("[3 mo]"),
     "c.yaml:4:60: kpis[0].compare[0]: \"3 mo\" is no other time; write previous, or how long before: 24h, 1w, 1mo, "
     "1y; nearest: 3mo\n"},
    {"CompareMisspelt", kInput, Compared("[previuos]"),
     "c.yaml:4:60: kpis[0].compare[0]: \"previuos\" is no other time; write previous, or how long before: 24h, 1w, "
     "1mo, "
     "1y; nearest: previous\n"},
    {"CompareNegative", kInput, Compared("[-1mo]"),
     "c.yaml:4:60: kpis[0].compare[0]: \"-1mo\" is no other time; write previous, or how long before: 24h, 1w, 1mo, "
     "1y\n"},
    {"CompareTwice", kInput, Compared("[previous, previous]"),
     "c.yaml:4:70: kpis[0].compare[1]: \"previous\" is given twice\n"},
    {"CompareTwiceInOtherWords", kInput, Compared("[1w, 7d, 1y, 12mo]"),
     "c.yaml:4:64: kpis[0].compare[1]: 7d is the same time as 1w\n"
     "c.yaml:4:72: kpis[0].compare[3]: 12mo is the same time as 1y\n"},
    {"CompareTooMany", kInput, Compared("[1h,2h,3h,4h,5h,6h,7h,8h,9h,10h,11h,12h,13h,14h,15h,16h,17h]"),
     "c.yaml:4:59: kpis[0].compare: more than 16 of them\n"},
    {"CompareLifetime", kInput, "kpis:\n- {name: x, on: a.b, count: true, windows: [lifetime], compare: [1w]}",
     "c.yaml:4:65: kpis[0].compare: lifetime has no other time; add another window, or leave compare out\n"},
    {"CompareMax", kInput, Kpi("max: a.c, compare: [1w]"),
     "c.yaml:4:47: kpis[0].compare: belongs to count, sum, avg, quantiles, distinct, first, elapsed, funnel, dwell and "
     "formula, not to max\n"},
    {"CompareLapsed", kInput, Kpi("lapsed: a.c, compare: [1w]"),
     "c.yaml:4:50: kpis[0].compare: belongs to count, sum, avg, quantiles, distinct, first, elapsed, funnel, dwell and "
     "formula, not to lapsed\n"},
    {"CompareAsALabel", kInput, Kpi("count: true, compare: [1w], by: {compare: a.c}"),
     "c.yaml:4:70: kpis[0].by.compare: \"compare\" is reserved: compare sets this label; nearest: compared_with\n"},
    {"TopWithoutBy", kInput, Kpi("count: true, top: 3"),
     "c.yaml:4:50: kpis[0].top: needs by: the labels whose greatest series stay\n"},
    {"TopNone", kInput, Kpi("count: true, by: {rep: a.c}, top: 0"),
     "c.yaml:4:71: kpis[0].top: 0 is not from 1 to 1000; nearest: 1\n"},
    {"TopOfAnAverage", kInput, Kpi("avg: a.c, by: {rep: a.c}, top: 3"),
     "c.yaml:4:63: kpis[0].top: belongs to count, sum, distinct, first, active, lapsed and open, not to avg\n"},
};

TEST(ConfigErrors, EveryMistakeOfAClauseIsReportedAtItsPlace) {
  for (const ConfigRow& row : kMistakes) ExpectRow(row);
}

}  // namespace
}  // namespace tidemark
