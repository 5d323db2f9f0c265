#include "daemon/generate/units.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace tidemark {
namespace {

constexpr std::string_view kCodes =
    " aed all amd ars aud azn bam bdt bgn bhd bob brl bwp byn cad chf clp cny cop crc czk dkk dop dzd egp etb eur gbp gel ghs "
    "gtq hkd hnl huf idr ils inr iqd isk jmd jod jpy kes kgs khr krw kwd kzt lak lbp lkr mad mdl mkd mmk mop mur mxn myr "
    "mzn nad ngn nio nok npr nzd omr pab pen php pkr pln pyg qar ron rsd rub rwf sar sek sgd thb tnd try ttd twd tzs uah "
    "ugx usd uyu uzs vnd xaf xof yer zar zmw ";

struct Symbol {
  std::string_view code, symbol;
};
constexpr Symbol kSymbols[] = {{"usd", "$"}, {"eur", "€"}, {"gbp", "£"}, {"jpy", "¥"}, {"inr", "₹"}};

// "1204000.5" -> "1,204,000.5".
std::string Grouped(std::string number) {
  const size_t begin = number.starts_with('-') ? 1 : 0;
  for (size_t at = std::min(number.find('.'), number.size()); at > begin + 3;) {
    at -= 3;
    number.insert(at, ",");
  }
  return number;
}

// As humanizePercentage of Prometheus: four digits that matter.
std::string Percent(Decimal ratio) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.4g%%", ToDouble(ratio) * 100);
  return out.data();
}

// "1d 4h", whole seconds; less than one as it is: "0.5s".
std::string Length(Decimal seconds) {
  const double all = ToDouble(seconds);
  if (all < 1 && all > -1) return ToString(seconds) + "s";
  auto left = static_cast<int64_t>(all < 0 ? -all : all);
  std::string text = all < 0 ? "-" : "";
  for (const auto& [size, name] : {std::pair{86400, "d "}, {3600, "h "}, {60, "m "}, {1, "s "}}) {
    if (left >= size) text += std::to_string(left / size) + name;
    left %= size;
  }
  text.pop_back();
  return text;
}

// `{{ value | printf | ... }}`: digits in groups of three, whole numbers without a point. `before` goes between sign and digits.
std::string GroupedAction(const std::string& value, int digits, const std::string& before) {
  std::string action = "{{ " + value + " | printf \"%." + std::to_string(digits) + "f\"";
  if (digits > 0) action += " | reReplaceAll \"\\\\.0+$\" \"\"";
  // Five times reaches 10^17; more no sum has. RE2 has no way to say all of it at once.
  for (int i = 0; i < 5; ++i) action += " | reReplaceAll \"^(-?[0-9]+)([0-9]{3})\" \"$1,$2\"";
  if (!before.empty()) action += " | reReplaceAll \"^-?\" \"${0}" + before + "\"";
  return action + " }}";
}

}  // namespace

UnitKind KindOfUnit(std::string_view unit) {
  if (unit == "ratio") return UnitKind::kRatio;
  if (unit == "seconds") return UnitKind::kSeconds;
  if (unit == "bytes") return UnitKind::kBytes;
  if (unit == "currency") return UnitKind::kLabelCurrency;
  const bool code = unit.size() == 3 && kCodes.find(" " + std::string(unit) + " ") != std::string_view::npos;
  return code ? UnitKind::kCurrency : UnitKind::kPlain;
}

std::string CurrencyPrefix(std::string_view unit) {
  for (const Symbol& known : kSymbols) {
    if (known.code == unit) return std::string(known.symbol);
  }
  std::string code;
  for (const char c : unit) code.push_back(static_cast<char>(c - 'a' + 'A'));
  return code + " ";
}

std::string ShownNow(std::string_view unit, Decimal value) {
  switch (KindOfUnit(unit)) {
    case UnitKind::kRatio:
      return Percent(value);
    case UnitKind::kSeconds:
      return Length(value);
    case UnitKind::kBytes:
      return Grouped(ToString(value)) + " bytes";
    case UnitKind::kCurrency: {
      std::string number = Grouped(ToString(value));
      return number.insert(number.starts_with('-') ? 1 : 0, CurrencyPrefix(unit));
    }
    case UnitKind::kLabelCurrency:
      return Grouped(ToString(value));
    case UnitKind::kPlain:
      break;
  }
  return Grouped(ToString(value)) + (unit.empty() ? "" : " " + std::string(unit));
}

std::string ShownByTemplate(std::string_view unit, const std::string& value, int digits) {
  switch (KindOfUnit(unit)) {
    case UnitKind::kRatio:  // `humanize` would print 0.18 as 180m
      return "{{ " + value + " | humanizePercentage }}";
    case UnitKind::kSeconds:
      return "{{ " + value + " | humanizeDuration }}";
    case UnitKind::kBytes:
      return "{{ " + value + " | humanize1024 }}B";
    case UnitKind::kCurrency: {
      const std::string prefix = CurrencyPrefix(unit);
      return GroupedAction(value, digits, prefix == "$" ? "$$" : prefix);
    }
    case UnitKind::kLabelCurrency:
      return "{{ with $labels.currency }}{{ . }} {{ end }}" + GroupedAction(value, digits, "");
    case UnitKind::kPlain:
      break;
  }
  return GroupedAction(value, digits, "") + (unit.empty() ? "" : " " + std::string(unit));
}

}  // namespace tidemark
