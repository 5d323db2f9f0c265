// The port to stored state. Keys and values are bytes whose grammar is pipeline/store/README.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"

namespace tidemark {

// Column families: what is laid out and tuned alike.
enum class Family : uint8_t {
  kMeta,      // format, registry, partitions, clocks, counters, alert state
  kRows,      // series of a table with their accumulators
  kPanes,     // fragments of panes, time-major; read by range
  kIds,       // duplicate detection: appended blobs, read at start only
  kEntities,  // one row per entity; read by key
};
inline constexpr size_t kFamilyCount = 5;

// One atomic, synced write. Order within: erases of ranges first, then puts and erases of keys.
struct CommitBatch {
  struct Put {
    Family family;
    std::string key, value;
  };
  struct Erase {
    Family family;
    std::string key;
  };
  struct EraseRange {  // [from, to); of kEntities, from "" only
    Family family;
    std::string from, to;
  };
  std::vector<EraseRange> erase_ranges;
  std::vector<Put> puts;
  std::vector<Erase> erases;
  bool empty() const { return erase_ranges.empty() && puts.empty() && erases.empty(); }
  void Clear() {
    erase_ranges.clear();
    puts.clear();
    erases.clear();
  }
};

// Threads: one engine thread; CopyTo-like services come with operations later.
class Store {
 public:
  virtual ~Store() = default;
  // All of it or nothing, on disk when it returns Ok. After an error the store takes no further commits until reopened.
  virtual Status Commit(const CommitBatch& batch) = 0;
  // Visits [from, to) in key order until `visit` returns false; an empty `to` is the end of the family. The views live
  // for the call; `visit` must not commit.
  virtual Status Scan(Family family, std::string_view from, std::string_view to,
                      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  // values[i] for keys[i], nullopt where absent. REQUIRES: keys sorted by unsigned bytes, without repeats.
  virtual Status MultiGet(Family family, std::span<const std::string> keys,
                          std::span<std::optional<std::string>> values) const = 0;
  // One key's value; nullopt when absent.
  Result<std::optional<std::string>> Get(Family family, const std::string& key) const {
    std::optional<std::string> value;
    TM_RETURN_IF_ERROR(MultiGet(family, std::span(&key, 1), std::span(&value, 1)));
    return value;
  }
};

}  // namespace tidemark
