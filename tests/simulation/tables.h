// A table that KPIs look into, whose contents change: what was counted stays as it was counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/plan/lookup_table.h"
#include "pipeline/plan/spec.h"
#include "tests/property/oracle.h"

namespace tidemark::simulation {

inline constexpr uint64_t kTables = 8;  // contents that it may have; a configuration comes with the first

std::shared_ptr<const LookupTable> TableOf(uint64_t contents);
// The table, fields that look into it, and KPIs of them.
void AddTable(Specs* specs);
bool LooksIntoTable(const std::string& kpi);

struct TabledEvent {
  const OracleEvent* event;
  uint64_t table;  // its contents when it was applied
};
// What these KPIs show of events, each of which counts.
Answers AnswersByTable(const std::vector<TabledEvent>& events, EventTime t);

}  // namespace tidemark::simulation
