// Where a stored state stands, told without an engine: which commit, and what is the next record of each partition.
#pragma once

#include <map>
#include <vector>

#include "pipeline/base/ids.h"
#include "pipeline/engine/source.h"
#include "pipeline/store/store.h"

namespace tidemark {

struct StoredPosition {
  uint64_t sequence = 0;  // of the last commit; 0: nothing was ever committed
  std::vector<std::pair<TopicPartition, Offset>> next_offsets;
  bool operator==(const StoredPosition&) const = default;
};
Result<StoredPosition> ReadPosition(const Store& store);

}  // namespace tidemark
