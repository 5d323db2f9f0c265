#include "pipeline/rocksdb/options.h"

#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "pipeline/rocksdb/whole_reads.h"

namespace tidemark {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// Version 5 is read by every RocksDB since 6.6; pinned, so that a newer library doesn't lock older ones out.
constexpr uint32_t kTableFormat = 5;

// RocksDB's own logger writes a file beside the state, and Debian's build aborts the process when a full disk refuses a line of it.
class Lines final : public rocksdb::Logger {
 public:
  explicit Lines(void (*log)(bool error, std::string_view text)) : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(log) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}  // headers
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (log_ == nullptr || level < GetInfoLogLevel() || level >= rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    std::array<char, 1024> text;
    const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (size > 0) log_(level >= rocksdb::InfoLogLevel::ERROR_LEVEL, {text.data(), std::min<size_t>(static_cast<size_t>(size), text.size() - 1)});
  }

 private:
  void (*const log_)(bool error, std::string_view text);
};

// An insert begins its search where the last one ended, and not at the top, which neighbours make short. Not
// for the empty key: in 7.8 a range erase shares the hint of its first key with ordinary keys, though it lies in another
// skiplist, which is then damaged. So it is for families of which ranges are erased from their beginning only.
class OneHint final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "tidemark.one_hint"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), 0}; }
  bool InDomain(const rocksdb::Slice& key) const override { return !key.empty(); }
};

rocksdb::DBOptions DatabaseOptions(uint64_t write_bytes) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.verify_sst_unique_id_in_manifest = true;
  // Any damage of the log stops the start; RocksStore::Open looks what it is.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  db.max_total_wal_size = std::clamp<uint64_t>(write_bytes, 16 * kMiB, 64 * kMiB);  // what a start may have to replay
  // Not charged to the block cache: the reservation would push blocks out of a small cache.
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(write_bytes);
  // One writer: without concurrency each insert goes on from the place of the last one, so sorted batches are cheap.
  db.allow_concurrent_memtable_write = false;
  db.max_background_jobs = 2;
  db.max_open_files = 512;
  db.bytes_per_sync = kMiB;
  // A checksum of each whole file, made while it is written: a backup is checked against what was meant, and knows files apart.
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, uint64_t write_bytes,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = kTableFormat;
  table.checksum = rocksdb::ChecksumType::kXXH3;
  // The index stays in the heap: in a small cache it would be evicted by blocks and read again at every get.
  table.cache_index_and_filter_blocks = false;
  table.block_size = 16 << 10;
  table.max_auto_readahead_size = 4 * kMiB;  // grows from 8 KiB while a scan goes on, so short scans read little

  rocksdb::ColumnFamilyOptions options;
  // Entities are read by key, most of them once: filters tell the new ones without a read, in files and in what is in memory.
  if (family == Family::kEntities) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_insert_with_hint_prefix_extractor = std::make_shared<OneHint>();
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Hashes of ids cannot be made smaller.
  const bool compressible = family != Family::kMeta && family != Family::kIds;
  options.compression = compressible ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  options.write_buffer_size = std::max<uint64_t>(write_bytes / 2, kMiB);  // the manager bounds their sum
  options.max_write_buffer_number = 3;
  // A write stall would stop the engine, so compaction gets a long rope; the stall metrics say when it runs out.
  options.level0_file_num_compaction_trigger = 4;
  options.level0_slowdown_writes_trigger = 40;
  options.level0_stop_writes_trigger = 80;
  return options;
}

}  // namespace

Tuning MakeTuning(const RocksOptions& options) {
  const uint64_t write_bytes = std::clamp<uint64_t>(options.memory_bytes / 3, 4 * kMiB, 192 * kMiB);
  const uint64_t cache_bytes =
      std::max<uint64_t>(options.memory_bytes - std::min(options.memory_bytes, write_bytes), 4 * kMiB);
  Tuning tuning;
  tuning.db = DatabaseOptions(write_bytes);
  tuning.env = WithWholeReads(options.env != nullptr ? options.env : rocksdb::Env::Default());
  tuning.db.env = tuning.env.get();
  tuning.db.info_log = std::make_shared<Lines>(options.log);
  tuning.cache = rocksdb::NewLRUCache(cache_bytes);
  tuning.families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
  static constexpr const char* kNames[kFamilyCount] = {"meta", "rows", "panes", "ids", "entities"};
  for (size_t i = 0; i < kFamilyCount; ++i) {
    tuning.families.emplace_back(kNames[i], FamilyOptions(static_cast<Family>(i), write_bytes, tuning.cache));
  }
  return tuning;
}

}  // namespace tidemark
