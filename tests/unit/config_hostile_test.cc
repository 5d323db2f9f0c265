// Text that nobody meant to write: no crash, no hang, bounded memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>

#include "config/config.h"
#include "config/scenario.h"
#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

std::string Example(const std::string& name) {
  std::ifstream in(TIDEMARK_EXAMPLES "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

// Every diagnostic has to point into the text.
void ExpectPlaces(const std::string& text, const Diagnostics& diagnostics) {
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Diagnostic& d : diagnostics.items()) {
    EXPECT_GE(d.place.line, 0);
    EXPECT_LE(d.place.line, lines + 1) << d.text;
    EXPECT_FALSE(d.text.empty());
  }
}

void ParseAnything(const std::string& text) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", text, &specs, &diagnostics);
  ExpectPlaces(text, diagnostics);
}

void ParseAnyScenarios(const std::string& text) {
  ScenarioFile file;
  Diagnostics diagnostics;
  ParseScenarios("s.yaml", text, Schema::Canonical(), &file, &diagnostics);
  ExpectPlaces(text, diagnostics);
}

std::string Mutated(std::string text, std::mt19937_64* random) {
  static const std::string kBytes = "{}[]:,-\"'&*!|>%@#?\n \tabz09.\\\x01\xC3\xA9\xFF$()=<";
  const auto upto = [&](size_t n) { return static_cast<size_t>((*random)() % n); };
  for (size_t edits = 1 + upto(6); edits > 0; --edits) {
    const size_t at = upto(text.size()), length = std::min(text.size() - at, 1 + upto(40));
    switch (upto(5)) {
      case 0:
        text[at] = kBytes[upto(kBytes.size())];
        break;
      case 1:
        text.insert(at, 1 + upto(3), kBytes[upto(kBytes.size())]);
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(upto(text.size()), text.substr(at, length));
        break;
      case 4:
        text.resize(std::max<size_t>(1, at));
        break;
    }
    if (text.empty()) text = "a";
  }
  return text;
}

TEST(ConfigHostile, RandomMutationsOfTheExamplesNeverCrash) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string examples[] = {Example("laptop.yaml"), Example("production.yaml")};
  for (int i = 0; i < 600; ++i) ParseAnything(Mutated(examples[i % 2], &random));
}

TEST(ConfigHostile, RandomMutationsOfScenariosNeverCrash) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string example = Example("scenarios/leads.yaml");
  for (int i = 0; i < 600; ++i) ParseAnyScenarios(Mutated(example, &random));
  for (size_t n = 0; n < example.size(); n += 7) ParseAnyScenarios(example.substr(0, n));
}

TEST(ConfigHostile, EveryPrefixOfAnExampleIsReadOrRefused) {
  const std::string text = Example("laptop.yaml");
  for (size_t n = 0; n < text.size(); n += 3) ParseAnything(text.substr(0, n));
}

TEST(ConfigHostile, RandomExpressionsNeverCrash) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const char* words[] = {"a.c", "and",  "or", "not",   "in", "has",   "(",    ")",          "[",        "]",
                         ",",   "==",   "<",  "1",     "-",  "\"x\"", "'",    "@",          "k",        "/",
                         "*",   "true", ".",  "total", "(k", "k)",    "@now", "k@previous", "@lifetime"};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += std::string(words[random() % std::size(words)]) + " ";
    ParseAnything(TextBefore(kCount) + "- name: x\n  on: a.b\n  count: true\n  windows: [1h]\n  where: |\n    " + text +
                  "\n- name: f\n  windows: [1h]\n  formula: |\n    " + text + "\n");
  }
}

// Every word of the language once, in a right place.
const char* const kEveryWord = R"y(kafka: {brokers: "b:9092"}
topics: [t]
calendar: {time_zone: Europe/Berlin, week_start: sunday, fiscal_year_start: apr}
kpis:
- {name: spread, on: [a.b, a.c], where: has(a.d), quantiles: a.e, stats: [p50, p99.9, avg], by: {rep: a.r}, windows: [1h]}
- {name: loyal, on: a.b, distinct: [a.id, b.id], at_least: 2, windows: [30d, lifetime]}
- {name: fresh, on: a.b, first: a.id, by: {rep: a.r}, top: 5, windows: [today, last_month], compare: [previous, 1mo]}
- {name: busy, on: a.b, active: a.id, windows: [30d]}
- {name: gone, on: a.b, lapsed: a.id, windows: [30d]}
- {name: speed, key: a.id, elapsed: {from: a.b, to: [a.c, a.d], within: 7d, mature: true}, stats: [p90], by: {rep: to.a.r},
   windows: [7d], compare: 1w, min_samples: 3}
- {name: way, key: a.id, funnel: {steps: [a.b, [a.c, a.d]], within: 30d}, by: {rep: from.a.r}, windows: [30d]}
- {name: stay, key: a.id, on: a.b, dwell: a.stage, until: [a.z], stats: [avg], windows: [90d]}
- {name: deals, key: a.id, on: a.b, open: {value: a.c, silent_for: 14d}, until: a.z, reopen: a.y, reopen_within: 30d}
- {name: paid, key: [a.id], on: a.b, sum: a.c, correct: {by: a.d, add: a.e, revoke: [a.f]}, windows: [1h, lifetime]}
- {name: share, formula: fresh / total(fresh@today), by: [rep], windows: [today], compare: [1y]}
- {name: grown, formula: fresh / fresh@previous - 1, windows: [today]}
- {name: cover, formula: deals / busy@30d, windows: [now]}
rules:
- {name: r, kpi: fresh_growth_ratio, window: today, below: 0, labels: {compare: 1mo, rep: x}}
- {name: s, kpi: way_ratio, above: 0.5, labels: {step: 2_a.c|a.d}}
)y";

TEST(ConfigHostile, RandomMutationsOfEveryWordNeverCrash) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", kEveryWord, &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "") << "the mutations start from what is right";
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 600; ++i) ParseAnything(Mutated(kEveryWord, &random));
}

// Any clause with any value: what doesn't fit is refused, and nothing of it crashes what comes after.
TEST(ConfigHostile, RandomClausesNeverCrash) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const char* keys[] = {"on",     "where",  "by",   "key",    "windows", "step",   "compare",     "top",
                        "stats",  "until",  "unit", "count",  "sum",     "min",    "quantiles",   "distinct",
                        "first",  "active", "open", "dwell",  "elapsed", "funnel", "formula",     "at_least",
                        "lapsed", "reopen", "help", "mature", "correct", "within", "min_samples", "nonnegative"};
  const char* values[] = {"a.b",
                          "[a.b, a.c]",
                          "true",
                          "[]",
                          "{}",
                          "1",
                          "[p50, avg]",
                          "1w",
                          "[1mo, 1y]",
                          "[now]",
                          "[1h]",
                          "[today, 30d]",
                          "lifetime",
                          "[[a.b], [a.c]]",
                          "0",
                          "p50",
                          "~",
                          "\"\"",
                          "{from: a.b, to: a.c}",
                          "{steps: [a.b, a.c], within: 1d}",
                          "{value: a.c}",
                          "{by: a.d, add: a.b}",
                          "k - k@previous",
                          "{rep: to.a.r, step: a.c}",
                          "total(k)"};
  for (int i = 0; i < 3000; ++i) {
    std::string text = TextBefore(kCount) + "- name: x\n";
    for (size_t n = random() % 8; n > 0; --n) {
      text += std::string("  ") + keys[random() % std::size(keys)] + ": " + values[random() % std::size(values)] + "\n";
    }
    ParseAnything(text +
                  "- {name: y, formula: x@previous / total(x), windows: [1h]}\n"
                  "rules: [{name: r, kpi: x_compare, above: 1, labels: {compare: 1w, step: a}}]\n");
  }
}

TEST(ConfigHostile, ThousandsOfUnknownNamesAreLookedForBoundedly) {
  std::string text = TextBefore(kCount), rules = "rules:\n";
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    text += "- {name: first_of_them_" + n + ", formula: second_of_them_" + n + ", windows: [1h]}\n";
    rules += "- {name: r" + n + ", kpi: third_of_them_" + n + ", above: 1}\n";
  }
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", text + rules, &specs, &diagnostics);
  EXPECT_EQ(diagnostics.items().size(), 200u) << "the first hundred of each";
}

TEST(ConfigHostile, AliasesCannotBlowUp) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + Times(9, below + ", ") + below + "]\n";
  }
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", bomb, &specs, &diagnostics);
  EXPECT_NE(diagnostics.ToString().find("too many values in one file, aliases counted"), std::string::npos);
}

TEST(ConfigHostile, SizeAndDepthAreLimited) {
  const std::pair<std::string, const char*> rows[] = {
      {std::string((4u << 20) + 1, ' '), "c.yaml: larger than 4 MiB; a configuration is smaller than that\n"},
      {"a: " + Times(100, "[") + Times(100, "]"), "c.yaml:1:35: nested too deeply\n"},
      {Times(100, "- "), "c.yaml:1:65: nested too deeply\n"},
      {Times(100'000, "["), nullptr},
      {Times(100'000, "{a: "), nullptr},
      {Times(100'000, "? "), nullptr},
      {Times(100'000, "&a "), nullptr},
      {std::string(100'000, '%'), nullptr},
      {"\"" + Times(50'000, "a\n"), nullptr}};
  for (const auto& [text, expected] : rows) {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", text, &specs, &diagnostics);
    EXPECT_FALSE(diagnostics.empty());
    if (expected != nullptr) {
      EXPECT_EQ(diagnostics.ToString(), expected);
    }
  }
}

}  // namespace
}  // namespace tidemark
