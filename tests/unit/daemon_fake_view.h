// A View written by hand: what the daemon's tests show to the code that reads views.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/text_buffer.h"
#include "pipeline/view/view.h"

namespace tidemark {

class FakeView : public View {
 public:
  struct Series {
    std::shared_ptr<SeriesLabels> labels;
    std::vector<std::pair<Value, int64_t>> values;  // per window: value, samples
  };

  KpiId AddKpi(KpiInfo info) {
    if (info.family.empty()) info.family = "sales_" + info.name;
    if (info.help.empty()) info.help = "Help of " + info.name + ".";
    kpi_infos.push_back(std::move(info));
    KpiStatus status;
    status.coverage.assign(kpi_infos.back().windows.size(), 1);
    statuses.push_back(status);
    series.emplace_back();
    return KpiId{static_cast<uint32_t>(kpi_infos.size() - 1)};
  }
  void AddSeries(KpiId kpi, std::vector<std::string> values, std::vector<Value> by_window) {
    Series s{MakeLabels(kpi_infos[kpi.v].labels, std::move(values)), {}};
    for (const Value& value : by_window) s.values.emplace_back(value, 1);
    series[kpi.v].push_back(std::move(s));
  }
  static std::shared_ptr<SeriesLabels> MakeLabels(const std::vector<std::string>& names,
                                                  std::vector<std::string> values) {
    auto labels = std::make_shared<SeriesLabels>();
    for (size_t i = 0; i < names.size(); ++i) {
      labels->escaped += (i == 0 ? "" : ",") + names[i] + "=\"" + EscapeLabelValue(values[i]) + "\"";
    }
    labels->values = std::move(values);
    return labels;
  }
  PartitionView& AddPartition(std::string topic, int32_t partition) {
    PartitionView p;
    p.tp = {std::move(topic), partition};
    p.owned = true;
    parts.push_back(p);
    return parts.back();
  }

  std::span<const KpiInfo> kpis() const override { return kpi_infos; }
  std::span<const RuleInfo> rules() const override { return rule_infos; }
  void ForEach(KpiId kpi, const SeriesVisitor& visit) const override {
    for (const Series& s : series[kpi.v]) {
      for (size_t w = 0; w < s.values.size(); ++w) visit({*s.labels, w, s.values[w].first, s.values[w].second});
    }
  }
  const KpiStatus& status(KpiId kpi) const override { return statuses[kpi.v]; }
  std::span<const BreachInfo> breaches(RuleId rule) const override { return breach_infos[rule.v]; }
  std::span<const PartitionView> partitions() const override { return parts; }
  std::span<const SourceView> sources() const override { return source_views; }
  const EngineStats& stats() const override { return engine_stats; }
  bool complete() const override { return is_complete; }
  bool caught_up() const override { return is_caught_up; }
  uint64_t sequence() const override { return sequence_number; }

  std::vector<KpiInfo> kpi_infos;
  std::vector<KpiStatus> statuses;
  std::vector<std::vector<Series>> series;
  std::vector<RuleInfo> rule_infos;
  std::vector<std::vector<BreachInfo>> breach_infos;
  std::vector<PartitionView> parts;
  std::vector<SourceView> source_views;
  EngineStats engine_stats;
  bool is_complete = true;
  bool is_caught_up = true;
  uint64_t sequence_number = 1;
};

inline Value Exactly(int64_t mantissa, int scale = 0) { return Value::Exact({mantissa, scale}); }

// Two KPIs, one rule in breach, one partition: a bit of everything.
inline std::shared_ptr<FakeView> SampleView() {
  auto view = std::make_shared<FakeView>();
  KpiInfo leads{.name = "leads_created",
                .family = "",
                .help = "Leads created.",
                .unit = "",
                .labels = {"channel"},
                .windows = {"24h", "lifetime"},
                .counter = true,
                .lifetime_window = 1};
  const KpiId id = view->AddKpi(leads);
  view->AddSeries(id, {"web"}, {Exactly(3), Exactly(12)});
  view->AddSeries(id, {"we \"said\" \\ no\nmore"}, {Exactly(0), Exactly(1)});
  KpiInfo response{.name = "response_seconds",
                   .family = "",
                   .help = "Time to\nanswer \\ \"ours\".",
                   .unit = "seconds",
                   .labels = {},
                   .windows = {"7d"}};
  view->AddSeries(view->AddKpi(response), {}, {Value::Real(0.1)});
  KpiInfo revenue{
      .name = "revenue", .family = "", .help = "Money.", .unit = "usd", .labels = {}, .windows = {"24h", "7d"}};
  view->AddSeries(view->AddKpi(revenue), {}, {Exactly(2030270940000, 6), Value()});
  view->statuses[0].evaluated_at = EventTimeFromMicros(1764000000250000);
  view->statuses[0].counts = {
      .routed = 20, .counted = 12, .filtered = 5, .late_dropped = 2, .overflowed = 1, .unmatched = 0};
  view->statuses[0].series = 2;
  RuleInfo rule{.name = "few_leads",
                .kpi = "leads_created",
                .unit = "",
                .window = "24h",
                .severity = "warning",
                .team = "sales-ops",
                .help = "Few leads.",
                .labels = {"channel"},
                .above = false,
                .enter = {5, 0},
                .exit = {75, 1}};
  view->rule_infos.push_back(rule);
  BreachInfo breach{.labels = view->series[0][0].labels,
                    .state = BreachState::kFiring,
                    .observed = Exactly(3),
                    .samples = 3,
                    .since = EventTimeFromMicros(1763990000000000),
                    .transitions = 7};
  view->breach_infos.push_back({breach});
  PartitionView& p = view->AddPartition("crm.events", 0);
  p.next_offset = Offset{90};
  p.log_end = Offset{100};
  p.counts.read = 90;
  p.counts.accepted = 80;
  p.counts.duplicate = 10;
  p.known_through = p.watermark = EventTimeFromMicros(1764000000250000);
  view->source_views.push_back({"crm", true, EventTimeFromMicros(1763999000000000), kNoEventTime});
  view->engine_stats.commits = 3;
  view->engine_stats.commit_latency[2] = 2;
  view->engine_stats.commit_latency[15] = 1;
  view->engine_stats.commit_seconds_total = 40.5;
  view->engine_stats.dedup_horizon_seconds["crm.events"] = 86400;
  MappingStats& mapping = view->engine_stats.mappings.emplace_back();
  mapping.source = "crm";
  mapping.missing[{"deal.won", "deal.amount"}] = 4;
  mapping.rejected[{"deal.won", "time"}] = 2;
  mapping.rounded = 1;
  mapping.delay[2] = 5;
  mapping.delay[10] = 1;
  mapping.delay_seconds_total = 700'000.5;
  return view;
}

}  // namespace tidemark
