// Where a byte of a value stands in the file, and which bytes are text; words and numbers as people write them.
#include <gtest/gtest.h>

#include "config/scalar_place.h"
#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

TEST(Places, AByteOfAValueIsFoundInItsFile) {
  struct Row {
    const char* name;
    std::string source, value;
    size_t offset, expected;
  };
  for (const Row& row : {
           Row{"plain", "a bc", "a bc", 3, 3},
           Row{"a quote escaped", R"("x\"y")", "x\"y", 2, 4},
           Row{"a byte by number", R"("\x41b")", "Ab", 1, 5},
           Row{"two bytes by number", R"("\u00e9b")", "\xC3\xA9" "b", 2, 7},
           Row{"three bytes by number", R"("\u20acb")", "\xE2\x82\xAC" "b", 3, 7},
           Row{"four bytes by number", R"("\U0001F600b")", "\xF0\x9F\x98\x80" "b", 4, 11},
           Row{"a line feed escaped", R"("a\nb")", "a\nb", 2, 4},
           Row{"a tab escaped", R"("a\tb")", "a\tb", 2, 4},
           Row{"a return escaped", R"("a\rb")", "a\rb", 2, 4},
           Row{"a space escaped", R"("a\ b")", "a b", 2, 4},
           Row{"a space by number", R"("a\x20b")", "a b", 2, 6},
           Row{"a line feed by number", R"("a\u000Ab")", "a\nb", 2, 8},
           Row{"a control character by number", R"("a\x01b")", "a\x01" "b", 2, 6},
           Row{"a line goes on", "\"a\\\n  b\"", "ab", 1, 6},
           Row{"a quote doubled", "'it''s'", "it's", 3, 5},
           Row{"kept lines", "|\n  ab\n  cd", "ab\ncd", 3, 9},
           Row{"folded lines", ">\n  ab\n  cd", "ab cd", 3, 9},
           Row{"a block without a line", "|", "ab", 1, 1},
           Row{"an end after spaces", "\"a  \"", "a  ", 2, 2},
           Row{"an escape cut off", "\"a\\", "ab", 2, 3},
           Row{"more than there is", "ab", "abcd", 9, 2},
           Row{"nothing", "", "a", 1, 0},
       }) {
    EXPECT_EQ(config::SourceOfScalar(row.source, 0, row.offset, row.value), row.expected) << row.name;
  }
}

TEST(Places, WhatIsNoTextIsFound) {
  struct Row {
    const char* name;
    std::string text;
    size_t expected;
  };
  constexpr size_t kNone = std::string::npos;
  for (const Row& row : {
           Row{"text with spaces", "a\tb\r\n", kNone},
           Row{"a control character", "a\x01", 1},
           Row{"delete", "a\x7f", 1},
           Row{"two bytes", "\xC3\xA9", kNone},
           Row{"two bytes cut off", "\xC3", 0},
           Row{"two bytes for one", "\xC0\xAF", 0},
           Row{"three bytes", "\xE0\xA0\x80", kNone},
           Row{"three bytes cut off", "a\xE2\x82", 1},
           Row{"three bytes for two", "\xE0\x80\x80", 0},
           Row{"the last before half a pair", "\xED\x9F\xBF", kNone},
           Row{"half a pair", "\xED\xA0\x80", 0},
           Row{"four bytes", "\xF0\x90\x80\x80", kNone},
           Row{"four bytes for three", "\xF0\x80\x80\x80", 0},
           Row{"the last of all", "\xF4\x8F\xBF\xBF", kNone},
           Row{"beyond the last", "\xF4\x90\x80\x80", 0},
           Row{"far beyond", "\xF5\x80\x80\x80", 0},
           Row{"a byte that goes on with nothing", "\x80", 0},
       }) {
    EXPECT_EQ(config::FirstUnprintable(row.text), row.expected) << row.name;
  }
}

const ConfigRow kRows[] = {
    {"HoursAreAList", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {hours: [8]}})y",
     "c.yaml:6:59: rules[0].active.hours: a single value is wanted here\n"},
    {"LocalTime", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: {time_zone: localtime}})y",
     "c.yaml:6:63: rules[0].active.time_zone: \"localtime\" is no time zone of this machine; write an IANA name like Europe/Berlin\n"},
    {"ActiveIsAWord", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, active: always})y",
     "c.yaml:6:51: rules[0].active: a map (key: value) is wanted here\n"},
    {"NegativeCoverage", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, min_coverage: -0.5})y",
     "c.yaml:6:57: rules[0].min_coverage: -0.5 is not from 0 to 1; nearest: 0\n"},
    {"CoverageOfLetters", kCount, R"y(rules:
- {name: r, kpi: k, window: 1h, above: 1, min_coverage: all})y",
     "c.yaml:6:57: rules[0].min_coverage: \"all\" is not a decimal number like 250, -3 or 0.25\n"},
};

TEST(ConfigErrors, EveryMistakeOfHoursAndCoverageIsReportedAtItsPlace) {
  for (const ConfigRow& row : kRows) ExpectRow(row);
}

TEST(ConfigErrors, WhatIsNoSpanOfHoursIsSaid) {
  for (const auto& hours : std::initializer_list<std::string>{"08.00-18:00", "08:00", "ab:cd-18:00", "08:00-1/:00", "08:70-18:00"}) {
    ExpectRow({"Hours", kCount, "rules:\n- {name: r, kpi: k, window: 1h, above: 1, active: {hours: \"" + hours + "\"}}",
               "c.yaml:6:59: rules[0].active.hours: \"" + hours + "\" is not a span of hours like \"08:00-18:00\"\n"});
  }
}

TEST(ConfigErrors, YesAndNoAreTakenForWhatTheyMean) {
  for (const auto& [word, said] : {std::pair{"yes", "write true"}, {"on", "write true"}, {"1", "write true"}, {"TRUE", "write true"}, {"no", "write false"},
                                   {"off", "write false"}, {"0", "write false"}, {"False", "write false"}, {"maybe", "true or false is wanted here"}}) {
    ExpectRow({word, kKafka, std::string("kafka: {brokers: \"b:1\", backfill: ") + word + "}", std::string("c.yaml:3:35: kafka.backfill: ") + said + "\n"});
  }
}

}  // namespace
}  // namespace tidemark
