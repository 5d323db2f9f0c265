#include "pipeline/mapping/capture.h"

#include <algorithm>

namespace tidemark::mapping {

uint32_t CapturePlan::At(uint32_t root, const std::vector<MapPath::Step>& steps) {
  uint32_t at = root;
  for (const MapPath::Step& step : steps) {
    uint32_t next = kNone;
    for (const auto& [name, to] : nodes[at].members) next = !step.name.empty() && name == step.name ? to : next;
    for (const auto& [index, to] : nodes[at].at) next = step.name.empty() && index == step.index ? to : next;
    if (next == kNone) {
      next = static_cast<uint32_t>(nodes.size());
      nodes.emplace_back();
      if (step.name.empty()) {
        nodes[at].at.emplace_back(step.index, next);
      } else {
        nodes[at].members.emplace_back(step.name, next);
      }
    }
    at = next;
  }
  return at;
}

void Captures::Reset(const CapturePlan& plan) {
  leaves.assign(plan.leaves, Datum());
  arrays.resize(plan.arrays.size());
  for (Elements& elements : arrays) elements.Clear();
}

void DropUnsaid(const std::vector<std::pair<uint32_t, std::string>>& leaves, uint32_t nulled, uint32_t differing, Captures* captures) {
  const auto names = [&](uint32_t array, const std::string& field) {
    const std::vector<Datum>& cells = captures->arrays[array].cells;
    return std::any_of(cells.begin(), cells.end(), [&](const Datum& name) {
      return name.kind == Datum::Kind::kText && (name.text == field || (field.starts_with(name.text) && field[name.text.size()] == '.'));
    });
  };
  for (const auto& [leaf, field] : leaves) {
    Datum& value = captures->leaves[leaf];
    if (value.kind == Datum::Kind::kNull && !names(nulled, field)) value = Datum();
    if (value.given() && names(differing, field)) value = Datum::Error("is told as a difference from what it was");
  }
}

}  // namespace tidemark::mapping
