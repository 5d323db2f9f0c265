#include "pipeline/mapping/numbers.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "pipeline/base/time.h"

namespace tidemark::mapping {
namespace {

constexpr int kMostExponent = 40;

// ISO 4217: currencies without two digits after the point.
constexpr std::array<std::string_view, 17> kWhole = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                                     "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 7> kThree = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

std::optional<Int128> TimesPowerOfTen(Int128 n, int digits) {
  for (; digits > 0; --digits) {
    if (__builtin_mul_overflow(n, Int128{10}, &n)) return std::nullopt;
  }
  return n;
}

// Of a number behind whose last digit others went: whoever rounds to fewer digits must not take it for a tie, or for exact.
Int128 Inexact(Int128 n, int sign) { return n % 5 == 0 ? n + sign : n; }

template <class T>
Datum Shortest(T number, Texts* texts) {
  if (!std::isfinite(number)) return Datum::Error("is no finite number");
  std::array<char, 32> text;  // NOLINT: written before it is read
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return Datum::Number(texts->Keep(std::string(text.data(), end)));
}

}  // namespace

std::optional<Decimal> NumberOf(std::string_view text) {
  const size_t e = text.find_first_of("eE");
  int exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc() || end != digits.data() + digits.size() || exponent > kMostExponent || exponent < -kMostExponent) return std::nullopt;
    text = text.substr(0, e);
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Int128 n = 0;
  int scale = -exponent;
  bool point = false, any = false, more = false;  // more: digits that aren't zero went
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    if (point && scale >= kMaxScale) {
      more |= c != '0';
      continue;
    }
    if (__builtin_mul_overflow(n, Int128{10}, &n) || __builtin_add_overflow(n, Int128{c - '0'}, &n)) return std::nullopt;
    scale += point ? 1 : 0;
  }
  if (!any) return std::nullopt;
  for (; scale > kMaxScale; --scale) {
    more |= n % 10 != 0;
    n /= 10;
  }
  for (; scale < 0; ++scale) {
    if (__builtin_mul_overflow(n, Int128{10}, &n)) return std::nullopt;
  }
  if (more) n = Inexact(n, 1);
  return Decimal{negative ? -n : n, scale};
}

std::optional<Decimal> NumberIn(const Datum& value) {
  if (value.kind == Datum::Kind::kDecimal) return value.number;
  if (value.kind != Datum::Kind::kNumber && value.kind != Datum::Kind::kText) return std::nullopt;
  return NumberOf(value.text);
}

std::optional<int64_t> ScaledTo(Decimal number, int scale, bool* rounded) {
  Int128 n = number.mantissa;
  if (scale >= number.scale) {
    const std::optional<Int128> more = TimesPowerOfTen(n, scale - number.scale);
    if (!more) return std::nullopt;
    n = *more;
  } else {
    const Int128 unit = *TimesPowerOfTen(1, number.scale - scale);
    const Int128 rest = n % unit;
    n /= unit;
    *rounded |= rest != 0;
    const Int128 twice = 2 * (rest < 0 ? -rest : rest);
    if (twice > unit || (twice == unit && n % 2 != 0)) n += rest < 0 ? -1 : 1;
  }
  if (n > INT64_MAX || n < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(n);
}

std::optional<int64_t> ShiftedFloor(Decimal number, int digits) {
  Int128 n = number.mantissa;
  const int shift = digits - number.scale;
  if (shift >= 0) {
    const std::optional<Int128> more = TimesPowerOfTen(n, shift);
    if (!more) return std::nullopt;
    n = *more;
  } else {
    const Int128 unit = *TimesPowerOfTen(1, -shift);
    n = n / unit - (n % unit < 0 ? 1 : 0);
  }
  if (n > INT64_MAX || n < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(n);
}

std::optional<Decimal> BigEndianDecimal(std::string_view bytes, int scale) {
  if (bytes.empty()) return std::nullopt;
  const char sign = static_cast<unsigned char>(bytes[0]) >= 0x80 ? '\xff' : '\0';
  while (bytes.size() > sizeof(Int128) && bytes[0] == sign) bytes.remove_prefix(1);
  if (bytes.size() > sizeof(Int128) || (bytes[0] ^ sign) < 0) return std::nullopt;
  Uint128 bits = sign == 0 ? 0 : ~Uint128{0};
  for (const char byte : bytes) bits = bits << 8 | static_cast<unsigned char>(byte);
  auto n = static_cast<Int128>(bits);
  if (bits == Uint128{1} << 127) return std::nullopt;  // which has no opposite
  bool more = false;
  for (; scale > kMaxScale && n != 0; --scale) {
    more |= n % 10 != 0;
    n /= 10;
  }
  return Decimal{more ? Inexact(n, sign == 0 ? 1 : -1) : n, std::min(scale, kMaxScale)};
}

std::optional<Decimal> Base64Decimal(const Datum& text, const Datum& scale) {
  const std::optional<Decimal> digits = NumberIn(scale);
  std::string bytes;
  if (!digits || digits->scale != 0 || digits->mantissa < 0 || digits->mantissa > kMostDigits || text.kind != Datum::Kind::kText) return std::nullopt;
  if (!absl::Base64Unescape(absl::string_view(text.text.data(), text.text.size()), &bytes)) return std::nullopt;
  return BigEndianDecimal(bytes, static_cast<int>(digits->mantissa));
}

Datum Base64Datum(std::string_view bytes, Texts* texts) {
  return Datum::Text(texts->Keep(absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()))));
}

Datum FloatDatum(double number, Texts* texts) { return Shortest(number, texts); }
Datum FloatDatum(float number, Texts* texts) { return Shortest(number, texts); }

std::optional<int64_t> MicrosOf(Decimal number, Unit unit) {
  switch (unit) {
    case Unit::kSeconds: return ShiftedFloor(number, 6);
    case Unit::kMillis: return ShiftedFloor(number, 3);
    case Unit::kNanos: return ShiftedFloor(number, -3);
    case Unit::kDays: {
      const std::optional<int64_t> days = ShiftedFloor(number, 0);
      int64_t micros = 0;
      if (!days || __builtin_mul_overflow(*days, 86'400 * kMicrosPerSecond, &micros)) return std::nullopt;
      return micros;
    }
    default:
      if (number.scale == 0 && number.mantissa == static_cast<int64_t>(number.mantissa)) [[likely]] return static_cast<int64_t>(number.mantissa);
      return ShiftedFloor(number, 0);
  }
}

Datum TimeIn(const Datum& value) {
  if (value.unit == Unit::kNone) return value;
  if (value.local) return Datum::Error("is a time without a zone: write local(.., zone), or its unit if it is of UTC");
  const std::optional<int64_t> micros = MicrosOf(value.number, value.unit);
  return micros ? Datum::Time(*micros) : Datum::Error("is no time in its unit");
}

int MinorDigits(std::string_view currency) {
  const std::string upper = absl::AsciiStrToUpper(absl::string_view(currency.data(), currency.size()));
  if (std::find(kWhole.begin(), kWhole.end(), upper) != kWhole.end()) return 0;
  return std::find(kThree.begin(), kThree.end(), upper) != kThree.end() ? 3 : 2;
}

}  // namespace tidemark::mapping
