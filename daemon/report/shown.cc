// Numbers as people read them.
#include <cmath>
#include <cstdio>

#include "daemon/generate/units.h"
#include "daemon/report/report.h"

namespace tidemark {
namespace {

// To so many digits after the point, without zeros at the end; what no 64 bits hold is shown as it is.
std::optional<Decimal> Rounded(const Value& value, int digits) {
  const double scaled = value.real() * std::pow(10.0, digits);
  if (!std::isfinite(scaled) || std::abs(scaled) > 9e15) return std::nullopt;
  Decimal rounded{static_cast<int64_t>(std::llround(scaled)), digits};
  while (rounded.scale > 0 && rounded.mantissa % 10 == 0) {
    rounded.mantissa /= 10;
    --rounded.scale;
  }
  return rounded;
}

std::string Percent(double ratio, const char* form) {
  char text[64];
  std::snprintf(text, sizeof(text), form, ratio * 100);
  return text;
}

// "2d 4h", "1h 12m", "45s": two parts say enough.
std::string Length(double seconds) {
  const char* const sign = seconds < 0 ? "-" : "";
  const double length = std::abs(seconds);
  if (length < 60) {
    char text[32];
    std::snprintf(text, sizeof(text), "%s%.3gs", sign, length);
    return text;
  }
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  size_t first = 0;
  while (length < kUnits[first].seconds) ++first;
  double step = kUnits[first + 1].seconds;
  const double whole = std::round(length / step) * step;
  if (first > 0 && whole >= kUnits[first - 1].seconds) step = kUnits[first--].seconds;
  const auto great = static_cast<int64_t>(whole / kUnits[first].seconds);
  const auto small = static_cast<int64_t>(std::fmod(whole, kUnits[first].seconds) / step);
  return sign + std::to_string(great) + kUnits[first].name + (small == 0 ? "" : " " + std::to_string(small) + kUnits[first + 1].name);
}

}  // namespace

std::string ShownValue(std::string_view unit, const Value& value) {
  if (value.absent()) return "–";
  const UnitKind kind = KindOfUnit(unit);
  if (kind == UnitKind::kRatio) return Percent(value.real(), "%.1f%%");
  if (kind == UnitKind::kSeconds) return Length(value.real());
  const std::optional<Decimal> rounded = Rounded(value, std::abs(value.real()) >= 1000 ? 0 : 2);
  const bool money = kind == UnitKind::kCurrency || kind == UnitKind::kLabelCurrency;
  const bool tens = money && rounded && rounded->scale == 1;  // $7.50
  return rounded ? ShownNow(unit, *rounded) + (tens ? "0" : "") : value.ToString();
}

std::string ShownGrowth(const Value& growth) { return growth.absent() ? "" : Percent(growth.real(), "%+.1f%%"); }

std::string ShownSeries(const ReportKpi& kpi, const ReportRow& row) {
  if (row.total) return "all";
  std::string text;
  for (size_t i = 0; i < std::min(kpi.labels.size(), row.labels.size()); ++i) text += (i == 0 ? "" : ", ") + kpi.labels[i] + "=" + (row.labels[i].empty() ? "(none)" : row.labels[i]);
  return text;
}

std::string ShownBreach(const ReportBreach& breach) {
  const std::string observed = breach.observed.absent() ? "" : ShownValue(breach.unit, breach.observed) + ", ";
  return observed + (breach.above ? "above " : "below ") + ShownValue(breach.unit, Value::Exact(breach.enter)) + " since " + breach.since;
}

std::string ReportAs(ReportFormat format, const Report& report) {
  switch (format) {
    case ReportFormat::kHtml:
      return ReportHtml(report);
    case ReportFormat::kCsv:
      return ReportCsv(report);
    case ReportFormat::kText:
      break;
  }
  return ReportText(report);
}

}  // namespace tidemark
