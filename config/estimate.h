// What a configuration will need in memory and on disk at a stated rate: `check-config --estimate`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/plan/spec.h"

namespace tidemark {

struct KpiEstimate {
  std::string kpi;
  // Label sets: 1 without `by`, else as stated, bounded by max_series and from below by declared values.
  double series = 0;
  double ids = 0;             // known at a time, of a KPI that follows ids
  double panes = 0;           // stored, over all tiers
  uint64_t memory_bytes = 0;  // label sets, open panes, accumulators, ids
  uint64_t disk_bytes = 0;    // panes, stored accumulators and ids, with the space compaction needs
};

struct Estimate {
  std::vector<KpiEstimate> kpis;  // in the order of the configuration
  double dedup_ids = 0;
  uint64_t dedup_memory_bytes = 0;
  uint64_t dedup_disk_bytes = 0;
  uint64_t fetch_memory_bytes = 0;    // records between broker and engine
  uint64_t storage_memory_bytes = 0;  // RocksDB: write buffers, block cache
  uint64_t process_memory_bytes = 0;  // code, libraries, threads
  uint64_t tables_memory_bytes = 0;   // their first contents, those in use, and those being read
  uint64_t memory_bytes = 0;          // all of it
  uint64_t disk_bytes = 0;            // all of it, less `limits.min_free_disk`
};

inline constexpr double kUsualIds = 1'000'000;

// An upper estimate, by the formula in config/README.md: every KPI is taken to see every event, spread evenly over
// `series` label sets, and of `ids` leads, deals or customers at a time. REQUIRES: all finite and not negative.
Estimate EstimateResources(const Specs& specs, double events_per_second, double series, double ids = kUsualIds);

// The estimate as a table for people, with the budget of `limits` beside it.
std::string EstimateTable(const Specs& specs, const Estimate& estimate);

}  // namespace tidemark
