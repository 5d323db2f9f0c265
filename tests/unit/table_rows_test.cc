// Rows of tables as records of a topic bring them.
#include <gtest/gtest.h>

#include "config/table_rows.h"

namespace tidemark {
namespace {

class TableRowsTest : public testing::Test {
 protected:
  TableRowsTest() {
    layout_.columns = {{"active", ColumnType::kBool}, {"quota", ColumnType::kDecimal}, {"since", ColumnType::kTime}, {"team", ColumnType::kText}};
    layout_.needed.assign(4, true);
  }
  // "team quota since active" of the key, "-" where empty; "gone" when there is no such row.
  std::string Row(const std::string& key) {
    const auto table = rows_.Build();
    const uint32_t row = table->Find(key);
    if (row == LookupTable::kNoRow) return "gone";
    std::string text;
    Slot slot;
    text += table->Get(row, 3, &slot) ? std::string(slot.view()) : "-";
    for (const uint32_t column : {1u, 2u, 0u}) text += " " + (table->Get(row, column, &slot) ? std::to_string(slot.i) : std::string("-"));
    return text;
  }

  TableSpec spec_;
  LookupPlan layout_;
  TableRows rows_{spec_, layout_};
};

TEST_F(TableRowsTest, ARecordIsTheWholeRow) {
  ASSERT_TRUE(rows_.Set("r1", R"({"team": "no\u0072th", "quota": 12.5, "since": "2026-11-24", "active": true, "other": {"a": [1]}})").ok());
  EXPECT_EQ(Row("r1"), "north 12500000 1795478400000000 1");
  ASSERT_TRUE(rows_.Set("r1", R"( {"quota": "7", "team": null} )").ok());
  EXPECT_EQ(Row("r1"), "- 7000000 - -");
}

TEST_F(TableRowsTest, NumbersNeverPassThroughADouble) {
  ASSERT_TRUE(rows_.Set("r1", R"({"quota": 9007199254740.993001 })").ok());
  EXPECT_EQ(Row("r1"), "- 9007199254740993001 - -");
}

TEST_F(TableRowsTest, TextTakesNumbersAsTheyAreWritten) {
  ASSERT_TRUE(rows_.Set("r2", R"({"team": 7.10, "active": "false"})").ok());
  EXPECT_EQ(Row("r2"), "7.10 - - 0");
}

TEST_F(TableRowsTest, ATombstoneTakesItAway) {
  ASSERT_TRUE(rows_.Set("r1", R"({"team": "north"})").ok());
  rows_.Erase("r1");
  rows_.Erase("r2");
  EXPECT_EQ(Row("r1"), "gone");
}

TEST_F(TableRowsTest, WhatCannotBeARowIsRefusedAndTheOldOneStays) {
  ASSERT_TRUE(rows_.Set("r1", R"({"team": "north", "quota": 1})").ok());
  const struct {
    const char* json;
    const char* why;
  } kBad[] = {{"", "is not a JSON object"},
              {"7", "is not a JSON object"},
              {"[]", "is not a JSON object"},
              {R"({"team": "south")", "is not a JSON object"},
              {R"({"team": "south"} {})", "has something after the JSON object"},
              {R"({"team": ["south"]})", "team: is a list or an object, not one value"},
              {"{\"team\": \"so\\u0000uth\"}", "team: is not UTF-8 text, or holds control characters"},
              {R"({"quota": 1.1234567})", "quota: \"1.1234567\" is not a decimal with at most 6 digits after the point"},
              {R"({"quota": 9007199254740993})", "quota: \"9007199254740993\" is not a decimal with at most 6 digits after the point"},
              {R"({"quota": true})", "quota: \"true\" is not a decimal with at most 6 digits after the point"},
              {R"({"since": 1764000000})", "since: a number tells no unit of time; it is a time like 2026-11-24T03:36:49Z or a date like 2026-11-24"},
              {R"({"team": "\ud800"})", "team: is no JSON text"},
              {R"({"te\qam": "south"})", "is not a JSON object"},
              {R"({"active": 1})", "active: \"1\" is not true or false"}};
  for (const auto& bad : kBad) {
    EXPECT_EQ(rows_.Set("r1", bad.json).text(), bad.why) << bad.json;
    EXPECT_EQ(Row("r1"), "north 1000000 - -") << bad.json;
  }
  EXPECT_EQ(rows_.Set("r1", "{\"team\": \"" + std::string((64 << 20) + 1, 'x') + "\"}").text(), "the table would be larger than 64MiB");
  EXPECT_EQ(rows_.Set("", "{}").text(), "has no key");
  EXPECT_EQ(rows_.Set("a\x01", "{}").text(), "the key is not UTF-8 text, or holds control characters");
}

TEST_F(TableRowsTest, KeysOfHolidaysAreDates) {
  spec_.dates = true;
  EXPECT_TRUE(rows_.Set("2026-12-25", "{}").ok());
  EXPECT_NE(rows_.Set("Christmas", "{}").text().find("is not a date"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
