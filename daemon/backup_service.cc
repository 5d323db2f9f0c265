#include "daemon/backup_service.h"

#include <google/protobuf/util/json_util.h>

#include <charconv>

#include "daemon/api_error.h"
#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

struct Made {
  std::string name;
  std::string summary;
};

Result<Made> Make(const std::function<Status(const std::string&)>& checkpoint, const std::string& path, size_t keep) {
  TM_ASSIGN_OR_RETURN(BackupFolder folder, BackupFolder::Open(path));
  Made made;
  TM_ASSIGN_OR_RETURN(made.name, folder.Make(checkpoint, WallNow()));
  TM_RETURN_IF_ERROR(folder.Keep(keep));
  TM_ASSIGN_OR_RETURN(const Backup backup, ReadBackupFile(path + "/" + made.name));
  made.summary = Summary(backup);
  return made;
}

}  // namespace

BackupService::~BackupService() {
  std::thread last;
  {
    const std::lock_guard lock(mu_);
    last = std::move(thread_);
  }
  if (last.joinable()) last.join();
}

void BackupService::Offer(std::function<Status(const std::string& directory)> checkpoint, std::string folder) {
  const std::lock_guard lock(mu_);
  checkpoint_ = std::move(checkpoint);
  folder_ = std::move(folder);
  const std::vector<std::string> names = ListBackups(folder_);
  if (names.empty()) return;
  const Result<Backup> newest = ReadBackupFile(folder_ + "/" + names.back());
  const Result<EventTime> at = newest.ok() ? ParseRfc3339(newest->taken_at()) : newest.status();
  if (!at.ok()) return;
  state_.last = WallTime(at->time_since_epoch());
  own_->SetBackups(state_);
}

void BackupService::Withdraw() {
  const std::lock_guard lock(mu_);
  checkpoint_ = nullptr;
}

void BackupService::Main(const std::function<Status(const std::string&)>& checkpoint, const std::string& folder, size_t keep) {
  const WallTime taken = WallNow();
  const Result<Made> made = Make(checkpoint, folder, keep);
  const std::string seconds = std::to_string(Seconds(WallNow() - taken));
  if (made.ok()) {
    Log(LogLevel::kInfo, "a backup was made", {{"name", made->name}, {"contents", made->summary}, {"seconds", seconds}});
  } else {
    Log(LogLevel::kError, "a backup failed", {{"reason", made.status().text()}, {"seconds", seconds}});
  }
  const std::lock_guard lock(mu_);
  progress_.set_done(progress_.begun());
  progress_.set_name(made.ok() ? made->name : "");
  progress_.set_error(made.ok() ? "" : made.status().text());
  ++(made.ok() ? state_.made : state_.failed);
  if (made.ok()) state_.last = taken;
  own_->SetBackups(state_);
}

HttpResponse BackupService::Progress(unsigned code) const {
  HttpResponse response;
  response.code = code;
  response.content_type = kJsonType;
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  static_cast<void>(google::protobuf::util::MessageToJsonString(progress_, &response.body, options));
  response.body += "\n";
  return response;
}

HttpResponse BackupService::Begin(size_t keep) {
  const std::lock_guard lock(mu_);
  if (checkpoint_ == nullptr) return ApiError(503, "there is no state yet, or no more");
  if (progress_.begun() != progress_.done()) return ApiError(503, "a backup is being made; ask again");
  if (thread_.joinable()) thread_.join();  // at its end
  progress_.set_begun(progress_.begun() + 1);
  thread_ = std::thread([this, checkpoint = checkpoint_, folder = folder_, keep] { Main(checkpoint, folder, keep); });
  return Progress(202);
}

HttpResponse BackupService::Answer(const HttpRequest& request) {
  if (!request.post) {
    const std::lock_guard lock(mu_);
    return Progress(200);
  }
  size_t keep = 3;
  if (const std::string_view text = request.Query("keep"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), keep);
    if (error != std::errc() || end != text.data() + text.size() || keep < 1 || keep > kMostBackups) {
      return ApiError(400, "keep is a number from 1 to " + std::to_string(kMostBackups));
    }
  }
  return Begin(keep);
}

}  // namespace tidemark
