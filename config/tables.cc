// The section `tables`: facts about things by id, each table a CSV file or a compacted topic.
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

void ReadContents(const Value& file, const LookupPlan* layout, TableSpec* table, Diagnostics* diagnostics) {
  table->stamp = FileStamp(table->file);
  const Result<TableText> read = ReadTableFile(table->file);
  if (!read.ok()) return file.Fail(Quoted(table->file) + ": " + read.status().text());
  table->stamp = read->stamp;
  table->contents = ParseTable(*table, layout, read->text, diagnostics);
}

// The columns of a topic are those that are declared; until it was read it has no rows, or those of its file.
LookupPlan TopicLayout(TableSpec* table) {
  LookupPlan layout;
  for (const auto& [name, type] : table->columns) layout.columns.push_back({name, type});
  layout.needed.assign(layout.columns.size(), true);
  table->contents = LookupTable::Builder(layout.columns).Build();
  return layout;
}

void ReadTopic(const Value& topic, Map* map, TableSpec* table) {
  table->topic = topic.Text().value_or("");
  if (const std::string why = WhyNotTopicName(table->topic); !why.empty()) topic.Fail(why);
  if (table->columns.empty() && !map->Has("columns")) {
    map->value().Fail("\"columns\" is missing: which members of the records' JSON objects there are, like {team: text, quota: decimal}");
  }
  if (!map->Has("file")) map->FailAt("key", "is of a file; in a topic the record's key is the id");
}

void ReadTable(const Value& value, TableSpec* table, Diagnostics* diagnostics) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  const std::optional<Value> topic = map->Take("topic");
  if (topic) ReadTopic(*topic, &*map, table);
  const std::optional<Value> file = topic ? map->Take("file") : map->Require("file");
  const std::optional<Value> key = file || !topic ? map->Require("key") : map->Take("key");
  if (key) table->key = key->Text().value_or("");
  if (const auto columns = map->Take("columns")) ReadColumns(*columns, table);
  map->Finish();
  const LookupPlan layout = topic ? TopicLayout(table) : LookupPlan();
  const std::optional<std::string> text = file ? file->Text() : std::nullopt;
  if (!text || table->key.empty()) return;
  table->file = PathOf(*file, *text);
  ReadContents(*file, topic ? &layout : nullptr, table, diagnostics);
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
