// What may stand under `fields` and `tables`, and what is said about everything else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/table_file.h"
#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

// What a definition was read as, in prefix form.
std::string Shown(const FieldExpr& e) {
  const auto with = [&](const std::string& head) {
    std::string text = "(" + head;
    for (const auto& arg : e.args) text += " " + Shown(*arg);
    return text + ")";
  };
  switch (e.kind) {
    case FieldExpr::Kind::kNumber: return ToString(e.number);
    case FieldExpr::Kind::kField: return e.field;
    case FieldExpr::Kind::kAdd: return with("+");
    case FieldExpr::Kind::kSubtract: return with("-");
    case FieldExpr::Kind::kMultiply: return with("*");
    case FieldExpr::Kind::kNegate: return with("neg");
    case FieldExpr::Kind::kFilled: return with("filled");
    case FieldExpr::Kind::kSince: return with("since " + FormatDuration(e.unit));
    case FieldExpr::Kind::kLookup: return with(e.table + "." + e.column);
    case FieldExpr::Kind::kHash: return with("hash");
  }
  return "";
}

TEST(Fields, AreReadAsTheyAreWritten) {
  const struct {
    const char* text;
    const char* read;
  } kRows[] = {
      {"filled(contact.name, contact.email, reps[deal.owner].team)", "(filled contact.name contact.email (reps.team deal.owner))"},
      {"deal.amount * deal.probability", "(* deal.amount deal.probability)"},
      {"order.amount - order.cost - order.tax", "(- (- order.amount order.cost) order.tax)"},
      {"a.x - (a.y + 2.50) * -3", "(- a.x (* (+ a.y 2.5) (neg 3)))"},
      {"weeks_since(product.launched)", "(since 7d product.launched)"},
      {"days_since(products[deal.product].launched)", "(since 24h (products.launched deal.product))"},
      {"hours_since( event.time )", "(since 1h event.time)"},
      {"reps[deal.owner].team", "(reps.team deal.owner)"},
      {"offices[ reps[deal.owner].office ] . city", "(offices.city (reps.office deal.owner))"},
      {"deal.owner", "deal.owner"}};
  for (const auto& row : kRows) {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", TextBefore(kWhole) + "fields:\n  f: " + row.text + "\n", &specs, &diagnostics);
    ASSERT_EQ(diagnostics.ToString(), "") << row.text;
    ASSERT_EQ(specs.fields.size(), 1u);
    EXPECT_EQ(specs.fields[0].name, "f");
    EXPECT_EQ(Shown(*specs.fields[0].expr), row.read);
  }
}

const ConfigRow kRows[] = {
    {"FieldsAreAMap", kWhole, "fields: [a]", "c.yaml:4:9: fields: a map (key: value) is wanted here\n"},
    {"FieldNameNotAName", kWhole, "fields: {Net-Value: a.x}",
     "c.yaml:4:10: fields.Net-Value: \"Net-Value\" is not a name (a-z, 0-9 and _, first a letter); nearest: net_value\n"},
    {"FieldNameAPath", kWhole, "fields: {a.b: a.x}",
     "c.yaml:4:10: fields.a.b: \"a.b\" is not a name (a-z, 0-9 and _, first a letter); nearest: a_b\n"},
    {"FieldNameAWord", kWhole, "fields: {in: a.x}", "c.yaml:4:10: fields.in: \"in\" is a word of the language; take another name\n"},
    {"FieldNameAFunction", kWhole, "fields: {filled: a.x}",
     "c.yaml:4:10: fields.filled: \"filled\" is a word of the language; take another name\n"},
    {"FieldTwice", kWhole, "fields:\n  f: a.x\n  f: a.y", "c.yaml:6:3: \"f\" is given twice\n"},
    {"FieldEmpty", kWhole, "fields: {f: \"\"}", "c.yaml:4:13: fields.f: is empty\n"},
    {"FieldAList", kWhole, "fields: {f: [a.x]}", "c.yaml:4:13: fields.f: a single value is wanted here\n"},
    {"Division", kWhole, "fields: {f: a.x / 2}",
     "c.yaml:4:17: fields.f: a field has no division, which would have to round; divide KPIs in a formula\n"},
    {"NoField", kWhole, "fields: {f: 2 * 3}", "c.yaml:4:13: fields.f: names no field of an event\n"},
    {"Text", kWhole, "fields: {f: 'a.x + \"1\"'}", "c.yaml:4:20: fields.f: a field like deal.amount is wanted here, not \"1\"\n"},
    {"Ends", kWhole, "fields: {f: a.x +}", "c.yaml:4:18: fields.f: a field like deal.amount is wanted here, not the end\n"},
    {"Open", kWhole, "fields: {f: (a.x + 1}", "c.yaml:4:21: fields.f: \")\" is wanted here, not the end\n"},
    {"TwoFields", kWhole, "fields: {f: a.x a.y}", "c.yaml:4:17: fields.f: +, -, * or the end is wanted here, not \"a.y\"\n"},
    {"UnknownFunction", kWhole, "fields: {f: months_since(a.x)}",
     "c.yaml:4:13: fields.f: \"months_since\" is no function; there are filled, weeks_since, days_since, hours_since, hash\n"},
    {"HashInASum", kWhole, "fields: {f: hash(a.x) + 1}", "c.yaml:4:23: fields.f: a hash is a field by itself, so the end is wanted here, not \"+\"\n"},
    {"SumWithAHash", kWhole, "fields: {f: 1 + hash(a.x)}",
     "c.yaml:4:17: fields.f: a hash is a field by itself: give it a name, and use that here\n"},
    {"HashOfANumber", kWhole, "fields: {f: hash(3)}", "c.yaml:4:18: fields.f: a field like deal.amount is wanted here, not \"3\"\n"},
    {"HashOfTwo", kWhole, "fields: {f: 'hash(a.x, a.y)'}", "c.yaml:4:22: fields.f: \")\" is wanted here, not \",\"\n"},
    {"HashWithoutAKey", kWhole, "fields: {f: hash(a.x)}", "c.yaml:4:10: a hash needs a key: write privacy: {hash_key_file: ...}\n"},
    {"HashedLabelWithoutAKey", kInput, "kpis: [{name: k, on: a.b, count: true, by: {a: {field: a.x, personal: hash}}, windows: [1h]}]",
     "c.yaml:3:56: a hash needs a key: write privacy: {hash_key_file: ...}\n"},
    {"HashedLabelDeclared", kInput,
     "privacy: {hash_key_file: /proc/version}\nkpis: [{name: k, on: a.b, count: true, by: {a: {field: a.x, personal: hash, values: [b]}}, windows: [1h]}]",
     "c.yaml:4:77: kpis[0].by.a.values: can't be known of a label that is hashed; leave one of the two out\n"},
    {"PrivacyWithoutAKey", kWhole, "privacy: {}", "c.yaml:4:10: privacy: \"hash_key_file\" is missing\n"},
    {"KeyMissing", kWhole, "privacy: {hash_key_file: /nowhere/x}\nfields: {f: hash(a.x)}",
     "c.yaml:4:26: privacy.hash_key_file: can't read \"/nowhere/x\": No such file or directory\n"},
    {"KeyTooShort", kWhole, "privacy: {hash_key_file: /proc/sys/kernel/ostype}",
     "c.yaml:4:26: privacy.hash_key_file: the key is shorter than 16 bytes and could be guessed; `openssl rand -hex 32` makes one\n"},
    {"FilledOfNothing", kWhole, "fields: {f: filled()}", "c.yaml:4:20: fields.f: a field like deal.amount is wanted here, not \")\"\n"},
    {"FilledOfASum", kWhole, "fields: {f: 'filled(a.x + a.y)'}", "c.yaml:4:25: fields.f: \")\" is wanted here, not \"+\"\n"},
    {"SinceOfTwo", kWhole, "fields: {f: 'days_since(a.x, a.y)'}", "c.yaml:4:28: fields.f: \")\" is wanted here, not \",\"\n"},
    {"SinceOfANumber", kWhole, "fields: {f: days_since(3)}",
     "c.yaml:4:24: fields.f: a field like deal.amount is wanted here, not \"3\"\n"},
    {"LookupOpen", kWhole, "fields:\n  f: reps[a.x", "c.yaml:5:14: fields.f: \"]\" is wanted here, not the end\n"},
    {"LookupWithoutColumn", kWhole, "fields:\n  f: reps[a.x]", "c.yaml:5:15: fields.f: \".\" is wanted here, not the end\n"},
    {"LookupOfAPath", kWhole, "fields:\n  f: reps[a.x].team.name",
     "c.yaml:5:16: fields.f: a column of reps is wanted here, not \"team.name\"\n"},
    {"LookupByANumber", kWhole, "fields:\n  f: reps[7].team", "c.yaml:5:11: fields.f: a field like deal.amount is wanted here, not \"7\"\n"},
    {"TooManyParts", kWhole, "fields: {f: a.x" + Times(64, " + 1") + "}",
     "c.yaml:4:271: fields.f: more than 64 parts in one field\n"},
    {"TooDeep", kWhole, "fields: {f: " + Times(70, "(") + "a.x" + Times(70, ")") + "}", "c.yaml:4:77: fields.f: nested too deeply\n"},
    {"TablesAreAMap", kWhole, "tables: [a]", "c.yaml:4:9: tables: a map (key: value) is wanted here\n"},
    {"TableWithoutFileAndKey", kWhole, "tables: {reps: {}}",
     "c.yaml:4:16: tables.reps: \"file\" is missing\nc.yaml:4:16: tables.reps: \"key\" is missing\n"},
    {"TableNameNotAName", kWhole, "tables: {Reps: {topic: x, columns: {a: text}}}",
     "c.yaml:4:10: tables.Reps: \"Reps\" is not a name (a-z, 0-9 and _, first a letter); nearest: reps\n"},
    {"TableOfATopic", kWhole, "tables: {reps: {topic: crm.reps, key: id}}",
     "c.yaml:4:16: tables.reps: \"columns\" is missing: which members of the records' JSON objects there are, like {team: text, "
     "quota: decimal}\nc.yaml:4:34: tables.reps.key: is of a file; in a topic the record's key is the id\n"},
    {"TableOfAPattern", kWhole, "tables: {reps: {topic: \"crm.*\", columns: {a: text}}}",
     "c.yaml:4:24: tables.reps.topic: \"crm.*\" is no topic's name (letters, digits, . _ -; patterns are not supported)\n"},
    {"TableKeyMisspelt", kWhole, "tables: {reps: {fiel: x.csv, key: id}}",
     "c.yaml:4:16: tables.reps: \"file\" is missing\nc.yaml:4:17: tables.reps: unknown key \"fiel\"; did you mean \"file\"?\n"},
    {"TableColumnType", kWhole, "tables: {reps: {topic: x, columns: {quota: number}}}",
     "c.yaml:4:44: tables.reps.columns.quota: \"number\" is none of text, decimal, time, bool\n"},
    {"TableKeyDeclared", kWhole, "tables: {reps: {topic: x, file: no-such.csv, key: id, columns: {id: text}}}",
     "c.yaml:4:33: tables.reps.file: \"no-such.csv\": can't read the file: No such file or directory\n"
     "c.yaml:4:65: tables.reps.columns.id: is the table's key, which is text\n"},
    {"TableFileMissing", kWhole, "tables: {reps: {file: no-such.csv, key: id}}",
     "c.yaml:4:23: tables.reps.file: \"no-such.csv\": can't read the file: No such file or directory\n"},
    {"TableFileADirectory", kWhole, "tables: {reps: {file: /, key: id}}", "c.yaml:4:23: tables.reps.file: \"/\": is not a file\n"},
};

TEST(Fields, EveryMistakeIsReportedAtItsPlace) {
  for (const ConfigRow& row : kRows) ExpectRow(row);
}

class TableFiles : public testing::Test {
 protected:
  TableFiles() : dir_(testing::TempDir() + "fields_config." + std::to_string(getpid())) { std::filesystem::create_directories(dir_); }
  ~TableFiles() override { std::filesystem::remove_all(dir_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(dir_ + "/" + name, std::ios::binary) << text; }
  const std::string dir_;
};

TEST_F(TableFiles, StandBesideTheConfigurationAndAreReadWithIt) {
  Write("reps.csv", "rep_id,team,quota\n7,blue,1000.5\n8,,\n");
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig(dir_ + "/c.yaml", TextBefore(kWhole) + "tables: {reps: {file: reps.csv, key: rep_id, columns: {quota: decimal}}}\n",
              &specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "");
  ASSERT_EQ(specs.tables.size(), 1u);
  const TableSpec& table = specs.tables[0];
  EXPECT_EQ(table.file, dir_ + "/reps.csv");
  EXPECT_EQ(table.stamp, FileStamp(table.file));
  ASSERT_TRUE(table.contents != nullptr);
  ASSERT_EQ(table.contents->rows(), 2u);
  const std::vector<LookupColumn> columns = {{"team", ColumnType::kText}, {"quota", ColumnType::kDecimal}};
  EXPECT_TRUE(std::ranges::equal(table.contents->columns(), columns));
  Slot slot;
  ASSERT_TRUE(table.contents->Get(table.contents->Find("7"), 1, &slot));
  EXPECT_EQ(slot.i, 1'000'500'000);
  EXPECT_FALSE(table.contents->Get(table.contents->Find("8"), 0, &slot)) << "an empty cell is absent";
  EXPECT_EQ(table.contents->Find("9"), LookupTable::kNoRow);
}

TEST_F(TableFiles, AMistakeInTheFileIsAMistakeOfTheConfiguration) {
  Write("reps.csv", "rep_id,team\n7,blue\n7,red\n");
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig(dir_ + "/c.yaml", TextBefore(kWhole) + "tables: {reps: {file: reps.csv, key: rep_id}}\n", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), dir_ + "/reps.csv:3:1: the key \"7\" is given twice, first in line 2\n");
}

TEST_F(TableFiles, AStampTellsOneStateFromAnother) {
  EXPECT_EQ(FileStamp(dir_ + "/t.csv"), "");
  Write("t.csv", "id\n");
  const std::string one = FileStamp(dir_ + "/t.csv");
  EXPECT_NE(one, "");
  Write("next.csv", "id\n");
  std::filesystem::rename(dir_ + "/next.csv", dir_ + "/t.csv");
  EXPECT_NE(FileStamp(dir_ + "/t.csv"), one) << "the same text in another file";
}

}  // namespace
}  // namespace tidemark
