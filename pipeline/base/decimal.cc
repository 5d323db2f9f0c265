#include "pipeline/base/decimal.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tidemark {
namespace {

constexpr std::array<int64_t, kMaxScale + 1> kPow10 = [] {
  std::array<int64_t, kMaxScale + 1> p{};
  p[0] = 1;
  for (size_t i = 1; i < p.size(); ++i) p[i] = p[i - 1] * 10;
  return p;
}();

// Brings both to the larger scale; false on overflow.
bool Align(Decimal* a, Decimal* b) {
  const int scale = std::max(a->scale, b->scale);
  const auto ra = Rescale(*a, scale), rb = Rescale(*b, scale);
  if (!ra || !rb) return false;
  *a = *ra;
  *b = *rb;
  return true;
}

}  // namespace

std::string ToString(Int128 n) {
  if (n == 0) return "0";
  const bool negative = n < 0;
  Uint128 u = negative ? -static_cast<Uint128>(n) : static_cast<Uint128>(n);
  std::string text;
  for (; u != 0; u /= 10) text.push_back(static_cast<char>('0' + static_cast<int>(u % 10)));
  if (negative) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

std::string ToString(Decimal d) {
  while (d.scale > 0 && d.mantissa % 10 == 0) {
    d.mantissa /= 10;
    --d.scale;
  }
  std::string text = ToString(d.mantissa);
  if (d.scale == 0) return text;
  const size_t sign = d.mantissa < 0 ? 1 : 0;
  const auto scale = static_cast<size_t>(d.scale);
  if (text.size() - sign <= scale) text.insert(sign, scale + 1 - (text.size() - sign), '0');
  text.insert(text.size() - scale, ".");
  return text;
}

double NearestQuotient(Int128 a, Int128 b) {
  constexpr Int128 kWhole = Int128{1} << 53;  // up to here a double is exact, and its division rounds once
  if (a <= kWhole && a >= -kWhole && b <= kWhole && b >= -kWhole) return static_cast<double>(a) / static_cast<double>(b);
  if (a == 0) return 0;
  const bool negative = (a < 0) != (b < 0);
  const Uint128 dividend = a < 0 ? -static_cast<Uint128>(a) : static_cast<Uint128>(a);
  const Uint128 divisor = b < 0 ? -static_cast<Uint128>(b) : static_cast<Uint128>(b);
  // Long division in binary until the quotient has 64 bits; `rest` says whether anything is left below them.
  Uint128 quotient = dividend / divisor, rest = dividend % divisor;
  int exponent = 0;
  for (; quotient >> 64 != 0; ++exponent) {
    if ((quotient & 1) != 0) rest = 1;
    quotient >>= 1;
  }
  for (; quotient >> 63 == 0; --exponent) {
    const bool bit = rest >= divisor - rest;  // 2 rest >= divisor, without overflow
    rest = bit ? rest - (divisor - rest) : rest + rest;
    quotient = quotient << 1 | (bit ? 1 : 0);
  }
  // 53 of the 64 bits stay.
  constexpr uint64_t kCut = (uint64_t{1} << 11) - 1, kHalf = uint64_t{1} << 10;
  const auto bits = static_cast<uint64_t>(quotient);
  const uint64_t cut = bits & kCut;
  uint64_t kept = bits >> 11;
  if (cut > kHalf || (cut == kHalf && (rest != 0 || (kept & 1) != 0))) ++kept;
  const double size = std::ldexp(static_cast<double>(kept), exponent + 11);
  return negative ? -size : size;
}

double ToDouble(Decimal d) { return NearestQuotient(d.mantissa, kPow10[static_cast<size_t>(d.scale)]); }

Result<Decimal> ParseDecimal(std::string_view text) {
  const auto bad = [&](const char* why) { return Invalid("\"" + std::string(text) + "\" is not a decimal number: " + why); };
  size_t pos = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  Decimal d;
  bool digits = false, point = false;
  for (; pos < text.size(); ++pos) {
    if (text[pos] == '.' && !point) {
      point = true;
      continue;
    }
    if (text[pos] < '0' || text[pos] > '9') return bad("digits and at most one point are allowed");
    if (point && ++d.scale > kMaxScale) return bad("more than 18 digits after the point");
    if (__builtin_mul_overflow(d.mantissa, Int128{10}, &d.mantissa) ||
        __builtin_add_overflow(d.mantissa, Int128{text[pos] - '0'}, &d.mantissa)) {
      return bad("too large");
    }
    digits = true;
  }
  if (!digits) return bad("no digits");
  if (text[0] == '-') d.mantissa = -d.mantissa;
  return d;
}

std::optional<Decimal> Rescale(Decimal d, int scale) {
  if (scale >= d.scale) {
    const int up = scale - d.scale;
    if (up > kMaxScale || __builtin_mul_overflow(d.mantissa, Int128{kPow10[static_cast<size_t>(up)]}, &d.mantissa)) {
      return std::nullopt;
    }
  } else {
    const Int128 divisor = kPow10[static_cast<size_t>(d.scale - scale)];
    if (d.mantissa % divisor != 0) return std::nullopt;
    d.mantissa /= divisor;
  }
  d.scale = scale;
  return d;
}

std::optional<Decimal> Add(Decimal a, Decimal b) {
  if (!Align(&a, &b) || __builtin_add_overflow(a.mantissa, b.mantissa, &a.mantissa)) return std::nullopt;
  return a;
}

std::optional<Decimal> Subtract(Decimal a, Decimal b) {
  if (!Align(&a, &b) || __builtin_sub_overflow(a.mantissa, b.mantissa, &a.mantissa)) return std::nullopt;
  return a;
}

std::optional<Decimal> Multiply(Decimal a, Decimal b) {
  if (__builtin_mul_overflow(a.mantissa, b.mantissa, &a.mantissa)) return std::nullopt;
  a.scale += b.scale;
  while (a.scale > kMaxScale && a.mantissa % 10 == 0) {
    a.mantissa /= 10;
    --a.scale;
  }
  if (a.scale > kMaxScale) return std::nullopt;
  return a;
}

int Compare(Decimal a, Decimal b) {
  // Whole parts first, so that nothing needs to be scaled up beyond 128 bits.
  const auto whole = [](Decimal d) {
    const Int128 p = kPow10[static_cast<size_t>(d.scale)];
    Int128 q = d.mantissa / p;
    if (d.mantissa % p < 0) --q;
    return q;
  };
  const Int128 wa = whole(a), wb = whole(b);
  if (wa != wb) return wa < wb ? -1 : 1;
  const auto fraction = [](Decimal d) {
    const Int128 p = kPow10[static_cast<size_t>(d.scale)];
    const Int128 rest = d.mantissa % p;
    return (rest < 0 ? rest + p : rest) * kPow10[static_cast<size_t>(kMaxScale - d.scale)];
  };
  const Int128 fa = fraction(a), fb = fraction(b);
  return fa == fb ? 0 : fa < fb ? -1 : 1;
}

}  // namespace tidemark
