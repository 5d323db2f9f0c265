// The only place of simdjson.
#include "config/table_rows.h"

#include <simdjson.h>

#include "config/reader.h"
#include "config/scalar_place.h"
#include "config/table_cells.h"
#include "config/table_file.h"

namespace tidemark {

struct TableRows::Parser {
  simdjson::ondemand::parser json;
};

namespace {

using config::Quoted;

// A value as the text of a cell; numbers as they are written, so that no digit is lost.
Result<std::string> CellOf(simdjson::ondemand::value value, ColumnType type) {
  simdjson::ondemand::json_type kind;
  if (value.type().get(kind) != simdjson::SUCCESS) return Invalid("is no JSON value");
  std::string_view text;
  switch (kind) {
    case simdjson::ondemand::json_type::null:
      return value.is_null().value_unsafe() ? Result<std::string>(std::string()) : Invalid("is no JSON value");
    case simdjson::ondemand::json_type::string:
      if (value.get_string().get(text) != simdjson::SUCCESS) return Invalid("is no JSON text");
      return std::string(text);
    case simdjson::ondemand::json_type::number:
      if (type == ColumnType::kTime) return Invalid(std::string("a number tells no unit of time; it is ") + config::WantedCell(type));
      break;
    case simdjson::ondemand::json_type::boolean:
      break;
    default:
      return Invalid("is a list or an object, not one value");
  }
  text = value.raw_json_token();
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  return std::string(text);
}

}  // namespace

TableRows::TableRows(const TableSpec& spec, const LookupPlan& layout)
    : spec_(spec), layout_(layout), parser_(std::make_unique<Parser>()) {}
TableRows::~TableRows() = default;

Status TableRows::Check(std::string_view key) const {
  if (key.empty()) return Invalid("has no key");
  if (config::FirstUnprintable(key) != std::string_view::npos) return Invalid("the key is not UTF-8 text, or holds control characters");
  if (spec_.dates && !config::IsDate(key)) {
    return Invalid("the key " + Quoted(key) + " is not a date like 2026-12-25; calendar.holidays are those of this table");
  }
  if (rows_.size() >= kMaxTableRows && !rows_.contains(key)) return Invalid("more than " + std::to_string(kMaxTableRows) + " rows");
  return Status::Ok();
}

Status TableRows::Set(std::string_view key, std::string_view json) {
  TM_RETURN_IF_ERROR(Check(key));
  Cells cells(layout_.columns.size());
  size_t bytes = key.size();
  const simdjson::padded_string padded(json);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser_->json.iterate(padded).get(document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) {
    return Invalid("is not a JSON object");
  }
  for (auto field : object) {
    std::string_view name;
    simdjson::ondemand::value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS) {
      return Invalid("is not a JSON object");
    }
    for (size_t c = 0; c < cells.size(); ++c) {
      const LookupColumn& column = layout_.columns[c];
      if (column.name != name) continue;
      Result<std::string> cell = CellOf(value, column.type);
      if (!cell.ok()) return cell.status().In(column.name);
      if (config::FirstUnprintable(*cell) != std::string_view::npos) return Invalid(column.name + ": is not UTF-8 text, or holds control characters");
      if (column.type != ColumnType::kText && !cell->empty() && !config::NumberCell(column.type, *cell)) {
        return Invalid(column.name + ": " + Quoted(*cell) + " is not " + config::WantedCell(column.type));
      }
      bytes += cell->size();
      cells[c] = std::move(cell).value();
    }
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return Invalid("has something after the JSON object");
  if (bytes_ + bytes > kMaxTableBytes) return Invalid("the table would be larger than " + config::FormatBytes(kMaxTableBytes));
  Erase(key);
  bytes_ += bytes;
  rows_.emplace(key, std::move(cells));
  return Status::Ok();
}

void TableRows::Erase(std::string_view key) {
  const auto row = rows_.find(key);
  if (row == rows_.end()) return;
  bytes_ -= key.size();
  for (const std::string& cell : row->second) bytes_ -= cell.size();
  rows_.erase(row);
}

void TableRows::Clear() {
  rows_.clear();
  bytes_ = 0;
}

std::shared_ptr<const LookupTable> TableRows::Build() const {
  LookupTable::Builder builder(layout_.columns);
  for (const auto& [key, cells] : rows_) {
    builder.AddRow(key);
    for (uint32_t c = 0; c < cells.size(); ++c) {
      if (cells[c].empty()) continue;
      if (layout_.columns[c].type == ColumnType::kText) {
        builder.SetText(c, cells[c]);
      } else {
        builder.SetNumber(c, *config::NumberCell(layout_.columns[c].type, cells[c]));
      }
    }
  }
  return std::move(builder).Build();
}

}  // namespace tidemark
