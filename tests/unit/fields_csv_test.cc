// Tables as files: CSV and what is in it.
#include <gtest/gtest.h>

#include <random>

#include "config/csv.h"
#include "config/table_file.h"

namespace tidemark {
namespace {

using config::CsvField;
using config::CsvReader;

// Records as a|b|c, one a line; after a mistake, where and what it is.
std::string Read(std::string_view csv) {
  CsvReader reader(csv);
  std::string text;
  std::vector<CsvField> fields;
  while (reader.Next(&fields)) {
    for (size_t f = 0; f < fields.size(); ++f) text += (f == 0 ? "" : "|") + std::string(fields[f].text);
    text += "\n";
  }
  if (reader.error()) {
    text += std::to_string(reader.error()->at.line) + ":" + std::to_string(reader.error()->at.column) + ": " + reader.error()->text;
  }
  return text;
}

TEST(Csv, IsWhatRfc4180Says) {
  const struct {
    const char* name;
    std::string csv;
    std::string read;
  } kRows[] = {
      {"Empty", "", ""},
      {"OneField", "a", "a\n"},
      {"Lines", "a,b\nc,d\n", "a|b\nc|d\n"},
      {"CarriageReturns", "a,b\r\nc,d\r\n", "a|b\nc|d\n"},
      {"ByteOrderMark", "\xEF\xBB\xBF" "a,b\n", "a|b\n"},
      {"EmptyFields", ",\n,x,\n", "|\n|x|\n"},
      {"BlankLines", "\n\na\r\n\r\n\nb\n\n", "a\nb\n"},
      {"SpacesAreKept", " a , b \n", " a | b \n"},
      {"Quotes", "\"a,b\",\"c\"\"d\",\"\"\n", "a,b|c\"d|\n"},
      {"OnlyQuotes", "\"\"\"\",\"\"\"\"\"\"", "\"|\"\"\n"},
      {"LinesInQuotes", "\"a\nb\",c\n\"d\r\ne\",f\n", "a\nb|c\nd\r\ne|f\n"},
      {"QuotedBlank", "\"\"\n", "\n"},
      {"QuoteInside", "a,b\"c\n", "1:4: a quote inside a field that does not begin with one"},
      {"SpaceBeforeQuote", "x\na, \"b\"\n", "x\n2:4: a quote inside a field that does not begin with one"},
      {"AfterQuote", "\"a\" ,b\n", "1:4: a comma or the end of the line is wanted after a closing quote"},
      {"NotClosed", "a\nb,\"c\nd\n", "a\n2:3: a quoted field without its closing quote"},
      {"PlaceAfterLinesInQuotes", "\"a\nb\",c\"\n", "2:5: a quote inside a field that does not begin with one"},
      {"LoneReturn", "a\rb\n", "1:2: a carriage return that does not end a line"},
      {"TooManyFields", std::string(1000, ','), "1:1001: more than 1000 fields in one line"},
  };
  for (const auto& row : kRows) EXPECT_EQ(Read(row.csv), row.read) << row.name;
}

TEST(Csv, AnyBytesEndInRecordsOrAPlace) {
  std::mt19937_64 random(7);
  const std::string bytes = "ab,,\"\"\n\r\xEF\xBB\xBF";
  for (int i = 0; i < 20'000; ++i) {
    std::string csv;
    for (size_t n = random() % 24; n > 0; --n) csv.push_back(bytes[random() % bytes.size()]);
    Read(csv);
  }
}

struct Parsed {
  std::shared_ptr<const LookupTable> table;
  std::string said;
};

Parsed Parse(std::string_view csv, const LookupPlan* layout = nullptr) {
  TableSpec spec;
  spec.file = "t.csv";
  spec.key = "id";
  spec.columns = {{"launched", ColumnType::kTime}, {"cost", ColumnType::kDecimal}, {"active", ColumnType::kBool}};
  Diagnostics diagnostics;
  Parsed parsed;
  parsed.table = ParseTable(spec, layout, csv, &diagnostics);
  parsed.said = diagnostics.ToString();
  return parsed;
}

constexpr char kHeader[] = "id,name,launched,cost,active\n";

TEST(Tables, HoldTypedCells) {
  const Parsed parsed = Parse(std::string(kHeader) +
                              "p1,\"Widget, large\",2026-11-24,12.345678,true\n"
                              "p2,,2026-11-24T01:00:00+01:00,-0.5,false\n"
                              "p3,x,,,\n");
  ASSERT_TRUE(parsed.table != nullptr) << parsed.said;
  const LookupTable& table = *parsed.table;
  const auto cell = [&](const char* key, uint32_t column) -> std::string {
    Slot slot;
    if (!table.Get(table.Find(key), column, &slot)) return "absent";
    return table.columns()[column].type == ColumnType::kText ? std::string(slot.view()) : std::to_string(slot.i);
  };
  const std::string midnight = std::to_string(Micros(ParseRfc3339("2026-11-24T00:00:00Z").value()));
  EXPECT_EQ(cell("p1", 0), "Widget, large");
  EXPECT_EQ(cell("p1", 1), midnight) << "a date is its midnight in UTC";
  EXPECT_EQ(cell("p1", 2), "12345678");
  EXPECT_EQ(cell("p1", 3), "1");
  EXPECT_EQ(cell("p2", 0), "absent");
  EXPECT_EQ(cell("p2", 1), midnight);
  EXPECT_EQ(cell("p2", 2), "-500000");
  EXPECT_EQ(cell("p2", 3), "0");
  for (uint32_t column = 1; column < 4; ++column) EXPECT_EQ(cell("p3", column), "absent") << column;
}

TEST(Tables, MistakesHaveTheirPlace) {
  const struct {
    const char* name;
    std::string csv;
    std::string said;
  } kRows[] = {
      {"Empty", "", "t.csv:1:1: is empty; its first line names the columns\n"},
      {"NoKey", "ID,launched,cost,active\n", "t.csv:1:1: there is no column \"id\"; did you mean \"ID\"?\n"},
      {"NoDeclaredColumn", "id,launched,costs,active\n", "t.csv:1:1: there is no column \"cost\"; did you mean \"costs\"?\n"},
      {"Semicolons", "id;launched;cost;active\n", "t.csv:1:1: there is no column \"id\"; columns are separated by commas\n"},
      {"ColumnTwice", "id,launched,cost,active,cost\n", "t.csv:1:25: the column \"cost\" is given twice\n"},
      {"TooFewFields", std::string(kHeader) + "p1,x\n", "t.csv:2:1: has 2 fields, and the header names 5\n"},
      {"TooManyFields", std::string(kHeader) + "p1,x,,,,\n", "t.csv:2:1: has 6 fields, and the header names 5\n"},
      {"KeyEmpty", std::string(kHeader) + ",x,,,\n", "t.csv:2:1: the key (id) is empty\n"},
      {"KeyTwice", std::string(kHeader) + "p1,,,,\n\np2,,,,\np1,,,,\n", "t.csv:5:1: the key \"p1\" is given twice, first in line 2\n"},
      {"Date", std::string(kHeader) + "p1,,2026-02-30,,\n",
       "t.csv:2:5: launched: \"2026-02-30\" is not a time like 2026-11-24T03:36:49Z or a date like 2026-11-24\n"},
      {"DecimalDigits", std::string(kHeader) + "p1,,,1.2345678,\n",
       "t.csv:2:6: cost: \"1.2345678\" is not a decimal with at most 6 digits after the point\n"},
      {"DecimalTooLarge", std::string(kHeader) + "p1,,,9999999999999.9,\n",
       "t.csv:2:6: cost: \"9999999999999.9\" is not a decimal with at most 6 digits after the point\n"},
      {"DecimalWithUnit", std::string(kHeader) + "p1,,,$5,\n",
       "t.csv:2:6: cost: \"$5\" is not a decimal with at most 6 digits after the point\n"},
      {"Bool", std::string(kHeader) + "p1,,,,yes\n", "t.csv:2:7: active: \"yes\" is not true or false\n"},
      {"NotUtf8", std::string(kHeader) + "p1,M\xFCller,,,\n", "t.csv:2:4: is not UTF-8 text, or holds control characters\n"},
      {"Utf16", std::string("\xFF\xFEi\0d\0", 6), "t.csv:1:1: is not UTF-8 text, or holds control characters\n"},
      {"SeveralAndNoCsv", std::string(kHeader) + "p1,,x,,\np2,,,,maybe\np3,\"\n",
       "t.csv:2:5: launched: \"x\" is not a time like 2026-11-24T03:36:49Z or a date like 2026-11-24\n"
       "t.csv:3:7: active: \"maybe\" is not true or false\n"
       "t.csv:4:4: a quoted field without its closing quote\n"},
  };
  for (const auto& row : kRows) {
    const Parsed parsed = Parse(row.csv);
    EXPECT_EQ(parsed.said, row.said) << row.name;
    EXPECT_EQ(parsed.table, nullptr) << row.name;
  }
}

TEST(Tables, NotEveryLineOfABadFileIsReported) {
  std::string csv = kHeader;
  for (int i = 0; i < 1000; ++i) csv += "p" + std::to_string(i) + ",,x,,\n";
  const std::string said = Parse(csv).said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 21) << said;
  EXPECT_NE(said.find("t.csv: too many mistakes; the rest was not read\n"), std::string::npos) << said;
}

TEST(Tables, NewContentsKeepTheColumnsOfTheOld) {
  LookupPlan layout;
  layout.columns = {{"name", ColumnType::kText}, {"cost", ColumnType::kDecimal}, {"launched", ColumnType::kTime}, {"active", ColumnType::kBool}};
  layout.needed = {false, true, true, true};
  const Parsed moved = Parse("new,active,cost,launched,id\nx,true,5,2026-11-24,p1\n", &layout);
  ASSERT_TRUE(moved.table != nullptr) << moved.said;
  EXPECT_TRUE(std::ranges::equal(moved.table->columns(), layout.columns));
  Slot slot;
  EXPECT_FALSE(moved.table->Get(0, 0, &slot)) << "a column that nobody uses may go";
  ASSERT_TRUE(moved.table->Get(0, 1, &slot));
  EXPECT_EQ(slot.i, 5'000'000);
  layout.needed[0] = true;
  EXPECT_EQ(Parse("id,active,cost,launched\n", &layout).said,
            "t.csv:1:1: there is no column \"name\"; there are: id, active, cost, launched\n");
}

TEST(Tables, FindEveryKeyOfMany) {
  LookupTable::Builder builder({{"n", ColumnType::kDecimal}, {"text", ColumnType::kText}});
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_EQ(builder.AddRow("key-" + std::to_string(i)), LookupTable::kNoRow);
    builder.SetNumber(0, i - 25'000);
    builder.SetText(1, std::to_string(i * 7));
  }
  EXPECT_EQ(builder.AddRow("key-4711"), 4711u) << "known already";
  const auto table = std::move(builder).Build();
  Slot slot;
  for (uint32_t i = 0; i < 50'000; ++i) {
    const uint32_t row = table->Find("key-" + std::to_string(i));
    ASSERT_EQ(row, i);
    ASSERT_TRUE(table->Get(row, 0, &slot));
    ASSERT_EQ(slot.i, int64_t{i} - 25'000);
    ASSERT_TRUE(table->Get(row, 1, &slot));
    ASSERT_EQ(slot.view(), std::to_string(i * 7));
  }
  EXPECT_EQ(table->Find("key-50000"), LookupTable::kNoRow);
  EXPECT_EQ(table->Find(""), LookupTable::kNoRow);
}

TEST(Tables, OfHolidaysHaveDatesAsKeys) {
  TableSpec spec;
  spec.file = "free.csv";
  spec.key = "date";
  spec.dates = true;
  Diagnostics diagnostics;
  const auto table = ParseTable(spec, nullptr, "date,name\n2024-02-29,Leap\n2026-12-25,Christmas\n", &diagnostics);
  ASSERT_TRUE(table != nullptr) << diagnostics.ToString();
  EXPECT_NE(table->Find("2026-12-25"), LookupTable::kNoRow);
  EXPECT_EQ(table->key(0), "2024-02-29");
  EXPECT_EQ(ParseTable(spec, nullptr, "date\n2026-02-29\n25.12.2026\n2026-12-25T00:00:00Z\n", &diagnostics), nullptr);
  EXPECT_EQ(diagnostics.ToString(),
            "free.csv:2:1: the key \"2026-02-29\" is not a date like 2026-12-25; calendar.holidays are those of this table\n"
            "free.csv:3:1: the key \"25.12.2026\" is not a date like 2026-12-25; calendar.holidays are those of this table\n"
            "free.csv:4:1: the key \"2026-12-25T00:00:00Z\" is not a date like 2026-12-25; calendar.holidays are those of this table\n");
}

}  // namespace
}  // namespace tidemark
