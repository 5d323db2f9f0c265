// What a configuration is said to need.
#include <gtest/gtest.h>

#include "config/estimate.h"
#include "tests/unit/config_shown.h"

namespace tidemark {
namespace {

Specs Kpis(const std::string& kpis) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + "kpis: [" + kpis + "]\n", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  return specs;
}

KpiEstimate Of(const std::string& kpi, double rate, double series = 1, double ids = kUsualIds) {
  return EstimateResources(Kpis("{name: k, " + kpi + "}"), rate, series, ids).kpis.at(0);
}

TEST(Estimate, GrowsWithRateAndSeriesAndAddsUp) {
  Specs specs;
  Diagnostics diagnostics;
  SetSecretsDir();
  LoadConfig(TIDEMARK_EXAMPLES "/production.yaml", &specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "");
  const Estimate none = EstimateResources(specs, 0, 0);
  const Estimate small = EstimateResources(specs, 10, 100);
  const Estimate large = EstimateResources(specs, 10'000, 10'000);
  EXPECT_LE(none.memory_bytes, small.memory_bytes);
  EXPECT_LT(small.memory_bytes, large.memory_bytes);
  EXPECT_LT(small.disk_bytes, large.disk_bytes);
  uint64_t memory =
      large.dedup_memory_bytes + large.fetch_memory_bytes + large.storage_memory_bytes + large.process_memory_bytes;
  uint64_t disk = large.dedup_disk_bytes;
  for (const KpiEstimate& kpi : large.kpis) memory += kpi.memory_bytes, disk += kpi.disk_bytes;
  EXPECT_EQ(memory, large.memory_bytes);
  EXPECT_EQ(disk, large.disk_bytes);
  EXPECT_EQ(large.kpis[8].series, 5001) << "max_series and __other__";
}

TEST(Estimate, PanesAreThoseOfEachTierForAsLongAsItsLongestWindow) {
  const std::string kpi = "on: a.b, count: true, windows: [1h, 2h, 24h, lifetime]";
  // Every pane holds something at this rate: 121 of a minute, and 145 of ten; and as many that left.
  EXPECT_NEAR(Of(kpi, 1000).panes, 2 * (121 + 145), 0.001);
  // At an event in 10^9 seconds hardly any does.
  EXPECT_LT(Of(kpi, 1e-9).panes, 0.001);
}

TEST(Estimate, WhatIsComparedIsKeptForLonger) {
  const auto panes = [](const std::string& more) { return Of("on: a.b, count: true, " + more, 1000).panes; };
  EXPECT_NEAR(panes("windows: [1h], compare: [previous]"), 2 * 60 + 1 + 61, 0.001);
  EXPECT_NEAR(panes("windows: [1h], compare: [previous, 3h]"), 4 * 60 + 1 + 61, 0.001);
  EXPECT_NEAR(panes("windows: [30d], compare: [1mo]"), 61 * 24 + 1 + 7 * 24 + 1, 0.001);
  EXPECT_NEAR(panes("windows: [month_to_date]"), 31 * 24, 0.001) << "by the hour";
  EXPECT_NEAR(panes("windows: [last_month]"), 62 * 24, 0.001);
  EXPECT_NEAR(panes("windows: [today], compare: [1y]"), (1 + 12 * 31) * 24, 0.001);
  EXPECT_NEAR(Of("on: a.b, lapsed: a.id, windows: [30d]", 1000).panes, 60 * 24 + 1 + 7 * 24 + 1, 0.001);
  EXPECT_GT(Of("on: a.b, count: true, windows: [1h], compare: [2h]", 10).memory_bytes,
            Of("on: a.b, count: true, windows: [1h]", 10).memory_bytes)
      << "an accumulator for each time";
}

TEST(Estimate, IdsAreAsManyAsStatedButNoMoreThanEvents) {
  const std::string active = "on: a.b, active: a.id, windows: [1h]";
  EXPECT_NEAR(Of(active, 1, 1).ids, 3660 + 64 * 60, 0.001) << "an event a second for an hour, its step, and what is erased at once";
  EXPECT_EQ(Of(active, 1000).ids, kUsualIds);
  EXPECT_EQ(Of(active, 1000, 1, 5000).ids, 5000);
  EXPECT_EQ(Of("on: a.b, first: a.id, windows: [1h]", 1).ids, kUsualIds) << "known for ever";
  EXPECT_EQ(Of("key: a.id, on: a.b, open: true, until: a.z", 1).ids, kUsualIds);
  EXPECT_EQ(Of("key: a.id, on: a.b, open: true, until: a.z", 1).panes, 0);
  EXPECT_EQ(Of("key: a.id, on: a.b, open: true, until: a.z", 0).ids, 0);
  EXPECT_EQ(Of("on: a.b, count: true, windows: [1h]", 1000).ids, 0);
  EXPECT_EQ(Of("key: a.id, elapsed: {from: a.b, to: a.c, within: 7d}, stats: [avg], windows: [1h]", 0.1).ids, kUsualIds);
  const KpiEstimate few = Of(active, 1000, 1, 1000), many = Of(active, 1000, 1, 2000);
  EXPECT_EQ(many.memory_bytes - few.memory_bytes, 64'000u);
  EXPECT_EQ(many.disk_bytes - few.disk_bytes, 120'000u) << "80 bytes, and half as much for compaction";
  EXPECT_EQ(Of("on: a.b, key: a.id, count: true, correct: {revoke: a.z}, windows: [1h]", 1000).ids, kUsualIds);
}

TEST(Estimate, QuantilesHaveTheirBuckets) {
  const auto memory = [](const std::string& stats, double rate) {
    return Of("on: a.b, quantiles: a.c, stats: [" + stats + "], windows: [1h]", rate).memory_bytes;
  };
  // An open pane and the window, 350 buckets of 12 bytes each.
  EXPECT_EQ(memory("p50", 1000) - memory("avg", 1000), 2u * 350 * 12);
  // At three events a minute the pane holds three of them.
  EXPECT_EQ(memory("p50", 0.05) - memory("avg", 0.05), (350u + 3) * 12);
  EXPECT_GT(Of("key: a.id, funnel: {steps: [a.b, a.c, a.d], within: 7d}, windows: [1h]", 1).memory_bytes,
            Of("key: a.id, funnel: {steps: [a.b, a.c], within: 7d}, windows: [1h]", 1).memory_bytes);
  EXPECT_EQ(EstimateResources(Kpis("{name: k, on: a.b, count: true, windows: [1h]}, {name: f, formula: k, "
                                   "windows: [1h]}"),
                              10, 10)
                .kpis.at(1)
                .memory_bytes,
            0u)
      << "formulas are computed when read";
}

TEST(Estimate, IsATable) {
  const Specs specs = Kpis(
      "{name: k, on: a.b, count: true, windows: [1h]}, {name: l, on: a.b, active: a.id, windows: "
      "[30d]}");
  const std::string table = EstimateTable(specs, EstimateResources(specs, 1000, 1));
  EXPECT_EQ(table.substr(0, table.find('\n')),
            "KPI                series         ids         panes      memory        disk");
  EXPECT_NE(table.find("\nk                       1                       122"), std::string::npos) << table;
  EXPECT_NE(table.find("\nl                       1     1000000           890"), std::string::npos) << table;
  EXPECT_NE(table.find("limits.memory is not set"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
