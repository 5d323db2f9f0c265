#include "config/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/plan/tier.h"

namespace tidemark {
namespace {

// Bytes, as the stored formats and the engine's rows have them, rounded up.
constexpr double kKeyBytes = 24;
constexpr double kPaneRowBytes = 4;       // of a fragment: which row, how many cells, its share of the key
constexpr double kFragments = 2;          // a row is in so many of a pane's fragments, between merges
constexpr double kLabelBytes = 40;        // one label's name and value in the dictionary
constexpr double kRowBytes = 96;          // a label set: hash entry, row, dirty mark
constexpr double kDedupMemoryBytes = 32;  // 128-bit hash at half load
constexpr double kDedupDiskBytes = 20;
constexpr double kDiskFactor = 1.5;  // versions not yet compacted, indexes, the log
constexpr double kMiB = 1 << 20;
constexpr double kFetchBytes = 96 * kMiB;  // 32 MiB of queue take three times that
constexpr double kProcessBytes = 48 * kMiB;
constexpr double kFetchSeconds = 2;  // of input held between broker and engine, when that is less
constexpr double kRecordBytes = 400;

double CellBytes(Measure measure) {
  switch (measure) {
    case Measure::kCount:
      return 8;
    case Measure::kSum:
      return 20;
    case Measure::kAvg:
      return 28;
    case Measure::kMin:
    case Measure::kMax:
      return 16;
    case Measure::kLast:
      return 40;
    default:
      return 0;
  }
  return 0;
}

// min and max keep a staircase for late data; its length is about the logarithm of the panes in the window.
double AccumulatorBytes(const KpiSpec& kpi, const WindowSpec& window) {
  if (kpi.measure == Measure::kFormula) return 0;
  const bool staircase = kpi.measure == Measure::kMin || kpi.measure == Measure::kMax;
  if (!staircase || window.lifetime()) return 16 + CellBytes(kpi.measure);
  const Duration step = window.step.value_or(DefaultStep(window.length));
  return 32 * std::max(1.0, std::log2(static_cast<double>(window.length / step)));
}

double SeriesOf(const Specs& specs, const KpiSpec& kpi, double series) {
  if (kpi.by.empty()) return 1;
  double declared = 1;
  for (const LabelSpec& label : kpi.by) declared *= static_cast<double>(label.values.size());
  const auto most = static_cast<double>(kpi.max_series.value_or(specs.limits.max_series));
  return std::min(std::max({series, declared, 1.0}), most + 1);
}

// Panes of one tier that hold something: of S series with r events a second among them, one pane time sees
// S (1 - exp(-r * size / S)).
double PanesOf(Duration size, Duration kept, double rate, double series) {
  const double seconds = static_cast<double>(size.count()) / kMicrosPerSecond;
  const double touched = series * (1 - std::exp(-rate * seconds / series));
  return touched * std::ceil(static_cast<double>(kept.count()) / static_cast<double>(size.count()));
}

KpiEstimate EstimateKpi(const Specs& specs, const KpiSpec& kpi, double rate, double series) {
  KpiEstimate e;
  e.kpi = kpi.name;
  e.series = SeriesOf(specs, kpi, series);
  if (kpi.measure == Measure::kFormula) return e;  // computed when read
  std::array<Duration, kTierCount> kept{};
  double accumulators = 0;
  for (const WindowSpec& window : kpi.windows) {
    accumulators += e.series * AccumulatorBytes(kpi, window);
    if (window.lifetime()) continue;
    const Duration step = window.step.value_or(DefaultStep(window.length));
    Duration& tier = kept[static_cast<size_t>(TierOfStep(step))];
    tier = std::max(tier, window.length + step);
  }
  double open = 0;
  for (size_t t = 0; t < kTierCount; ++t) {
    if (kept[t].count() == 0) continue;
    e.panes += PanesOf(PaneSize(static_cast<Tier>(t)), kept[t], rate, e.series);
    open += e.series * (16 + CellBytes(kpi.measure));
  }
  const double labels = e.series * (kRowBytes + kLabelBytes * static_cast<double>(kpi.by.size()));
  e.memory_bytes = static_cast<uint64_t>(labels + open + accumulators);
  e.disk_bytes = static_cast<uint64_t>(kDiskFactor *
                                       (e.panes * kFragments * (kPaneRowBytes + CellBytes(kpi.measure)) + accumulators +
                                        e.series * (kKeyBytes + kLabelBytes * static_cast<double>(kpi.by.size()))));
  return e;
}

}  // namespace

Estimate EstimateResources(const Specs& specs, double events_per_second, double series) {
  Estimate all;
  for (const TopicSpec& topic : specs.topics) {
    if (!topic.dedup.enabled) continue;
    // How the rate is spread over topics isn't known: each is taken at its share, up to its own limit.
    const double rate = events_per_second / static_cast<double>(specs.topics.size());
    const double seconds = static_cast<double>(topic.dedup.horizon.count()) / kMicrosPerSecond;
    all.dedup_ids += std::min(rate * seconds, static_cast<double>(topic.dedup.max_ids));
  }
  all.dedup_memory_bytes = static_cast<uint64_t>(all.dedup_ids * kDedupMemoryBytes);
  all.dedup_disk_bytes = static_cast<uint64_t>(all.dedup_ids * kDedupDiskBytes * kDiskFactor);
  all.fetch_memory_bytes =
      static_cast<uint64_t>(std::min(kFetchBytes, 3 * events_per_second * kFetchSeconds * kRecordBytes));
  uint64_t kpi_memory = 0;
  for (const KpiSpec& kpi : specs.kpis) {
    all.kpis.push_back(EstimateKpi(specs, kpi, events_per_second, series));
    kpi_memory += all.kpis.back().memory_bytes;
    all.disk_bytes += all.kpis.back().disk_bytes;
  }
  all.disk_bytes += all.dedup_disk_bytes;
  // Two write buffers and a cache for what leaves the windows; more brings little, less stalls writes.
  all.storage_memory_bytes =
      static_cast<uint64_t>(std::clamp(static_cast<double>(all.disk_bytes) / 8, 32 * kMiB, 256 * kMiB));
  all.process_memory_bytes = static_cast<uint64_t>(kProcessBytes);
  all.memory_bytes = kpi_memory + all.dedup_memory_bytes + all.fetch_memory_bytes + all.storage_memory_bytes +
                     all.process_memory_bytes;
  return all;
}

}  // namespace tidemark
