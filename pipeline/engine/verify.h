// Checks stored state against itself, without a configuration: every rolling window rebuilt from its panes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/store/store.h"

namespace tidemark {

struct VerifyReport {
  uint64_t tables = 0, rows = 0, windows = 0, panes = 0;
  uint64_t shown = 0;     // parts of what was shown at whole hours
  uint64_t entities = 0;
  std::vector<std::string> mismatches;  // at most 20, one sentence each
  uint64_t mismatch_count = 0;
};

// Reads all rows, what they showed, entities, and panes once per tier. kCorrupt when something cannot be read at all. Windows of KPIs that left the
// configuration stand still and are not compared.
Result<VerifyReport> VerifyState(const Store& store);

}  // namespace tidemark
