// The daemon's own metrics that a view holds: records, partitions, sources, commits, memory, deduplication.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "daemon/memory.h"
#include "pipeline/view/view.h"

namespace tidemark {

std::vector<prometheus::MetricFamily> CollectRecords(const View& view);
std::vector<prometheus::MetricFamily> CollectPartitions(const View& view, WallTime now);
std::vector<prometheus::MetricFamily> CollectSources(const View& view);
std::vector<prometheus::MetricFamily> CollectMappings(const View& view);
std::vector<prometheus::MetricFamily> CollectEngine(const View& view, const MemoryPlan& memory);

std::string_view ToString(PartitionHealth health);  // "ok", "unreadable", "waiting", "halted"

}  // namespace tidemark
