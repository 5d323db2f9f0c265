// Windows: which there are, which a measure can have, and the nearest good one to a wrong one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

inline constexpr int64_t kMinSteps = 60;  // a window of fewer jumps instead of rolling
inline constexpr Duration kMaxWindow = std::chrono::hours(24 * 3660);
inline constexpr int64_t kMaxSteps = 1'000'000;
inline constexpr std::string_view kNow = "now";  // the one window of `open`

// Whether `name` is a window with a name of its own: lifetime, now, today, last_month, ...
bool IsNamedWindow(std::string_view name);
// The window with a name of its own that was probably meant ("this_month": month_to_date); "" when there is no telling.
std::string NearestWindow(std::string_view name);

// The window of `open`: what is open now.
WindowSpec NowWindow(Place place);

// The windows of one KPI, whose measure is known, under an optional `step:`; wrong ones are reported and left out.
std::vector<WindowSpec> ReadWindows(const Value& value, std::optional<Duration> step, const KpiSpec& kpi);
// `step:` itself; nothing after a mistake.
std::optional<Duration> ReadStep(const Value& value);

// The window that `name` means among `windows` ("1d" means "24h" too); null when there is none.
const WindowSpec* FindWindow(const std::vector<WindowSpec>& windows, std::string_view name);

}  // namespace tidemark::config
