#include "daemon/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHidden = ".part";

// 20261128T153700Z-000000000042: sorted by name is sorted by time.
std::string NameOf(const Backup& backup) {
  std::string name = backup.taken_at().substr(0, 19);
  std::erase_if(name, [](char c) { return c == '-' || c == ':'; });
  const std::string sequence = std::to_string(backup.commit_sequence());
  return name + "Z-" + std::string(sequence.size() < 12 ? 12 - sequence.size() : 0, '0') + sequence;
}

bool IsName(std::string_view name) {
  constexpr std::string_view kForm = "00000000T000000Z-";
  if (name.size() < kForm.size() + 12) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool digit = name[i] >= '0' && name[i] <= '9';
    if (i >= kForm.size() || kForm[i] == '0' ? !digit : name[i] != kForm[i]) return false;
  }
  return true;
}

Status Failed(const std::string& what, const std::error_code& error) { return Unavailable(what + ": " + error.message()); }

Status Remove(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? Failed(path.string() + " cannot be removed", error) : Status::Ok();
}

// Never written again once it has its name.
bool IsTable(const std::string& name) { return name.ends_with(".sst"); }

using Files = std::map<std::string, state::v1::BackedUpFile>;

Files FilesOf(const Backup& backup) {
  Files files;
  for (const auto& file : backup.files()) files[file.name()] = file;
  return files;
}

Status CopyFile(const std::string& from, const std::string& to, const state::v1::BackedUpFile& file) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) return Failed(from + " cannot be copied", error);
  TM_ASSIGN_OR_RETURN(const std::string checksum, ChecksumOfFile(to));
  if (checksum != file.crc32c()) return Corrupt(from + " holds other bytes than when the backup was made");
  return SyncPath(to);
}

// Into a directory; the same files as in `like` are linked to those.
Status CopyFiles(const std::string& from, const Backup& backup, const std::string& to, const std::string& like, const Files& same) {
  for (const auto& file : backup.files()) {
    const std::string source = from + "/" + file.name(), target = to + "/" + file.name();
    if (IsTable(file.name())) {
      if (::link(source.c_str(), target.c_str()) == 0) continue;
      const auto twin = same.find(file.name());
      const bool equal = twin != same.end() && twin->second.bytes() == file.bytes() && twin->second.crc32c() == file.crc32c();
      if (equal && ::link((like + "/" + file.name()).c_str(), target.c_str()) == 0) continue;
    }
    TM_RETURN_IF_ERROR(CopyFile(source, target, file));
  }
  return Status::Ok();
}

// What may be in a directory that is restored into; removes what an interrupted restore has left there.
Status MakeEmpty(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Unavailable(path.string() + " cannot be created: " + std::strerror(errno));
  const bool begun = fs::exists(path / kRestoringFile) && !fs::exists(path / "CURRENT");
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename();
    if (name == "lost+found" || name == "backups") continue;
    if (!begun || !entry.is_regular_file()) {
      return Corrupt(path.string() + " is not empty (" + name + "): a backup is restored into an empty directory");
    }
    if (name != kRestoringFile) left.push_back(entry.path());
  }
  for (const fs::path& file : left) TM_RETURN_IF_ERROR(Remove(file));
  return error ? Failed(path.string(), error) : Status::Ok();
}

}  // namespace

Result<BackupFolder> BackupFolder::Open(const std::string& path) {
  std::error_code error;
  if (const fs::path parent = fs::path(path).parent_path(); !parent.empty()) fs::create_directories(parent, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Unavailable(path + " cannot be created: " + std::strerror(errno));
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Unavailable(path + " cannot be opened: " + std::strerror(errno));
  BackupFolder folder(path, fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return Unavailable(path + ": another backup is being made there");
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename().string().starts_with(kHidden)) left.push_back(entry.path());
  }
  for (const fs::path& part : left) TM_RETURN_IF_ERROR(Remove(part));
  return folder;
}

BackupFolder::~BackupFolder() {
  if (fd_ < 0) return;
  static_cast<void>(Remove(path_ + "/" + kHidden));  // of one that failed
  ::close(fd_);
}

Status BackupFolder::Finish(const std::string& part, const std::string& name) {
  std::error_code error;
  fs::rename(part, path_ + "/" + name, error);
  if (error) return Failed(path_ + "/" + name + " cannot be named", error);
  return SyncPath(path_);
}

Result<std::string> BackupFolder::Make(const std::function<Status(const std::string& directory)>& checkpoint, WallTime now) {
  const std::string part = path_ + "/" + kHidden;
  TM_RETURN_IF_ERROR(checkpoint(part));
  TM_ASSIGN_OR_RETURN(const Backup backup, DescribeBackup(part, now));
  TM_RETURN_IF_ERROR(WriteBackupFile(part, backup));
  const std::string name = NameOf(backup);
  TM_RETURN_IF_ERROR(Finish(part, name));
  return name;
}

Status BackupFolder::Copy(const std::string& from) {
  TM_ASSIGN_OR_RETURN(const Backup backup, ReadBackupFile(from));
  const std::string name = NameOf(backup), part = path_ + "/" + kHidden;
  if (!IsName(name)) return Corrupt(from + " was taken at no time that can be");
  const std::vector<std::string> here = ListBackups(path_);
  if (std::find(here.begin(), here.end(), name) != here.end()) return Status::Ok();
  std::string like;
  Files same;
  if (!here.empty()) {
    like = path_ + "/" + here.back();
    const Result<Backup> newest = ReadBackupFile(like);
    if (newest.ok()) same = FilesOf(*newest);
  }
  if (::mkdir(part.c_str(), 0700) != 0) return Unavailable(part + " cannot be created: " + std::strerror(errno));
  TM_RETURN_IF_ERROR(CopyFiles(from, backup, part, like, same));
  TM_RETURN_IF_ERROR(CheckPosition(part, backup));
  TM_RETURN_IF_ERROR(WriteBackupFile(part, backup));
  return Finish(part, name);
}

Status BackupFolder::Keep(size_t most) {
  std::vector<std::string> names = ListBackups(path_);
  for (size_t i = 0; i + most < names.size(); ++i) {
    // Hidden first: one that is half removed must not look whole.
    const fs::path old = fs::path(path_) / (kHidden + names[i]);
    std::error_code error;
    fs::rename(fs::path(path_) / names[i], old, error);
    if (error) return Failed(names[i] + " cannot be removed", error);
    TM_RETURN_IF_ERROR(Remove(old));
  }
  return Status::Ok();
}

std::vector<std::string> ListBackups(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (IsName(name) && fs::exists(entry.path() / kBackupFile, error)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> FindBackup(const std::string& path) {
  std::error_code error;
  if (fs::exists(fs::path(path) / kBackupFile, error)) return path;
  const std::vector<std::string> names = ListBackups(path);
  if (names.empty()) return NotFound(path + " is no backup, and holds none");
  return path + "/" + names.back();
}

Status RestoreBackup(const std::string& path, const Backup& backup, const std::string& storage_path) {
  if (RocksStore::IsInUse(storage_path)) return {Code::kLocked, "state directory " + storage_path + " is in use by another process"};
  TM_RETURN_IF_ERROR(MakeEmpty(storage_path));
  const std::string mark = storage_path + "/" + kRestoringFile, current = storage_path + "/CURRENT";
  const int fd = ::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Unavailable(mark + " cannot be written: " + std::strerror(errno));
  ::close(fd);
  TM_RETURN_IF_ERROR(SyncPath(storage_path));
  // CURRENT comes last, under its name only when all of it is there: it makes the directory a state.
  Backup rest = backup;
  auto* files = rest.mutable_files();
  const auto last = std::find_if(files->begin(), files->end(), [](const auto& file) { return file.name() == "CURRENT"; });
  const state::v1::BackedUpFile head = *last;
  files->erase(last);
  TM_RETURN_IF_ERROR(CopyFiles(path, rest, storage_path, "", {}));
  TM_RETURN_IF_ERROR(CopyFile(path + "/CURRENT", current + ".part", head));
  TM_RETURN_IF_ERROR(SyncPath(storage_path));
  std::error_code error;
  fs::rename(current + ".part", current, error);
  if (error) return Failed(current + " cannot be written", error);
  TM_RETURN_IF_ERROR(Remove(mark));
  TM_RETURN_IF_ERROR(SyncPath(storage_path));
  return CheckPosition(storage_path, backup);
}

}  // namespace tidemark
