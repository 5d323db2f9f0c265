// Where backups lie: directories that are states themselves, each with a file that says what is in it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/backup_contents.h"

namespace tidemark {

// A directory with backups, held by one who puts one there: one at a time, also among processes.
// Invariant: what has the name of a backup is whole. What is being made is hidden; left behind, it is removed by the next.
class BackupFolder {
 public:
  // Creates it, for its owner only, when missing. kUnavailable while another holds it.
  static Result<BackupFolder> Open(const std::string& path);
  BackupFolder(BackupFolder&& o) noexcept : path_(std::move(o.path_)), fd_(std::exchange(o.fd_, -1)) {}
  ~BackupFolder();

  // By `checkpoint`, which makes the directory that it is given. Returns the backup's name.
  Result<std::string> Make(const std::function<Status(const std::string& directory)>& checkpoint, WallTime now);
  // Of another folder's backup, under the same name. Tables are linked to that one's, or to the newest one's here, where they are the
  // same and can be, and copied otherwise.
  Status Copy(const std::string& from);
  // Removes all but the newest so many.
  Status Keep(size_t most);

 private:
  BackupFolder(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  Status Finish(const std::string& part, const std::string& name);

  std::string path_;
  int fd_;  // holds the lock
};

// Names of those in a folder, oldest first.
std::vector<std::string> ListBackups(const std::string& folder);
// The path of a backup: `path` itself, or the newest in it. kNotFound.
Result<std::string> FindBackup(const std::string& path);

// Makes it the state in `storage_path`, which must be empty; `lost+found` and `backups` may be there. Interrupted, it leaves a
// directory that no daemon opens, and that another restore begins anew. kCorrupt when it isn't empty, kLocked when in use.
Status RestoreBackup(const std::string& path, const Backup& backup, const std::string& storage_path);

}  // namespace tidemark
