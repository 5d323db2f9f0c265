// Tables that fields look into: CSV files; and rows as JSON, by lines of KEY<tab>OBJECT. The first byte says which, and
// whether columns are declared.
#include <array>
#include <map>
#include <memory>

#include "config/table_file.h"
#include "config/table_rows.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tidemark;

TableSpec Declared(bool columns) {
  TableSpec spec;
  spec.name = "t";
  spec.file = "t.csv";
  spec.key = "id";
  if (columns) spec.columns = {{"quota", ColumnType::kDecimal}, {"team", ColumnType::kText}, {"since", ColumnType::kTime}, {"active", ColumnType::kBool}};
  return spec;
}

// Every cell can be asked for.
void LookAtAll(const LookupTable& table, std::string_view keys, size_t columns) {
  for (size_t at = 0; at < keys.size(); at += 3) {
    const uint32_t row = table.Find(keys.substr(at, 3));
    for (uint32_t c = 0; row != LookupTable::kNoRow && c < columns; ++c) {
      Slot slot{.s = {nullptr, 0}};
      table.Get(row, c, &slot);
    }
  }
}

void TryFile(const TableSpec& spec, std::string_view csv) {
  Diagnostics diagnostics;
  const auto table = ParseTable(spec, nullptr, csv, &diagnostics);
  testing::Expect((table == nullptr) != diagnostics.empty(), [&] { return "a table, or mistakes: " + diagnostics.ToString(); });
  if (table == nullptr) return;
  LookAtAll(*table, csv, table->columns().size());
  // The same file again is the same table, whatever its layout was taken from.
  LookupPlan layout{spec.name, {table->columns().begin(), table->columns().end()}, std::vector<bool>(table->columns().size()), table};
  const auto again = ParseTable(spec, &layout, csv, &diagnostics);
  testing::Expect(again != nullptr && again->rows() == table->rows(), [&] { return "the file as its own successor: " + diagnostics.ToString(); });
}

void TryRows(const TableSpec& spec, testing::Bytes lines) {
  LookupPlan layout{spec.name, {}, {}, nullptr};
  for (const auto& [name, type] : spec.columns) layout.columns.push_back({name, type});
  layout.needed.resize(layout.columns.size());
  TableRows rows(spec, layout);
  std::map<std::string_view, bool> there;
  while (!lines.empty()) {
    const std::string_view line = lines.Line(), key = line.substr(0, line.find('\t'));
    if (key.size() == line.size()) {
      rows.Erase(key);
      there[key] = false;
      continue;
    }
    const Status set = rows.Set(key, line.substr(key.size() + 1));
    testing::Expect(set.ok() || set.code() == Code::kInvalid, [&] { return "a row that is none is invalid: " + set.text(); });
    if (set.ok()) there[key] = true;
  }
  const auto table = rows.Build();
  for (const auto& [key, is] : there) testing::Expect((table->Find(key) != LookupTable::kNoRow) == is, "a row is there once it was set, until it is erased");
  LookAtAll(*table, "webabc", layout.columns.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  testing::Bytes bytes(data, size);
  const uint8_t kind = bytes.Byte();
  static const std::array<TableSpec, 2> kSpecs = {Declared(false), Declared(true)};
  const TableSpec& spec = kSpecs[(kind & 2) != 0 ? 1 : 0];
  if ((kind & 1) == 0) {
    TryFile(spec, bytes.Rest());
  } else {
    TryRows(spec, bytes);
  }
  return 0;
}
