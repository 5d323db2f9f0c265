// Parts of a configuration as they were written: aliases stand for what they mean, text stays text, and nothing grows without end.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/written.h"

namespace tidemark::config {
namespace {

// The lines from the one that has `first` on, to the end.
std::string WrittenFrom(const std::string& first, const std::string& yaml) {
  Diagnostics diagnostics;
  const auto document = Document::Parse("w.yaml", yaml, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  if (!document) return "";
  int line = 1;
  while (document->Line(line).find(first) == std::string_view::npos) ++line;
  return Written(*document, line, document->lines() + 1);
}

TEST(Written, AnAliasStandsForWhatItsAnchorHolds) {
  EXPECT_EQ(WrittenFrom("use", R"(
list: &list [1h,24h,  7d]
map: &map
  channel: &channel lead.channel
  # in between
  of: [*list, *channel]
quoted: &quoted "a, b"
comma: &comma a, b
line: &line |
  say "x"
  \ y
none: &none
key: &key {"a:b": 1}
use: &late [*list, *map, x]
  # ends
ä ö: {ü: *channel, a: [*none,*none]}
last: [*quoted, *comma, *line, *key]
)"), R"(use: [[1h, 24h, 7d], {channel: lead.channel, of: [[1h, 24h, 7d], lead.channel]}, x]
  # ends
ä ö: {ü: lead.channel, a: [null,null]}
last: ["a, b", "a, b", "say \"x\"\n\\ y\n", {"a:b": 1}]
)");
  EXPECT_EQ(WrittenFrom("use", "a: &a:b?@ [1, \"\\0\"]\nuse: {x: *a:b?@ , y: *a:b?@}\n"), "use: {x: [1, \"\\u0000\"] , y: [1, \"\\u0000\"]}\n");
  EXPECT_EQ(WrittenFrom("by:", "by: &by\n  a: b\nwindows:\n- &w 1h\n- *w\n"), "by:\n  a: b\nwindows:\n- 1h\n- 1h\n");
}

TEST(Written, TextStaysText) {
  for (const std::string text : {"help: Sales &marketing *leads, R &D and *x\n",
                                 "where: \"order.reason in ['x &a 1 &b 2 *a *b', '&c [*c']\"\n",
                                 "help: |\n  one &two three\n  *two\n",
                                 "help: 'a\n\n  &b c *b'\n",
                                 "a: 1 # &b c\nc: 2 # *b\n"}) {
    EXPECT_EQ(WrittenFrom(text.substr(0, 4), "before: &two [&b 7, &a 8, &x 9]\n" + text), text);
  }
}

// Each of them ten times the one before.
TEST(Written, AliasesOfAliasesEnd) {
  std::string yaml = "a0: &a0 [xxxxxxxxxx]\n";
  for (int i = 1; i <= 4; ++i) {
    const std::string name = std::to_string(i), before = "*a" + std::to_string(i - 1);
    yaml += "a" + name + ": &a" + name + " [" + before;
    for (int n = 1; n < 10; ++n) yaml += ", " + before;
    yaml += "]\n";
  }
  EXPECT_EQ(WrittenFrom("use", yaml + "use: [*a4, *a0]\n"), "use: [*a4, [xxxxxxxxxx]]\n");
  const std::string hundred = WrittenFrom("use", yaml + "use: [*a2]\n");
  EXPECT_EQ(std::count(hundred.begin(), hundred.end(), 'x'), 1000);
  const std::string twice = WrittenFrom("use", yaml + "use: [*a2, *a2, *a2, *a0]\n");
  EXPECT_EQ(std::count(twice.begin(), twice.end(), 'x'), 2010) << "there is room for two of them, and for a small one";
  EXPECT_NE(twice.find("]], *a2, [xxxxxxxxxx]]\n"), std::string::npos) << twice;
}

}  // namespace
}  // namespace tidemark::config
