#include "daemon/family_builder.h"

#include <prometheus/text_serializer.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "daemon/exposition.h"

namespace tidemark {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

FamilyType TypeOf(const MetricFamily& family) {
  const std::string_view name = family.name;
  switch (family.type) {
    case MetricType::Counter:
      return FamilyType::kCounter;
    case MetricType::Histogram:
      return FamilyType::kHistogram;
    case MetricType::Gauge:
      return name.size() > 5 && name.substr(name.size() - 5) == "_info" ? FamilyType::kInfo : FamilyType::kGauge;
    default:
      return FamilyType::kUnknown;
  }
}

// A name's unit as OpenMetrics wants it said.
std::string_view UnitOf(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes", "ratio"}) {
    if (name.size() > unit.size() && name.substr(name.size() - unit.size()) == unit) return unit;
  }
  return "";
}

// `{a="b",le="0.5"}`, nothing without labels; `bound` is the histogram bucket's label or empty.
std::string LabelText(const ClientMetric& metric, const std::string& bound) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text += text.empty() ? "{" : ",";
    text += std::string(name) + "=\"" + EscapeLabelValue(value) + "\"";
  };
  for (const ClientMetric::Label& label : metric.label) add(label.name, label.value);
  if (!bound.empty()) add("le", bound);
  return text.empty() ? text : text + "}";
}

void Line(const std::string& name, const std::string& labels, double value, TextBuffer* out) {
  out->Append(name + labels + " ");
  out->Append(value);
  out->Append("\n");
}

// OpenMetrics: bounds are floats also when they are whole. Ours are short, so never with an exponent.
std::string BoundText(double bound) {
  if (std::isinf(bound)) return "+Inf";
  char chars[kMaxNumberChars];
  std::string text(chars, std::to_chars(chars, chars + sizeof(chars), bound, std::chars_format::fixed).ptr);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

void WriteHistogram(const std::string& name, const ClientMetric& metric, TextBuffer* out) {
  bool open_ended = false;
  for (const ClientMetric::Bucket& bucket : metric.histogram.bucket) {
    open_ended |= std::isinf(bucket.upper_bound);
    Line(name + "_bucket", LabelText(metric, BoundText(bucket.upper_bound)),
         static_cast<double>(bucket.cumulative_count), out);
  }
  const double count = static_cast<double>(metric.histogram.sample_count);
  if (!open_ended) Line(name + "_bucket", LabelText(metric, "+Inf"), count, out);
  Line(name + "_count", LabelText(metric, ""), count, out);
  Line(name + "_sum", LabelText(metric, ""), metric.histogram.sample_sum, out);
}

void WriteOpenMetrics(const MetricFamily& family, TextBuffer* out) {
  const FamilyType type = TypeOf(family);
  WriteFamilyHeader(family.name, family.help, type, UnitOf(family.name), TextFormat::kOpenMetrics, out);
  for (const ClientMetric& metric : family.metric) {
    if (type == FamilyType::kHistogram) {
      WriteHistogram(family.name, metric, out);
    } else {
      const double value = type == FamilyType::kCounter ? metric.counter.value : metric.gauge.value;
      Line(family.name, LabelText(metric, ""), value, out);
    }
  }
}

}  // namespace

FamilyBuilder::FamilyBuilder(std::string name, std::string help, MetricType type) {
  family_.name = std::move(name);
  family_.help = std::move(help);
  family_.type = type;
}

FamilyBuilder& FamilyBuilder::Add(double value, const LabelPairs& labels) {
  ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  metric.counter.value = value;
  metric.gauge.value = value;
  family_.metric.push_back(std::move(metric));
  return *this;
}

void WriteFamilies(const std::vector<MetricFamily>& families, TextFormat format, TextBuffer* out) {
  if (format == TextFormat::kPrometheus) {
    out->Append(prometheus::TextSerializer().Serialize(families));
    return;
  }
  for (const MetricFamily& family : families) WriteOpenMetrics(family, out);
}

}  // namespace tidemark
