#include "daemon/memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace tidemark {
namespace {

std::optional<uint64_t> ReadLimit(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (!(file >> text)) return std::nullopt;
  uint64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  // "max", and what v1 says for none: a number near 2^63.
  if (error != std::errc() || limit >= (1ull << 60)) return std::nullopt;
  return limit;
}

// The least limit found in `root`/`path` and every directory above it, down to root.
std::optional<uint64_t> LeastLimit(const std::string& root, std::string path, std::initializer_list<const char*> files) {
  std::optional<uint64_t> least;
  while (true) {
    for (const char* file : files) {
      if (const auto limit = ReadLimit(root + path + "/" + file)) least = least ? std::min(*least, *limit) : *limit;
    }
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return least;
    path.erase(slash);
  }
}

}  // namespace

Result<MemoryPlan> SplitMemory(uint64_t budget) {
  if (budget < kMinMemoryBytes) {
    return Invalid("limits.memory: " + std::to_string(budget >> 20) + " MiB is too little; at least " +
                   std::to_string(kMinMemoryBytes >> 20) + " MiB");
  }
  MemoryPlan plan;
  plan.budget = budget;
  plan.process = std::max<uint64_t>(budget / 8, 40ull << 20);
  plan.rocksdb = std::clamp<uint64_t>(budget / 4, 16ull << 20, 1ull << 30);
  plan.fetch = std::clamp<uint64_t>(budget / 8, 8ull << 20, 384ull << 20);
  const uint64_t rest = budget - plan.process - plan.rocksdb - plan.fetch;
  plan.dedup = rest / 2;
  plan.entities = rest / 4;
  plan.rows = rest - plan.dedup - plan.entities;
  return plan;
}

SharedMemory ShareMemory(const MemoryPlan& memory) {
  SharedMemory shared;
  MemoryPlan& side = shared.backfill;
  side.rocksdb = memory.rocksdb / 4;
  side.fetch = memory.fetch / 4;
  side.rows = memory.rows / 2;
  side.dedup = memory.dedup / 2;  // both forget the same ids
  side.entities = memory.entities / 2;
  side.budget = side.Sum();
  MemoryPlan& engine = shared.engine;
  engine.process = memory.process;
  engine.rocksdb = memory.rocksdb - side.rocksdb;
  engine.fetch = memory.fetch - side.fetch;
  engine.rows = memory.rows - side.rows;
  engine.dedup = side.dedup;
  engine.entities = memory.entities - side.entities;
  engine.budget = engine.Sum();
  return shared;
}

EngineOptions OptionsFor(const MemoryPlan& memory) {
  EngineOptions options;
  options.open_panes_bytes = std::min(memory.rows / 4, options.open_panes_bytes);
  options.entity_cache_bytes = memory.entities;
  options.dedup_bytes = memory.dedup;
  return options;
}

uint64_t MemoryBudget(uint64_t configured, std::optional<uint64_t> cgroup_limit, uint64_t machine_bytes) {
  if (configured != 0) return configured;
  if (cgroup_limit && *cgroup_limit < machine_bytes) return std::max(*cgroup_limit / 4 * 3, kMinMemoryBytes);
  return std::max(machine_bytes / 4, kMinMemoryBytes);
}

std::optional<uint64_t> CgroupLimit(const std::string& root, const std::string& membership) {
  std::istringstream lines(membership);
  std::optional<uint64_t> least;
  for (std::string line; std::getline(lines, line);) {
    // "0::/path" (v2) or "9:memory:/path" (v1).
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path.find("..") != std::string::npos) path.clear();  // a cgroup outside of our namespace
    if (path == "/") path.clear();
    std::optional<uint64_t> limit;
    if (controllers.empty()) limit = LeastLimit(root, path, {"memory.max", "memory.high"});
    if (controllers == "memory") limit = LeastLimit(root + "/memory", path, {"memory.limit_in_bytes"});
    if (limit) least = least ? std::min(*least, *limit) : *limit;
  }
  return least;
}

uint64_t MachineBytes() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : kMinMemoryBytes;
}

uint64_t ProcessBudget(uint64_t configured) {
  std::ifstream file("/proc/self/cgroup");
  const std::string membership{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return MemoryBudget(configured, CgroupLimit("/sys/fs/cgroup", membership), MachineBytes());
}

}  // namespace tidemark
