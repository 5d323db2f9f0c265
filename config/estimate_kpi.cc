#include "config/estimate_kpi.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "config/measures.h"
#include "pipeline/plan/tier.h"

namespace tidemark::config {
namespace {

// Bytes, as the stored formats and the engine's rows have them, rounded up.
constexpr double kKeyBytes = 24;
constexpr double kPaneRowBytes = 4;  // of a fragment: which row, how many cells, its share of the key
constexpr double kFragments = 2;     // a row is in so many of a pane's fragments, between merges
constexpr double kLabelBytes = 40;   // one label's name and value in the dictionary
constexpr double kRowBytes = 96;     // a label set: hash entry, row, dirty mark
constexpr double kIdMemoryBytes = 64;
constexpr double kIdDiskBytes = 80;
constexpr double kIdCellBytes = 16;
constexpr double kSumCellBytes = 28;  // sum and count
constexpr double kBuckets = 350;      // of the quantiles of a series
constexpr double kBucketBytes = 12;

// What was shown at whole hours: of so many hours, where a table is not too large, and midnights.
constexpr double kShownBytes = 12;  // of one series and window
constexpr double kHours = 60, kMostHourly = 200'000, kMidnights = 35, kMostDaily = 1'000'000;

constexpr Duration kDays = std::chrono::hours(24);

double Seconds(Duration d) { return static_cast<double>(d.count()) / kMicrosPerSecond; }

bool HasQuantiles(const KpiSpec& kpi) {
  return std::any_of(kpi.stats.begin(), kpi.stats.end(), [](const std::string& stat) { return stat[0] == 'p'; });
}

// Of one series in which `events` fell.
double CellBytes(const KpiSpec& kpi, double events) {
  switch (kpi.measure) {
    case Measure::kCount:
      return 8;
    case Measure::kSum:
      return 20;
    case Measure::kAvg:
      return kSumCellBytes;
    case Measure::kMin:
    case Measure::kMax:
      return 16;
    case Measure::kLast:
      return 40;
    case Measure::kQuantiles:
    case Measure::kElapsed:
    case Measure::kDwell:
      return kSumCellBytes + (HasQuantiles(kpi) ? kBucketBytes * std::min(kBuckets, std::max(1.0, events)) : 0);
    case Measure::kDistinct:
    case Measure::kFirst:
    case Measure::kActive:
    case Measure::kLapsed:
    case Measure::kOpen:
      return kIdCellBytes;
    case Measure::kFunnel:
      return kIdCellBytes * static_cast<double>(kpi.steps.size());
    case Measure::kFormula:
      return 0;
  }
  return 0;
}

Duration StepOf(const WindowSpec& window) { return window.step.value_or(DefaultStep(window.length)); }

// min and max keep a staircase for late data; its length is about the logarithm of the panes in the window.
double AccumulatorBytes(const KpiSpec& kpi, const WindowSpec& window) {
  const bool staircase = kpi.measure == Measure::kMin || kpi.measure == Measure::kMax;
  if (!staircase || window.lifetime()) return 16 + CellBytes(kpi, kBuckets);
  return 32 * std::max(1.0, std::log2(static_cast<double>(window.length / StepOf(window))));
}

Duration LengthOf(const WindowSpec& window) {
  if (window.kind == WindowSpec::Kind::kRolling) return window.length;
  constexpr std::array<int, 5> kUnitDays = {1, 7, 31, 92, 366};
  return kDays * kUnitDays[static_cast<size_t>(window.unit)];
}

// How far back the panes of a window are needed: to its lower edge, and to that of what it is compared with.
Duration NeededOf(const KpiSpec& kpi, const WindowSpec& window) {
  const Duration length = LengthOf(window);
  const bool two = window.kind == WindowSpec::Kind::kClosed || kpi.measure == Measure::kLapsed;
  Duration back{};
  for (const CompareSpec& compare : kpi.compare) {
    const Duration months = kDays * (31 * compare.months);
    back = std::max({back, compare.back, months, compare.previous ? length : Duration()});
  }
  const Duration step = window.kind == WindowSpec::Kind::kRolling ? StepOf(window) : Duration();
  return length * (two ? 2 : 1) + step + back;
}

// How far back they are kept: those that left are told by `explain`.
Duration KeptOf(const Specs& specs, const KpiSpec& kpi, const WindowSpec& window) {
  const bool rolls = window.kind == WindowSpec::Kind::kRolling;
  const Duration idle = kpi.series_idle.value_or(specs.limits.series_idle);
  return NeededOf(kpi, window) + (rolls ? std::min(window.length, idle) + StepOf(window) : Duration());
}

double SeriesOf(const Specs& specs, const KpiSpec& kpi, double series) {
  if (kpi.by.empty()) return 1;
  double declared = 1;
  for (const LabelSpec& label : kpi.by) declared *= static_cast<double>(label.values.size());
  const auto most = static_cast<double>(kpi.max_series.value_or(specs.limits.max_series));
  return std::min(std::max({series, declared, 1.0}), most + 1);
}

Tier TierOf(const WindowSpec& window) { return window.kind == WindowSpec::Kind::kRolling ? TierOfStep(StepOf(window)) : Tier::kHour; }

// Of a KPI with `key`: as many as stated, but no more than there are events while they are known.
double IdsOf(const KpiSpec& kpi, const Load& load) {
  if (kpi.key.empty()) return 0;
  constexpr int kErasePanes = 64;  // at once; ids that were in them go after that
  constexpr Measures kForgets = Of(Measure::kDistinct, Measure::kActive, Measure::kLapsed);
  Duration known{};
  for (const WindowSpec& window : kpi.windows) {
    if (window.lifetime() || (kForgets & Of(kpi.measure)) == 0) return load.events_per_second > 0 ? load.ids : 0;
    known = std::max(known, NeededOf(kpi, window) + kErasePanes * PaneSize(TierOf(window)));
  }
  return std::min(load.ids, load.events_per_second * Seconds(known));
}

// Panes of one tier that hold something: of S series with r events a second among them, one pane time sees
// S (1 - exp(-r * size / S)).
double PanesOf(Duration size, Duration kept, double rate, double series) {
  const double touched = series * (1 - std::exp(-rate * Seconds(size) / series));
  return touched * std::ceil(static_cast<double>(kept.count()) / static_cast<double>(size.count()));
}

}  // namespace

KpiEstimate EstimateKpi(const Specs& specs, const KpiSpec& kpi, const Load& load) {
  KpiEstimate e;
  e.kpi = kpi.name;
  e.series = SeriesOf(specs, kpi, load.series);
  if (kpi.measure == Measure::kFormula) return e;  // computed when read
  e.ids = IdsOf(kpi, load);
  std::array<Duration, kTierCount> kept{};
  double accumulators = 0, cells = 0;
  for (const WindowSpec& window : kpi.windows) {
    const double times = window.lifetime() ? 1 : 1 + static_cast<double>(kpi.compare.size());
    accumulators += e.series * times * AccumulatorBytes(kpi, window);
    cells += e.series * times;
    if (window.lifetime()) continue;
    Duration& of_tier = kept[static_cast<size_t>(TierOf(window))];
    of_tier = std::max(of_tier, KeptOf(specs, kpi, window));
  }
  double open = 0, stored = 0;
  for (size_t t = 0; t < kTierCount; ++t) {
    if (kept[t].count() == 0) continue;
    const Duration size = PaneSize(static_cast<Tier>(t));
    const double cell = CellBytes(kpi, load.events_per_second * Seconds(size) / e.series);
    const double panes = PanesOf(size, kept[t], load.events_per_second, e.series);
    e.panes += panes;
    stored += panes * kFragments * (kPaneRowBytes + cell);
    open += e.series * (16 + cell);
  }
  const double labels = kLabelBytes * static_cast<double>(kpi.by.size());
  e.memory_bytes =
      static_cast<uint64_t>(e.series * (kRowBytes + labels) + open + accumulators + e.ids * kIdMemoryBytes);
  const double shown = kShownBytes * (kHours * std::min(cells, kMostHourly) + kMidnights * std::min(cells, kMostDaily));
  e.disk_bytes = static_cast<uint64_t>(
      kDiskFactor * (stored + shown + accumulators + e.series * (kKeyBytes + labels) + e.ids * kIdDiskBytes));
  return e;
}

}  // namespace tidemark::config
