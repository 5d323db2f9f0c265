// How RocksDB is set up. Included only within pipeline/rocksdb.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>
#include <vector>

#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {

struct Tuning {
  std::shared_ptr<rocksdb::Env> env;                      // of db, which it outlives
  rocksdb::DBOptions db;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;  // RocksDB's own "default", then one per Family in its order
  std::shared_ptr<rocksdb::Cache> cache;
};

Tuning MakeTuning(const RocksOptions& options);

}  // namespace tidemark
