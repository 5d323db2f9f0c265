// Measures of what happens to one id: elapsed, funnel, dwell, open: what right ones mean, and one row for every
// mistake.
#include <gtest/gtest.h>

#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

const KpiRow kRight[] = {
    {"Elapsed", "key: lead.id, elapsed: {from: lead.created, to: lead.contacted}, stats: [p50], windows: [24h]",
     "elapsed unit=seconds key=lead.id stats=p50 steps=lead.created > lead.contacted on=lead.created,lead.contacted "
     "windows=24h=24h"},
    {"ElapsedOfSeveralTypes",
     "key: [lead.id, call.lead], elapsed: {from: [a.b, a.c], to: [c.d, c.e], within: 7d, mature: true}, stats: [avg], "
     "windows: [month_to_date]",
     "elapsed unit=seconds key=lead.id,call.lead stats=avg steps=a.b|a.c > c.d|c.e within=7d mature on=a.b,a.c,c.d,c.e "
     "windows=month_to_date=month-to-date"},
    {"LabelsOfASide",
     "key: a.id, elapsed: {from: a.b, to: c.d}, stats: [avg], by: {rep_id: to.c.owner, channel: from.a.channel, "
     "product: a.product}, windows: [1h]",
     "elapsed unit=seconds key=a.id stats=avg steps=a.b > c.d on=a.b,c.d "
     "by=rep_id:>c.owner,channel:<a.channel,product:a.product windows=1h=1h"},
    {"SideOfALongLabel",
     "key: a.id, elapsed: {from: a.b, to: c.d}, stats: [avg], by: {to_id: {field: to.to.id, values: [x]}}, "
     "windows: [1h]",
     "elapsed unit=seconds key=a.id stats=avg steps=a.b > c.d on=a.b,c.d by=to_id:>to.id windows=1h=1h"},
    {"UnitSaidToo", "unit: seconds, key: a.id, elapsed: {from: a.b, to: c.d}, stats: [avg], windows: [1h]",
     "elapsed unit=seconds key=a.id stats=avg steps=a.b > c.d on=a.b,c.d windows=1h=1h"},
    {"Funnel",
     "key: lead.id, funnel: {steps: [lead.created, lead.qualified, [deal.won, order.paid]], within: 30d}, "
     "windows: [30d]",
     "funnel key=lead.id steps=lead.created > lead.qualified > deal.won|order.paid within=30d "
     "on=lead.created,lead.qualified,deal.won,order.paid windows=30d=30d"},
    {"FunnelOfTheMature",
     "key: a.id, funnel: {steps: [a.b, c.d], within: 1m, mature: true}, by: {channel: from.a.channel, rep_id: a.rep}, "
     "min_samples: 9, windows: [lifetime]",
     "funnel key=a.id steps=a.b > c.d within=1m mature on=a.b,c.d min_samples=9 by=channel:<a.channel,rep_id:a.rep "
     "windows=lifetime=ever"},
    {"SidesAreFieldsElsewhere", "on: mail.sent, count: true, by: {sender: from.address}, windows: [1h]",
     "count on=mail.sent by=sender:from.address windows=1h=1h"},
    {"Dwell",
     "key: deal.id, on: [a.b, a.c], dwell: deal.stage, stats: [p50], by: {deal_stage: deal.stage}, windows: [7d]",
     "dwell field=deal.stage unit=seconds key=deal.id stats=p50 on=a.b,a.c by=deal_stage:deal.stage windows=7d=7d"},
    {"DwellUntil", "key: deal.id, on: a.b, dwell: deal.stage, until: [deal.won, a.b], stats: [avg], windows: [7d]",
     "dwell field=deal.stage unit=seconds key=deal.id stats=avg on=a.b until=deal.won,a.b windows=7d=7d"},
    {"Open", "key: deal.id, on: [deal.created, deal.updated], open: true, until: [deal.won, deal.lost]",
     "open key=deal.id on=deal.created,deal.updated,deal.won,deal.lost until=deal.won,deal.lost windows=now=ever"},
    {"OpenValue",
     "key: a.id, on: [a.b, a.z], open: {value: a.amount}, until: a.z, unit: usd, by: {rep_id: a.rep}, top: 3",
     "open field=a.amount unit=usd key=a.id on=a.b,a.z until=a.z top=3 by=rep_id:a.rep windows=now=ever"},
    {"OpenAndReopened", "key: a.id, on: a.b, open: true, until: a.z, reopen: [a.r, a.q], reopen_within: 1h",
     "open key=a.id on=a.b,a.z,a.r,a.q until=a.z reopen=a.r,a.q reopen_within=1h windows=now=ever"},
    {"OpenDistinct", "key: a.id, on: a.b, open: {distinct: a.c}, until: a.z",
     "open distinct=a.c key=a.id on=a.b,a.z until=a.z windows=now=ever"},
    {"OpenSilent", "key: a.id, on: a.b, open: {silent_for: 14d}, until: a.z",
     "open key=a.id on=a.b,a.z until=a.z silent_for=14d windows=now=ever"},
    {"OpenWaiting", "key: a.id, on: a.b, open: {value: a.amount, waiting_for: 1h}, until: a.z",
     "open field=a.amount key=a.id on=a.b,a.z until=a.z waiting_for=1h windows=now=ever"},
};

TEST(Measures, OfEntitiesSayWhatHappensToAnId) {
  for (const KpiRow& row : kRight) ExpectKpi(row);
}

std::string Kpi(const std::string& text) { return "kpis:\n- {name: x, key: a.id, " + text + "}"; }
std::string Elapsed(const std::string& map, const std::string& more = "") {
  return Kpi("stats: [avg], windows: [1h], elapsed: " + map + more);
}
std::string Funnel(const std::string& map, const std::string& more = "") {
  return Kpi("windows: [1h], funnel: " + map + more);
}
std::string Open(const std::string& open, const std::string& more = ", until: a.z") {
  return Kpi("on: a.b, open: " + open + more);
}

const ConfigRow kMistakes[] = {
    {"ElapsedIsText", kInput, Elapsed("a.b"),
     "c.yaml:4:62: kpis[0].elapsed: a map like {from: lead.created, to: lead.contacted} is wanted here\n"},
    {"ElapsedWithoutTo", kInput, Elapsed("{from: a.b}"), "c.yaml:4:62: kpis[0].elapsed: \"to\" is missing\n"},
    {"ElapsedWithoutAnything", kInput, Elapsed("{}"),
     "c.yaml:4:62: kpis[0].elapsed: \"from\" is missing\n"
     "c.yaml:4:62: kpis[0].elapsed: \"to\" is missing\n"},
    {"ElapsedKeyMisspelt", kInput, Elapsed("{from: a.b, to: c.d, withn: 7d}"),
     "c.yaml:4:83: kpis[0].elapsed: unknown key \"withn\"; did you mean \"within\"?\n"},
    {"ElapsedNoType", kInput, Elapsed("{from: a b, to: [c.d, 7]}"),
     "c.yaml:4:69: kpis[0].elapsed.from: \"a b\" is not an event type like lead.created\n"
     "c.yaml:4:84: kpis[0].elapsed.to[1]: \"7\" is not an event type like lead.created\n"},
    {"ElapsedToItself", kInput, Elapsed("{from: [a.b, a.c], to: [c.d, a.b]}"),
     "c.yaml:4:91: kpis[0].elapsed.to[1]: \"a.b\" is an earlier step already; one event can't be two steps\n"},
    {"WithinTooShort", kInput, Elapsed("{from: a.b, to: c.d, within: 1s}"),
     "c.yaml:4:91: kpis[0].elapsed.within: 1s is not from 1m to 3660d; nearest: 1m\n"},
    {"WithinTooLong", kInput, Elapsed("{from: a.b, to: c.d, within: 9000d}"),
     "c.yaml:4:91: kpis[0].elapsed.within: 9000d is not from 1m to 3660d; nearest: 3660d\n"},
    {"MatureWithoutWithin", kInput, Elapsed("{from: a.b, to: c.d, mature: true}"),
     "c.yaml:4:83: kpis[0].elapsed.mature: needs within: an id counts once that is over\n"},
    {"MatureOutside", kInput, Elapsed("{from: a.b, to: c.d, within: 7d}", ", mature: true"),
     "c.yaml:4:96: kpis[0].mature: stands in the map of elapsed or funnel\n"},
    {"FromOutside", kInput, Kpi("stats: [avg], windows: [1h], elapsed: {to: c.d}, from: a.b"),
     "c.yaml:4:62: kpis[0].elapsed: \"from\" is missing\n"
     "c.yaml:4:73: kpis[0].from: stands in the map of elapsed\n"},
    {"ElapsedWithOn", kInput, Elapsed("{from: a.b, to: c.d}", ", on: a.b"),
     "c.yaml:4:84: kpis[0].on: the events of elapsed are those of its steps; leave it out\n"},
    {"ElapsedWithoutKey", kInput, "kpis:\n- {name: x, elapsed: {from: a.b, to: c.d}, stats: [avg], windows: [1h]}",
     "c.yaml:4:3: kpis[0]: \"key\" is missing: the field with the id, like deal.id\n"},
    {"ElapsedWithoutStats", kInput, "kpis:\n- {name: x, key: a.id, elapsed: {from: a.b, to: c.d}, windows: [1h]}",
     "c.yaml:4:3: kpis[0]: \"stats\" is missing: what to tell of the values, like [p50, p90, avg]\n"},
    {"ElapsedInDollars", kInput, Elapsed("{from: a.b, to: c.d}", ", unit: usd"),
     "c.yaml:4:90: kpis[0].unit: elapsed is in seconds; leave it out\n"},
    {"ElapsedWithTop", kInput, Elapsed("{from: a.b, to: c.d}", ", by: {rep_id: to.c.rep}, top: 3"),
     "c.yaml:4:108: kpis[0].top: belongs to count, sum, distinct, first, active, lapsed and open, not to elapsed\n"},
    {"FunnelIsAList", kInput, Funnel("[a.b, c.d]"),
     "c.yaml:4:47: kpis[0].funnel: a map like {steps: [lead.created, lead.qualified], within: 30d} is wanted here\n"},
    {"FunnelWithoutSteps", kInput, Funnel("{within: 7d}"), "c.yaml:4:47: kpis[0].funnel: \"steps\" is missing\n"},
    {"FunnelOfOneStep", kInput, Funnel("{steps: [a.b], within: 7d}"),
     "c.yaml:4:55: kpis[0].funnel.steps: a list of 2 to 16 steps is wanted here, each an event type or a list of "
     "them\n"},
    {"FunnelStepsAreText", kInput, Funnel("{steps: a.b, within: 7d}"),
     "c.yaml:4:55: kpis[0].funnel.steps: a list of 2 to 16 steps is wanted here, each an event type or a list of "
     "them\n"},
    {"FunnelOfManySteps", kInput, Funnel("{steps: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q], within: 7d}"),
     "c.yaml:4:55: kpis[0].funnel.steps: a list of 2 to 16 steps is wanted here, each an event type or a list of "
     "them\n"},
    {"FunnelStepEmpty", kInput, Funnel("{steps: [a.b, []], within: 7d}"),
     "c.yaml:4:61: kpis[0].funnel.steps[1]: is empty\n"},
    {"FunnelStepAMap", kInput, Funnel("{steps: [a.b, {c: d}], within: 7d}"),
     "c.yaml:4:61: kpis[0].funnel.steps[1]: a list of values is wanted here\n"},
    {"FunnelStepNested", kInput, Funnel("{steps: [a.b, [[c.d]]], within: 7d}"),
     "c.yaml:4:62: kpis[0].funnel.steps[1][0]: a single value is wanted here\n"},
    {"FunnelStepTwice", kInput, Funnel("{steps: [a.b, c.d, a.b], within: 7d}"),
     "c.yaml:4:66: kpis[0].funnel.steps[2]: \"a.b\" is an earlier step already; one event can't be two steps\n"},
    {"FunnelWithoutWithin", kInput, Funnel("{steps: [a.b, c.d]}"),
     "c.yaml:4:47: kpis[0].funnel: \"within\" is missing: how long an id may take for all steps, like 30d\n"},
    {"FunnelWithStats", kInput, Funnel("{steps: [a.b, c.d], within: 7d}", ", stats: [avg]"),
     "c.yaml:4:80: kpis[0].stats: belongs to quantiles, elapsed and dwell, not to funnel\n"},
    {"FunnelLabelOfALaterStep", kInput, Funnel("{steps: [a.b, c.d], within: 7d}", ", by: {rep_id: to.c.rep}"),
     "c.yaml:4:93: kpis[0].by.rep_id: a funnel's labels are those of its first step, whatever follows; write "
     "\"from.c.rep\"\n"},
    {"FunnelLabelStep", kInput, Funnel("{steps: [a.b, c.d], within: 7d}", ", by: {step: a.c}"),
     "c.yaml:4:85: kpis[0].by.step: \"step\" is reserved: funnel sets this label; nearest: funnel_step\n"},
    {"DwellWithoutOn", kInput, Kpi("dwell: a.stage, stats: [avg], windows: [1h]"),
     "c.yaml:4:3: kpis[0]: \"on\" is missing: the event types that carry the field\n"},
    {"DwellOfTwoFields", kInput, Kpi("on: a.b, dwell: [a.stage], stats: [avg], windows: [1h]"),
     "c.yaml:4:40: kpis[0].dwell: a single value is wanted here\n"},
    {"DwellInDays", kInput, Kpi("on: a.b, dwell: a.stage, stats: [avg], unit: ratio, windows: [1h]"),
     "c.yaml:4:69: kpis[0].unit: dwell is in seconds; leave it out\n"},
    {"DwellReopened", kInput, Kpi("on: a.b, dwell: a.stage, stats: [avg], until: a.z, reopen: a.r, windows: [1h]"),
     "c.yaml:4:75: kpis[0].reopen: belongs to open, not to dwell\n"},
    {"OpenFalse", kInput, Open("false"), "c.yaml:4:39: kpis[0].open: write open: true, or another measure\n"},
    {"OpenOfAField", kInput, Open("a.amount"),
     "c.yaml:4:39: kpis[0].open: true, or a map like {value: deal.amount, silent_for: 14d} is wanted here\n"},
    {"OpenOfNothing", kInput, Open("{}"),
     "c.yaml:4:39: kpis[0].open: true, or a map like {value: deal.amount, silent_for: 14d} is wanted here\n"},
    {"OpenKeyMisspelt", kInput, Open("{valeu: a.c}"),
     "c.yaml:4:40: kpis[0].open: unknown key \"valeu\"; did you mean \"value\"?\n"},
    {"OpenDistinctAndValue", kInput, Open("{distinct: a.c, value: a.d}"),
     "c.yaml:4:55: kpis[0].open.value: can't go with distinct; leave one of them out\n"},
    {"OpenSilentAndWaiting", kInput, Open("{silent_for: 1d, waiting_for: 1d}"),
     "c.yaml:4:56: kpis[0].open.waiting_for: stands beside silent_for; one of them, or two KPIs\n"},
    {"OpenSilentTooShort", kInput, Open("{silent_for: 5m}"),
     "c.yaml:4:52: kpis[0].open.silent_for: 5m is not from 1h to 3660d; nearest: 1h\n"},
    {"OpenWithoutUntil", kInput, Open("true", ""),
     "c.yaml:4:3: kpis[0]: \"until\" is missing: the event types that close it, like [deal.won, deal.lost]\n"},
    {"OpenWithoutOn", kInput, Kpi("open: true, until: a.z"),
     "c.yaml:4:3: kpis[0]: \"on\" is missing: the event types that say something about the entity\n"},
    {"OpenWithWindows", kInput, Open("true", ", until: a.z, windows: [1h], step: 1m"),
     "c.yaml:4:57: kpis[0].windows: open has no windows: it is what is open now; leave it out\n"
     "c.yaml:4:72: kpis[0].step: open has no windows: it is what is open now; leave it out\n"},
    {"OpenNeverOpened", kInput, Open("true", ", until: [a.z, a.b]"),
     "c.yaml:4:24: kpis[0].on: none of them opens it; name those that do too\n"},
    {"OpenClosedAndReopenedByOne", kInput, Open("true", ", until: [a.z, a.y], reopen: a.y"),
     "c.yaml:4:72: kpis[0].reopen: \"a.y\" stands in until already; it closes or reopens\n"},
    {"ReopenWithinAlone", kInput, Open("true", ", until: a.z, reopen_within: 1d"),
     "c.yaml:4:57: kpis[0].reopen_within: needs reopen\n"},
    {"ReopenWithinTooShort", kInput, Open("true", ", until: a.z, reopen: a.r, reopen_within: 1m"),
     "c.yaml:4:85: kpis[0].reopen_within: 1m is not from 1h to 3660d; nearest: 1h\n"},
    {"OpenCompared", kInput, Open("true", ", until: a.z, compare: [1w]"),
     "c.yaml:4:57: kpis[0].compare: belongs to count, sum, avg, quantiles, distinct, first, elapsed, funnel, dwell and "
     "formula, not to open\n"},
    {"SilentOutside", kInput, Open("true", ", until: a.z, silent_for: 1d"),
     "c.yaml:4:57: kpis[0].silent_for: stands in the map of open\n"},
};

TEST(ConfigErrors, EveryMistakeOfAnEntityMeasureIsReportedAtItsPlace) {
  for (const ConfigRow& row : kMistakes) ExpectRow(row);
}

TEST(Measures, KeepThePlacesOfWhatTheyAddToOn) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + Open("true", ", until: [a.b, a.z], reopen: a.r"), &specs, &diagnostics);
  ASSERT_EQ(specs.kpis.size(), 1u);
  auto& at = specs.kpis[0].at;
  EXPECT_EQ(at["on[0]"].column, 28);
  EXPECT_EQ(at["on[1]"].column, 58);
  EXPECT_EQ(at["on[2]"].column, 72);
  EXPECT_EQ(at["key[0]"].column, 18);
  EXPECT_EQ(at["until[1]"].column, 58);
  EXPECT_EQ(specs.kpis[0].windows.at(0).place.column, 39);
}

}  // namespace
}  // namespace tidemark
