// prometheus-cpp families built by hand: for values that are read off a view at scrape time.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "daemon/negotiation.h"
#include "daemon/text_buffer.h"

namespace tidemark {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// One gauge or counter family; lines are added in the order in which they shall appear.
class FamilyBuilder {
 public:
  FamilyBuilder(std::string name, std::string help, prometheus::MetricType type);
  FamilyBuilder& Add(double value, const LabelPairs& labels = {});
  FamilyBuilder& Add(int64_t value, const LabelPairs& labels = {}) { return Add(static_cast<double>(value), labels); }
  prometheus::MetricFamily Take() && { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

// The families in either format; text by prometheus-cpp's own serializer, OpenMetrics, which it lacks, by us.
// REQUIRES: counters' names end in _total, infos' (gauges that are always 1) in _info.
void WriteFamilies(const std::vector<prometheus::MetricFamily>& families, TextFormat format, TextBuffer* out);

}  // namespace tidemark
