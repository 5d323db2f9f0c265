// KPIs that the stored state doesn't have are counted by another engine, in a state of its own beside it, over what the
// logs still hold; once it stands where the first one stands, its KPIs move over.
#pragma once

#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"

namespace tidemark {

// By KpiId: whether the state goes on with the KPI. All of them when the state is new; of KPIs that are not stored, true.
Result<std::vector<bool>> KnownKpis(const Plan& plan, const Store& store);

// Whether `side` was begun for this plan, by BeginSide with this store, and no adoption of it was begun.
Result<bool> SideIsOf(const Plan& plan, const Store& store, const Store& side);
// Makes `side`, which is empty, a state that an engine with this plan fills and `store` can adopt: its tables and KPIs
// get numbers that `store` never gives out. REQUIRES: no engine on either.
Status BeginSide(const Plan& plan, Store* store, Store* side);

// Moves the counted KPIs of `plan`, that of the engine that filled `side`, into `store`. Panes and entities go first, in
// parts, under numbers that nothing knows of; then one commit makes them known with all the rest. After a crash between
// the two `side` is of no plan any more: it is to be begun anew.
// REQUIRES: both stand at the same offsets, and no engine is on either.
Status Adopt(const Plan& plan, Store* store, Store* side);

}  // namespace tidemark
