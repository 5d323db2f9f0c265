// Cells of tables as text: what each type of column takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/plan/lookup_table.h"

namespace tidemark::config {

// The cell's number: a decimal's mantissa at kTableDecimalScale, a time's microseconds, 0 or 1. REQUIRES: not kText.
std::optional<int64_t> NumberCell(ColumnType type, std::string_view text);
// What such a column takes, for messages: "true or false".
const char* WantedCell(ColumnType type);
// A date like 2026-11-24.
bool IsDate(std::string_view text);

}  // namespace tidemark::config
