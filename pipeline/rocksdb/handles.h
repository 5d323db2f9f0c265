// RocksDB's handles and statuses, for the files of this room alone.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/perf_level.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {

// Runs `body`, and turns what the library or the heap throws into a status. The library counts each comparison of keys
// in a variable of the thread, which costs more than the comparison, and nobody asks for it.
template <class Body>
Status Contain(Body&& body) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  try {
    return body();
  } catch (const std::exception& e) {
    return Unavailable(std::string("exception: ") + e.what());
  }
}

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::string HexOf(std::string_view bytes);

inline Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return Status::Ok();
  return {status.IsCorruption() ? Code::kCorrupt : status.IsNoSpace() ? Code::kNoSpace : Code::kUnavailable, status.ToString()};
}

struct RocksStore::Handles {
  std::shared_ptr<rocksdb::Env> env;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;  // "default" first

  rocksdb::ColumnFamilyHandle* of(Family family) const { return families[static_cast<size_t>(family) + 1]; }
  Status Open(const std::string& path, const RocksOptions& options);
  Status Scan(rocksdb::ReadOptions read, Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const;
  Status MultiGet(const rocksdb::ReadOptions& read, Family family, std::span<const std::string> keys,
                  std::span<std::optional<std::string>> values) const;
  uint64_t Sum(const std::string& property) const {
    uint64_t value = 0;
    return db->GetAggregatedIntProperty(property, &value) ? value : 0;
  }
  ~Handles() {
    if (!db) return;
    for (rocksdb::ColumnFamilyHandle* family : families) db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    db->Close().PermitUncheckedError();
  }
};

}  // namespace tidemark
