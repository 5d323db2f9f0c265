// Stored values of panes and rows. Grammar and worked examples: pipeline/store/README.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/aggregate/staircase.h"
#include "pipeline/base/decimal.h"
#include "pipeline/base/status.h"
#include "pipeline/store/bytes.h"

namespace tidemark {

// One column's cell in a pane: (number << 1 | has sum), count, [sum].
struct PaneCell {
  uint32_t number = 0;
  bool has_sum = false;
  int64_t count = 0;
  Int128 sum = 0;
  std::string_view raw;  // the cell's own bytes
};

inline void PutPaneCell(std::string* out, uint32_t number, bool has_sum, int64_t count, Int128 sum) {
  PutVarint(out, uint64_t{number} << 1 | (has_sum ? 1 : 0));
  PutZigZag(out, count);
  if (has_sum) PutZigZag128(out, sum);
}

// Visits the cells; false when the bytes cannot be a pane's.
template <class F>
bool ForEachPaneCell(std::string_view value, F f) {
  ByteReader reader(value);
  while (!reader.empty()) {
    const std::string_view begin = reader.rest();
    PaneCell cell;
    const uint64_t head = reader.Varint();
    cell.number = static_cast<uint32_t>(head >> 1);
    cell.has_sum = (head & 1) != 0;
    cell.count = reader.ZigZag();
    if (cell.has_sum) cell.sum = reader.ZigZag128();
    if (!reader.ok()) return false;
    cell.raw = begin.substr(0, begin.size() - reader.rest().size());
    f(cell);
  }
  return true;
}

// One column of one row: its last pane, its windows, and what cannot be subtracted.
struct RowWindow {
  Duration length{};  // zero: lifetime
  Duration step{};
  int64_t count = 0;
  Int128 sum = 0;
};
struct RowColumn {
  uint32_t number = 0;
  bool has_sum = false;
  EventTime last_pane = kNoEventTime;
  std::vector<RowWindow> windows;
  std::vector<Staircase::Step> steps;
  LastValue last;
};

void PutRowColumn(std::string* out, const RowColumn& column);
// Reads the next column of a row's value; *raw gets its bytes.
Status ReadRowColumn(ByteReader* reader, RowColumn* column, std::string_view* raw);

}  // namespace tidemark
