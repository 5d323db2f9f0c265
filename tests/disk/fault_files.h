// The files that FaultFs hands out.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tests/disk/fault_fs.h"

namespace tidemark {

class FaultSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FaultSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file, FaultFs* fs, std::string path)
      : FSSequentialFileOwnerWrapper(std::move(file)), fs_(fs), path_(std::move(path)) {}

  rocksdb::IOStatus Read(size_t n, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) override {
    const Fault fault = fs_->At(path_, FileOp::kRead);
    if (fault == Fault::kFlip) {
      fs_->FlipOnDisk(path_, position_, n);
    } else if (fault != Fault::kNone && fault != Fault::kShort) {
      return FaultFs::Failure(fault, FileOp::kRead, path_);
    }
    const rocksdb::IOStatus status = target()->Read(n, options, result, scratch, debug);
    if (fault == Fault::kShort) *result = rocksdb::Slice(result->data(), result->size() / 2);
    position_ += result->size();
    return status;
  }
  rocksdb::IOStatus Skip(uint64_t n) override {
    position_ += n;
    return target()->Skip(n);
  }

 private:
  FaultFs* const fs_;
  const std::string path_;
  uint64_t position_ = 0;
};

class FaultRandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, FaultFs* fs, std::string path)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), fs_(fs), path_(std::move(path)) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t n, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    const Fault fault = fs_->At(path_, FileOp::kReadAt);
    if (fault == Fault::kFlip) {
      fs_->FlipOnDisk(path_, offset, n);
    } else if (fault != Fault::kNone && fault != Fault::kShort) {
      return FaultFs::Failure(fault, FileOp::kReadAt, path_);
    }
    const rocksdb::IOStatus status = target()->Read(offset, n, options, result, scratch, debug);
    if (fault == Fault::kShort) *result = rocksdb::Slice(result->data(), result->size() / 2);
    return status;
  }
  rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override {
    for (size_t i = 0; i < count; ++i) {
      rocksdb::FSReadRequest& request = requests[i];
      request.status = Read(request.offset, request.len, options, &request.result, request.scratch, debug);
    }
    return rocksdb::IOStatus::OK();
  }
  // Would go past the faults; RocksDB then reads ahead by itself.
  rocksdb::IOStatus Prefetch(uint64_t, size_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }

 private:
  FaultFs* const fs_;
  const std::string path_;
};

class FaultWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultWritableFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultFs* fs, std::string path, std::shared_ptr<FaultFs::Inode> inode)
      : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), path_(std::move(path)), inode_(std::move(inode)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const Fault fault = fs_->At(path_, FileOp::kAppend);
    if (fault == Fault::kNone) return Write(data, options, debug);
    if (fault == Fault::kFlip) {
      std::string flipped = data.ToString();
      if (!flipped.empty()) {
        char& byte = flipped[fs_->Random(flipped.size())];
        byte = static_cast<char>(byte ^ (1 << fs_->Random(8)));
      }
      return Write(flipped, options, debug);
    }
    if (fault == Fault::kTorn) Write(rocksdb::Slice(data.data(), data.size() / 2), options, debug).PermitUncheckedError();
    return FaultFs::Failure(fault, FileOp::kAppend, path_);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo&,
                           rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const Fault fault = fs_->At(path_, FileOp::kTruncate);
    return fault != Fault::kNone ? FaultFs::Failure(fault, FileOp::kTruncate, path_) : target()->Truncate(size, options, debug);
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const Fault fault = fs_->At(path_, FileOp::kClose);
    const rocksdb::IOStatus status = target()->Close(options, debug);  // the descriptor is gone in any case
    return fault != Fault::kNone ? FaultFs::Failure(fault, FileOp::kClose, path_) : status;
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const Fault fault = fs_->At(path_, FileOp::kSync);
    if (fault == Fault::kLie) return rocksdb::IOStatus::OK();
    if (fault != Fault::kNone) return FaultFs::Failure(fault, FileOp::kSync, path_);
    const rocksdb::IOStatus status = target()->Flush(options, debug);  // the power cut is ours: the disk itself need not sync
    if (status.ok()) fs_->Synced(inode_.get());
    return status;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override { return Sync(options, debug); }
  rocksdb::IOStatus RangeSync(uint64_t, uint64_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();  // promises nothing
  }
  rocksdb::IOStatus Allocate(uint64_t, uint64_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();  // nor does this, and takes time
  }

 private:
  rocksdb::IOStatus Write(const rocksdb::Slice& data, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) {
    const rocksdb::IOStatus status = target()->Append(data, options, debug);
    if (status.ok()) fs_->Appended(inode_.get(), data.size());
    return status;
  }

  FaultFs* const fs_;
  const std::string path_;
  const std::shared_ptr<FaultFs::Inode> inode_;
};

class FaultDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultDirectory(std::unique_ptr<rocksdb::FSDirectory> directory, FaultFs* fs, std::string path)
      : FSDirectoryWrapper(std::move(directory)), fs_(fs), path_(std::move(path)) {}

  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const Fault fault = fs_->At(path_, FileKind::kDirectory, FileOp::kSync);
    if (fault == Fault::kLie) return rocksdb::IOStatus::OK();
    if (fault != Fault::kNone) return FaultFs::Failure(fault, FileOp::kSync, path_);
    fs_->SyncedDirectory(path_);
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
                                        const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  FaultFs* const fs_;
  const std::string path_;
};

}  // namespace tidemark
