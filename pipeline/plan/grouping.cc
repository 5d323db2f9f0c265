#include "pipeline/plan/grouping.h"

#include <algorithm>

#include "pipeline/plan/plan.h"

namespace tidemark {
namespace {

constexpr size_t kMostFacts = 64;

uint32_t WordsOf(CellKind kind) {
  switch (kind) {
    case CellKind::kCount: return 0;
    case CellKind::kSum: return 2;
    case CellKind::kMin:
    case CellKind::kMax: return 1;
    case CellKind::kLast: return 3;
  }
  return 0;
}

uint64_t Bit(uint32_t slot) { return uint64_t{1} << slot; }

template <class T>
void AddOnce(const T& one, std::vector<T>* to) {
  if (std::find(to->begin(), to->end(), one) == to->end()) to->push_back(one);
}

uint32_t WordOf(const Op& op, Grouping* grouping) {
  if (op.kind == CellKind::kCount) return 0;
  for (const Grouping::Cell& cell : grouping->cells) {
    if (cell.kind == op.kind && cell.slot == op.slot) return cell.word;
  }
  grouping->cells.push_back({op.kind, op.slot, grouping->words});
  grouping->words += WordsOf(op.kind);
  return grouping->cells.back().word;
}

}  // namespace

void Group(RoutePlan* route) {
  Grouping& grouping = route->grouping = Grouping();
  for (TableRoute& table : route->tables) {
    for (const LabelSlot& label : table.labels) {
      grouping.present |= Bit(label.slot);
      AddOnce({label.slot, label.type == SlotType::kString}, &grouping.labels);
    }
    for (Op& op : table.ops) {
      op.word = WordOf(op, &grouping);
      if (op.needs_present) grouping.present |= Bit(op.slot);
    }
  }
  for (const Filter& filter : route->filters) {
    for (const Filter::Node& node : filter.nodes()) {
      if (!node.is_leaf()) continue;
      const bool of_label = std::ranges::any_of(grouping.labels, [&](const Grouping::Label& label) { return label.slot == node.slot; });
      if (!of_label) AddOnce(node, &grouping.facts);
    }
  }
  grouping.possible = !route->tables.empty() && grouping.facts.size() <= kMostFacts;
}

}  // namespace tidemark
