// One row for every check of `where` and `formula`: what is written, and what is said about it.
#include <gtest/gtest.h>

#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

const ConfigRow kRows[] = {
    {"WhereEmpty", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: "")y",
     "c.yaml:8:10: kpis[0].where: is empty\n"},
    {"WhereIsAList", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: [a.b])y",
     "c.yaml:8:10: kpis[0].where: a single value is wanted here\n"},
    {"UnquotedText", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: order.currency == USD)y",
     "c.yaml:8:28: kpis[0].where: a field is compared with a literal; text stands in quotes: \"USD\"\n"},
    {"SingleEquals", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c = 1)y",
     "c.yaml:8:14: kpis[0].where: \"=\" is written == here\n"},
    {"Ampersands", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 1 && a.d == 2)y",
     "c.yaml:8:19: kpis[0].where: \"&&\" is written and here\n"},
    {"Bars", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 1 || a.d == 2)y",
     "c.yaml:8:19: kpis[0].where: \"||\" is written or here\n"},
    {"Exclamation", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: "!a.c")y",
     "c.yaml:8:11: kpis[0].where: \"!\" is written not here\n"},
    {"UpperCaseAnd", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 1 AND a.d == 2)y",
     "c.yaml:8:19: kpis[0].where: \"AND\" is written and here\n"},
    {"Chained", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: 1 < a.c < 5)y",
     "c.yaml:8:18: kpis[0].where: comparisons can't be chained; join two of them with and\n"},
    {"TwoFields", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == a.d)y",
     "c.yaml:8:17: kpis[0].where: a field is compared with a literal; text stands in quotes: \"a.d\"\n"},
    {"TwoLiterals", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: 1 == 2)y",
     "c.yaml:8:15: kpis[0].where: a field like order.currency is wanted here, not \"2\"\n"},
    {"LiteralAlone", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: "1")y",
     "c.yaml:8:12: kpis[0].where: a comparison (== != < <= > >=) is wanted here, not the end\n"},
    {"NothingAfterComparison", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c ==)y",
     "c.yaml:8:16: kpis[0].where: text in quotes, a number, true or false is wanted here, not the end\n"},
    {"NothingAfterAnd", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c and)y",
     "c.yaml:8:17: kpis[0].where: a field like order.currency is wanted here, not the end\n"},
    {"ParenthesisOpen", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: (a.c == 1)y",
     "c.yaml:8:19: kpis[0].where: \")\" is wanted here, not the end\n"},
    {"ParenthesisClosedTwice", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 1))y",
     "c.yaml:8:18: kpis[0].where: and, or or the end is wanted here, not \")\"\n"},
    {"StringOpen", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == "USD)y",
     "c.yaml:8:17: kpis[0].where: a string without its closing quote\n"},
    {"StringEscape", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == "U\n")y",
     "c.yaml:8:19: kpis[0].where: only the quote and the backslash itself can follow a backslash\n"},
    {"NumberMalformed", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 1.2.3)y",
     "c.yaml:8:17: kpis[0].where: \"1.2.3\" is not a decimal number\n"},
    {"NumberWithUnit", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 5k)y",
     "c.yaml:8:17: kpis[0].where: \"5k\" is not a decimal number\n"},
    {"MinusWithoutNumber", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == -)y",
     "c.yaml:8:18: kpis[0].where: a number is wanted after -\n"},
    {"InWithoutList", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c in 5)y",
     "c.yaml:8:17: kpis[0].where: \"[\" is wanted here, not \"5\"\n"},
    {"InEmpty", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c in [])y",
     "c.yaml:8:18: kpis[0].where: text in quotes, a number, true or false is wanted here, not \"]\"\n"},
    {"InNotClosed", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c in [1, 2)y",
     "c.yaml:8:22: kpis[0].where: \"]\" is wanted here, not the end\n"},
    {"InMixed", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c in ["x", 2])y",
     "c.yaml:8:23: kpis[0].where: one list can't hold text and numbers together\n"},
    {"UnknownFunction", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: lower(a.c) == "x")y",
     "c.yaml:8:10: kpis[0].where: \"lower\" is no function; there is only has(field)\n"},
    {"HasOfALiteral", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: has("x"))y",
     "c.yaml:8:14: kpis[0].where: a field like order.currency is wanted here, not \"x\"\n"},
    {"HasWithoutParenthesis", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: has a.c)y",
     "c.yaml:8:14: kpis[0].where: \"(\" is wanted here, not \"a.c\"\n"},
    {"BooleanOrdered", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c < true)y",
     "c.yaml:8:10: kpis[0].where: true and false are compared with == and != only\n"},
    {"PathEndsWithPoint", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a. == 1)y",
     "c.yaml:8:11: kpis[0].where: a path can't end with a point\n"},
    {"KeywordAsField", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: in == 1)y",
     "c.yaml:8:10: kpis[0].where: a field like order.currency is wanted here, not \"in\"\n"},
    {"StraySymbol", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == 1 ; a.d)y",
     "c.yaml:8:19: kpis[0].where: \";\" has no meaning here\n"},
    {"TooDeep", kInput,
     R"(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: )" +
         Times(70, "not ") + R"(a.c
)",
     "c.yaml:8:266: kpis[0].where: nested too deeply\n"},
    {"TooLong", kInput,
     R"(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == ")" +
         Times(4100, "x") + R"("
)",
     "c.yaml:8:4106: kpis[0].where: longer than 4096 characters\n"},
    {"InSingleQuotes", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: 'a.c == ''USD'' and a.d = 1')y",
     "c.yaml:8:34: kpis[0].where: \"=\" is written == here\n"},
    {"InDoubleQuotes", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: "a.c == \"USD\" and a.d = 1")y",
     "c.yaml:8:34: kpis[0].where: \"=\" is written == here\n"},
    {"InABlock", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: |
    a.c == "USD"
    and a.d = 1)y",
     "c.yaml:10:13: kpis[0].where: \"=\" is written == here\n"},
    {"InAFoldedBlock", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: >-
    a.c == "USD"
    and a.d = 1)y",
     "c.yaml:10:13: kpis[0].where: \"=\" is written == here\n"},
    {"OverTwoLines", kInput, R"y(kpis:
- name: k
  on: a.b
  count: true
  windows: [1h]
  where: a.c == "USD"
    and a.d = 1)y",
     "c.yaml:9:13: kpis[0].where: \"=\" is written == here\n"},
    {"FormulaEmpty", kCount, R"y(- name: f
  windows: [1h]
  formula: "")y",
     "c.yaml:7:12: kpis[1].formula: is empty\n"},
    {"FormulaUnknownKpi", kCount, R"y(- name: f
  windows: [1h]
  formula: k / kk)y",
     "c.yaml:7:16: kpis[1].formula: there is no KPI \"kk\"; did you mean \"k\"?\n"},
    {"FormulaWithoutKpi", kCount, R"y(- name: f
  windows: [1h]
  formula: 1 + 2)y",
     "c.yaml:7:12: kpis[1].formula: names no KPI\n"},
    {"FormulaDivisionByZero", kCount, R"y(- name: f
  windows: [1h]
  formula: k / 0)y",
     "c.yaml:7:16: kpis[1].formula: divides by zero\n"},
    {"FormulaOpen", kCount, R"y(- name: f
  windows: [1h]
  formula: (k + 1)y",
     "c.yaml:7:18: kpis[1].formula: \")\" is wanted here, not the end\n"},
    {"FormulaTwoOperands", kCount, R"y(- name: f
  windows: [1h]
  formula: k k)y",
     "c.yaml:7:14: kpis[1].formula: +, -, *, / or the end is wanted here, not \"k\"\n"},
    {"FormulaEndsEarly", kCount, R"y(- name: f
  windows: [1h]
  formula: k +)y",
     "c.yaml:7:15: kpis[1].formula: a KPI, a number or \"(\" is wanted here, not the end\n"},
    {"FormulaText", kCount, R"y(- name: f
  windows: [1h]
  formula: k + "a")y",
     "c.yaml:7:16: kpis[1].formula: a KPI, a number or \"(\" is wanted here, not \"a\"\n"},
    {"FormulaCalendarWindow", kCount, R"y(- name: f
  windows: [1h]
  formula: k@month_to_date)y",
     "c.yaml:7:12: kpis[1].formula: k@month_to_date needs that window; \"k\" has 1h, 24h\n"},
    {"FormulaWindowNone", kCount, R"y(- name: f
  windows: [1h]
  formula: k@soon)y",
     "c.yaml:7:13: kpis[1].formula: \"@soon\" is no window; write one like @24h, @lifetime or @previous\n"},
    {"FormulaWindowByAHabit", kCount, R"y(- name: f
  windows: [1h]
  formula: k@mtd)y",
     "c.yaml:7:13: kpis[1].formula: \"@mtd\" is no window; did you mean \"@month_to_date\"?\n"},
    {"FormulaWindowEmpty", kCount, R"y(- name: f
  windows: [1h]
  formula: k@ + 1)y",
     "c.yaml:7:14: kpis[1].formula: a window is wanted after @, like @24h, @lifetime or @previous\n"},
    {"FormulaWindowMissing", kCount, R"y(- name: f
  windows: [1h]
  formula: k@7d)y",
     "c.yaml:7:12: kpis[1].formula: k@7d needs that window; \"k\" has 1h, 24h\n"},
    {"FormulaPreviousMisspelt", kCount, R"y(- name: f
  windows: [1h]
  formula: k - k@previuos)y",
     "c.yaml:7:17: kpis[1].formula: \"@previuos\" is no window; did you mean \"@previous\"?\n"},
    {"FormulaPreviousOfAWindow", kCount, R"y(- name: f
  windows: [1h]
  formula: k@24h@previous)y",
     "c.yaml:7:17: kpis[1].formula: a second @; a KPI has one window, or previous\n"},
    {"FormulaOtherFunction", kCount, R"y(- name: f
  windows: [1h]
  formula: k / sum(k))y",
     "c.yaml:7:16: kpis[1].formula: there is no function \"sum\"; there is total(kpi)\n"},
    {"FormulaTotalOfNothing", kCount, R"y(- name: f
  windows: [1h]
  formula: k / total())y",
     "c.yaml:7:22: kpis[1].formula: total takes a KPI, like total(revenue), not \")\"\n"},
    {"FormulaTotalOfASum", kCount, R"y(- name: f
  windows: [1h]
  formula: total(k + k))y",
     "c.yaml:7:20: kpis[1].formula: total takes one KPI; \")\" is wanted here, not \"+\"\n"},
    {"FormulaTotalOfATotal", kCount, R"y(- name: f
  windows: [1h]
  formula: total(total(k)))y",
     "c.yaml:7:23: kpis[1].formula: total takes one KPI; \")\" is wanted here, not \"(\"\n"},
    {"FormulaTotalOpen", kCount, R"y(- name: f
  windows: [1h]
  formula: total(k@24h)y",
     "c.yaml:7:23: kpis[1].formula: total takes one KPI; \")\" is wanted here, not the end\n"},
    {"FormulaTotalIsNoKpi", kCount, R"y(- name: f
  windows: [1h]
  formula: total / k)y",
     "c.yaml:7:12: kpis[1].formula: there is no KPI \"total\"; there are: k, f\n"},
    {"FormulaTooDeep", kCount,
     R"(- name: f
  windows: [1h]
  formula: )" +
         Times(70, "(") + "k" + Times(70, ")"),
     "c.yaml:7:76: kpis[1].formula: nested too deeply\n"},
};

TEST(ConfigErrors, EveryMistakeOfAnExpressionIsReportedAtItsColumn) {
  for (const ConfigRow& row : kRows) ExpectRow(row);
}

}  // namespace
}  // namespace tidemark
