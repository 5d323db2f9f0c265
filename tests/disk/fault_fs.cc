#include "tests/disk/fault_fs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "pipeline/base/check.h"
#include "tests/disk/fault_files.h"

namespace tidemark {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

FileKind KindOf(const std::string& path) {
  const std::filesystem::path name = std::filesystem::path(path).filename();
  const std::string text = name.string();
  if (name.extension() == ".log") return FileKind::kLog;
  if (name.extension() == ".sst") return FileKind::kTable;
  if (name.extension() == ".dbtmp") return FileKind::kTemporary;
  if (text.starts_with("MANIFEST-")) return FileKind::kManifest;
  if (text.starts_with("OPTIONS-")) return FileKind::kOptions;
  return text == "CURRENT" ? FileKind::kCurrent : FileKind::kOther;
}

bool Writes(FileOp op) {
  return op == FileOp::kCreate || op == FileOp::kAppend || op == FileOp::kSync || op == FileOp::kRename || op == FileOp::kLink ||
         op == FileOp::kMakeDirectory;
}

}  // namespace

const char* NameOf(FileKind kind) {
  static constexpr const char* kNames[] = {"log", "table", "manifest", "CURRENT", "OPTIONS", "temporary file", "directory", "other file"};
  return kNames[static_cast<size_t>(kind)];
}
const char* NameOf(FileOp op) {
  static constexpr const char* kNames[] = {"open",   "create", "append", "sync", "close",    "read",           "read at",
                                           "size",   "rename", "delete", "link", "truncate", "make directory", "list"};
  return kNames[static_cast<size_t>(op)];
}
const char* NameOf(Fault fault) {
  static constexpr const char* kNames[] = {"none", "error", "no space", "torn", "short", "flip", "lie", "dead"};
  return kNames[static_cast<size_t>(fault)];
}

std::vector<Fault> FaultsOf(FileOp op) {
  switch (op) {
    case FileOp::kAppend:
      return {Fault::kError, Fault::kNoSpace, Fault::kTorn, Fault::kFlip, Fault::kDead};
    case FileOp::kSync:
      return {Fault::kError, Fault::kNoSpace, Fault::kLie, Fault::kDead};
    case FileOp::kRead:
    case FileOp::kReadAt:
      return {Fault::kError, Fault::kShort, Fault::kFlip};
    case FileOp::kCreate:
    case FileOp::kMakeDirectory:
    case FileOp::kRename:
    case FileOp::kLink:
      return {Fault::kError, Fault::kNoSpace, Fault::kDead};
    case FileOp::kClose:
    case FileOp::kDelete:
    case FileOp::kTruncate:
      return {Fault::kError, Fault::kDead};
    case FileOp::kOpen:
    case FileOp::kSize:
    case FileOp::kList:
      break;
  }
  return {Fault::kError};
}

FaultFs::FaultFs(std::string directory, std::string aside, unsigned seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), directory_(std::move(directory)), aside_(std::move(aside)), random_(seed) {}

void FaultFs::Arm(const FaultPoint& point) {
  const std::lock_guard lock(mu_);
  point_ = point;
  counts_.clear();
  struck_ = false;
}

void FaultFs::Heal() {
  const std::lock_guard lock(mu_);
  point_ = {};
  dead_ = full_ = false;
}

bool FaultFs::struck() const {
  const std::lock_guard lock(mu_);
  return struck_;
}

std::string FaultFs::struck_file() const {
  const std::lock_guard lock(mu_);
  return struck_file_;
}

FaultFs::Counts FaultFs::counts() const {
  const std::lock_guard lock(mu_);
  return counts_;
}

bool FaultFs::directory_is_safe() const {
  const std::lock_guard lock(mu_);
  return directory_is_safe_;
}

size_t FaultFs::Random(size_t below) {
  const std::lock_guard lock(mu_);
  return below == 0 ? 0 : random_() % below;
}

Fault FaultFs::At(const std::string& path, FileOp op) { return At(path, KindOf(path), op); }

Fault FaultFs::At(const std::string& path, FileKind kind, FileOp op) {
  const std::lock_guard lock(mu_);
  if (dead_) return Fault::kDead;
  if (std::filesystem::path(path).filename().string().starts_with("LOG")) return Fault::kNone;
  const int n = ++counts_[{kind, op}];
  if (point_.fault != Fault::kNone && point_.kind == kind && point_.op == op && point_.n == n) {
    struck_ = true;
    struck_file_ = std::filesystem::path(path).filename().string();
    dead_ = point_.fault == Fault::kDead;
    full_ = point_.fault == Fault::kNoSpace;
    return point_.fault;
  }
  return full_ && Writes(op) ? Fault::kNoSpace : Fault::kNone;
}

IOStatus FaultFs::Failure(Fault fault, FileOp op, const std::string& path) {
  const std::string what = std::string("While trying to ") + NameOf(op) + ": " + path;
  return fault == Fault::kNoSpace ? IOStatus::NoSpace(what, "injected fault") : IOStatus::IOError(what, "injected fault");
}

std::string FaultFs::NameIn(const std::string& path) const {
  const std::filesystem::path file = std::filesystem::path(path).lexically_normal();
  return file.parent_path() == directory_ && !file.filename().string().starts_with("LO") ? file.filename().string() : "";  // LOG, LOCK
}

template <class Change>
void FaultFs::Rename(const Change& change) {
  const std::lock_guard lock(mu_);
  change();
  since_.push_back(names_);
}

void FaultFs::Appended(Inode* inode, size_t bytes) {
  const std::lock_guard lock(mu_);
  inode->size += bytes;
}

void FaultFs::Synced(Inode* inode) {
  const std::lock_guard lock(mu_);
  inode->synced = inode->size;
}

void FaultFs::SyncedDirectory(const std::string& path) {
  const std::lock_guard lock(mu_);
  const std::filesystem::path directory = std::filesystem::path(path).lexically_normal();
  if (directory == std::filesystem::path(directory_).parent_path() && std::filesystem::exists(directory_)) directory_is_safe_ = true;
  if (directory != directory_) return;
  safe_ = names_;
  since_.clear();
}

void FaultFs::FlipOnDisk(const std::string& path, uint64_t offset, size_t size) {
  std::error_code error;
  const uint64_t end = std::min<uint64_t>(offset + size, std::filesystem::file_size(path, error));
  if (error || offset >= end) return;
  const auto at = static_cast<off_t>(offset + Random(end - offset));
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  char byte = 0;
  TM_CHECK(fd >= 0 && ::pread(fd, &byte, 1, at) == 1);
  byte = static_cast<char>(byte ^ (1 << Random(8)));
  TM_CHECK(::pwrite(fd, &byte, 1, at) == 1);
  ::close(fd);
}

void FaultFs::LosePower() {
  const std::lock_guard lock(mu_);
  namespace fs = std::filesystem;
  if (!directory_is_safe_) {
    fs::remove_all(directory_);
    names_.clear();
  } else {
    for (const auto& [name, inode] : names_) fs::remove(directory_ + "/" + name);
    const size_t kept = random_() % (since_.size() + 1);
    names_ = kept == 0 ? safe_ : since_[kept - 1];
    for (const auto& [name, inode] : names_) {
      const uint64_t unsafe = inode->size - inode->synced;
      const uint64_t left[] = {0, unsafe, random_() % (unsafe + 1)};
      inode->size = inode->synced = inode->synced + left[random_() % 3];
      fs::resize_file(inode->aside, inode->size);
      fs::create_hard_link(inode->aside, directory_ + "/" + name);
    }
  }
  safe_ = names_;
  since_.clear();
}

IOStatus FaultFs::NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  if (const Fault fault = At(path, FileOp::kOpen); fault != Fault::kNone) return Failure(fault, FileOp::kOpen, path);
  const IOStatus status = target_->NewSequentialFile(path, options, file, debug);
  if (status.ok()) *file = std::make_unique<FaultSequentialFile>(std::move(*file), this, path);
  return status;
}

IOStatus FaultFs::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) {
  if (const Fault fault = At(path, FileOp::kOpen); fault != Fault::kNone) return Failure(fault, FileOp::kOpen, path);
  const IOStatus status = target_->NewRandomAccessFile(path, options, file, debug);
  if (status.ok()) *file = std::make_unique<FaultRandomAccessFile>(std::move(*file), this, path);
  return status;
}

IOStatus FaultFs::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  if (const Fault fault = At(path, FileOp::kCreate); fault != Fault::kNone) return Failure(fault, FileOp::kCreate, path);
  const IOStatus status = target_->NewWritableFile(path, options, file, debug);
  if (!status.ok()) return status;
  const auto inode = std::make_shared<Inode>();
  if (const std::string name = NameIn(path); !name.empty()) {
    Rename([&] {
      inode->aside = aside_ + "/" + std::to_string(++inodes_);
      std::filesystem::create_hard_link(path, inode->aside);
      names_[name] = inode;
    });
  }
  *file = std::make_unique<FaultWritableFile>(std::move(*file), this, path, inode);
  return status;
}

IOStatus FaultFs::NewDirectory(const std::string& path, const IOOptions& options, std::unique_ptr<rocksdb::FSDirectory>* directory,
                               IODebugContext* debug) {
  if (const Fault fault = At(path, FileKind::kDirectory, FileOp::kOpen); fault != Fault::kNone) return Failure(fault, FileOp::kOpen, path);
  const IOStatus status = target_->NewDirectory(path, options, directory, debug);
  if (status.ok()) *directory = std::make_unique<FaultDirectory>(std::move(*directory), this, path);
  return status;
}

IOStatus FaultFs::GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* names, IODebugContext* debug) {
  if (const Fault fault = At(path, FileKind::kDirectory, FileOp::kList); fault != Fault::kNone) return Failure(fault, FileOp::kList, path);
  return target_->GetChildren(path, options, names, debug);
}

IOStatus FaultFs::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  if (const Fault fault = At(path, FileOp::kDelete); fault != Fault::kNone) return Failure(fault, FileOp::kDelete, path);
  const IOStatus status = target_->DeleteFile(path, options, debug);
  if (const std::string name = NameIn(path); status.ok() && !name.empty()) Rename([&] { names_.erase(name); });
  return status;
}

IOStatus FaultFs::Truncate(const std::string& path, size_t size, const IOOptions& options, IODebugContext* debug) {
  if (const Fault fault = At(path, FileOp::kTruncate); fault != Fault::kNone) return Failure(fault, FileOp::kTruncate, path);
  return target_->Truncate(path, size, options, debug);
}

IOStatus FaultFs::CreateDir(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  const Fault fault = At(path, FileKind::kDirectory, FileOp::kMakeDirectory);
  return fault != Fault::kNone ? Failure(fault, FileOp::kMakeDirectory, path) : target_->CreateDir(path, options, debug);
}

IOStatus FaultFs::CreateDirIfMissing(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  const Fault fault = At(path, FileKind::kDirectory, FileOp::kMakeDirectory);
  return fault != Fault::kNone ? Failure(fault, FileOp::kMakeDirectory, path) : target_->CreateDirIfMissing(path, options, debug);
}

IOStatus FaultFs::GetFileSize(const std::string& path, const IOOptions& options, uint64_t* size, IODebugContext* debug) {
  if (const Fault fault = At(path, FileOp::kSize); fault != Fault::kNone) return Failure(fault, FileOp::kSize, path);
  return target_->GetFileSize(path, options, size, debug);
}

IOStatus FaultFs::RenameFile(const std::string& from, const std::string& to, const IOOptions& options, IODebugContext* debug) {
  if (const Fault fault = At(to, FileOp::kRename); fault != Fault::kNone) return Failure(fault, FileOp::kRename, to);
  const IOStatus status = target_->RenameFile(from, to, options, debug);
  const std::string old_name = NameIn(from), new_name = NameIn(to);
  if (status.ok() && !old_name.empty() && !new_name.empty()) {
    Rename([&] {
      const auto it = names_.find(old_name);
      if (it == names_.end()) return;
      names_[new_name] = it->second;
      names_.erase(old_name);
    });
  }
  return status;
}

IOStatus FaultFs::LinkFile(const std::string& from, const std::string& to, const IOOptions& options, IODebugContext* debug) {
  if (const Fault fault = At(to, FileOp::kLink); fault != Fault::kNone) return Failure(fault, FileOp::kLink, to);
  return target_->LinkFile(from, to, options, debug);
}

}  // namespace tidemark
