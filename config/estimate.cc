#include "config/estimate.h"

#include <algorithm>

#include "config/estimate_kpi.h"

namespace tidemark {
namespace {

constexpr double kDedupMemoryBytes = 32;  // 128-bit hash at half load
constexpr double kDedupDiskBytes = 20;
constexpr double kMiB = 1 << 20;
constexpr double kFetchBytes = 96 * kMiB;  // 32 MiB of queue take three times that
constexpr double kProcessBytes = 48 * kMiB;
constexpr double kFetchSeconds = 2;  // of input held between broker and engine, when that is less
constexpr double kRecordBytes = 400;

}  // namespace

Estimate EstimateResources(const Specs& specs, double events_per_second, double series, double ids) {
  Estimate all;
  for (const TopicSpec& topic : specs.topics) {
    if (!topic.dedup.enabled) continue;
    // How the rate is spread over topics isn't known: each is taken at its share, up to its own limit.
    const double rate = events_per_second / static_cast<double>(specs.topics.size());
    const double seconds = static_cast<double>(topic.dedup.horizon.count()) / kMicrosPerSecond;
    all.dedup_ids += std::min(rate * seconds, static_cast<double>(topic.dedup.max_ids));
  }
  all.dedup_memory_bytes = static_cast<uint64_t>(all.dedup_ids * kDedupMemoryBytes);
  all.dedup_disk_bytes = static_cast<uint64_t>(all.dedup_ids * kDedupDiskBytes * config::kDiskFactor);
  all.fetch_memory_bytes =
      static_cast<uint64_t>(std::min(kFetchBytes, 3 * events_per_second * kFetchSeconds * kRecordBytes));
  uint64_t kpi_memory = 0;
  for (const KpiSpec& kpi : specs.kpis) {
    all.kpis.push_back(config::EstimateKpi(specs, kpi, {events_per_second, series, ids}));
    kpi_memory += all.kpis.back().memory_bytes;
    all.disk_bytes += all.kpis.back().disk_bytes;
  }
  all.disk_bytes += all.dedup_disk_bytes;
  // Two write buffers and a cache for what leaves the windows; more brings little, less stalls writes.
  all.storage_memory_bytes =
      static_cast<uint64_t>(std::clamp(static_cast<double>(all.disk_bytes) / 8, 32 * kMiB, 256 * kMiB));
  all.process_memory_bytes = static_cast<uint64_t>(kProcessBytes);
  for (const TableSpec& table : specs.tables) {
    if (table.contents != nullptr) all.tables_memory_bytes += 3 * table.contents->bytes();
  }
  all.memory_bytes = kpi_memory + all.dedup_memory_bytes + all.fetch_memory_bytes + all.storage_memory_bytes +
                     all.process_memory_bytes + all.tables_memory_bytes;
  return all;
}

}  // namespace tidemark
