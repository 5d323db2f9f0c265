#include "daemon/reload.h"

#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {

std::string ChangedForGood(const Specs& from, const Specs& to) {
  if (from.storage.path != to.storage.path) return "storage.path";
  if (from.http.listen_address != to.http.listen_address) return "web.listen_address";
  if (from.http.max_connections != to.http.max_connections) return "web.max_connections";
  if (from.http.enable_lifecycle != to.http.enable_lifecycle) return "web.enable_lifecycle";
  if (from.http.enable_ids != to.http.enable_ids) return "web.enable_ids";
  if (from.limits.memory_bytes != to.limits.memory_bytes) return "limits.memory";
  if (from.limits.min_free_disk_bytes != to.limits.min_free_disk_bytes) return "limits.min_free_disk";
  return "";
}

Reloader::Reloader(std::shared_ptr<const Configuration> first, Load load, Apply apply, OwnMetrics* own)
    : load_(std::move(load)), apply_(std::move(apply)), own_(own), current_(std::move(first)) {}

Status Reloader::Try() {
  std::shared_ptr<const Configuration> next = load_();
  if (next == nullptr) return Invalid("the configuration is refused; the log says where it is wrong");
  if (const std::string changed = ChangedForGood(current_->specs, next->specs); !changed.empty()) {
    return Invalid(changed + " can't change while the process runs; restart it");
  }
  current_ = next;
  apply_(std::move(next));
  return Status::Ok();
}

Status Reloader::Reload() {
  const std::lock_guard lock(mu_);
  const Status status = Try();
  own_->SetConfigLoad(status.ok(), WallNow());
  if (status.ok()) {
    Log(LogLevel::kInfo, "configuration reloaded", {{"kpis", std::to_string(current_->plan->kpi_infos().size())}});
  } else {
    Log(LogLevel::kError, "configuration not reloaded; the old one stays in force", {{"reason", status.text()}});
  }
  return status;
}

}  // namespace tidemark
