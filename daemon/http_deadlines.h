// How long a client may take: a connection without a byte is the HTTP library's business, one with a byte now and then is ours.
#pragma once

#include <unordered_map>

#include "daemon/clock.h"
#include "daemon/periodic.h"

namespace tidemark {

// Ends connections whose request or answer takes too long, by shutting down their sockets; whoever serves them then finds them
// closed. Threads: any. REQUIRES: a socket is closed by its owner only after Closed.
class ConnectionDeadlines {
 public:
  // `request`: for all headers, from the connection or the answer before; `response`: from there to the answer's end.
  ConnectionDeadlines(Duration request, Duration response)
      : request_(request), response_(response), thread_(kEvery, [this](const std::atomic<bool>&) { return Look(); }) {}

  void Opened(int socket) { Set(socket, request_); }
  void Asked(int socket) { Set(socket, response_); }
  void Answered(int socket) { Set(socket, request_); }
  void Closed(int socket);

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds(500);
  void Set(int socket, Duration allowed);
  Duration Look();

  const Duration request_, response_;
  std::mutex mu_;
  std::unordered_map<int, Duration> ends_;  // GUARDED_BY(mu_); by socket, in steady time
  Periodic thread_;
};

}  // namespace tidemark
