// How the number of a unit reads to people: written now, and by a template of Prometheus later.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/decimal.h"

namespace tidemark {

enum class UnitKind {
  kPlain,          // a count, a score, or a unit of which nothing is known: 1,204 or 1,204 points
  kRatio,          // 18%
  kSeconds,        // 1d 4h 0m 0s
  kBytes,          // 1.5GiB
  kCurrency,       // the unit is a currency's code: $1,204,000 or CHF 1,204,000
  kLabelCurrency,  // `currency`: the series' label `currency` has the code: USD 1,204,000
};
// By the unit of a KPI, "" for none. Codes are those of ISO 4217, in small letters.
UnitKind KindOfUnit(std::string_view unit);

// What stands before an amount: "$", "€", or the code and a space: "CHF ". REQUIRES: kCurrency.
std::string CurrencyPrefix(std::string_view unit);

// A number that is known now: "20%", "$250,000", "1d 4h", "0.5 points".
std::string ShownNow(std::string_view unit, Decimal value);

// The same as actions of a Prometheus template (text/template). `value` is a pipeline that yields a float64, like `$value`, or
// `. | first | value`. `digits` after the point of what is not whole, of plain numbers and money.
// kLabelCurrency wants the variable `$labels`, as alerts have it.
std::string ShownByTemplate(std::string_view unit, const std::string& value, int digits = 2);

}  // namespace tidemark
