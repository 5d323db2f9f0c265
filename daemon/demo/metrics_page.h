// What a daemon shows on /metrics, read back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"

namespace tidemark::demo {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string family;
  Labels labels;
  std::string value;  // as written
};

// Samples of one scrape, by the text before the value. Immutable after Parse.
class MetricsPage {
 public:
  // Text format 0.0.4 without timestamps; kCorrupt, with the line, for anything else.
  static Result<MetricsPage> Parse(std::string_view text);

  // `tidemark_kpi_series{kpi="revenue"}` as written; nullptr when it is not there.
  const Sample* Find(std::string_view series) const;
  std::vector<const Sample*> Family(std::string_view name) const;  // in the order of the page
  bool empty() const { return samples_.empty(); }

 private:
  std::vector<Sample> samples_;
  std::map<std::string, size_t, std::less<>> by_series_;
};

// The body of a GET, answered within two seconds with status 200.
Result<std::string> Fetch(const std::string& url);

}  // namespace tidemark::demo
