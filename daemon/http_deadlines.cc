#include "daemon/http_deadlines.h"

#include <sys/socket.h>

namespace tidemark {

void ConnectionDeadlines::Opened(int socket) {
  const std::lock_guard lock(mu_);
  if (clients_.size() >= most_) End(clients_.begin());
  by_socket_[socket] = clients_.emplace(false, SteadyNow(), socket).first;
}

void ConnectionDeadlines::Begin(int socket, bool asked) {
  const std::lock_guard lock(mu_);
  const auto client = by_socket_.find(socket);
  if (client == by_socket_.end()) return;
  clients_.erase(client->second);
  client->second = clients_.emplace(asked, SteadyNow(), socket).first;
}

void ConnectionDeadlines::Closed(int socket) {
  const std::lock_guard lock(mu_);
  const auto client = by_socket_.find(socket);
  if (client == by_socket_.end()) return;
  clients_.erase(client->second);
  by_socket_.erase(client);
}

ConnectionDeadlines::Clients::iterator ConnectionDeadlines::End(Clients::iterator client) {
  const int socket = std::get<int>(*client);
  shutdown(socket, SHUT_RDWR);
  by_socket_.erase(socket);
  return clients_.erase(client);
}

Duration ConnectionDeadlines::Look() {
  const Duration now = SteadyNow();
  const std::lock_guard lock(mu_);
  for (auto client = clients_.begin(); client != clients_.end();) {
    const auto& [asked, since, socket] = *client;
    client = now - since > (asked ? response_ : request_) ? End(client) : std::next(client);
  }
  return kEvery;
}

}  // namespace tidemark
