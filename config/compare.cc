// `compare`: the same windows at another time.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/kpi_parts.h"
#include "config/measures.h"
#include "config/window.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxCompared = 16;
constexpr int kMaxMonths = 120;
constexpr int kMaxYears = 10;
constexpr Duration kHour = std::chrono::hours(1);

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kHabits = {{{"before", "previous"},
                                                                                    {"prev", "previous"},
                                                                                    {"last", "previous"},
                                                                                    {"day", "1d"},
                                                                                    {"week", "1w"},
                                                                                    {"month", "1mo"},
                                                                                    {"year", "1y"},
                                                                                    {"last_week", "1w"},
                                                                                    {"last_month", "1mo"},
                                                                                    {"last_year", "1y"},
                                                                                    {"wow", "1w"},
                                                                                    {"mom", "1mo"},
                                                                                    {"yoy", "1y"}}};
// How months and years are written elsewhere.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kUnits = {{{"mo", "mo"},
                                                                                   {"y", "y"},
                                                                                   {"M", "mo"},
                                                                                   {"mon", "mo"},
                                                                                   {"month", "mo"},
                                                                                   {"months", "mo"},
                                                                                   {"Y", "y"},
                                                                                   {"yr", "y"},
                                                                                   {"year", "y"},
                                                                                   {"years", "y"}}};

struct Count {
  int number = 0;
  std::string unit;  // what follows the digits, less spaces
};

std::optional<Count> CountOf(std::string_view text) {
  Count count;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count.number);
  if (error != std::errc() || text[0] == '-') return std::nullopt;
  count.unit.assign(end, text.data() + text.size());
  std::erase(count.unit, ' ');
  return count;
}

// Sets the months of "1mo" and "2y"; what is wrong otherwise.
std::string ReadMonths(const Count& count, CompareSpec* compare) {
  const bool years = count.unit == "y";
  const int most = years ? kMaxYears : kMaxMonths;
  compare->months = years ? 12 * std::clamp(count.number, 1, most) : count.number;
  if (count.number >= 1 && count.number <= most) return "";
  return compare->name + " is not from 1" + count.unit + " to " + std::to_string(most) + count.unit +
         "; nearest: " + std::to_string(std::clamp(count.number, 1, most)) + count.unit;
}

std::string ReadBack(Duration back, CompareSpec* compare) {
  compare->back = back;
  if (back < kHour || back > kMaxWindow) {
    const bool minutes = compare->name.ends_with('m') && back.count() > 0 && back < kHour;
    return compare->name + " is not from 1h to " + FormatDuration(kMaxWindow) +
           "; nearest: " + FormatDuration(std::clamp(back, kHour, kMaxWindow)) +
           (minutes ? ", or " + compare->name + "o for months" : "");
  }
  if (back % kHour == Duration(0)) return "";
  const Duration below = back - back % kHour;
  return compare->name + " is not a whole number of hours; nearest: " + FormatDuration(below) +
         (below + kHour <= kMaxWindow ? ", " + FormatDuration(below + kHour) : "");
}

// Fills *compare from its name; what is wrong with it otherwise.
std::string Read(CompareSpec* compare) {
  const std::string& text = compare->name;
  compare->previous = text == "previous";
  if (compare->previous) return "";
  std::optional<Count> count = CountOf(text);
  if (count && (count->unit == "mo" || count->unit == "y") && text.find(' ') == std::string::npos) {
    return ReadMonths(*count, compare);
  }
  if (const Result<Duration> back = ParseDuration(text); back.ok()) return ReadBack(*back, compare);
  std::string nearest = Nearest(text, {"previous"});
  for (const auto& [habit, ours] : kHabits) {
    if (text == habit) nearest = ours;
  }
  for (const auto& [habit, ours] : kUnits) {
    if (count && count->unit == habit) nearest = std::to_string(count->number) + std::string(ours);
  }
  return Quoted(text) + " is no other time; write previous, or how long before: 24h, 1w, 1mo, 1y" +
         (nearest.empty() ? "" : "; nearest: " + nearest);
}

}  // namespace

void ReadCompare(const Value& value, KpiSpec* kpi) {
  if (!value.Texts()) return;
  const std::vector<Value> items = value.Items();
  if (items.size() > kMaxCompared) return value.Fail("more than " + std::to_string(kMaxCompared) + " of them");
  for (const Value& item : items) {
    CompareSpec compare;
    compare.name = item.node().text;
    compare.place = item.place();
    if (const std::string why = Read(&compare); !why.empty()) {
      item.Fail(why);
      continue;
    }
    const auto same = std::find_if(kpi->compare.begin(), kpi->compare.end(), [&](const CompareSpec& c) {
      return c.previous == compare.previous && c.back == compare.back && c.months == compare.months;
    });
    if (same != kpi->compare.end()) {
      item.Fail(compare.name + " is the same time as " + same->name);
    } else {
      kpi->compare.push_back(std::move(compare));
    }
  }
  const auto& windows = kpi->windows;
  if (Contains(kComparable, kpi->measure) && !windows.empty() &&
      std::all_of(windows.begin(), windows.end(), [](const auto& w) { return w.lifetime(); })) {
    value.Fail(windows[0].name + " has no other time; add another window, or leave compare out");
  }
}

}  // namespace tidemark::config
