// One number for memory, split among those who keep things. Pure but for the functions that read the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/engine/engine.h"

namespace tidemark {

inline constexpr uint64_t kMinMemoryBytes = 128ull << 20;

// Bytes by component. Invariant: Sum() == budget.
struct MemoryPlan {
  uint64_t budget = 0;
  uint64_t process = 0;  // code, stacks, scrape bodies, what the allocator can't use
  uint64_t rocksdb = 0;  // block cache and write buffers
  uint64_t fetch = 0;    // records fetched and not yet taken, with what librdkafka needs around them
  uint64_t rows = 0;     // label sets, accumulators, open panes
  uint64_t dedup = 0;    // ids of events
  uint64_t entities = 0; // cache of leads, deals, customers by id
  uint64_t Sum() const { return process + rocksdb + fetch + rows + dedup + entities; }
};

// kInvalid below kMinMemoryBytes.
Result<MemoryPlan> SplitMemory(uint64_t budget_bytes);

// The engine's part for good, where a back-fill may come beside it, and the back-fill's. Invariant: together they are the whole, but for a byte of dedup.
// While there is none the engine may have all of the rows and entities.
struct SharedMemory {
  MemoryPlan engine, backfill;
};
SharedMemory ShareMemory(const MemoryPlan& memory);

// What an engine may use of this plan.
EngineOptions OptionsFor(const MemoryPlan& memory);

// What limits.memory says; else three quarters of the cgroup's limit; else a quarter of the machine.
uint64_t MemoryBudget(uint64_t configured, std::optional<uint64_t> cgroup_limit, uint64_t machine_bytes);

// The least limit of the process's cgroup and those above it (v2, also where it is only slowed down; else v1) below `root`, normally "/sys/fs/cgroup";
// `membership` is the text of /proc/self/cgroup. nullopt: none.
std::optional<uint64_t> CgroupLimit(const std::string& root, const std::string& membership);
uint64_t MachineBytes();
// MemoryBudget() for this process.
uint64_t ProcessBudget(uint64_t configured);

}  // namespace tidemark
