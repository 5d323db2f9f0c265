// What the state knows of the configurations it has served.
#pragma once

#include "pipeline/store/store.h"
#include "tidemark/state/v1/registry.pb.h"

namespace tidemark {

// An empty one when nothing is stored yet.
Result<state::v1::Registry> ReadRegistry(const Store& store);

}  // namespace tidemark
