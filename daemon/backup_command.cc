// `state backup` and `state restore`.
#include <google/protobuf/util/json_util.h>

#include <iostream>
#include <thread>

#include "daemon/backup.h"
#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

constexpr auto kBetweenQuestions = std::chrono::milliseconds(200);

int Fail(const Status& status) {
  std::cerr << "tidemark: " << status.text() << "\n";
  return ExitCodeOf(status);
}

Result<state::v1::BackupProgress> ReadProgress(const HttpTarget& target, Result<HttpReply> reply) {
  if (reply.ok() && reply->code == 202) reply->code = 200;
  TM_ASSIGN_OR_RETURN(const std::string body, BodyOf(target, std::move(reply)));
  state::v1::BackupProgress progress;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (google::protobuf::util::JsonStringToMessage(body, &progress, options).ok()) return progress;
  return Unavailable(target.url + " answers something else than a tidemark would");
}

// Name of the backup that the daemon has made in its folder.
Result<std::string> AskForBackup(const HttpTarget& target, size_t keep) {
  const std::vector<std::pair<std::string, std::string>> query = {{"keep", std::to_string(keep)}};
  TM_ASSIGN_OR_RETURN(state::v1::BackupProgress progress, ReadProgress(target, HttpPost(target, "/-/backup", query)));
  for (const uint64_t ours = progress.begun(); progress.done() < ours;) {
    std::this_thread::sleep_for(kBetweenQuestions);
    TM_ASSIGN_OR_RETURN(progress, ReadProgress(target, HttpGet(target, "/-/backup")));
    if (progress.begun() < ours) return Unavailable(target.url + " was restarted meanwhile");
  }
  if (!progress.error().empty()) return Unavailable(target.url + ": " + progress.error());
  return progress.name();
}

// By this process, which has the state for itself meanwhile.
Result<std::string> MakeBackup(const std::string& storage_path, size_t keep) {
  // Opened for writing, it would be created.
  RocksOptions options;
  options.read_only = true;
  TM_RETURN_IF_ERROR(RocksStore::Open(storage_path, options).status());
  options.read_only = false;
  const Result<std::unique_ptr<RocksStore>> store = RocksStore::Open(storage_path, options);
  if (store.status().code() == Code::kLocked) {
    return {Status(Code::kLocked, "state directory " + storage_path + " is in use: ask the daemon itself, with --url")};
  }
  if (!store.ok()) return store.status();
  TM_ASSIGN_OR_RETURN(BackupFolder folder, BackupFolder::Open(storage_path + "/backups"));
  TM_ASSIGN_OR_RETURN(std::string name, folder.Make((*store)->Checkpointer(), WallNow()));
  TM_RETURN_IF_ERROR(folder.Keep(keep));
  return name;
}

Status CopyOut(const std::string& from, const BackupOptions& options) {
  TM_ASSIGN_OR_RETURN(BackupFolder folder, BackupFolder::Open(options.output));
  TM_RETURN_IF_ERROR(folder.Copy(from));
  return folder.Keep(options.keep);
}

Status Print(const std::string& path) {
  TM_ASSIGN_OR_RETURN(const Backup backup, ReadBackupFile(path));
  std::cout << "backup " << path << ": " << Summary(backup) << "\n";
  return Status::Ok();
}

Status DoBackup(const BackupOptions& options) {
  const bool copied = !options.output.empty();
  // What is copied elsewhere stays on the volume until the next one: then only what has changed since takes space there.
  const size_t keep = copied ? 1 : options.keep;
  const bool asked = !options.target.url.empty();
  TM_ASSIGN_OR_RETURN(const std::string name, asked ? AskForBackup(options.target, keep) : MakeBackup(options.storage_path, keep));
  const std::string made = options.storage_path + "/backups/" + name;
  if (copied) {
    TM_RETURN_IF_ERROR(CopyOut(made, options));
    return Print(options.output + "/" + name);
  }
  if (!options.storage_path.empty()) return Print(made);
  std::cout << "backup " << name << "\n";
  return Status::Ok();
}

Status DoRestore(const RestoreOptions& options) {
  TM_ASSIGN_OR_RETURN(const std::string from, FindBackup(options.from));
  TM_ASSIGN_OR_RETURN(const Backup backup, ReadBackupFile(from));
  TM_RETURN_IF_ERROR(CheckBackup(from, backup));
  TM_RETURN_IF_ERROR(RestoreBackup(from, backup, options.storage_path));
  std::cout << "restored " << from << " into " << options.storage_path << ": " << Summary(backup) << "\n";
  for (const auto& next : backup.next_offsets()) {
    if (next.partition() >= 0) std::cout << "  " << next.topic() << "/" << next.partition() << " goes on at offset " << next.offset() << "\n";
  }
  return Status::Ok();
}

}  // namespace

int StateBackup(const BackupOptions& options) {
  const Status status = DoBackup(options);
  return status.ok() ? static_cast<int>(kExitOk) : Fail(status);
}

int StateRestore(const RestoreOptions& options) {
  const Status status = DoRestore(options);
  return status.ok() ? static_cast<int>(kExitOk) : Fail(status);
}

}  // namespace tidemark
