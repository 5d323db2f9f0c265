#include "pipeline/explain/lists.h"

#include <algorithm>
#include <cmath>

#include "pipeline/explain/ids.h"

namespace tidemark {
namespace {

using Values = std::vector<std::string>;

size_t Position(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Decimal Magnitude(Decimal d) { return d.mantissa < 0 ? Decimal{-d.mantissa, d.scale} : d; }

// The greater change first; exact ones before those that had to be divided, and what has no change last.
bool Before(const ChangedSeries& a, const ChangedSeries& b) {
  const Value &x = a.change.change, &y = b.change.change;
  if (x.absent() != y.absent()) return y.absent();
  if (x.exact() && y.exact()) {
    const int order = Compare(Magnitude(x.decimal()), Magnitude(y.decimal()));
    if (order != 0) return order > 0;
  } else if (!x.absent() && std::abs(x.real()) != std::abs(y.real())) {
    return std::abs(x.real()) > std::abs(y.real());
  }
  return a.labels < b.labels;
}

ChangedList Sorted(std::vector<std::string> labels, std::vector<ChangedSeries> series, size_t limit) {
  std::sort(series.begin(), series.end(), &Before);
  ChangedList list{std::move(labels), std::move(series), 0};
  list.all = list.series.size();
  if (list.series.size() > limit) list.series.resize(limit);
  return list;
}

void AddTo(CellChange* sum, const CellChange& c) {
  sum->was |= c.was;
  sum->is |= c.is;
  sum->from += c.from;
  sum->to += c.to;
  sum->entered += c.entered;
  sum->left += c.left;
}

Change ChangeOf(const CellChange& c, int scale, bool parts) {
  const auto number = [&](const CellSum& cell) { return scale < 0 ? Decimal{cell.count, 0} : Decimal{cell.sum, scale}; };
  const Decimal from = number(c.from), to = number(c.to), entered = number(c.entered), left = number(c.left);
  Change change;
  if (c.was) change.from = Value::Exact(from);
  if (c.is) change.to = Value::Exact(to);
  change.change = Value::Exact({to.mantissa - from.mantissa, to.scale});
  if (parts) change.parts = {entered, left, {to.mantissa - from.mantissa - entered.mantissa + left.mantissa, to.scale}};
  return change;
}

std::vector<ChangedSeries> ChangesBy(const std::map<Values, CellChange>& sums, int scale, bool parts) {
  std::vector<ChangedSeries> series;
  for (const auto& [labels, c] : sums) series.push_back({labels, ChangeOf(c, scale, parts)});
  return series;
}

}  // namespace

Values Project(const std::vector<std::string>& names, const Values& values, const std::vector<std::string>& keep) {
  Values kept;
  for (const std::string& name : keep) {
    const size_t at = Position(names, name);
    if (at < values.size()) kept.push_back(values[at]);
  }
  return kept;
}

bool IsWanted(const ExplainRequest& request, const std::vector<std::string>& names, const Values& values) {
  return std::all_of(request.labels.begin(), request.labels.end(), [&](const auto& label) {
    const size_t at = Position(names, label.first);
    return at >= values.size() || values[at] == label.second;
  });
}

ExplainedNumber ListCells(const CellChanges& changes, const std::vector<std::string>& labels, const std::vector<std::string>& keep,
                          int scale, bool adds_up, const ExplainRequest& request) {
  std::map<Values, CellChange> series;
  CellChange total;
  const std::vector<std::string> kept = Project(labels, labels, keep);  // names of those that are there
  for (const auto& [packed, change] : changes.series) {
    const Values values = Project(labels, UnpackLabels(packed, labels.size()), kept);
    if (!IsWanted(request, kept, values)) continue;
    AddTo(&series[values], change);
    AddTo(&total, change);
  }
  ExplainedNumber number;
  number.no_parts = changes.no_parts;
  const bool parts = changes.no_parts.empty();
  number.series = Sorted(kept, ChangesBy(series, scale, parts), request.limit);
  if (!adds_up) return number;
  number.total = ChangeOf(total, scale, parts);
  for (size_t l = 0; l < kept.size(); ++l) {
    if (request.by.empty() ? kept.size() == 1 : request.by != kept[l]) continue;
    std::map<Values, CellChange> groups;
    for (const auto& [values, change] : series) AddTo(&groups[{values[l]}], change);
    number.groups.push_back(Sorted({kept[l]}, ChangesBy(groups, scale, parts), request.limit));
  }
  return number;
}

ExplainedNumber ListValues(std::map<Values, Change> changes, const std::vector<std::string>& labels, const ExplainRequest& request) {
  std::vector<ChangedSeries> series;
  for (auto& [values, change] : changes) {
    if (!IsWanted(request, labels, values)) continue;
    if (change.from.exact() && change.to.exact()) {
      const auto difference = Subtract(change.to.decimal(), change.from.decimal());
      if (difference) change.change = Value::Exact(*difference);
    } else if (!change.from.absent() && !change.to.absent()) {
      change.change = Value::Real(change.to.real() - change.from.real());
    }
    series.push_back({values, std::move(change)});
  }
  ExplainedNumber number;
  number.series = Sorted(labels, std::move(series), request.limit);
  return number;
}

}  // namespace tidemark
