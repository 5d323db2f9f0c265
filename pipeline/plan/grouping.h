// What tells events of one type apart, for the KPIs that count events as they come: the values of all their labels, and
// which of the conditions on other fields hold. Events of one pane that agree in these are one group, and are counted
// once for all KPIs.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/plan/cell.h"
#include "pipeline/plan/filter.h"

namespace tidemark {

struct RoutePlan;

struct Grouping {
  struct Label {
    uint32_t slot = 0;
    bool text = false;
    bool operator==(const Label&) const = default;
  };
  // What is added up of a group beside the number of its events.
  struct Cell {
    CellKind kind = CellKind::kSum;
    uint32_t slot = 0;
    uint32_t word = 0;                 // first of its words in the group
  };

  bool possible = false;               // false: nothing to group, or more than 64 conditions
  std::vector<Label> labels;           // distinct fields
  std::vector<Filter::Node> facts;     // distinct leaves of conditions on fields that are no labels
  uint64_t present = 0;                // fields of which it matters whether they are there
  std::vector<Cell> cells;             // distinct
  uint32_t words = 1;                  // of a group: the number of its events, then the cells
};

// Gives `route` its grouping, and each Op of it its word.
void Group(RoutePlan* route);

}  // namespace tidemark
