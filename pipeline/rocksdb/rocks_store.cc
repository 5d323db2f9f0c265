#include "pipeline/rocksdb/rocks_store.h"

#include <fcntl.h>
#include <rocksdb/convenience.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <numeric>

#include "pipeline/rocksdb/handles.h"
#include "pipeline/rocksdb/log_scan.h"
#include "pipeline/rocksdb/options.h"

namespace tidemark {
namespace {

constexpr uint64_t kFlushOnCloseBytes = 4 << 20;  // less is replayed from the log in an instant
constexpr uint64_t kBatchEntryBytes = 16;         // what a batch adds to a key and a value, at most

// RocksDB has no code for a lock that is taken, only these texts.
bool SaysLocked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                                text.find("lock hold by current process") != std::string::npos);
}

Status OpenStatus(const std::string& path, const rocksdb::Status& status) {
  if (SaysLocked(status)) {
    return {Code::kLocked,
            "state directory " + path +
                " is in use by another process: stop that one, or give this one a storage.path of its own"};
  }
  const bool damaged = status.IsCorruption() || status.IsInvalidArgument() || status.IsNotSupported() ||
                       status.IsPathNotFound() || status.IsNotFound();
  return Status(damaged ? Code::kCorrupt : ToStatus(status).code(), status.ToString()).In("state directory " + path);
}

// What a directory holds of RocksDB's files.
struct Content {
  bool current = false;  // the pointer to the newest manifest
  bool data = false;     // tables, or a log with something in it
};

Content Inspect(const std::filesystem::path& path) {
  Content content;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string extension = entry.path().extension();
    if (entry.path().filename() == "CURRENT") content.current = true;
    if (entry.path().filename() == kRestoringFile) content.data = true;
    if (extension == ".sst") content.data = true;
    if (extension == ".log" && entry.file_size(error) > 0 && !error) content.data = true;
  }
  return content;
}

// What is in a directory is safe from a power cut only once its own name is, in the directory above.
Status SyncName(const std::filesystem::path& path, rocksdb::FileSystem* fs) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = fs->NewDirectory(parent, rocksdb::IOOptions(), &directory, nullptr);
  if (status.ok()) status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  return ToStatus(status).In("the name of state directory " + path.string() + " cannot be made safe");
}

Status MakeDirectory(const std::filesystem::path& path, mode_t mode, rocksdb::FileSystem* fs) {
  std::error_code error;
  const std::filesystem::path parent = path.parent_path();
  if (!parent.empty() && !std::filesystem::exists(parent, error)) TM_RETURN_IF_ERROR(MakeDirectory(parent, 0777, fs));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return {errno == ENOSPC ? Code::kNoSpace : Code::kUnavailable, "state directory " + path.string() + " cannot be created: " + std::strerror(errno)};
  }
  return SyncName(path, fs);
}

Status PrepareDirectory(const std::string& path, bool read_only, rocksdb::FileSystem* fs) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    if (!std::filesystem::is_directory(path, error)) return Invalid("state directory " + path + " is not a directory");
    const Content content = Inspect(path);
    if (content.current) return CheckManifest(fs, path);
    if (content.data) {
      // RocksDB would begin an empty database over the old data.
      return Corrupt("state directory " + path +
                     " has data but no CURRENT file; a restore was interrupted, or it is damaged: restore it from a backup, or move it away");
    }
    if (read_only) return NotFound("state directory " + path + " holds no state");
    (void)SyncName(path, fs);  // who made it may have died before; and may be another user
    return Status::Ok();
  }
  if (error) return Unavailable("state directory " + path + ": " + error.message());
  if (read_only) return NotFound("state directory " + path + " does not exist");
  return MakeDirectory(path, 0700, fs);
}

// The order in which puts go into the batch: by family and key, because memtables insert neighbours cheaply. The later
// of two puts of one key stays the later. Empty when they are in that order already.
std::vector<uint32_t> PutOrder(const std::vector<CommitBatch::Put>& puts) {
  const auto less = [](const CommitBatch::Put& a, const CommitBatch::Put& b) {
    return a.family != b.family ? a.family < b.family : a.key < b.key;
  };
  if (std::is_sorted(puts.begin(), puts.end(), less)) return {};
  std::vector<uint32_t> order(puts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return less(puts[a], puts[b]); });
  return order;
}

uint64_t SizeOf(const CommitBatch& batch) {
  uint64_t bytes = 0;
  for (const auto& put : batch.puts) bytes += put.key.size() + put.value.size() + kBatchEntryBytes;
  for (const auto& erase : batch.erases) bytes += erase.key.size() + kBatchEntryBytes;
  for (const auto& range : batch.erase_ranges) bytes += range.from.size() + range.to.size() + kBatchEntryBytes;
  return bytes;
}

}  // namespace

RocksStore::RocksStore(std::string path, const RocksOptions& options, std::shared_ptr<Handles> handles)
    : path_(std::move(path)), options_(options), handles_(std::move(handles)) {}

Status RocksStore::Handles::Open(const std::string& path, const RocksOptions& options) {
  Tuning tuning = MakeTuning(options);
  rocksdb::FileSystem* const fs = tuning.db.env->GetFileSystem().get();
  TM_RETURN_IF_ERROR(PrepareDirectory(path, options.read_only, fs));
  cache = tuning.cache;
  env = tuning.env;
  const auto open = [&] {
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = options.read_only ? rocksdb::DB::OpenForReadOnly(tuning.db, path, tuning.families, &families, &opened)
                                                     : rocksdb::DB::Open(tuning.db, path, tuning.families, &families, &opened);
    db.reset(opened);
    return status;
  };
  rocksdb::Status status = open();
  if (status.IsCorruption()) {
    TM_ASSIGN_OR_RETURN(const bool unfinished, LogsEndUnfinished(fs, path));
    if (unfinished || options.read_only) {  // who writes the directory may have finished meanwhile
      tuning.db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
      status = open();
    }
  }
  return status.ok() ? Status::Ok() : OpenStatus(path, status);
}

Result<std::unique_ptr<RocksStore>> RocksStore::Open(const std::string& path, const RocksOptions& options) {
  auto handles = std::make_shared<Handles>();
  TM_RETURN_IF_ERROR(Contain([&] { return handles->Open(path, options); }));
  return std::unique_ptr<RocksStore>(new RocksStore(path, options, std::move(handles)));  // NOLINT: private constructor
}

RocksStore::~RocksStore() {
  if (options_.read_only || !failed_.ok() || handles_->Sum("rocksdb.cur-size-all-mem-tables") < kFlushOnCloseBytes) {
    return;
  }
  // Best effort: the log has it all.
  (void)Contain([&] { return ToStatus(handles_->db->Flush(rocksdb::FlushOptions(), handles_->families)); });
}

Status RocksStore::Commit(const CommitBatch& batch) {
  if (options_.read_only) return Unavailable("state directory " + path_ + " is open for reading only");
  if (!failed_.ok()) return failed_.In("no commits until the state is reopened, because an earlier one failed");
  if (batch.empty()) return Status::Ok();
  TM_RETURN_IF_ERROR(CheckFreeDisk(SizeOf(batch)));
  failed_ = Contain([&] { return Write(batch); }).In("state directory " + path_);
  return failed_;
}

Status RocksStore::CheckFreeDisk(uint64_t batch_bytes) const {
  struct statvfs disk {};
  if (::statvfs(path_.c_str(), &disk) != 0) {
    return Unavailable("free space of state directory " + path_ + " is unknown: " + std::strerror(errno));
  }
  const uint64_t free_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free_bytes >= options_.min_free_disk_bytes && free_bytes - options_.min_free_disk_bytes >= batch_bytes) {
    return Status::Ok();
  }
  return NoSpace("disk of state directory " + path_ + " has " + std::to_string(free_bytes >> 20) +
                     " MiB free, and " + std::to_string(options_.min_free_disk_bytes >> 20) +
                     " MiB are kept in reserve (limits.min_free_disk): free some space");
}

Status RocksStore::Write(const CommitBatch& batch) {
  rocksdb::WriteBatch out(SizeOf(batch));
  for (const auto& range : batch.erase_ranges) {
    if (range.from >= range.to) continue;  // RocksDB would refuse the whole batch, and only after logging it
    TM_CHECK(range.family != Family::kEntities || range.from.empty());  // or memtables would be damaged: options.cc
    TM_RETURN_IF_ERROR(ToStatus(out.DeleteRange(handles_->of(range.family), range.from, range.to)));
  }
  const std::vector<uint32_t> order = PutOrder(batch.puts);
  for (size_t i = 0; i < batch.puts.size(); ++i) {
    const CommitBatch::Put& put = batch.puts[order.empty() ? i : order[i]];
    TM_RETURN_IF_ERROR(ToStatus(out.Put(handles_->of(put.family), put.key, put.value)));
  }
  for (const auto& erase : batch.erases) {
    TM_RETURN_IF_ERROR(ToStatus(out.Delete(handles_->of(erase.family), erase.key)));
  }
  rocksdb::WriteOptions write;
  write.sync = true;
  return ToStatus(handles_->db->Write(write, &out));
}

Status RocksStore::Scan(Family family, std::string_view from, std::string_view to,
                        const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  rocksdb::ReadOptions read;
  read.fill_cache = family == Family::kPanes;  // the others are read whole, once, at the start
  return handles_->Scan(read, family, from, to, visit);
}

Status RocksStore::Handles::Scan(rocksdb::ReadOptions read, Family family, std::string_view from, std::string_view to,
                                 const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  return Contain([&] {
    const rocksdb::Slice upper = ToSlice(to);
    if (!to.empty()) read.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(read, of(family)));
    for (it->Seek(ToSlice(from)); it->Valid(); it->Next()) {
      if (!visit(ToView(it->key()), ToView(it->value()))) break;
    }
    return ToStatus(it->status());
  });
}

Status RocksStore::MultiGet(Family family, std::span<const std::string> keys,
                            std::span<std::optional<std::string>> values) const {
  return handles_->MultiGet(rocksdb::ReadOptions(), family, keys, values);
}

Status RocksStore::Handles::MultiGet(const rocksdb::ReadOptions& read, Family family, std::span<const std::string> keys,
                                     std::span<std::optional<std::string>> values) const {
  TM_CHECK(keys.size() == values.size());
  for (size_t i = 1; i < keys.size(); ++i) TM_CHECK(keys[i - 1] < keys[i]);  // RocksDB would abort
  return Contain([&] {
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db->MultiGet(read, of(family), keys.size(), slices.data(), found.data(),
                           statuses.data(), /*sorted_input=*/true);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (!statuses[i].ok() && !statuses[i].IsNotFound()) return ToStatus(statuses[i]);
      values[i] = statuses[i].ok() ? std::optional<std::string>(found[i].ToString()) : std::nullopt;
    }
    return Status::Ok();
  });
}

class RocksStore::Frozen final : public Store {
 public:
  explicit Frozen(std::shared_ptr<const Handles> handles) : handles_(std::move(handles)) {
    read_.snapshot = handles_->db->GetSnapshot();
    read_.fill_cache = false;
  }
  ~Frozen() override { handles_->db->ReleaseSnapshot(read_.snapshot); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

  Status Commit(const CommitBatch&) override { return Unavailable("a snapshot takes no commits"); }
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const override {
    return handles_->Scan(read_, family, from, to, visit);
  }
  Status MultiGet(Family family, std::span<const std::string> keys, std::span<std::optional<std::string>> values) const override {
    return handles_->MultiGet(read_, family, keys, values);
  }

 private:
  const std::shared_ptr<const Handles> handles_;
  rocksdb::ReadOptions read_;
};

std::shared_ptr<const Store> RocksStore::Snapshot() const { return std::make_shared<Frozen>(handles_); }

Status RocksStore::Purge(Family family, std::span<const std::string> keys) {
  constexpr size_t kFew = 64;
  if (keys.empty()) return Status::Ok();
  return Contain([&] {
    // Old logs go once every family has left them.
    TM_RETURN_IF_ERROR(ToStatus(handles_->db->Flush(rocksdb::FlushOptions(), handles_->families)));
    rocksdb::CompactRangeOptions rewrite;
    rewrite.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    if (keys.size() > kFew) return ToStatus(handles_->db->CompactRange(rewrite, handles_->of(family), nullptr, nullptr));
    for (const std::string& key : keys) {
      const rocksdb::Slice slice = ToSlice(key);
      TM_RETURN_IF_ERROR(ToStatus(handles_->db->CompactRange(rewrite, handles_->of(family), &slice, &slice)));
    }
    return Status::Ok();
  }).In("state directory " + path_);
}

// RocksDB's own lock, looked at without taking it. POSIX doesn't show a process its own.
bool RocksStore::IsInUse(const std::string& path) {
  const int fd = ::open((path + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool taken = ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  return taken;
}

std::map<std::string, double> RocksStore::Stats() const {
  const auto sum = [&](const char* property) { return static_cast<double>(handles_->Sum(property)); };
  double level0_files = 0;
  for (rocksdb::ColumnFamilyHandle* family : handles_->families) {
    std::string text;
    if (handles_->db->GetProperty(family, "rocksdb.num-files-at-level0", &text))
      level0_files += std::strtod(text.c_str(), nullptr);
  }
  return {
      {"memtable_bytes", sum("rocksdb.cur-size-all-mem-tables")},
      {"block_cache_bytes", static_cast<double>(handles_->cache->GetUsage())},
      {"table_reader_bytes", sum("rocksdb.estimate-table-readers-mem")},
      {"live_sst_bytes", sum("rocksdb.live-sst-files-size")},
      {"pending_compaction_bytes", sum("rocksdb.estimate-pending-compaction-bytes")},
      {"level0_files", level0_files},
      {"write_stopped", sum("rocksdb.is-write-stopped") > 0 ? 1.0 : 0.0},
      {"delayed_write_bytes_per_second", sum("rocksdb.actual-delayed-write-rate")},
      {"background_errors", sum("rocksdb.background-errors")},
  };
}

}  // namespace tidemark
