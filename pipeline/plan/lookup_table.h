// Facts about things by id, as a table file gives them: what `reps[deal.owner].team` finds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/event/decoder.h"

namespace tidemark {

enum class ColumnType : uint8_t { kText, kDecimal, kTime, kBool };
std::string_view ToString(ColumnType type);  // "text", "decimal", "time", "bool"

inline constexpr int kTableDecimalScale = 6;  // digits after the point of a decimal column
inline constexpr uint64_t kMaxTableRows = 10'000'000;

struct LookupColumn {
  std::string name;
  ColumnType type = ColumnType::kText;
  bool operator==(const LookupColumn&) const = default;
};

// The rows of one table as they stood when its file was read. An empty cell is absent, whatever its type.
// Immutable; any thread. What it holds: its text, 24 bytes a row, 8 a cell.
class LookupTable {
 public:
  class Builder;
  static constexpr uint32_t kNoRow = UINT32_MAX;

  std::span<const LookupColumn> columns() const { return columns_; }
  size_t rows() const { return keys_.size(); }
  size_t bytes() const { return text_.size() + (keys_.size() + cells_.size()) * 8 + index_.size() * 4; }

  std::string_view key(uint32_t row) const { return View(keys_[row]); }
  // kNoRow when there is none.
  uint32_t Find(std::string_view key) const;
  // The cell as a slot of its column's type; false when it is empty. Text lives as long as the table.
  bool Get(uint32_t row, uint32_t column, Slot* slot) const;

 private:
  struct Text {
    uint32_t at = 0, size = 0;
  };
  static constexpr int64_t kEmpty = INT64_MIN;

  LookupTable() = default;
  std::string_view View(Text text) const { return std::string_view(text_).substr(text.at, text.size); }
  static int64_t Packed(Text text) { return static_cast<int64_t>(uint64_t{text.size} << 32 | text.at); }

  std::vector<LookupColumn> columns_;
  std::string text_;             // keys and text cells, one after the other
  std::vector<Text> keys_;       // by row
  std::vector<int64_t> cells_;   // row by row: a number, a packed Text, or kEmpty
  std::vector<uint32_t> index_;  // open addressing, at most half full: 1 + row; 0: free
};

// Rows one after the other, then the table.
class LookupTable::Builder {
 public:
  explicit Builder(std::vector<LookupColumn> columns);

  // Begins a row, all of its cells empty. Returns the row that has this key already, else kNoRow.
  // REQUIRES: less than kMaxTableRows rows, and less than 4 GiB of text in all.
  uint32_t AddRow(std::string_view key);
  // A cell of the row begun last; an empty text leaves it empty. REQUIRES: a number is not INT64_MIN.
  void SetText(uint32_t column, std::string_view text);
  void SetNumber(uint32_t column, int64_t number);
  std::shared_ptr<const LookupTable> Build() &&;

 private:
  Text Keep(std::string_view text);
  int64_t* Cell(uint32_t column) { return table_->cells_.data() + table_->cells_.size() - table_->columns_.size() + column; }
  void Grow();
  void Index(uint32_t row);

  std::shared_ptr<LookupTable> table_;
};

// By the index of their plan; null where there is none, and then nothing is found.
using LookupTables = std::vector<std::shared_ptr<const LookupTable>>;

}  // namespace tidemark
