// Names, quoting and units of generated files.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/yaml.h"
#include "config/yaml_quoted.h"
#include "daemon/generate/text.h"
#include "daemon/generate/units.h"

namespace tidemark {
namespace {

TEST(AlertName, IsCamelCase) {
  EXPECT_EQ(AlertName("win_ratio_low"), "WinRatioLow");
  EXPECT_EQ(AlertName("no_leads"), "NoLeads");
  EXPECT_EQ(AlertName("p90_response"), "P90Response");
}

TEST(AlertName, DifferentNamesStayDifferent) {
  const char* kNames[] = {"a_b", "ab", "a__b", "a_b_", "ab_", "a_1b", "a1b", "a1_b", "a_1_b", "a___b", "a_", "a", "a_bc", "a_b_c",
                          "tidemark_down", "tidemarkdown", "tidemark", "tide_mark_down"};
  std::set<std::string> seen;
  for (const char* name : kNames) EXPECT_TRUE(seen.insert(AlertName(name)).second) << name << " -> " << AlertName(name);
}

TEST(AlertName, NoRuleTakesTheNameOfAnAlertAboutTheDaemon) {
  EXPECT_EQ(AlertName("tidemark_down"), "tidemark_down");
  EXPECT_EQ(AlertName("tide_mark_down"), "TideMarkDown");
}

TEST(YamlQuoted, HostileTextIsReadBackAsItIs) {
  const std::string kTexts[] = {"", "plain", "a: b # c", "\"quoted\" \\ back", "two\nlines\n", "tab\tbell\a", "{{ $labels }} }}",
                                "- *alias &anchor !tag", "Ümläut € 日本 \U0001F600", std::string("nul\0nul", 7), "\x7f", "\xc2\x85 next line",
                                "\xe2\x80\xa8 separator", "\xef\xbb\xbf mark"};
  for (const std::string& text : kTexts) {
    const std::string quoted = YamlQuoted(text);
    EXPECT_EQ(quoted.find('\n'), std::string::npos);
    for (const char c : quoted) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << quoted;
    Diagnostics diagnostics;
    const auto document = config::Document::Parse("f", "key: " + quoted + "\n", &diagnostics);
    ASSERT_TRUE(document.has_value()) << diagnostics.ToString() << quoted;
    ASSERT_EQ(document->root().entries.size(), 1u) << quoted;
    EXPECT_EQ(document->root().entries[0].value->text, text) << quoted;
  }
}

TEST(YamlQuoted, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(YamlQuoted("a\xff\xc3(b"), "\"a\\uFFFD\\uFFFD(b\"");
  EXPECT_EQ(YamlQuoted("cut \xe2\x82"), "\"cut \\uFFFD\\uFFFD\"");
}

TEST(PromQuoted, QuotesAndBackslashesDoNotEndTheString) {
  EXPECT_EQ(PromQuoted("a\"} or vector(1) #\\\n"), "\"a\\\"} or vector(1) #\\\\\\n\"");
}

TEST(TemplateText, NothingBeginsAnAction) {
  EXPECT_EQ(TemplateText("no {{ query `x` }} here {"), R"(no {{"{"}}{{"{"}} query `x` }} here {{"{"}})");
}

TEST(Units, AreToldApart) {
  EXPECT_EQ(KindOfUnit(""), UnitKind::kPlain);
  EXPECT_EQ(KindOfUnit("ratio"), UnitKind::kRatio);
  EXPECT_EQ(KindOfUnit("seconds"), UnitKind::kSeconds);
  EXPECT_EQ(KindOfUnit("bytes"), UnitKind::kBytes);
  EXPECT_EQ(KindOfUnit("usd"), UnitKind::kCurrency);
  EXPECT_EQ(KindOfUnit("chf"), UnitKind::kCurrency);
  EXPECT_EQ(KindOfUnit("currency"), UnitKind::kLabelCurrency);
  EXPECT_EQ(KindOfUnit("pts"), UnitKind::kPlain);
  EXPECT_EQ(KindOfUnit("d us"), UnitKind::kPlain);
}

TEST(Units, NumbersKnownNowReadLikeOnesOfPeople) {
  const struct {
    const char* unit;
    const char* number;
    const char* shown;
  } kRows[] = {{"", "1204", "1,204"},         {"", "-1234567.25", "-1,234,567.25"}, {"", "999", "999"},     {"", "0", "0"},
               {"points", "1000", "1,000 points"}, {"ratio", "0.2", "20%"},         {"ratio", "-0.155", "-15.5%"},
               {"seconds", "86400", "1d"},    {"seconds", "90061", "1d 1h 1m 1s"},  {"seconds", "0.5", "0.5s"},
               {"usd", "250000", "$250,000"}, {"eur", "-1500.5", "-€1,500.5"},      {"chf", "100", "CHF 100"},
               {"currency", "1000000", "1,000,000"}, {"bytes", "4096", "4,096 bytes"}};
  for (const auto& row : kRows) {
    const Result<Decimal> number = ParseDecimal(row.number);
    ASSERT_TRUE(number.ok());
    EXPECT_EQ(ShownNow(row.unit, *number), row.shown);
  }
}

}  // namespace
}  // namespace tidemark
