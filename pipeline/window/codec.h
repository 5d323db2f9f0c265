// Stored values of panes and rows. Grammar and worked examples: pipeline/store/README.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/aggregate/staircase.h"
#include "pipeline/base/decimal.h"
#include "pipeline/base/status.h"
#include "pipeline/store/bytes.h"
#include "pipeline/store/keys.h"
#include "pipeline/store/store.h"

namespace tidemark {

// One cell of a fragment: what a KPI (its number in the registry) added to a row and pane.
struct FragmentCell {
  uint32_t row = 0;
  uint32_t number = 0;
  bool has_sum = false;
  int64_t count = 0;
  Int128 sum = 0;
  // In the order of a fragment.
  bool operator<(const FragmentCell& o) const { return row != o.row ? row < o.row : number < o.number; }
};

// A fragment's value: rows, ascending, of {varint row less the one before, varint number of cells, cells}; a cell is
// {varint (number << 1 | has sum), zigzag count, [zigzag sum]}, ascending by number.
inline void PutFragmentRow(std::string* out, uint32_t row_less_last, uint32_t cells) {
  PutVarint(out, row_less_last);
  PutVarint(out, cells);
}
inline void PutFragmentCell(std::string* out, uint32_t number, bool has_sum, int64_t count, Int128 sum) {
  PutVarint(out, uint64_t{number} << 1 | (has_sum ? 1 : 0));
  PutZigZag(out, count);
  if (has_sum) PutZigZag128(out, sum);
}

// Calls cell(const FragmentCell&) for each, and end(row) after the last of each row. False when the bytes cannot be a
// fragment's; what was visited until then must not be used.
template <class Cell, class End>
bool ForEachFragmentCell(std::string_view value, Cell cell, End end) {
  ByteReader reader(value);
  FragmentCell c;
  while (!reader.empty()) {
    c.row += static_cast<uint32_t>(reader.Varint());
    const uint64_t cells = reader.Varint();
    if (cells > value.size()) return false;
    for (uint64_t i = 0; i < cells; ++i) {
      const uint64_t head = reader.Varint();
      c.number = static_cast<uint32_t>(head >> 1);
      c.has_sum = (head & 1) != 0;
      c.count = reader.Count();
      c.sum = c.has_sum ? reader.Sum() : Int128{0};
      if (!reader.ok()) return false;
      cell(c);
    }
    if (!reader.ok()) return false;
    end(c.row);
  }
  return true;
}

inline constexpr size_t kFragmentBytes = 64 << 10;  // a longer fragment goes on in the next part

// Encodes cells that are sorted, and the same of both added up. Calls part(std::string) for each value.
template <class F>
void EncodeFragments(const std::vector<FragmentCell>& cells, F part) {
  std::string value, row;
  uint32_t last = 0;
  for (size_t i = 0; i < cells.size();) {
    row.clear();
    uint32_t count = 0;
    const uint32_t of = cells[i].row;
    while (i < cells.size() && cells[i].row == of) {
      FragmentCell sum = cells[i];
      for (++i; i < cells.size() && cells[i].row == of && cells[i].number == sum.number; ++i) {
        sum.count += cells[i].count;
        sum.sum += cells[i].sum;
      }
      PutFragmentCell(&row, sum.number, sum.has_sum, sum.count, sum.sum);
      ++count;
    }
    PutFragmentRow(&value, of - last, count);
    value.append(row);
    last = of;
    if (value.size() < kFragmentBytes) continue;
    part(std::move(value));
    value.clear();
    last = 0;
  }
  if (!value.empty()) part(std::move(value));
}

// One column of one row: its last pane, its windows, and what cannot be subtracted.
struct RowWindow {
  uint32_t number = 0;  // in the table's head
  int64_t count = 0;
  Int128 sum = 0;
};
struct RowColumn {
  uint32_t number = 0;
  bool has_sum = false;
  EventTime last_pane = kNoEventTime;
  std::vector<RowWindow> windows;
  std::vector<Staircase::Step> steps;
  std::vector<LastValue> last;
};

void PutRowColumn(std::string* out, const RowColumn& column);

// A table's head: its windows with their edges, and where its panes begin and end.
inline constexpr uint8_t kNoTier = 255;  // lifetime, levels: their panes are not kept
struct HeadWindow {
  std::string identity;                 // Identity(window): "rolling/24h/10m"
  uint32_t number = 0;                  // names it in rows; never used for another one
  EventTime lower = kNoEventTime, upper = kNoEventTime;
  uint8_t tier = kNoTier;               // whose panes between its edges add up to it
  std::vector<uint32_t> columns;        // numbers of the columns whose rows have it
};
struct TableHead {
  std::vector<HeadWindow> windows;
  uint32_t next_window = 0;
  std::array<EventTime, 4> stored_end{}, edge{};  // by tier
  EventTime swept = kNoEventTime;       // when idle series were looked for last
};
void PutTableHead(std::string* out, const TableHead& head);
Status ReadTableHead(std::string_view value, TableHead* head);
// As stored; one without windows when there is none.
Result<TableHead> LoadTableHead(const Store& store, StoredTable table);
// Reads the next column of a row's value; *raw gets its bytes.
Status ReadRowColumn(ByteReader* reader, RowColumn* column, std::string_view* raw);

}  // namespace tidemark
