// What a snapshot shows beside the values themselves: other times, growth, shares of a first step, the greatest series.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "pipeline/view/snapshot.h"
#include "pipeline/window/rows.h"

namespace tidemark {
namespace {

// now / then - 1, rounded once where both are exact.
Value Growth(const Value& now, const Value& then) {
  if (now.absent() || then.absent()) return {};
  if (now.exact() && then.exact()) {
    if (const auto change = Subtract(now.decimal(), then.decimal())) return Divide(Value::Exact(*change), then);
  }
  return then.real() == 0 ? Value() : Value::Real((now.real() - then.real()) / then.real());
}

}  // namespace

void Snapshot::ForEachCompared(const KpiPlan& kpi, const SeriesVisitor& visit) const {
  const std::span<const CompareSpec> others = data_.plan->others();
  std::unordered_map<std::string, std::vector<Value>> now;  // by escaped labels
  if (kpi.derived == Derived::kGrowth) {
    ForEachAt(kpi.base, 0, [&](const SeriesValue& series) {
      auto& values = now[series.labels.escaped];
      values.resize(kpi.info.windows.size());
      values[series.window] = series.value;
    });
  }
  for (const uint32_t o : kpi.compare) {
    std::string of;  // the series that `labels` were made for: its windows come one after another
    SeriesLabels labels;
    bool made = false;
    ForEachAt(kpi.base, o, [&](const SeriesValue& series) {
      if (!made || of != series.labels.escaped) {
        labels = WithLabel(series.labels, "compare", others[o].name);
        of = series.labels.escaped;
        made = true;
      }
      Value value = series.value;
      if (kpi.derived == Derived::kGrowth) {
        const auto it = now.find(series.labels.escaped);
        const Value& current = it == now.end() ? Value() : it->second[series.window];
        value = Growth(current, value);
      }
      visit({labels, series.window, value, series.samples});
    });
  }
}

void Snapshot::ForEachStepRatio(const KpiPlan& kpi, const SeriesVisitor& visit) const {
  const auto without_step = [](const SeriesLabels& labels) {
    std::string key;
    for (size_t i = 0; i + 1 < labels.values.size(); ++i) key.append(labels.values[i]).push_back('\0');
    return key;
  };
  std::unordered_map<std::string, std::vector<Value>> first;
  ForEachAt(kpi.base, 0, [&](const SeriesValue& series) {
    if (!series.labels.values.back().starts_with("1_")) return;
    auto& values = first[without_step(series.labels)];
    values.resize(kpi.info.windows.size());
    values[series.window] = series.value;
  });
  ForEachAt(kpi.base, 0, [&](const SeriesValue& series) {
    const auto it = first.find(without_step(series.labels));
    const Value of = it == first.end() ? Value() : it->second[series.window];
    const int64_t samples = of.absent() ? 0 : static_cast<int64_t>(of.decimal().mantissa);
    const bool withheld = of.absent() || samples < kpi.min_samples || series.labels.values.front() == kOtherLabel;
    visit({series.labels, series.window, withheld ? Value() : Divide(series.value, of), samples});
  });
}

// In each window the greatest series, equal ones in the order of their labels; what is left adds up to __other__.
void Snapshot::ForEachTop(const KpiPlan& kpi, const SeriesVisitor& visit) const {
  struct One {
    const SeriesLabels* labels;
    Value value;
    int64_t samples;
  };
  std::map<std::string, SeriesLabels> labels;  // by escaped text: the visited ones live only for the call
  std::vector<std::vector<One>> windows(kpi.info.windows.size());
  ForEachStored(kpi, 0, [&](const SeriesValue& series) {
    const auto [it, added] = labels.try_emplace(series.labels.escaped, series.labels);
    windows[series.window].push_back({&it->second, series.value, series.samples});
  });
  const SeriesLabels other = [&] {
    SeriesLabels made;
    for (const std::string& name : kpi.info.labels) made = WithLabel(made, name, kOtherLabel);
    return made;
  }();
  for (size_t w = 0; w < windows.size(); ++w) {
    auto& all = windows[w];
    const auto is_other = [&](const One& one) { return one.labels->escaped == other.escaped; };
    std::stable_sort(all.begin(), all.end(), [&](const One& a, const One& b) {
      if (is_other(a) != is_other(b)) return is_other(b);
      const int order = Compare(a.value.decimal(), b.value.decimal());
      return order != 0 ? order > 0 : a.labels->escaped < b.labels->escaped;
    });
    Value rest = Value::Exact({});
    int64_t samples = 0;
    bool any = false;
    for (size_t i = 0; i < all.size(); ++i) {
      if (i < static_cast<size_t>(kpi.top) && !is_other(all[i])) {
        visit({*all[i].labels, w, all[i].value, all[i].samples});
        continue;
      }
      any = true;
      samples += all[i].samples;
      const auto sum = rest.absent() ? std::nullopt : Add(rest.decimal(), all[i].value.decimal());
      rest = sum ? Value::Exact(*sum) : Value();
    }
    if (any) visit({other, w, kpi.additive ? rest : Value(), samples});
  }
}

}  // namespace tidemark
