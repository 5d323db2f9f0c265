// Windows: which lengths and steps there are, and the nearest good one to a wrong one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

inline constexpr int64_t kMinSteps = 60;  // a window of fewer jumps instead of rolling
inline constexpr Duration kMaxWindow = std::chrono::hours(24 * 3660);
inline constexpr int64_t kMaxSteps = 1'000'000;

// Windows of later versions: today, month_to_date, ...
bool IsCalendarWindow(std::string_view name);

// The windows of one KPI under an optional `step:`; wrong ones are reported and left out.
std::vector<WindowSpec> ReadWindows(const Value& value, std::optional<Duration> step);
// `step:` itself; nothing after a mistake.
std::optional<Duration> ReadStep(const Value& value);

// The window that `name` means among `windows` ("1d" means "24h" too); null when there is none.
const WindowSpec* FindWindow(const std::vector<WindowSpec>& windows, std::string_view name);

}  // namespace tidemark::config
