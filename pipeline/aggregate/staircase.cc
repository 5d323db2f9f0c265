#include "pipeline/aggregate/staircase.h"

#include <algorithm>
#include <tuple>

namespace tidemark {
namespace {

bool AtLeastAsGood(int64_t a, int64_t b, bool maximum) { return maximum ? a >= b : a <= b; }

}  // namespace

void Staircase::Add(EventTime pane, int64_t value, bool maximum, EventTime settled) {
  // First step not before the pane: it, or of what is settled what follows, beats the new value when its value is at least as good.
  auto at = std::lower_bound(steps_.begin(), steps_.end(), pane, [](const Step& s, EventTime p) { return s.pane < p; });
  const bool same = at != steps_.end() && at->pane == pane;
  if (at != steps_.end() && (same || at->pane < settled) && AtLeastAsGood(at->value, value, maximum)) return;
  // The new value hides a worse one in its own pane and all not-better ones before it.
  auto first = at;
  while (pane < settled && first != steps_.begin() && AtLeastAsGood(value, std::prev(first)->value, maximum)) --first;
  const auto position = steps_.erase(first, same ? at + 1 : at);
  steps_.insert(position, {pane, value});
}

void Staircase::Settle(EventTime settled, bool maximum) {
  if (settled == settled_) return;  // it may fall, and what was added then doesn't hide what it will once it rises again
  settled_ = settled;
  size_t kept = 0;
  for (const Step& step : steps_) {
    while (step.pane < settled && kept > 0 && AtLeastAsGood(step.value, steps_[kept - 1].value, maximum)) --kept;
    steps_[kept++] = step;
  }
  steps_.resize(kept);
}

std::optional<int64_t> Staircase::Between(EventTime from, EventTime to, bool maximum) const {
  auto at = std::lower_bound(steps_.begin(), steps_.end(), from, [](const Step& s, EventTime p) { return s.pane < p; });
  std::optional<int64_t> best;
  for (; at != steps_.end() && at->pane < to; ++at) {
    if (!best || AtLeastAsGood(at->value, *best, maximum)) best = at->value;
  }
  return best;
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

void LastValues::Add(const LastValue& value, Duration pane, EventTime settled) {
  const auto order = [](const LastValue& a, const LastValue& b) { return std::tie(a.time, a.tie) < std::tie(b.time, b.tie); };
  // Of what is settled the latest is left, so of all there is only the value's neighbours can hide it or be hidden.
  const auto unsettled = std::partition_point(values_.begin(), values_.end(), [&](const LastValue& v) { return v.time < settled; });
  if (unsettled - values_.begin() > 1) values_.erase(values_.begin(), unsettled - 1);
  const auto hidden_by = [&](const LastValue& a, const LastValue& b) { return b.time < settled || FloorTo(a.time, pane) == FloorTo(b.time, pane); };
  const auto at = std::upper_bound(values_.begin(), values_.end(), value, order);
  if (at != values_.end() && hidden_by(value, *at)) return;
  if (at != values_.begin() && hidden_by(*std::prev(at), value)) {
    *std::prev(at) = value;
  } else {
    values_.insert(at, value);
  }
}

const LastValue* LastValues::Between(EventTime from, EventTime to) const {
  const auto after = std::partition_point(values_.begin(), values_.end(), [&](const LastValue& v) { return v.time < to; });
  return after == values_.begin() || std::prev(after)->time < from ? nullptr : &*std::prev(after);
}

LastValues LastValues::FromValues(std::span<const LastValue> values) {
  LastValues v;
  v.values_.assign(values.begin(), values.end());
  return v;
}

}  // namespace tidemark
