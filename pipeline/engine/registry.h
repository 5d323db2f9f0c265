// What the state knows of the configurations it has served.
#pragma once

#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"
#include "tidemark/state/v1/registry.pb.h"

namespace tidemark {

// Names a clock in stored keys.
uint64_t ClockFingerprint(const Plan& plan, const ClockPlan& clock);

// Entities of the KPI found no room, and there is more now: it is to be counted anew.
inline bool CountsAnew(const state::v1::StoredKpi& kpi, const LimitSpec& limits) {
  return kpi.has_full_at() && (limits.max_entities == 0 || limits.max_entities > kpi.full_at());
}

// An empty one when nothing is stored yet.
Result<state::v1::Registry> ReadRegistry(const Store& store);

}  // namespace tidemark
