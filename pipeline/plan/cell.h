// How the values of one KPI are combined, and how many words that takes.
#pragma once

#include <cstdint>

namespace tidemark {

// How a column's values are combined. Hot words: the block of one (row, pane) since the last fold.
enum class CellKind : uint8_t { kCount, kSum, kMin, kMax, kLast };
constexpr uint32_t HotWords(CellKind kind) {
  return kind == CellKind::kCount ? 1 : kind == CellKind::kSum ? 3 : kind == CellKind::kLast ? 4 : 2;
}
// Stored in panes and accumulators: the count, and a sum's 128 bits (low word first).
constexpr uint32_t PaneWords(CellKind kind) { return kind == CellKind::kSum ? 3 : 1; }
constexpr bool HasSum(CellKind kind) { return kind == CellKind::kSum; }
constexpr bool HasExtreme(CellKind kind) { return kind == CellKind::kMin || kind == CellKind::kMax; }

}  // namespace tidemark
