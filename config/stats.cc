// `stats`: what is told of many values: quantiles, their average, sum and number.
#include <algorithm>
#include <array>
#include <utility>

#include "config/kpi_parts.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxStats = 16;
constexpr size_t kMaxDecimals = 3;

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kHabits = {
    {{"median", "p50"}, {"mean", "avg"}, {"average", "avg"}, {"total", "sum"}, {"n", "count"}, {"samples", "count"}}};

bool AreDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "99.90" -> "99.9", "05" -> "5": a number of digits and perhaps a point, as it is written here.
std::string Plain(const std::string& number) {
  const size_t point = number.find('.');
  std::string whole = number.substr(0, point);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  if (point == std::string::npos) return whole;
  std::string decimals = number.substr(point + 1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? whole : whole + "." + decimals;
}

// What is wrong with a quantile like p50 or p99.9; "" when it is one; nothing when it doesn't look like one.
std::optional<std::string> WhyNotQuantile(const std::string& text) {
  const bool percent = text.starts_with('p') || text.starts_with('P');
  const std::string number = percent ? text.substr(1) : text;
  const size_t point = number.find('.');
  std::string decimals = point == std::string::npos ? "0" : number.substr(point + 1);
  if (!AreDigits(number.substr(0, point)) || !AreDigits(decimals)) return std::nullopt;
  std::string plain = Plain(number);
  if (!percent && plain.starts_with("0.")) {  // 0.95 is how others write p95
    decimals.resize(std::max<size_t>(decimals.size(), 2), '0');
    plain = Plain(decimals.substr(0, 2) + "." + decimals.substr(2));
  }
  const size_t whole = std::min(plain.find('.'), plain.size());
  if (plain == "0") return "p0 is the least value: measure it with min";
  if (plain == "100") return "p100 is the greatest value: measure it with max";
  if (whole > 2) return Quoted(text) + " is not between p0 and p100";
  if (plain.size() > whole + 1 + kMaxDecimals) return Quoted(text) + " has more than three decimals";
  return text == "p" + plain ? "" : Quoted(text) + " is written p" + plain;
}

std::string WhyNotStat(const std::string& text) {
  static const std::vector<std::string> kWords = {"avg", "sum", "count"};
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end()) return "";
  if (const std::optional<std::string> why = WhyNotQuantile(text)) return *why;
  for (const auto& [habit, ours] : kHabits) {
    if (text == habit) return Quoted(text) + " is written " + std::string(ours);
  }
  const std::string nearest = Nearest(text, kWords);
  return Quoted(text) + " is none of avg, sum, count and quantiles like p50 or p99.9" +
         (nearest.empty() ? "" : "; did you mean " + Quoted(nearest) + "?");
}

}  // namespace

std::vector<std::string> ReadStats(const Value& value) {
  const std::optional<std::vector<std::string>> stats = value.Texts();
  if (!stats) return {};
  if (stats->size() > kMaxStats) {
    value.Fail("more than " + std::to_string(kMaxStats) + " of them");
    return {};
  }
  const std::vector<Value> items = value.Items();
  for (size_t i = 0; i < items.size(); ++i) {
    if (const std::string why = WhyNotStat((*stats)[i]); !why.empty()) items[i].Fail(why);
  }
  return *stats;
}

}  // namespace tidemark::config
