// The section `tables`: facts about things by id, each table a CSV file.
#include <filesystem>

#include "config/expression.h"
#include "config/names.h"
#include "config/sections.h"
#include "config/table_file.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxTables = 100;

void ReadColumns(const Value& value, TableSpec* table) {
  if (!Map::Open(value)) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value type = value.Child(entry);
    if (const auto choice = type.Choice({"text", "decimal", "time", "bool"})) {
      table->columns[entry.key] = static_cast<ColumnType>(*choice);
    }
    if (entry.key == table->key) type.FailAt(value.PlaceOf(entry), "is the table's key, which is text");
  }
}

// Relative paths begin where the configuration is.
std::string PathOf(const Value& file, const std::string& text) {
  return (std::filesystem::path(file.place().file).parent_path() / text).string();
}

void ReadContents(const Value& file, TableSpec* table, Diagnostics* diagnostics) {
  const Result<TableText> read = ReadTableFile(table->file);
  if (!read.ok()) return file.Fail(Quoted(table->file) + ": " + read.status().text());
  table->stamp = read->stamp;
  table->contents = ParseTable(*table, nullptr, read->text, diagnostics);
}

void ReadTable(const Value& value, TableSpec* table, Diagnostics* diagnostics) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  map->Refuse({"topic"});
  const auto& entries = value.node().entries;
  const bool topic = std::any_of(entries.begin(), entries.end(), [](const auto& e) { return e.key == "topic"; });
  const std::optional<Value> file = topic ? map->Take("file") : map->Require("file");
  if (const auto key = map->Require("key")) table->key = key->Text().value_or("");
  if (const auto columns = map->Take("columns")) ReadColumns(*columns, table);
  map->Finish();
  if (!file || topic) return;
  const std::optional<std::string> text = file->Text();
  if (!text || table->key.empty()) return;
  table->file = PathOf(*file, *text);
  ReadContents(*file, table, diagnostics);
}

}  // namespace

void ReadTables(const Value& value, const std::string& holidays, std::vector<TableSpec>* tables, Diagnostics* diagnostics) {
  if (!Map::Open(value)) return;
  if (value.node().entries.size() > kMaxTables) return value.Fail("more than " + std::to_string(kMaxTables) + " tables");
  for (const Node::Entry& entry : value.node().entries) {
    const Value table = value.Child(entry);
    if (const std::string why = WhyNotName(entry.key); !why.empty()) table.FailAt(value.PlaceOf(entry), why);
    tables->emplace_back();
    tables->back().name = entry.key;
    tables->back().dates = entry.key == holidays;
    tables->back().place = value.PlaceOf(entry);
    ReadTable(table, &tables->back(), diagnostics);
  }
}

}  // namespace tidemark::config
