// The Store on disk: one RocksDB directory, one column family per Family.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/rocksdb/files.h"
#include "pipeline/store/store.h"

namespace rocksdb {
class Env;
}

namespace tidemark {

struct RocksOptions {
  uint64_t memory_bytes = 128ull << 20;         // block cache and write buffers together
  bool read_only = false;                       // looks at a directory, also one in use; takes no lock, changes nothing
  uint64_t min_free_disk_bytes = 512ull << 20;  // commits that would leave less are refused before they write
  // RocksDB's warnings and errors; from any of its threads, also while it closes.
  void (*log)(bool error, std::string_view text) = nullptr;
  rocksdb::Env* env = nullptr;                  // outlives the store; null: the machine's
};

// Invariants: (1) a commit is whole or absent after any crash, and the commits present are a prefix of those given;
// (2) a commit that returned Ok is there after a crash of the process or the machine; (3) once a commit failed while
// writing, every later one fails: only what is reopened is known again. A refusal for want of disk space (kNoSpace, and failed() says
// no) is none of these: nothing was written, and the same commit may be tried again.
// Threads: the port's calls from one thread at a time; Stats() from any thread.
// Failure: kLocked, kCorrupt, kNotFound, kNoSpace and kUnavailable from Open; kNoSpace, kUnavailable or kCorrupt from the rest.
class RocksStore : public Store {
 public:
  // Opens the directory, and creates it (for its owner only) when missing, unless read_only.
  static Result<std::unique_ptr<RocksStore>> Open(const std::string& path, const RocksOptions& options);
  // Writes out what is in memory, so that the next start has no log to read again; then closes.
  ~RocksStore() override;

  Status Commit(const CommitBatch& batch) override;
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const override;
  Status MultiGet(Family family, std::span<const std::string> keys,
                  std::span<std::optional<std::string>> values) const override;

  // A commit failed while writing: open the directory again.
  bool failed() const { return !failed_.ok(); }
  // The state as of the last commit; stays as it is, and readable, whatever becomes of the store. Holds back the disk space of
  // what is erased meanwhile: not for long. Threads: any, while the store is there; what it returns, one at a time.
  std::shared_ptr<const Store> Snapshot() const;
  // Makes a directory that is a state of its own, as of some commit between the call and its return: tables are linked, not copied, on
  // the same file system, and what is in memory is written out before, unless it is little. The engine goes on meanwhile. The
  // directory must not exist, and is on disk when it returns Ok. The function may be called from any thread, also when the store is
  // gone: its files stay open until the last such call returned.
  std::function<Status(const std::string& directory)> Checkpointer() const;
  // All of its files but LOCK and logs for people. REQUIRES: read_only, and nobody writes the directory.
  Result<std::vector<StoredFile>> Files() const;
  // When it returns Ok, what was erased or overwritten under these keys is in no file of the directory any more. Rewrites what lies
  // around them; of many keys, the whole family.
  Status Purge(Family family, std::span<const std::string> keys);
  // Whether another process has the directory open for writing. REQUIRES: this one has not.
  static bool IsInUse(const std::string& path);

  // What RocksDB says of itself, by name: memtable_bytes, block_cache_bytes, table_reader_bytes, live_sst_bytes,
  // pending_compaction_bytes, level0_files, write_stopped (0 or 1), delayed_write_bytes_per_second, background_errors.
  std::map<std::string, double> Stats() const;

 private:
  struct Handles;
  class Frozen;
  RocksStore(std::string path, const RocksOptions& options, std::shared_ptr<Handles> handles);
  Status CheckFreeDisk(uint64_t batch_bytes) const;
  Status Write(const CommitBatch& batch);

  const std::string path_;
  const RocksOptions options_;
  const std::shared_ptr<Handles> handles_;
  Status failed_;  // of the first commit that failed while writing
};

}  // namespace tidemark
