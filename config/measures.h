// Sets of measures: which word of a KPI goes with which.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/plan/spec.h"

namespace tidemark::config {

using Measures = uint32_t;  // a bit for each

template <class... M>
constexpr Measures Of(M... measures) {
  return ((Measures{1} << static_cast<uint32_t>(measures)) | ...);
}
constexpr bool Contains(Measures set, Measure measure) { return (set & Of(measure)) != 0; }

inline constexpr Measures kAllMeasures = (Of(Measure::kFormula) << 1) - 1;
// Named by `key`, or by the measure itself: of ids and what happens to them.
inline constexpr Measures kOfIds = Of(Measure::kDistinct, Measure::kFirst, Measure::kActive, Measure::kLapsed);
inline constexpr Measures kOfSteps = Of(Measure::kElapsed, Measure::kFunnel);
// Of several values a series, told apart by the label `stat`.
inline constexpr Measures kWithStats = Of(Measure::kQuantiles, Measure::kElapsed, Measure::kDwell);
// Whose window can be asked about at another time.
inline constexpr Measures kComparable =
    Of(Measure::kCount, Measure::kSum, Measure::kAvg, Measure::kQuantiles, Measure::kDistinct, Measure::kFirst,
       Measure::kElapsed, Measure::kFunnel, Measure::kDwell, Measure::kFormula);
// Whose values can be added up over labels: each event, or id, is in one series only.
inline constexpr Measures kAdditive =
    Of(Measure::kCount, Measure::kSum, Measure::kFirst, Measure::kActive, Measure::kLapsed, Measure::kOpen);
// What a formula can compute with: one number for each series and window.
inline constexpr Measures kOperands = kAllMeasures & ~(kWithStats | Of(Measure::kFunnel));
// What can have a target: the same.
inline constexpr Measures kTargetable = kOperands;
// What a correction can be counted back from.
inline constexpr Measures kCorrectable = Of(Measure::kCount, Measure::kSum, Measure::kAvg, Measure::kQuantiles);
// What is taken back whole, when the id turns out to be none.
inline constexpr Measures kRevocable = kOfIds | kOfSteps | Of(Measure::kDwell);

std::string Listed(const std::vector<std::string>& words, std::string_view last = "and");  // a, b and c
std::string Listed(Measures set, std::string_view last = "and");

}  // namespace tidemark::config
