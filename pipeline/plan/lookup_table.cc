#include "pipeline/plan/lookup_table.h"

#include <algorithm>

#include "pipeline/base/check.h"
#include "pipeline/base/hash.h"

namespace tidemark {

std::string_view ToString(ColumnType type) {
  switch (type) {
    case ColumnType::kText: return "text";
    case ColumnType::kDecimal: return "decimal";
    case ColumnType::kTime: return "time";
    case ColumnType::kBool: return "bool";
  }
  return "unknown";
}

uint32_t LookupTable::Find(std::string_view key) const {
  if (index_.empty()) return kNoRow;
  const size_t mask = index_.size() - 1;
  for (size_t at = Hash64(key) & mask; index_[at] != 0; at = (at + 1) & mask) {
    const uint32_t row = index_[at] - 1;
    if (View(keys_[row]) == key) return row;
  }
  return kNoRow;
}

bool LookupTable::Get(uint32_t row, uint32_t column, Slot* slot) const {
  const int64_t cell = cells_[size_t{row} * columns_.size() + column];
  if (cell == kEmpty) return false;
  if (columns_[column].type != ColumnType::kText) {
    slot->i = cell;
    return true;
  }
  const auto packed = static_cast<uint64_t>(cell);
  slot->s = {text_.data() + (packed & UINT32_MAX), packed >> 32};
  return true;
}

LookupTable::Builder::Builder(std::vector<LookupColumn> columns) : table_(new LookupTable) {  // NOLINT: the constructor is private
  table_->columns_ = std::move(columns);
}

uint32_t LookupTable::Builder::AddRow(std::string_view key) {
  LookupTable& table = *table_;
  TM_CHECK(table.keys_.size() < kMaxTableRows);
  const uint32_t known = table.Find(key);
  table.keys_.push_back(Keep(key));
  table.cells_.resize(table.cells_.size() + table.columns_.size(), kEmpty);
  if (table.keys_.size() * 2 > table.index_.size()) {
    Grow();
  } else {
    Index(static_cast<uint32_t>(table.keys_.size() - 1));
  }
  return known;
}

void LookupTable::Builder::SetText(uint32_t column, std::string_view text) {
  if (!text.empty()) *Cell(column) = Packed(Keep(text));
}

void LookupTable::Builder::SetNumber(uint32_t column, int64_t number) {
  TM_CHECK(number != kEmpty);
  *Cell(column) = number;
}

std::shared_ptr<const LookupTable> LookupTable::Builder::Build() && {
  table_->text_.shrink_to_fit();
  table_->keys_.shrink_to_fit();
  table_->cells_.shrink_to_fit();
  return std::move(table_);
}

LookupTable::Text LookupTable::Builder::Keep(std::string_view text) {
  TM_CHECK(table_->text_.size() + text.size() <= UINT32_MAX);
  const Text kept{static_cast<uint32_t>(table_->text_.size()), static_cast<uint32_t>(text.size())};
  table_->text_ += text;
  return kept;
}

void LookupTable::Builder::Grow() {
  table_->index_.assign(std::max<size_t>(16, table_->index_.size() * 2), 0);
  for (uint32_t row = 0; row < table_->keys_.size(); ++row) Index(row);
}

void LookupTable::Builder::Index(uint32_t row) {
  const size_t mask = table_->index_.size() - 1;
  size_t at = Hash64(table_->View(table_->keys_[row])) & mask;
  while (table_->index_[at] != 0) at = (at + 1) & mask;
  table_->index_[at] = row + 1;
}

}  // namespace tidemark
