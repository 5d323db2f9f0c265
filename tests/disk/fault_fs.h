// RocksDB's file system with the faults a test asks for, and with what a power cut leaves.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tidemark {

enum class FileKind { kLog, kTable, kManifest, kCurrent, kOptions, kTemporary, kDirectory, kOther };
enum class FileOp { kOpen, kCreate, kAppend, kSync, kClose, kRead, kReadAt, kSize, kRename, kDelete, kLink, kTruncate, kMakeDirectory, kList };
enum class Fault {
  kNone,
  kError,    // the call fails, and does nothing
  kNoSpace,  // the disk is full from here on: whatever writes fails, until Heal()
  kTorn,     // half of the bytes are written, then it fails
  kShort,    // half of the bytes are read, as at the end of a file
  kFlip,     // one bit of what is written, or of what lies on the disk and is read, is another from here on
  kLie,      // a sync says that it is done, and isn't
  kDead,     // this and every later call fails, until Heal(): what a process sees that dies here
};
const char* NameOf(FileKind kind);
const char* NameOf(FileOp op);
const char* NameOf(Fault fault);
// The faults that a call of this kind can have.
std::vector<Fault> FaultsOf(FileOp op);

// The n-th call (from 1) of this kind on files of this kind.
struct FaultPoint {
  FileKind kind = FileKind::kOther;
  FileOp op = FileOp::kOpen;
  int n = 0;
  Fault fault = Fault::kNone;
};

// Passes everything on to the real file system, below one directory. Its log for people (LOG) is not looked at.
// Power: of a file's bytes those are safe that were synced; of a directory's names, those of its last sync. Of the rest a power
// cut leaves a part: the first bytes of each file, the first changes of each directory's names in their order (journalled file
// systems keep that order).
// Threads: any.
class FaultFs : public rocksdb::FileSystemWrapper {
 public:
  using Counts = std::map<std::pair<FileKind, FileOp>, int>;

  // `aside`, on the same file system, holds what may have to come back.
  FaultFs(std::string directory, std::string aside, unsigned seed);

  void Arm(const FaultPoint& point);
  // No fault any more, and none to come.
  void Heal();
  bool struck() const;
  std::string struck_file() const;
  Counts counts() const;
  // Whether every name lives in a directory whose own name is safe.
  bool directory_is_safe() const;
  // REQUIRES: no file of the directory is open.
  void LosePower();

  // What follows is for the files that it hands out.
  struct Inode {
    std::string aside;  // a second link to it
    uint64_t size = 0, synced = 0;
  };
  // Counts the call, and says what becomes of it. kDead and kError both fail.
  Fault At(const std::string& path, FileKind kind, FileOp op);
  Fault At(const std::string& path, FileOp op);
  static rocksdb::IOStatus Failure(Fault fault, FileOp op, const std::string& path);
  void Appended(Inode* inode, size_t bytes);
  void Synced(Inode* inode);
  void SyncedDirectory(const std::string& path);
  size_t Random(size_t below);
  // One bit of [offset, offset + size) of the file on the disk.
  void FlipOnDisk(const std::string& path, uint64_t offset, size_t size);

  const char* Name() const override { return "FaultFs"; }
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options, std::vector<std::string>* names,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path, size_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options, uint64_t* size, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

 private:
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  // Before what `change` does to them is passed on to the names.
  template <class Change>
  void Rename(const Change& change);
  std::string NameIn(const std::string& path) const;  // "" when it lies elsewhere

  const std::string directory_, aside_;
  mutable std::mutex mu_;
  std::mt19937 random_;
  Counts counts_;
  FaultPoint point_;
  bool struck_ = false, dead_ = false, full_ = false;
  std::string struck_file_;
  int inodes_ = 0;
  Names names_, safe_;
  std::vector<Names> since_;  // the names after each change since the last sync
  bool directory_is_safe_ = false;
};

}  // namespace tidemark
