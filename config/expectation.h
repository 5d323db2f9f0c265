// One line of what a scenario expects: `sales_leads_created{channel="web",window="24h"} 12`.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "pipeline/base/decimal.h"
#include "pipeline/base/status.h"
#include "pipeline/base/diagnostic.h"

namespace tidemark {

// A series as the text formats of metrics write it: name{label="value",...}.
struct SeriesName {
  std::string name;
  std::map<std::string, std::string> labels;
  auto operator<=>(const SeriesName&) const = default;
};

// Reads a series at *pos and leaves *pos behind it, or at what is wrong.
Result<SeriesName> ParseSeriesName(std::string_view text, size_t* pos);

struct Expectation {
  enum class Kind {
    kEquals,  // value
    kWithin,  // value, give or take `tolerance`
    kAbsent,  // no series with these labels, whatever others it has
    kState,   // of a rule: `state`
  };
  SeriesName series;
  Kind kind = Kind::kEquals;
  Decimal value, tolerance;
  std::string state;  // "firing", "pending", "inactive"
  bool only = false;  // of `expect_only`: series of this name that are not listed are wrong
  std::string text;   // as written
  Place place;

  // Whether a series with this value, as shown, is what is expected. Decimals are compared exactly. REQUIRES: not
  // kAbsent.
  bool MetBy(std::string_view shown) const;
};

// A whole line; `place` and `only` are left to the caller. On an error *pos is where it is wrong.
Result<Expectation> ParseExpectation(std::string_view line, size_t* pos);

}  // namespace tidemark
