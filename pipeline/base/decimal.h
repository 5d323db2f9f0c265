// Exact decimals: a 128-bit mantissa and a power of ten. All money and all sums are of this form; never floats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"

namespace tidemark {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

inline constexpr int kMaxScale = 18;  // digits after the point

// value == mantissa / 10^scale, 0 <= scale <= kMaxScale.
struct Decimal {
  Int128 mantissa = 0;
  int scale = 0;
};

// "2030270.94", "-3", "0.5": exact, without trailing zeros after the point.
std::string ToString(Decimal d);
std::string ToString(Int128 n);
// The nearest double, ties to even.
double ToDouble(Decimal d);
// The double nearest to a / b, ties to even: rounded once. REQUIRES: b is not zero.
double NearestQuotient(Int128 a, Int128 b);
// Exact or an error: digits, one point, a sign; no exponent. Scale = digits after the point.
Result<Decimal> ParseDecimal(std::string_view text);
// The same value at another scale; nullopt when digits would be lost or the mantissa would overflow.
std::optional<Decimal> Rescale(Decimal d, int scale);
// nullopt on overflow of the 128 bits.
std::optional<Decimal> Add(Decimal a, Decimal b);
std::optional<Decimal> Subtract(Decimal a, Decimal b);
std::optional<Decimal> Multiply(Decimal a, Decimal b);
// -1, 0, 1 as a <, ==, > b. Exact also where rescaling would overflow.
int Compare(Decimal a, Decimal b);

}  // namespace tidemark
