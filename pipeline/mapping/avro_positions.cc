#include "pipeline/mapping/avro_positions.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tidemark::mapping {
namespace {

constexpr std::string_view kHex = "0x";

// The record that a value of this type is, where it isn't null; nullptr: it is none.
const AvroType* RecordOf(const AvroSchema& schema, uint32_t index) {
  const AvroType& type = schema.types[index];
  if (type.kind == AvroType::Kind::kRecord) return &type;
  if (type.kind != AvroType::Kind::kUnion) return nullptr;
  for (const uint32_t branch : type.parts) {
    if (schema.types[branch].kind == AvroType::Kind::kRecord) return &schema.types[branch];
  }
  return nullptr;
}

std::optional<unsigned> Digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

bool IsBitmap(std::string_view name) {
  const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  return name.starts_with(kHex) || (digits > 0 && name.substr(digits).starts_with("-0x"));
}

AvroPositions::AvroPositions(const AvroSchema& schema, const std::vector<std::vector<MapPath::Step>>& places) {
  for (const auto& place : places) {
    const AvroType* record = RecordOf(schema, schema.root);
    for (const MapPath::Step& step : place) {
      if (record == nullptr) break;
      const auto field = std::find(record->names.begin(), record->names.end(), step.name);
      record = field == record->names.end() ? nullptr : RecordOf(schema, record->parts[static_cast<size_t>(field - record->names.begin())]);
    }
    if (record == nullptr) continue;
    names_ = record->names;
    fields_ = {0, names_.size()};
    for (size_t f = 0; f < fields_.count; ++f) {
      Range& range = nested_.emplace_back();
      const AvroType* nested = RecordOf(schema, record->parts[f]);
      if (nested == nullptr) continue;
      range = {names_.size(), nested->names.size()};
      for (const std::string& name : nested->names) names_.push_back(std::string(names_[f]).append(".").append(name));
    }
    return;
  }
}

const char* AvroPositions::Mark(std::string_view bitmap, std::vector<bool>* named) const {
  Range range = fields_;
  if (!bitmap.starts_with(kHex)) {
    const size_t dash = bitmap.find('-');
    size_t field = 0;
    const auto [end, error] = std::from_chars(bitmap.data(), bitmap.data() + dash, field);
    if (error != std::errc() || end != bitmap.data() + dash || field >= nested_.size() || nested_[field].count == 0) {
      return "has a bitmap of changed fields, of a record that its schema doesn't have";
    }
    range = nested_[field];
    bitmap.remove_prefix(dash + 1);
  }
  bitmap.remove_prefix(kHex.size());
  if (bitmap.empty()) return "has a bitmap of changed fields that is none";
  for (size_t i = 0; i < bitmap.size(); ++i) {
    const std::optional<unsigned> digit = Digit(bitmap[bitmap.size() - 1 - i]);
    if (!digit) return "has a bitmap of changed fields that is none";
    for (size_t bit = 0; bit < 4; ++bit) {
      if ((*digit >> bit & 1) == 0) continue;
      const size_t position = 4 * i + bit;
      if (position >= range.count) return "has a bitmap of changed fields, of one that its schema doesn't have";
      (*named)[range.first + position] = true;
    }
  }
  return nullptr;
}

const char* AvroPositions::Name(Captures::Elements* list) const {
  const auto is_bitmap = [](const Datum& cell) { return cell.kind == Datum::Kind::kText && IsBitmap(cell.text); };
  if (std::none_of(list->cells.begin(), list->cells.end(), is_bitmap)) return nullptr;
  std::vector<bool> named(names_.size());
  for (const Datum& cell : list->cells) {
    if (!is_bitmap(cell)) continue;
    if (const char* why = Mark(cell.text, &named)) return why;
  }
  std::erase_if(list->cells, is_bitmap);
  for (size_t n = 0; n < names_.size(); ++n) {
    if (named[n]) list->cells.push_back(Datum::Text(names_[n]));
  }
  list->count = list->cells.size();
  return nullptr;
}

}  // namespace tidemark::mapping
