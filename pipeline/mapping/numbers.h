// Texts of records as exact numbers and times. Internal to this room.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/base/decimal.h"
#include "pipeline/mapping/datum.h"

namespace tidemark::mapping {

// "12", "-0.50", "1.5e3": exact to 18 digits after the point; what lies behind them is told from nothing, so that rounding to
// fewer digits is right. Nothing when it is no number, or beyond 128 bits.
std::optional<Decimal> NumberOf(std::string_view text);
// The same of a value: as it is written, or was worked out.
std::optional<Decimal> NumberIn(const Datum& value);
// At `scale` digits after the point, ties to even; *rounded is set when digits went. Nothing where it doesn't fit 64 bits.
std::optional<int64_t> ScaledTo(Decimal number, int scale, bool* rounded);
// number * 10^digits, digits below zero too; whole, towards the past. Nothing where it doesn't fit.
std::optional<int64_t> ShiftedFloor(Decimal number, int digits);
// Big-endian two's complement in base64: what Kafka Connect makes of a decimal.
std::optional<Int128> Base64Integer(std::string_view text);
// Digits after the point of a currency's minor unit, by its ISO 4217 code in either case: 0, 2 or 3.
int MinorDigits(std::string_view currency);

}  // namespace tidemark::mapping
