#include "pipeline/aggregate/staircase.h"

#include <algorithm>

namespace tidemark {
namespace {

bool AtLeastAsGood(int64_t a, int64_t b, bool maximum) { return maximum ? a >= b : a <= b; }

}  // namespace

void Staircase::Add(EventTime pane, int64_t value, bool maximum) {
  // First step not before the pane: it, or what follows, beats the new value when its value is at least as good.
  auto at = std::lower_bound(steps_.begin(), steps_.end(), pane, [](const Step& s, EventTime p) { return s.pane < p; });
  if (at != steps_.end() && AtLeastAsGood(at->value, value, maximum)) return;
  // The new value hides a worse one in its own pane and all not-better ones before it.
  auto last = at;
  if (last != steps_.end() && last->pane == pane) ++last;
  auto first = at;
  while (first != steps_.begin() && AtLeastAsGood(value, std::prev(first)->value, maximum)) --first;
  const auto position = steps_.erase(first, last);
  steps_.insert(position, {pane, value});
}

std::optional<int64_t> Staircase::Since(EventTime from) const {
  const auto at = std::lower_bound(steps_.begin(), steps_.end(), from, [](const Step& s, EventTime p) { return s.pane < p; });
  if (at == steps_.end()) return std::nullopt;
  return at->value;
}

void Staircase::Expire(EventTime from, bool keep_best) {
  const auto at = std::lower_bound(steps_.begin(), steps_.end(), from, [](const Step& s, EventTime p) { return s.pane < p; });
  if (at == steps_.begin()) return;
  steps_.erase(steps_.begin() + (keep_best ? 1 : 0), at);
}

Staircase Staircase::FromSteps(std::vector<Step> steps) {
  Staircase s;
  s.steps_ = std::move(steps);
  return s;
}

}  // namespace tidemark
