#include "daemon/http_deadlines.h"

#include <sys/socket.h>

namespace tidemark {

void ConnectionDeadlines::Set(int socket, Duration allowed) {
  const std::lock_guard lock(mu_);
  ends_[socket] = SteadyNow() + allowed;
}

void ConnectionDeadlines::Closed(int socket) {
  const std::lock_guard lock(mu_);
  ends_.erase(socket);
}

Duration ConnectionDeadlines::Look() {
  const Duration now = SteadyNow();
  const std::lock_guard lock(mu_);
  for (const auto& [socket, end] : ends_) {
    if (now > end) shutdown(socket, SHUT_RDWR);
  }
  return kEvery;
}

}  // namespace tidemark
