#include <algorithm>
#include <array>
#include <cstdio>

#include "config/estimate.h"

namespace tidemark {
namespace {

// One decimal and a binary unit: 1.5MiB.
std::string Size(uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), unit == 0 ? "%.0f%s" : "%.1f%s", value, kUnits[unit]);
  return out.data();
}

std::string Line(const std::string& name, size_t width, const std::string& series, const std::string& ids,
                 const std::string& panes, const std::string& memory, const std::string& disk) {
  const auto pad = [](const std::string& text, size_t to) {
    return std::string(to > text.size() ? to - text.size() : 0, ' ');
  };
  return name + pad(name, width) + pad(series, 12) + series + pad(ids, 12) + ids + pad(panes, 14) + panes +
         pad(memory, 12) + memory + pad(disk, 12) + disk + "\n";
}

std::string Whole(double number) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.0f", number);
  return out.data();
}

}  // namespace

std::string EstimateTable(const Specs& specs, const Estimate& estimate) {
  size_t width = std::string("duplicate ids").size();
  for (const KpiEstimate& kpi : estimate.kpis) width = std::max(width, kpi.kpi.size());
  std::string text = Line("KPI", width, "series", "ids", "panes", "memory", "disk");
  for (const KpiEstimate& kpi : estimate.kpis) {
    text += Line(kpi.kpi, width, Whole(kpi.series), kpi.ids > 0 ? Whole(kpi.ids) : "", Whole(kpi.panes),
                 Size(kpi.memory_bytes), Size(kpi.disk_bytes));
  }
  text += Line("duplicate ids", width, "", Whole(estimate.dedup_ids), "", Size(estimate.dedup_memory_bytes),
               Size(estimate.dedup_disk_bytes));
  text += Line("fetch queue", width, "", "", "", Size(estimate.fetch_memory_bytes), "");
  text += Line("storage", width, "", "", "", Size(estimate.storage_memory_bytes), "");
  text += Line("process", width, "", "", "", Size(estimate.process_memory_bytes), "");
  if (!specs.tables.empty()) text += Line("tables", width, "", "", "", Size(estimate.tables_memory_bytes), "");
  text += Line("total", width, "", "", "", Size(estimate.memory_bytes), Size(estimate.disk_bytes));
  text += "keep free on disk besides: " + Size(specs.limits.min_free_disk_bytes) + "\n";
  const uint64_t budget = specs.limits.memory_bytes;
  if (budget == 0) {
    text += "limits.memory is not set: the budget is taken from the cgroup or the machine\n";
  } else if (budget < estimate.memory_bytes) {
    text += "limits.memory is " + Size(budget) + ": too little for this rate\n";
  } else {
    text += "limits.memory is " + Size(budget) + ": enough for this rate\n";
  }
  return text;
}

}  // namespace tidemark
