// Texts of records as exact numbers and times. Internal to this room.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/base/decimal.h"
#include "pipeline/mapping/capture.h"
#include "pipeline/mapping/datum.h"

namespace tidemark::mapping {

inline constexpr int kMostDigits = 1'000;  // after the point, that a schema may say of a decimal

// "12", "-0.50", "1.5e3": exact to 18 digits after the point; what lies behind them is told from nothing, so that rounding to
// fewer digits is right. Nothing when it is no number, or beyond 128 bits.
std::optional<Decimal> NumberOf(std::string_view text);
// The same of a value: as it is written, or was worked out.
std::optional<Decimal> NumberIn(const Datum& value);
// At `scale` digits after the point, ties to even; *rounded is set when digits went. Nothing where it doesn't fit 64 bits.
std::optional<int64_t> ScaledTo(Decimal number, int scale, bool* rounded);
// number * 10^digits, digits below zero too; whole, towards the past. Nothing where it doesn't fit.
std::optional<int64_t> ShiftedFloor(Decimal number, int digits);
// A whole number in big-endian two's complement, by 10^scale: exact to 18 digits, as NumberOf(). Nothing beyond 128 bits.
std::optional<Decimal> BigEndianDecimal(std::string_view bytes, int scale);
// The same of base64, which Kafka Connect makes of a decimal. Nothing unless `text` is such a text and `scale` a number of digits.
std::optional<Decimal> Base64Decimal(const Datum& text, const Datum& scale);
// Bytes as a text, which JSON has of them.
Datum Base64Datum(std::string_view bytes, Texts* texts);
// The shortest digits that are read as the same number; an error where it is none.
Datum FloatDatum(double number, Texts* texts);
Datum FloatDatum(float number, Texts* texts);
// So many of a unit, in microseconds towards the past. Nothing where it doesn't fit.
std::optional<int64_t> MicrosOf(Decimal number, Unit unit);
// What a time is wanted of: a time, a number that its schema calls one; an error, or the value as it is where it is none.
Datum TimeIn(const Datum& value);
// Digits after the point of a currency's minor unit, by its ISO 4217 code in either case: 0, 2 or 3.
int MinorDigits(std::string_view currency);

}  // namespace tidemark::mapping
