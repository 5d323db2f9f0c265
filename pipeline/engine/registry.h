// What the state knows of the configurations it has served.
#pragma once

#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"
#include "tidemark/state/v1/registry.pb.h"

namespace tidemark {

// Names a clock in stored keys.
uint64_t ClockFingerprint(const Plan& plan, const ClockPlan& clock);
// An empty one when nothing is stored yet.
Result<state::v1::Registry> ReadRegistry(const Store& store);

}  // namespace tidemark
