// What one KPI will need.
#pragma once

#include "config/estimate.h"

namespace tidemark::config {

struct Load {
  double events_per_second = 0;
  double series = 0;
  double ids = 0;
};

inline constexpr double kDiskFactor = 1.5;  // versions not yet compacted, indexes, the log

KpiEstimate EstimateKpi(const Specs& specs, const KpiSpec& kpi, const Load& load);

}  // namespace tidemark::config
