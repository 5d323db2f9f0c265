#include "daemon/http_deadlines.h"

#include <sys/socket.h>

#include <algorithm>
#include <tuple>

namespace tidemark {

void ConnectionDeadlines::Opened(int socket) {
  const Duration now = SteadyNow();
  const std::lock_guard lock(mu_);
  if (open_ >= most_) {
    const auto worse = [](const auto& a, const auto& b) {
      return std::tuple(a.second.ended, a.second.asked, a.second.since) < std::tuple(b.second.ended, b.second.asked, b.second.since);
    };
    End(&*std::min_element(clients_.begin(), clients_.end(), worse));
  }
  clients_[socket] = {.since = now};
  ++open_;
}

void ConnectionDeadlines::Begin(int socket, bool asked) {
  const Duration now = SteadyNow();
  const std::lock_guard lock(mu_);
  const auto client = clients_.find(socket);
  if (client == clients_.end()) return;
  client->second.asked = asked;
  client->second.since = now;
}

void ConnectionDeadlines::Closed(int socket) {
  const std::lock_guard lock(mu_);
  const auto closed = clients_.find(socket);
  if (closed == clients_.end()) return;
  if (!closed->second.ended) --open_;
  clients_.erase(closed);
}

void ConnectionDeadlines::End(std::pair<const int, Client>* client) {
  if (client->second.ended) return;
  client->second.ended = true;
  --open_;
  shutdown(client->first, SHUT_RDWR);
}

Duration ConnectionDeadlines::Look() {
  const Duration now = SteadyNow();
  const std::lock_guard lock(mu_);
  for (auto& client : clients_) {
    if (now - client.second.since > (client.second.asked ? response_ : request_)) End(&client);
  }
  return kEvery;
}

}  // namespace tidemark
