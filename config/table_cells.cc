#include "config/table_cells.h"

#include <string>

#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"

namespace tidemark::config {
namespace {

constexpr size_t kDateBytes = 10;

std::optional<int64_t> DecimalCell(std::string_view text) {
  const Result<Decimal> parsed = ParseDecimal(text);
  if (!parsed.ok()) return std::nullopt;
  const std::optional<Decimal> scaled = Rescale(*parsed, kTableDecimalScale);
  if (!scaled || scaled->mantissa > INT64_MAX || scaled->mantissa < -INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(scaled->mantissa);
}

std::optional<int64_t> TimeCell(std::string_view text) {
  const Result<EventTime> time = ParseRfc3339(text.size() == kDateBytes ? std::string(text) + "T00:00:00Z" : std::string(text));
  if (!time.ok()) return std::nullopt;
  return Micros(*time);
}

std::optional<int64_t> BoolCell(std::string_view text) {
  if (text == "true") return 1;
  if (text == "false") return 0;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> NumberCell(ColumnType type, std::string_view text) {
  switch (type) {
    case ColumnType::kDecimal: return DecimalCell(text);
    case ColumnType::kTime: return TimeCell(text);
    case ColumnType::kBool: return BoolCell(text);
    case ColumnType::kText: break;
  }
  return std::nullopt;
}

const char* WantedCell(ColumnType type) {
  switch (type) {
    case ColumnType::kDecimal: return "a decimal with at most 6 digits after the point";
    case ColumnType::kTime: return "a time like 2026-11-24T03:36:49Z or a date like 2026-11-24";
    case ColumnType::kBool: return "true or false";
    case ColumnType::kText: break;
  }
  return "text";
}

bool IsDate(std::string_view text) { return text.size() == kDateBytes && TimeCell(text).has_value(); }

}  // namespace tidemark::config
