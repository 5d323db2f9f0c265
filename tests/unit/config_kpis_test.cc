// One row for every check of KPIs and rules: what is written, and what is said about it.
#include <gtest/gtest.h>

#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

const ConfigRow kRows[] = {
    {"NoKpis", kInput, R"y(kpis: [])y", "c.yaml:3:7: kpis: a list of at least one KPI is wanted here\n"},
    {"KpisAreAMap", kInput, R"y(kpis: {a: 1})y", "c.yaml:3:7: kpis: a list of at least one KPI is wanted here\n"},
    {"KpiIsText", kInput, R"y(kpis: [leads])y", "c.yaml:3:8: kpis[0]: a map (key: value) is wanted here\n"},
    {"KpiWithoutAnything", kInput, R"y(kpis:
- {help: h})y",
     "c.yaml:4:3: kpis[0]: \"name\" is missing\n"
     "c.yaml:4:3: kpis[0]: \"windows\" is missing\n"
     "c.yaml:4:3: kpis[0]: has no measure: one of count, sum, avg, min, max, last, quantiles, distinct, first, active, "
     "lapsed, "
     "elapsed, funnel, dwell, open or formula\n"},
    {"KpiNameNotAName", kInput, R"y(kpis:
- {name: dealsWon, on: a.b, count: true, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"dealsWon\" is not a name (a-z, 0-9 and _, first a letter); nearest: deals_won\n"},
    {"KpiNameTotal", kInput, R"y(kpis:
- {name: leads_total, on: a.b, count: true, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"leads_total\": the ending _total is put there by the program where it fits; "
     "nearest: leads\n"},
    {"KpiNameCount", kInput, R"y(kpis:
- {name: lead_count, on: a.b, count: true, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"lead_count\": the ending _count has a meaning of its own in Prometheus; nearest: "
     "lead\n"},
    {"KpiNameDays", kInput, R"y(kpis:
- {name: days_to_close, on: a.b, avg: a.c, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"days_to_close\": Prometheus uses base units, so not days; nearest: "
     "seconds_to_close\n"},
    {"KpiNameMilliseconds", kInput, R"y(kpis:
- {name: reply_milliseconds, on: a.b, avg: a.c, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"reply_milliseconds\": Prometheus uses base units, so not milliseconds; nearest: "
     "reply_seconds\n"},
    {"KpiNamePercent", kInput, R"y(kpis:
- {name: win_percent, on: a.b, avg: a.c, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"win_percent\": Prometheus uses base units, so not percent; nearest: win_ratio\n"},
    {"KpiNameAbbreviation", kInput, R"y(kpis:
- {name: reply_ms, on: a.b, avg: a.c, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"reply_ms\": Prometheus uses base units, so not ms; nearest: reply_seconds\n"},
    {"KpiNameType", kInput, R"y(kpis:
- {name: lead_gauge, on: a.b, count: true, windows: [1h]})y",
     "c.yaml:4:10: kpis[0].name: \"lead_gauge\": a metric's name doesn't say its type (gauge)\n"},
    {"KpiNameTooLong", kInput, R"(kpis:
- {name: )" + Times(101, "a") + R"(, on: a.b, count: true, windows: [1h]}
)",
     "c.yaml:4:10: kpis[0].name: a name has at most 100 characters\n"},
    {"KpiTwice", kCount, R"y(- {name: k, on: a.b, count: true, windows: [1h]})y",
     "c.yaml:5:10: kpis[1].name: the KPI \"k\" is given twice\n"},
    {"KpiKeyMisspelt", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1h], hepl: x})y",
     "c.yaml:4:50: kpis[0]: unknown key \"hepl\"; did you mean \"help\"?\n"},
    {"UnitNotBase", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1h], unit: days})y",
     "c.yaml:4:56: kpis[0].unit: \"days\" is not a base unit; nearest: seconds\n"},
    {"UnitPercent", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1h], unit: percent})y",
     "c.yaml:4:56: kpis[0].unit: \"percent\" is not a base unit; nearest: ratio\n"},
    {"UnitSingular", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1h], unit: second})y",
     "c.yaml:4:56: kpis[0].unit: \"second\" is written in the plural; nearest: seconds\n"},
    {"UnitNotAName", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1h], unit: US$})y",
     "c.yaml:4:56: kpis[0].unit: \"US$\" is not a name (a-z, 0-9 and _, first a letter); nearest: us\n"},
    {"NoMeasure", kInput, R"y(kpis:
- {name: k, on: a.b, windows: [1h]})y",
     "c.yaml:4:3: kpis[0]: has no measure: one of count, sum, avg, min, max, last, quantiles, distinct, first, active, "
     "lapsed, "
     "elapsed, funnel, dwell, open or formula\n"},
    {"TwoMeasures", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, sum: a.c, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].sum: a second measure beside count; a KPI has exactly one\n"},
    {"CountFalse", kInput, R"y(kpis:
- {name: k, on: a.b, count: false, windows: [1h]})y",
     "c.yaml:4:29: kpis[0].count: write count: true, or another measure\n"},
    {"CountOfAField", kInput, R"y(kpis:
- {name: k, on: a.b, count: a.c, windows: [1h]})y",
     "c.yaml:4:29: kpis[0].count: true or false is wanted here\n"},
    {"SumOfNoField", kInput, R"y(kpis:
- {name: k, on: a.b, sum: a..c, windows: [1h]})y",
     "c.yaml:4:27: kpis[0].sum: \"a..c\" is not a field like order.amount\n"},
    {"SumOfAList", kInput, R"y(kpis:
- {name: k, on: a.b, sum: [a.c], windows: [1h]})y",
     "c.yaml:4:27: kpis[0].sum: a single value is wanted here\n"},
    {"OnMissing", kInput, R"y(kpis:
- {name: k, count: true, windows: [1h]})y",
     "c.yaml:4:3: kpis[0]: \"on\" is missing: the event type or types it counts\n"},
    {"OnTwice", kInput, R"y(kpis:
- {name: k, on: [a.b, a.b], count: true, windows: [1h]})y",
     "c.yaml:4:23: kpis[0].on[1]: \"a.b\" is given twice\n"},
    {"OnNoType", kInput, R"y(kpis:
- {name: k, on: [a b], count: true, windows: [1h]})y",
     "c.yaml:4:18: kpis[0].on[0]: \"a b\" is not an event type like lead.created\n"},
    {"OnAMap", kInput, R"y(kpis:
- {name: k, on: {a: b}, count: true, windows: [1h]})y",
     "c.yaml:4:17: kpis[0].on: a list of values is wanted here\n"},
    {"NonnegativeCount", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, nonnegative: true, windows: [1h]})y",
     "c.yaml:4:35: kpis[0].nonnegative: belongs to sum, not to count\n"},
    {"MinSamplesOfACount", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, min_samples: 3, windows: [1h]})y",
     "c.yaml:4:35: kpis[0].min_samples: belongs to avg, quantiles, elapsed, funnel, dwell and formula, not to count\n"},
    {"MinSamplesNegative", kInput, R"y(kpis:
- {name: k, on: a.b, avg: a.c, min_samples: -1, windows: [1h]})y",
     "c.yaml:4:45: kpis[0].min_samples: \"-1\" is not a whole number from 0 to 1000000000\n"},
    {"MaxSeriesNone", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, max_series: 0, windows: [1h]})y",
     "c.yaml:4:47: kpis[0].max_series: 0 is not from 1 to 100000000; nearest: 1\n"},
    {"KpiSeriesIdleTooShort", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, series_idle: 1s, windows: [1h]})y",
     "c.yaml:4:48: kpis[0].series_idle: 1s is not from 1m to 3660d; nearest: 1m\n"},
    {"ByAList", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: [a.c], windows: [1h]})y",
     "c.yaml:4:39: kpis[0].by: a map of label: field is wanted here, like {channel: lead.channel}\n"},
    {"ByEmpty", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {}, windows: [1h]})y",
     "c.yaml:4:39: kpis[0].by: is empty\n"},
    {"LabelReservedRegion", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {region: a.region}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.region: \"region\" is reserved: the program, Prometheus or its targets set this label; "
     "nearest: sales_region\n"},
    {"LabelReservedOwner", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {owner: a.owner}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.owner: \"owner\" is reserved: the program, Prometheus or its targets set this label; "
     "nearest: rep_id\n"},
    {"LabelReservedStage", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {stage: a.stage}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.stage: \"stage\" is reserved: the program, Prometheus or its targets set this label; "
     "nearest: deal_stage\n"},
    {"LabelReservedWindow", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {window: a.c}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.window: \"window\" is reserved: the program, Prometheus or its targets set this label; "
     "nearest: time_window\n"},
    {"LabelReservedLe", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {le: a.c}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.le: \"le\" is reserved: the program, Prometheus or its targets set this label; nearest: "
     "upper_bound\n"},
    {"LabelOfPrometheus", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {__name: a.c}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.__name: \"__name\" is reserved: labels that start with __ are Prometheus's own\n"},
    {"LabelCamelCase", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {salesRegion: a.c}, windows: [1h]})y",
     "c.yaml:4:40: kpis[0].by.salesRegion: \"salesRegion\" is not a name (a-z, 0-9 and _, first a letter); nearest: "
     "sales_region\n"},
    {"LabelTwice", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: a.c, rep: a.d}, windows: [1h]})y",
     "c.yaml:4:50: \"rep\" is given twice\n"},
    {"LabelOfAList", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: [a.c]}, windows: [1h]})y",
     "c.yaml:4:45: kpis[0].by.rep: a label comes from one field: name: field, or name: {field: ..., values: [...]}\n"},
    {"LabelFieldMissing", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {values: [x]}}, windows: [1h]})y",
     "c.yaml:4:45: kpis[0].by.rep: \"field\" is missing\n"},
    {"LabelFieldNoPath", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: a-b}, windows: [1h]})y",
     "c.yaml:4:45: kpis[0].by.rep: \"a-b\" is not a field like lead.channel\n"},
    {"LabelKeyMisspelt", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, value: [x]}}, windows: [1h]})y",
     "c.yaml:4:58: kpis[0].by.rep: unknown key \"value\"; did you mean \"values\"?\n"},
    {"DeclaredTwice", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, values: [x, x]}}, windows: [1h]})y",
     "c.yaml:4:70: kpis[0].by.rep.values[1]: \"x\" is given twice\n"},
    {"DeclaredEmpty", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, values: [""]}}, windows: [1h]})y",
     "c.yaml:4:67: kpis[0].by.rep.values[0]: is empty\n"},
    {"DeclaredOther", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, values: [__other__]}}, windows: [1h]})y",
     "c.yaml:4:66: kpis[0].by.rep.values: __other__ is where series beyond the limit count; it can't be declared\n"},
    {"DeclaredTooLong", kInput,
     R"(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, values: [)" +
         Times(257, "a") + R"(]}}, windows: [1h]}
)",
     "c.yaml:4:66: kpis[0].by.rep.values: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is "
     "longer than limits.max_label_value_bytes (256)\n"},
    {"DeclaredBeyondLimit", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, values: [x, y]}}, max_series: 1, windows: [1h]})y",
     "c.yaml:4:39: kpis[0].by: its declared values make 2 series, more than max_series (1)\n"},
    {"PersonalMisspelt", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: {field: a.c, personal: true}}, windows: [1h]})y",
     "c.yaml:4:68: kpis[0].by.rep.personal: \"true\" is none of allow, deny, hash\n"},
    {"WindowsMissing", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, by: {rep: a.c}})y",
     "c.yaml:4:3: kpis[0]: \"windows\" is missing\n"},
    {"WindowsEmpty", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: []})y",
     "c.yaml:4:44: kpis[0].windows: is empty; name at least one window, like 24h or lifetime\n"},
    {"WindowNoDuration", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1 hour]})y",
     "c.yaml:4:45: kpis[0].windows[0]: \"1 hour\" is not a duration; write it like 90s, 15m, 24h or 7d; nearest: 1h\n"},
    {"WindowTooFewSteps", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [30m]})y",
     "c.yaml:4:45: kpis[0].windows[0]: 30m has fewer than 60 steps of 1m; nearest: 1h\n"},
    {"WindowNotAMultiple", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [1h, 90h5m]})y",
     "c.yaml:4:49: kpis[0].windows[1]: 90h5m is not a multiple of its step 10m; nearest: 90h, 5410m\n"},
    {"WindowOfDaysNotAMultiple", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [61d12h]})y",
     "c.yaml:4:45: kpis[0].windows[0]: 61d12h is not a multiple of its step 24h; nearest: 61d, 62d\n"},
    {"WindowTwice", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [24h, 1d]})y",
     "c.yaml:4:50: kpis[0].windows[1]: 1d is the same window as 24h\n"},
    {"WindowLifetimeMisspelt", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [lifetme]})y",
     "c.yaml:4:45: kpis[0].windows[0]: \"lifetme\" is no window; did you mean \"lifetime\"?\n"},
    {"WindowTooLong", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [9000d]})y",
     "c.yaml:4:45: kpis[0].windows[0]: 9000d is longer than ten years; nearest: 3660d or lifetime\n"},
    {"StepNotMinutes", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [24h], step: 90s})y",
     "c.yaml:4:57: kpis[0].step: 90s is not a multiple of a minute; nearest: 1m, 2m\n"},
    {"StepTooShort", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [24h], step: 1s})y",
     "c.yaml:4:57: kpis[0].step: 1s is not from 1m to 61d; nearest: 1m\n"},
    {"StepTooLargeForWindow", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [24h, 1h], step: 10m})y",
     "c.yaml:4:50: kpis[0].windows[1]: 1h has fewer than 60 steps of 10m; nearest: 10h, or step: 1m\n"},
    {"StepNotDividing", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [25h], step: 7m})y",
     "c.yaml:4:45: kpis[0].windows[0]: 25h is not a multiple of its step 7m; nearest: 1498m, 1505m\n"},
    {"StepsTooMany", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [3000d], step: 1m})y",
     "c.yaml:4:45: kpis[0].windows[0]: 3000d has more than a million steps of 1m; take a larger step\n"},
    {"StepOfLifetime", kInput, R"y(kpis:
- {name: k, on: a.b, count: true, windows: [lifetime], step: 1m})y",
     "c.yaml:4:44: kpis[0].windows: step: has no effect on lifetime; leave it out\n"},
    {"FormulaWithOn", kCount, R"y(- {name: f, formula: k, on: a.b, windows: [1h]})y",
     "c.yaml:5:25: kpis[1].on: a formula takes its events from its KPIs; leave it out\n"},
    {"FormulaWithWhere", kCount, R"y(- {name: f, formula: k, where: a.b, windows: [1h]})y",
     "c.yaml:5:25: kpis[1].where: a formula takes its events from its KPIs; put the condition there\n"},
    {"FormulaByAMap", kCount, R"y(- {name: f, formula: k, by: {rep: a.rep}, windows: [1h]})y",
     "c.yaml:5:29: kpis[1].by: a formula's labels are those of its KPIs: a list of names, like [rep_id]\n"},
    {"FormulaLabelUnknown", kCount, R"y(- {name: f, formula: k, by: [repp], windows: [1h]})y",
     "c.yaml:5:30: kpis[1].by[0]: \"k\" has no label \"repp\"; did you mean \"rep\"?\n"},
    {"FormulaWindowMissingThere", kCount, R"y(- {name: f, formula: k, windows: [1h, 7d]})y",
     "c.yaml:5:39: kpis[1].windows[1]: 7d is needed of every KPI in the formula; \"k\" has 1h, 24h; add it there\n"},
    {"FormulaWindowSpeltOtherwise", kCount, R"y(- {name: f, formula: k, windows: [1d]})y",
     "c.yaml:5:35: kpis[1].windows[0]: 1d must be spelled as in the formula's KPIs; \"k\" has 1h, 24h; nearest: 24h\n"},
    {"FormulaOfItself", kCount, R"y(- {name: f, formula: g + 1, windows: [1h]}
- {name: g, formula: f + 1, windows: [1h]})y",
     "c.yaml:6:22: kpis[2].formula: \"f\" needs \"g\" itself: a circle\n"},
    {"FormulaOfAnAverage", kCount, R"y(- {name: a, on: a.b, avg: a.c, by: {rep: a.rep}, windows: [1h]}
- {name: f, formula: k / a, windows: [1h]})y",
     "c.yaml:6:26: kpis[2].formula: \"a\" (avg) can't be added up over its label \"rep\"; add it to by\n"},
    {"RulesAreAMap", kCount, R"y(rules: {})y", "c.yaml:5:8: rules: a list of rules is wanted here\n"},
    {"RuleWithoutAnything", kCount, R"y(rules: [{help: h}])y",
     "c.yaml:5:9: rules[0]: \"kpi\" is missing\n"
     "c.yaml:5:9: rules[0]: \"name\" is missing\n"
     "c.yaml:5:9: rules[0]: has no threshold: above or below\n"},
    {"RuleTwice", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1}
- {name: r, kpi: k, window: 1h, above: 1})y",
     "c.yaml:7:10: rules[1].name: the rule \"r\" is given twice\n"},
    {"RuleNameNotAName", kCount, R"y(rules: [{name: Too Low, kpi: k, window: 1h, above: 1}])y",
     "c.yaml:5:16: rules[0].name: \"Too Low\" is not a name (a-z, 0-9 and _, first a letter); nearest: too_low\n"},
    {"RuleKpiUnknown", kCount, R"y(rules: [{name: r, kpi: kk, window: 1h, above: 1}])y",
     "c.yaml:5:24: rules[0].kpi: there is no KPI \"kk\"; did you mean \"k\"?\n"},
    {"RuleWindowMissing", kCount, R"y(rules:
- {name: r, kpi: k, above: 1})y",
     "c.yaml:6:10: rules[0]: \"window\" is missing; \"k\" has 1h, 24h\n"},
    {"RuleWindowUnknown", kCount, R"y(rules:
- {name: r, kpi: k, window: 7d, above: 1})y",
     "c.yaml:6:29: rules[0].window: \"k\" has no window \"7d\"; it has 1h, 24h\n"},
    {"RuleWithoutLevel", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h})y",
     "c.yaml:6:3: rules[0]: has no threshold: above or below\n"},
    {"RuleWithTwoLevels", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, below: 2})y",
     "c.yaml:6:50: rules[0].below: a rule has above or below, not both; write two rules\n"},
    {"RuleLevelNoNumber", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: high})y",
     "c.yaml:6:40: rules[0].above: \"high\" is not a decimal number like 250, -3 or 0.25\n"},
    {"RuleExponent", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1e3})y",
     "c.yaml:6:40: rules[0].above: \"1e3\" is not a decimal number like 250, -3 or 0.25\n"},
    {"RuleExitBeforeEnterBelow", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, below: {enter: 0.2, exit: 0.1}})y",
     "c.yaml:6:59: rules[0].below.exit: 0.1 is below enter (0.2); a breach below is left at enter or higher; nearest: "
     "0.2\n"},
    {"RuleExitBeforeEnterAbove", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: {enter: 5, exit: 6}})y",
     "c.yaml:6:57: rules[0].above.exit: 6 is above enter (5); a breach above is left at enter or lower; nearest: 5\n"},
    {"RuleEnterMissing", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: {exit: 6}})y",
     "c.yaml:6:40: rules[0].above: \"enter\" is missing\n"},
    {"RuleLevelKeyMisspelt", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: {enter: 6, exits: 5}})y",
     "c.yaml:6:51: rules[0].above: unknown key \"exits\"; did you mean \"exit\"?\n"},
    {"RuleForNoDuration", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, for: 10 min})y",
     "c.yaml:6:48: rules[0].for: \"10 min\" is not a duration; write it like 90s, 15m, 24h or 7d; nearest: 10m\n"},
    {"RuleAbsentMisspelt", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, absent: holds})y",
     "c.yaml:6:51: rules[0].absent: \"holds\" is none of hold, clear, breach; did you mean \"hold\"?\n"},
    {"RuleMinSamples", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, min_samples: few})y",
     "c.yaml:6:56: rules[0].min_samples: \"few\" is not a whole number from 0 to 1000000000\n"},
    {"RuleMinCoverage", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, min_coverage: 1.5})y",
     "c.yaml:6:57: rules[0].min_coverage: 1.5 is not from 0 to 1; nearest: 1\n"},
    {"RuleOfSources", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, sources: [crm]})y",
     "c.yaml:6:43: rules[0].sources: min_coverage says that, for every source that feeds the KPI\n"},
    {"RuleLabelUnknown", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, labels: {reps: x}})y",
     "c.yaml:6:52: rules[0].labels: \"k\" has no label \"reps\"; did you mean \"rep\"?\n"},
    {"RuleLabelsAreAList", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, labels: [rep]})y",
     "c.yaml:6:51: rules[0].labels: a map (key: value) is wanted here\n"},
    {"RuleSeverityNotAName", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, severity: Page Me})y",
     "c.yaml:6:53: rules[0].severity: \"Page Me\" is not a name (a-z, 0-9 and _, first a letter); nearest: page_me\n"},
    {"RuleKeyMisspelt", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, severty: info})y",
     "c.yaml:6:43: rules[0]: unknown key \"severty\"; did you mean \"severity\"?\n"},
    {"ZoneUnknown", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {time_zone: Europe/Berln}})y",
     "c.yaml:6:63: rules[0].active.time_zone: \"Europe/Berln\" is no time zone of this machine; write an IANA name "
     "like Europe/Berlin; nearest: Europe/Berlin\n"},
    {"ZoneIsAPath", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {time_zone: /etc/localtime}})y",
     "c.yaml:6:63: rules[0].active.time_zone: \"/etc/localtime\" is no time zone of this machine; write an IANA name "
     "like Europe/Berlin\n"},
    {"DayUnknown", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {days: [monday]}})y",
     "c.yaml:6:59: rules[0].active.days[0]: \"monday\" is no day; there are mon, tue, wed, thu, fri, sat, sun and "
     "ranges like mon-fri\n"},
    {"DaysEmpty", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {days: []}})y",
     "c.yaml:6:58: rules[0].active.days: is empty; leave it out for every day\n"},
    {"HoursNone", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {hours: "8-18"}})y",
     "c.yaml:6:59: rules[0].active.hours: \"8-18\" is not a span of hours like \"08:00-18:00\"\n"},
    {"HoursOverMidnight", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {hours: "22:00-06:00"}})y",
     "c.yaml:6:59: rules[0].active.hours: \"22:00-06:00\" ends before it starts; a span lies within one day, from "
     "00:00 to 24:00\n"},
    {"HoursOutOfRange", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {hours: "08:00-25:00"}})y",
     "c.yaml:6:59: rules[0].active.hours: \"08:00-25:00\" is not a span of hours like \"08:00-18:00\"\n"},
    {"ActiveKeyMisspelt", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {timezone: UTC}})y",
     "c.yaml:6:52: rules[0].active: unknown key \"timezone\"; did you mean \"time_zone\"?\n"},
};

TEST(ConfigErrors, EveryMistakeOfAKpiOrRuleIsReportedAtItsPlace) {
  for (const ConfigRow& row : kRows) ExpectRow(row);
}

}  // namespace
}  // namespace tidemark
