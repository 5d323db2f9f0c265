// The scalar forms of Value: booleans, numbers, byte sizes, durations, choices.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "config/reader.h"
#include "pipeline/base/nearest.h"

namespace tidemark::config {
namespace {

struct ByteUnit {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<ByteUnit, 9> kByteUnits = {{{"TiB", 1ull << 40},
                                                 {"GiB", 1ull << 30},
                                                 {"MiB", 1ull << 20},
                                                 {"KiB", 1ull << 10},
                                                 {"TB", 1'000'000'000'000},
                                                 {"GB", 1'000'000'000},
                                                 {"MB", 1'000'000},
                                                 {"kB", 1'000},
                                                 {"B", 1}}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

// The digits a text starts with, and what follows without spaces; nullopt without digits or beyond 64 bits.
std::optional<std::pair<uint64_t, std::string>> NumberAndRest(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string rest(end, text.data() + text.size());
  std::erase(rest, ' ');
  return std::pair(number, std::move(rest));
}

// "30 min" -> "30m", "90" -> "90s": how a duration was probably meant; "" when there is no telling.
std::string LikelyDuration(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> kUnits = {
      {"", "s"},      {"sec", "s"},    {"secs", "s"},    {"second", "s"}, {"seconds", "s"}, {"min", "m"},
      {"mins", "m"},  {"minute", "m"}, {"minutes", "m"}, {"hr", "h"},     {"hrs", "h"},     {"hour", "h"},
      {"hours", "h"}, {"day", "d"},    {"days", "d"},    {"week", "w"},   {"weeks", "w"},   {"s", "s"},
      {"m", "m"},     {"h", "h"},      {"d", "d"},       {"w", "w"}};
  const auto parts = NumberAndRest(text);
  if (!parts) return "";
  const auto unit = kUnits.find(Lower(parts->second));
  return unit == kUnits.end() ? "" : std::to_string(parts->first) + unit->second;
}

}  // namespace

std::string FormatBytes(uint64_t bytes) {
  for (const ByteUnit& unit : kByteUnits) {
    const bool binary = unit.name.size() == 3 || unit.name == "B";
    if (binary && bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
    }
  }
  return "0B";
}

std::optional<std::string> Value::Text() const {
  if (!is_scalar()) {
    Fail("a single value is wanted here");
  } else if (node_->text.empty()) {
    Fail("is empty");
  } else {
    return node_->text;
  }
  return std::nullopt;
}

std::optional<bool> Value::Bool() const {
  if (IsWord("true")) return true;
  if (IsWord("false")) return false;
  const std::string word = is_scalar() ? Lower(node_->text) : "";
  const bool yes = word == "yes" || word == "on" || word == "true" || word == "1";
  const bool no = word == "no" || word == "off" || word == "false" || word == "0";
  Fail(yes || no ? "write " + std::string(yes ? "true" : "false") : "true or false is wanted here");
  return std::nullopt;
}

std::optional<uint64_t> Value::Whole(uint64_t least, uint64_t most) const {
  const std::optional<std::string> text = Text();
  if (!text) return std::nullopt;
  const auto parts = NumberAndRest(*text);
  const std::string range = "from " + std::to_string(least) + " to " + std::to_string(most);
  if (!parts || !parts->second.empty()) {
    Fail(Quoted(*text) + " is not a whole number " + range);
    return std::nullopt;
  }
  if (parts->first < least || parts->first > most) {
    Fail(*text + " is not " + range + "; nearest: " + std::to_string(std::clamp(parts->first, least, most)));
    return std::nullopt;
  }
  return parts->first;
}

std::optional<uint64_t> Value::Bytes(uint64_t least, uint64_t most) const {
  const std::optional<std::string> text = Text();
  if (!text) return std::nullopt;
  const auto parts = NumberAndRest(*text);
  std::string likely;
  for (const ByteUnit& unit : kByteUnits) {
    if (!parts) break;
    if (parts->second == unit.name || (parts->second.empty() && unit.name == "B")) {
      uint64_t bytes = 0;
      if (__builtin_mul_overflow(parts->first, unit.bytes, &bytes)) bytes = UINT64_MAX;
      if (bytes >= least && bytes <= most) return bytes;
      Fail(*text + " is not from " + FormatBytes(least) + " to " + FormatBytes(most) +
           "; nearest: " + FormatBytes(std::clamp(bytes, least, most)));
      return std::nullopt;
    }
    const std::string rest = Lower(parts->second);
    const bool near = rest == Lower(unit.name) || (rest.size() == 1 && rest[0] == Lower(unit.name)[0]);
    if (near && likely.empty()) likely = std::to_string(parts->first) + std::string(unit.name);
  }
  Fail(Quoted(*text) + " is not a size; write it like 512MiB or 2GiB" + (likely.empty() ? "" : "; nearest: " + likely));
  return std::nullopt;
}

std::optional<Duration> Value::Time(Duration least, Duration most) const {
  const std::optional<std::string> text = Text();
  if (!text) return std::nullopt;
  const Result<Duration> parsed = ParseDuration(*text);
  if (!parsed.ok()) {
    const std::string likely = LikelyDuration(*text);
    Fail(Quoted(*text) + " is not a duration; write it like 90s, 15m, 24h or 7d" +
         (likely.empty() ? "" : "; nearest: " + likely));
    return std::nullopt;
  }
  if (*parsed < least || *parsed > most) {
    Fail(*text + " is not from " + FormatDuration(least) + " to " + FormatDuration(most) +
         "; nearest: " + FormatDuration(std::clamp(*parsed, least, most)));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<Decimal> Value::Number() const {
  const std::optional<std::string> text = Text();
  if (!text) return std::nullopt;
  const Result<Decimal> parsed = ParseDecimal(*text);
  if (parsed.ok()) return *parsed;
  Fail(Quoted(*text) + " is not a decimal number like 250, -3 or 0.25");
  return std::nullopt;
}

std::optional<size_t> Value::Choice(std::initializer_list<std::string_view> words) const {
  const std::optional<std::string> text = Text();
  if (!text) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  const std::vector<std::string> known(words.begin(), words.end());
  Fail(Quoted(*text) + " is none of " + Joined(known) +
       (Nearest(*text, known).empty() ? "" : DidYouMean(*text, known)));
  return std::nullopt;
}

std::optional<std::vector<std::string>> Value::Texts() const {
  if (is_map()) {
    Fail("a list of values is wanted here");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  std::set<std::string> seen;
  bool right = true;
  for (const Value& item : Items()) {
    const std::optional<std::string> text = item.Text();
    right &= text.has_value();
    if (!text) continue;
    if (!seen.insert(*text).second) {
      item.Fail(Quoted(*text) + " is given twice");
      right = false;
    }
    texts.push_back(*text);
  }
  if (is_list() && node_->items.empty()) Fail("is empty");
  if (!right || texts.empty()) return std::nullopt;
  return texts;
}

}  // namespace tidemark::config
