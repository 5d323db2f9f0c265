#include "pipeline/base/time.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace tidemark {
namespace {

struct Unit {
  std::string_view name;
  int64_t micros;
};
constexpr std::array<Unit, 7> kUnits = {{{"w", 7 * 86400 * kMicrosPerSecond},
                                         {"d", 86400 * kMicrosPerSecond},
                                         {"h", 3600 * kMicrosPerSecond},
                                         {"m", kMicrosPerMinute},
                                         {"s", kMicrosPerSecond},
                                         {"ms", 1000},
                                         {"us", 1}}};

// Reads exactly `digits` decimal digits at *pos.
bool ReadDigits(std::string_view text, size_t* pos, int digits, int* value) {
  *value = 0;
  for (int i = 0; i < digits; ++i, ++*pos) {
    if (*pos >= text.size() || text[*pos] < '0' || text[*pos] > '9') return false;
    *value = *value * 10 + (text[*pos] - '0');
  }
  return true;
}

bool ReadChar(std::string_view text, size_t* pos, std::string_view any_of) {
  if (*pos >= text.size() || any_of.find(text[*pos]) == std::string_view::npos) return false;
  ++*pos;
  return true;
}

Status BadTime(std::string_view text) {
  return Invalid("\"" + std::string(text) + "\" is not a time; write it like 2026-11-24T03:36:49Z (RFC 3339)");
}

// The fraction of a second after '.', in microseconds; further digits are cut off.
bool ReadFraction(std::string_view text, size_t* pos, int64_t* micros) {
  *micros = 0;
  if (*pos >= text.size() || text[*pos] != '.') return true;
  ++*pos;
  int64_t scale = 100'000;
  const size_t first = *pos;
  for (; *pos < text.size() && text[*pos] >= '0' && text[*pos] <= '9'; ++*pos) {
    *micros += (text[*pos] - '0') * scale;
    scale /= 10;
  }
  return *pos > first;
}

bool ReadOffset(std::string_view text, size_t* pos, int64_t* seconds) {
  *seconds = 0;
  if (ReadChar(text, pos, "Zz")) return true;
  if (*pos >= text.size() || (text[*pos] != '+' && text[*pos] != '-')) return false;
  const int sign = text[(*pos)++] == '-' ? -1 : 1;
  int hours = 0, minutes = 0;
  if (!ReadDigits(text, pos, 2, &hours) || !ReadChar(text, pos, ":") || !ReadDigits(text, pos, 2, &minutes)) return false;
  *seconds = sign * (hours * 3600 + minutes * 60);
  return hours < 24 && minutes < 60;
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  const auto bad = [&] {
    return Invalid("\"" + std::string(text) + "\" is not a duration; write it like 90s, 15m, 24h or 7d");
  };
  int64_t total = 0;
  size_t pos = 0;
  if (text.empty()) return bad();
  while (pos < text.size()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data() + pos, text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return bad();
    pos = static_cast<size_t>(end - text.data());
    size_t unit_end = pos;
    while (unit_end < text.size() && (text[unit_end] < '0' || text[unit_end] > '9') && text[unit_end] != '-') ++unit_end;
    const std::string_view name = text.substr(pos, unit_end - pos);
    const Unit* unit = nullptr;
    for (const Unit& u : kUnits) {
      if (u.name == name) unit = &u;
    }
    int64_t part = 0;
    if (unit == nullptr || __builtin_mul_overflow(number, unit->micros, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return bad();
    }
    pos = unit_end;
  }
  return Duration(total);
}

std::string FormatDuration(Duration d) {
  const int64_t micros = d.count();
  if (micros == 0) return "0s";
  // Weeks and whole days above 48 h read better in days; windows are written 24h, 7d.
  for (const Unit& unit : kUnits) {
    if (unit.name == "w" || (unit.name == "d" && micros == unit.micros)) continue;
    if (micros % unit.micros == 0) return std::to_string(micros / unit.micros) + std::string(unit.name);
  }
  return std::to_string(micros) + "us";
}

Result<EventTime> ParseRfc3339(std::string_view text) {
  size_t pos = 0;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t micros = 0, offset = 0;
  const bool read = ReadDigits(text, &pos, 4, &year) && ReadChar(text, &pos, "-") && ReadDigits(text, &pos, 2, &month) &&
                    ReadChar(text, &pos, "-") && ReadDigits(text, &pos, 2, &day) && ReadChar(text, &pos, "Tt ") &&
                    ReadDigits(text, &pos, 2, &hour) && ReadChar(text, &pos, ":") && ReadDigits(text, &pos, 2, &minute) &&
                    ReadChar(text, &pos, ":") && ReadDigits(text, &pos, 2, &second) && ReadFraction(text, &pos, &micros) &&
                    ReadOffset(text, &pos, &offset) && pos == text.size();
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!read || !date.ok() || hour > 23 || minute > 59 || second > 60) return BadTime(text);
  const int64_t days = sys_days(date).time_since_epoch().count();
  const int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  constexpr int64_t kYear0 = -62'167'219'200, kYear10000 = 253'402'300'800;  // by the offset, or a leap second, beyond four digits
  if (seconds < kYear0 || seconds >= kYear10000) return BadTime(text);
  return EventTimeFromMicros(seconds * kMicrosPerSecond + micros);
}

std::string FormatRfc3339(EventTime t) {
  using namespace std::chrono;
  if (t == kNoEventTime) return "-";
  const int64_t micros = Micros(t);
  const int64_t seconds = FloorDiv(micros, kMicrosPerSecond);
  const int64_t fraction = micros - seconds * kMicrosPerSecond;
  const int64_t days = FloorDiv(seconds, 86400);
  const int64_t of_day = seconds - days * 86400;
  const year_month_day date{sys_days(std::chrono::days(days))};
  std::array<char, 64> out{};
  int n = std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                        static_cast<int>(of_day / 3600), static_cast<int>(of_day / 60 % 60), static_cast<int>(of_day % 60));
  std::string text(out.data(), static_cast<size_t>(n));
  if (fraction != 0) {
    n = std::snprintf(out.data(), out.size(), ".%06d", static_cast<int>(fraction));
    text.append(out.data(), static_cast<size_t>(n));
    while (text.back() == '0') text.pop_back();
  }
  return text + "Z";
}

}  // namespace tidemark
