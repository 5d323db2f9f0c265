// The ids behind a number.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/explain/explain.h"
#include "pipeline/explain/state_at.h"

namespace tidemark {

// Of a KPI of ids, now: those that count in the window. `wanted`: whether labels were asked for.
Result<ExplainedIds> FindIds(const StateReader& reader, KpiId kpi, size_t window, EventTime from, const StateAt& now, size_t limit,
                             const std::function<bool(const std::vector<std::string>&)>& wanted, const std::function<bool()>& go_on);

// The values of packed labels.
std::vector<std::string> UnpackLabels(std::string_view packed, size_t labels);

}  // namespace tidemark
