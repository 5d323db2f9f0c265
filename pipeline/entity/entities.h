// One row per entity, (kind, id), with a part for each KPI that is folded from its events: bounded cache over the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/status.h"
#include "pipeline/store/store.h"

namespace tidemark {

// The stored value: bytes(id), then {varint number, bytes(part)} for each KPI by its number in the registry.
struct EntityRow {
  std::string id;
  std::vector<std::pair<uint32_t, std::string>> parts;  // ascending by number
};
void PutEntityRow(std::string* out, const EntityRow& row);
Status ReadEntityRow(std::string_view value, EntityRow* row);

std::string EntityKey(const Hash128& key);  // in Family::kEntities

// Rows in memory are those of the last batches and, up to the budget, those used lately; dirty ones stay until they are
// committed.
// Threads: confined to the engine.
class Entities {
 public:
  Entities(const Store* store, size_t cache_bytes) : store_(*store), cache_bytes_(cache_bytes) {}

  static Hash128 KeyOf(uint64_t kind, std::string_view id) {
    const uint64_t h = Hash64(id, kind);
    return {h, Hash64(id, hash_internal::MulFold(h ^ hash_internal::kC, kind | 1))};
  }

  // How many open entities have a value is kept as an entity of its own, for folds that are `distinct`. Its id is none that
  // a person would know, and its part is no state.
  static constexpr uint64_t kValues = 0x76616c756573;
  static bool IsValue(std::string_view stored_key, std::string_view id);

  // Says that a row will be asked for soon: rows that are not here are then read in one go.
  void Want(const Hash128& key) {
    if (!index_.contains(key)) wanted_.push_back(key);
  }
  Status ReadWanted();

  // The row's bytes for reading and writing; new rows are made with `id`. Null, with an error in *status, when stored
  // bytes cannot be read, or belong to another id. Valid until the next call.
  EntityRow* Get(const Hash128& key, std::string_view id, Status* status);
  // Get's row was changed, and grew by so many bytes.
  void Changed(const Hash128& key, int64_t growth);

  void AppendTo(CommitBatch* batch) const;
  // The batch is on disk. Rows beyond the budget leave memory.
  void Committed();
  // Of rows that wait for a commit.
  size_t dirty_bytes() const { return dirty_bytes_; }
  int64_t MemoryBytes() const { return bytes_; }

 private:
  struct Cached {
    EntityRow row;
    Hash128 key;
    bool dirty = false;
    bool used = false;   // since the hand of the clock last passed
    bool taken = false;  // the slot holds a row
  };
  uint32_t Insert(const Hash128& key, EntityRow row);
  // Moves the hand of the clock by at most so many slots.
  void Evict(size_t most_steps);
  static int64_t BytesOf(const EntityRow& row);

  const Store& store_;
  const size_t cache_bytes_;
  absl::flat_hash_map<Hash128, uint32_t> index_;
  std::vector<Cached> slots_;
  std::vector<uint32_t> free_, dirty_;
  std::vector<Hash128> wanted_;
  size_t hand_ = 0;
  int64_t bytes_ = 0;
  size_t dirty_bytes_ = 0;
};

}  // namespace tidemark
