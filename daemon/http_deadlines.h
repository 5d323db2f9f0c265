// How long a client may take, and who makes room when there are too many: a connection without a byte is the HTTP library's business, one
// with a byte now and then is ours.
#pragma once

#include <set>
#include <tuple>
#include <unordered_map>

#include "daemon/clock.h"
#include "daemon/periodic.h"

namespace tidemark {

// Ends connections whose request or answer takes too long, by shutting down their sockets; whoever serves them then finds them
// closed. Beyond `most` connections each new one ends another: of those that have asked for nothing yet the one that has been
// at it for longest, else of all. So whoever sends its request at once is served, however many don't.
// Threads: any. REQUIRES: a socket is closed by its owner only after Closed.
class ConnectionDeadlines {
 public:
  // `request`: for all headers, from the connection or the answer before; `response`: from there to the answer's end.
  // REQUIRES: most > 0.
  ConnectionDeadlines(Duration request, Duration response, size_t most)
      : request_(request), response_(response), most_(most), thread_(kEvery, [this](const std::atomic<bool>&) { return Look(); }) {}

  void Opened(int socket);
  void Asked(int socket) { Begin(socket, true); }
  void Answered(int socket) { Begin(socket, false); }
  void Closed(int socket);

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds(500);
  // Of a connection that was not ended: whether it asked, since when it is at that in steady time, and its socket. The first makes room.
  using Clients = std::set<std::tuple<bool, Duration, int>>;
  void Begin(int socket, bool asked);
  Clients::iterator End(Clients::iterator client);
  Duration Look();

  const Duration request_, response_;
  const size_t most_;
  std::mutex mu_;
  Clients clients_;                                          // GUARDED_BY(mu_)
  std::unordered_map<int, Clients::iterator> by_socket_;     // GUARDED_BY(mu_)
  Periodic thread_;
};

}  // namespace tidemark
