#include "daemon/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace tidemark {
namespace {

constexpr Duration kStatusEvery = std::chrono::seconds(2);
// How much longer a start may take from now on, said anew with every status while the state is being restored.
constexpr Duration kRestoreExtension = std::chrono::seconds(60);

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int64_t Number(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::string Line(const char* name, const std::string& value) {
  std::string line = std::string(name) + "=" + value;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line + "\n";
}

}  // namespace

ServiceManager::ServiceManager(const Lifecycle* lifecycle) : lifecycle_(lifecycle), address_(Environment("NOTIFY_SOCKET")) {
  if (address_.empty() || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (address_[0] == '@') address_[0] = '\0';
  const std::string pid = Environment("WATCHDOG_PID");
  if (!pid.empty() && Number(pid) != getpid()) return;
  watchdog_every_ = Duration(std::max<int64_t>(Number(Environment("WATCHDOG_USEC")), 0)) / 3;
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

// A manager that takes nothing is no reason to stop, or to wait.
void ServiceManager::Send(const std::string& lines) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  static_cast<void>(sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size));
}

std::string ServiceManager::Standing() const {
  const std::shared_ptr<const View> view = lifecycle_->view();
  const ProbeAnswer ready = Ready(lifecycle_->phase(), view.get(), lifecycle_->trouble(), lifecycle_->paused());
  return ready.ok ? "serving; caught up" : ready.reason;
}

void ServiceManager::Tick(Duration steady_now) {
  if (socket_ < 0) return;
  const Phase phase = lifecycle_->phase();
  std::string lines;
  if (!ready_ && phase == Phase::kRunning) {
    ready_ = true;
    lines += "READY=1\n";
    next_status_ = steady_now;
  }
  if (steady_now >= next_status_) {
    next_status_ = steady_now + kStatusEvery;
    std::string status = Standing();
    if (!ready_) lines += Line("EXTEND_TIMEOUT_USEC", std::to_string(kRestoreExtension.count()));
    if (status != status_) lines += Line("STATUS", status);
    status_ = std::move(status);
  }
  if (watchdog_every_ > Duration::zero() && steady_now >= next_watchdog_ &&
      Healthy(phase, lifecycle_->last_progress(), steady_now).ok) {
    next_watchdog_ = steady_now + watchdog_every_;
    lines += "WATCHDOG=1\n";
  }
  if (!lines.empty()) Send(lines);
}

void ServiceManager::Reloading(Duration steady_now) {
  if (ready_) Send("RELOADING=1\n" + Line("MONOTONIC_USEC", std::to_string(steady_now.count())));
}

void ServiceManager::Reloaded() {
  if (ready_) Send("READY=1\n");
}

void ServiceManager::Stopping() { Send("STOPPING=1\nSTATUS=making the last commit\n"); }

}  // namespace tidemark
