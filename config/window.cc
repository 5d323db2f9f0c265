#include "config/window.h"

#include <algorithm>
#include <array>

#include "pipeline/base/nearest.h"
#include "pipeline/plan/tier.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxWindows = 32;
constexpr std::array<std::string_view, 11> kCalendar = {
    "today",     "week_to_date", "month_to_date", "quarter_to_date", "year_to_date", "yesterday",
    "last_week", "last_month",   "last_quarter",  "last_year",       "this_month"};

// Why a rolling window of this length can't be; "" when it can.
std::string WhyNot(const std::string& text, Duration length, std::optional<Duration> given_step) {
  const Duration step = given_step.value_or(DefaultStep(length));
  if (length > kMaxWindow)
    return text + " is longer than ten years; nearest: " + FormatDuration(kMaxWindow) + " or lifetime";
  if (length < kMinSteps * step) {
    std::string nearest = FormatDuration(kMinSteps * step);
    const Duration finer = FloorTo(EventTime(length / kMinSteps), PaneSize(Tier::kMinute)).time_since_epoch();
    if (given_step && finer.count() > 0) nearest += ", or step: " + FormatDuration(finer);
    return text + " has fewer than " + std::to_string(kMinSteps) + " steps of " + FormatDuration(step) +
           "; nearest: " + nearest;
  }
  if (length.count() % step.count() != 0) {
    const Duration below = FloorTo(EventTime(length), step).time_since_epoch();
    return text + " is not a multiple of its step " + FormatDuration(step) + "; nearest: " + FormatDuration(below) +
           ", " + FormatDuration(below + step);
  }
  if (length / step > kMaxSteps)
    return text + " has more than a million steps of " + FormatDuration(step) + "; take a larger step";
  return "";
}

std::optional<WindowSpec> ReadWindow(const Value& value, std::optional<Duration> step) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  WindowSpec window;
  window.name = *text;
  window.place = value.place();
  if (*text == "lifetime") {
    window.kind = WindowSpec::Kind::kLifetime;
    return window;
  }
  if (IsCalendarWindow(*text)) {
    value.Fail(NotYet(*text));
    return std::nullopt;
  }
  if (tidemark::Nearest(*text, {"lifetime"}) == "lifetime") {
    value.Fail(Quoted(*text) + " is no window; did you mean \"lifetime\"?");
    return std::nullopt;
  }
  const std::optional<Duration> length = value.Time(Duration(0), Duration::max());
  if (!length) return std::nullopt;
  window.length = *length;
  window.step = step;
  if (const std::string why = WhyNot(*text, *length, step); !why.empty()) {
    value.Fail(why);
    return std::nullopt;
  }
  return window;
}

}  // namespace

bool IsCalendarWindow(std::string_view name) {
  return std::find(kCalendar.begin(), kCalendar.end(), name) != kCalendar.end();
}

std::optional<Duration> ReadStep(const Value& value) {
  const Duration minute = PaneSize(Tier::kMinute);
  const std::optional<Duration> step = value.Time(minute, kMaxWindow / kMinSteps);
  if (!step) return std::nullopt;
  if (step->count() % minute.count() == 0) return step;
  const Duration below = FloorTo(EventTime(*step), minute).time_since_epoch();
  value.Fail(FormatDuration(*step) + " is not a multiple of a minute; nearest: " + FormatDuration(below) + ", " +
             FormatDuration(below + minute));
  return std::nullopt;
}

std::vector<WindowSpec> ReadWindows(const Value& value, std::optional<Duration> step) {
  std::vector<WindowSpec> windows;
  if (value.is_list() && value.node().items.empty())
    value.Fail("is empty; name at least one window, like 24h or lifetime");
  if (value.node().items.size() > kMaxWindows) {
    value.Fail("a KPI has at most " + std::to_string(kMaxWindows) + " windows");
    return windows;
  }
  for (const Value& item : value.Items()) {
    std::optional<WindowSpec> window = ReadWindow(item, step);
    if (!window) continue;
    const auto same = std::find_if(windows.begin(), windows.end(), [&](const WindowSpec& w) {
      return w.kind == window->kind && w.length == window->length;
    });
    if (same != windows.end()) {
      item.Fail(window->name + " is the same window as " + same->name);
    } else {
      windows.push_back(*std::move(window));
    }
  }
  const bool rolling = std::any_of(windows.begin(), windows.end(), [](const WindowSpec& w) { return !w.lifetime(); });
  if (step && !windows.empty() && !rolling) value.Fail("step: has no effect on lifetime; leave it out");
  return windows;
}

const WindowSpec* FindWindow(const std::vector<WindowSpec>& windows, std::string_view name) {
  const Result<Duration> length = ParseDuration(name);
  for (const WindowSpec& window : windows) {
    if (window.name == name) return &window;
    if (!window.lifetime() && length.ok() && window.length == *length) return &window;
  }
  return nullptr;
}

}  // namespace tidemark::config
