#include "pipeline/rocksdb/whole_reads.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <string>
#include <utility>

namespace tidemark {
namespace {

class WholeFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  WholeFile(std::unique_ptr<rocksdb::FSSequentialFile> file, std::string path, uint64_t size)
      : FSSequentialFileOwnerWrapper(std::move(file)), path_(std::move(path)), size_(size) {}

  rocksdb::IOStatus Read(size_t n, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch, rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus status = target()->Read(n, options, result, scratch, debug);
    if (!status.ok()) return status;
    position_ += result->size();
    if (result->size() < n && position_ < size_) {
      return rocksdb::IOStatus::IOError(path_, "a read ended at byte " + std::to_string(position_) + " of " + std::to_string(size_));
    }
    return status;
  }
  rocksdb::IOStatus Skip(uint64_t n) override {
    position_ += n;
    return target()->Skip(n);
  }

 private:
  const std::string path_;
  const uint64_t size_;  // when it was opened; it may grow
  uint64_t position_ = 0;
};

class WholeReads final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "WholeReads"; }
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    uint64_t size = 0;
    if (rocksdb::IOStatus status = target()->GetFileSize(path, options.io_options, &size, debug); !status.ok()) return status;
    std::unique_ptr<rocksdb::FSSequentialFile> opened;
    if (rocksdb::IOStatus status = target()->NewSequentialFile(path, options, &opened, debug); !status.ok()) return status;
    *file = std::make_unique<WholeFile>(std::move(opened), path, size);
    return rocksdb::IOStatus::OK();
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> WithWholeReads(rocksdb::Env* env) {
  return rocksdb::NewCompositeEnv(std::make_shared<WholeReads>(env->GetFileSystem()));
}

}  // namespace tidemark
