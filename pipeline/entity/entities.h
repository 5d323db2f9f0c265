// One row per entity, (kind, id), with a part for each KPI that is folded from its events: bounded cache over the store.
#pragma once

#include <cstdint>
#include <functional>
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
  // `most_rows`: 0 for any number.
  Entities(const Store* store, size_t cache_bytes, uint64_t most_rows) : store_(*store), cache_bytes_(cache_bytes), most_rows_(most_rows) {}
  // Reads how many rows are stored.
  Status Load();
  uint64_t rows() const { return rows_; }  // stored, or with the next commit
  bool full() const { return most_rows_ != 0 && rows_ >= most_rows_; }
  // Where to sweep first: any number will do, another one each time.
  void SweepFrom(uint64_t position) { cursor_ = EntityKey({Hash64({}, position), 0}); }

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

  // Takes out the parts for which `goes`, of at most so many of the stored rows: the next ones in the order of their keys,
  // from anywhere on first. A row that has no parts left is erased by the commit. True when the last row was reached.
  Result<bool> Sweep(size_t rows, const std::function<Result<bool>(uint32_t number, std::string_view part)>& goes);

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
    bool counted = false;  // one of rows_: it has parts
  };
  uint32_t Insert(const Hash128& key, EntityRow row);
  // Moves the hand of the clock by at most so many slots.
  void Evict(size_t most_steps);
  static int64_t BytesOf(const EntityRow& row);
  EntityRow* Find(const Hash128& key) {
    const auto it = index_.find(key);
    return it == index_.end() ? nullptr : &slots_[it->second].row;
  }

  const Store& store_;
  const size_t cache_bytes_;
  const uint64_t most_rows_;
  uint64_t rows_ = 0;
  absl::flat_hash_map<Hash128, uint32_t> index_;
  std::vector<Cached> slots_;
  std::vector<uint32_t> free_, dirty_;
  std::vector<Hash128> wanted_;
  std::string cursor_;  // key of the next row to sweep
  size_t hand_ = 0;
  int64_t bytes_ = 0;
  size_t dirty_bytes_ = 0;
};

}  // namespace tidemark
