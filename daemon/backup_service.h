// /-/backup: the running daemon makes backups of its state, on a thread of its own, beside the engine.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/backup.h"
#include "daemon/http.h"
#include "daemon/own_metrics.h"

namespace tidemark {

inline constexpr size_t kMostBackups = 1000;  // that can be asked to stay

// One at a time. Threads: any. The destructor waits for the one that is being made.
class BackupService {
 public:
  explicit BackupService(OwnMetrics* own) : own_(own) {}
  ~BackupService();
  // What makes a checkpoint of the state, and where backups of it go.
  void Offer(std::function<Status(const std::string& directory)> checkpoint, std::string folder);
  void Withdraw();
  // POST begins one (?keep=N: so many stay), GET tells how far it is; both as state::v1::BackupProgress in JSON.
  HttpResponse Answer(const HttpRequest& request);

 private:
  HttpResponse Begin(size_t keep);
  HttpResponse Progress(unsigned code) const;  // REQUIRES: mu_ is held
  void Main(const std::function<Status(const std::string&)>& checkpoint, const std::string& folder, size_t keep);

  OwnMetrics* const own_;
  mutable std::mutex mu_;
  std::function<Status(const std::string&)> checkpoint_;  // GUARDED_BY(mu_); null: there is no state
  std::string folder_;                                    // GUARDED_BY(mu_)
  state::v1::BackupProgress progress_;                    // GUARDED_BY(mu_)
  BackupState state_;                                     // GUARDED_BY(mu_)
  std::thread thread_;                                    // GUARDED_BY(mu_); idle once progress_ says that it is done
};

}  // namespace tidemark
