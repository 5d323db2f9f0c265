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
  const char* words[] = {"a.c", "and", "or", "not",   "in", "has", "(", ")", "[", "]",    ",", "==",
                         "<",   "1",   "-",  "\"x\"", "'",  "@",   "k", "/", "*", "true", "."};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += std::string(words[random() % std::size(words)]) + " ";
    ParseAnything(TextBefore(kCount) + "- name: x\n  on: a.b\n  count: true\n  windows: [1h]\n  where: |\n    " + text +
                  "\n- name: f\n  windows: [1h]\n  formula: |\n    " + text + "\n");
  }
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
