#include "config/window.h"

#include <algorithm>
#include <array>

#include "config/measures.h"
#include "pipeline/base/nearest.h"
#include "pipeline/plan/tier.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxWindows = 32;
using Kind = WindowSpec::Kind;

struct NamedWindow {
  std::string_view name;
  Kind kind;
  CalendarUnit unit;
  std::string_view rolling;  // the rolling window nearest to it
};
constexpr std::array<NamedWindow, 12> kNamed = {{{"lifetime", Kind::kLifetime, CalendarUnit::kDay, ""},
                                                 {"now", Kind::kLifetime, CalendarUnit::kDay, ""},
                                                 {"today", Kind::kToDate, CalendarUnit::kDay, "24h"},
                                                 {"week_to_date", Kind::kToDate, CalendarUnit::kWeek, "7d"},
                                                 {"month_to_date", Kind::kToDate, CalendarUnit::kMonth, "30d"},
                                                 {"quarter_to_date", Kind::kToDate, CalendarUnit::kQuarter, "90d"},
                                                 {"year_to_date", Kind::kToDate, CalendarUnit::kYear, "365d"},
                                                 {"yesterday", Kind::kClosed, CalendarUnit::kDay, "24h"},
                                                 {"last_week", Kind::kClosed, CalendarUnit::kWeek, "7d"},
                                                 {"last_month", Kind::kClosed, CalendarUnit::kMonth, "30d"},
                                                 {"last_quarter", Kind::kClosed, CalendarUnit::kQuarter, "90d"},
                                                 {"last_year", Kind::kClosed, CalendarUnit::kYear, "365d"}}};

// What calendar windows are called elsewhere.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kHabits = {
    {{"day_to_date", "today"},
     {"day", "today"},
     {"week", "week_to_date"},
     {"month", "month_to_date"},
     {"quarter", "quarter_to_date"},
     {"year", "year_to_date"},
     {"this_day", "today"},
     {"this_week", "week_to_date"},
     {"this_month", "month_to_date"},
     {"this_quarter", "quarter_to_date"},
     {"this_year", "year_to_date"},
     {"wtd", "week_to_date"},
     {"mtd", "month_to_date"},
     {"qtd", "quarter_to_date"},
     {"ytd", "year_to_date"},
     {"last_day", "yesterday"},
     {"previous_week", "last_week"},
     {"previous_month", "last_month"},
     {"previous_quarter", "last_quarter"},
     {"previous_year", "last_year"},
     {"all_time", "lifetime"}}};

const NamedWindow* FindNamed(std::string_view name) {
  const auto found = std::find_if(kNamed.begin(), kNamed.end(), [&](const NamedWindow& w) { return w.name == name; });
  return found == kNamed.end() ? nullptr : &*found;
}

// Why the KPI's measure can't have a window of this kind; "" when it can.
std::string WhyNotOf(const KpiSpec& kpi, const NamedWindow& window) {
  const std::string name(window.name), measure(ToString(kpi.measure));
  if (window.name == kNow) {
    return kpi.measure == Measure::kFormula ? "" : "now is the window of open, and of formulas over it";
  }
  if (window.kind == Kind::kLifetime) {
    return kpi.measure == Measure::kLapsed ? "lifetime has no window before it; lapsed takes rolling windows only" : "";
  }
  const bool several_each = kpi.measure == Measure::kDistinct && kpi.at_least > 1;
  constexpr Measures kNoCalendar = Of(Measure::kMin, Measure::kMax, Measure::kLast, Measure::kActive, Measure::kLapsed);
  if (!several_each && !Contains(kNoCalendar, kpi.measure)) return "";
  return name + " is a window of the calendar; " + measure + (several_each ? " with at_least" : "") +
         " takes rolling " + (kpi.measure == Measure::kLapsed ? "windows only" : "windows and lifetime") +
         "; nearest: " + std::string(window.rolling);
}

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

std::optional<WindowSpec> ReadWindow(const Value& value, std::optional<Duration> step, const KpiSpec& kpi) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  WindowSpec window;
  window.name = *text;
  window.place = value.place();
  if (const NamedWindow* named = FindNamed(*text)) {
    window.kind = named->kind;
    window.unit = named->unit;
    const std::string why = WhyNotOf(kpi, *named);
    if (why.empty()) return window;
    value.Fail(why);
    return std::nullopt;
  }
  if (const std::string nearest = NearestWindow(*text); !nearest.empty()) {
    value.Fail(Quoted(*text) + " is no window; did you mean " + Quoted(nearest) + "?");
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

bool IsNamedWindow(std::string_view name) { return FindNamed(name) != nullptr; }

std::string NearestWindow(std::string_view name) {
  for (const auto& [habit, ours] : kHabits) {
    if (name == habit) return std::string(ours);
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return "";
  std::vector<std::string> names;
  for (const NamedWindow& window : kNamed) names.emplace_back(window.name);
  return Nearest(name, names);
}

WindowSpec NowWindow(Place place) {
  WindowSpec window;
  window.name = kNow;
  window.kind = Kind::kLifetime;
  window.place = std::move(place);
  return window;
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

std::vector<WindowSpec> ReadWindows(const Value& value, std::optional<Duration> step, const KpiSpec& kpi) {
  std::vector<WindowSpec> windows;
  if (value.is_list() && value.node().items.empty())
    value.Fail("is empty; name at least one window, like 24h or lifetime");
  if (value.node().items.size() > kMaxWindows) {
    value.Fail("a KPI has at most " + std::to_string(kMaxWindows) + " windows");
    return windows;
  }
  for (const Value& item : value.Items()) {
    std::optional<WindowSpec> window = ReadWindow(item, step, kpi);
    if (!window) continue;
    const auto same = std::find_if(windows.begin(), windows.end(), [&](const WindowSpec& w) {
      return w.kind == window->kind && (w.kind == Kind::kRolling ? w.length == window->length : w.name == window->name);
    });
    if (same != windows.end()) {
      item.Fail(window->name + " is the same window as " + same->name);
    } else {
      windows.push_back(*std::move(window));
    }
  }
  const bool rolling =
      std::any_of(windows.begin(), windows.end(), [](const WindowSpec& w) { return w.kind == Kind::kRolling; });
  if (step && !windows.empty() && !rolling) {
    value.Fail("step: has no effect on " + windows[0].name + "; leave it out");
  }
  return windows;
}

const WindowSpec* FindWindow(const std::vector<WindowSpec>& windows, std::string_view name) {
  const Result<Duration> length = ParseDuration(name);
  for (const WindowSpec& window : windows) {
    if (window.name == name) return &window;
    if (window.kind == Kind::kRolling && length.ok() && window.length == *length) return &window;
  }
  return nullptr;
}

}  // namespace tidemark::config
