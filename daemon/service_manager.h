// What a service manager (systemd) is told of the process: sd_notify's protocol, a datagram of lines to $NOTIFY_SOCKET.
#pragma once

#include <atomic>
#include <string>

#include "daemon/lifecycle.h"

namespace tidemark {

// READY=1 once the state is restored and the engine goes round: a start that ends well has a state that can be used, and
// dependents that then scrape get numbers. Kafka plays no part in it: catching up is told as STATUS, and may take for ever.
// WATCHDOG=1 for as long as /-/healthy would answer 200.
// Threads: Tick and Stopping by one, Reloading and Reloaded by any. Never blocks; without $NOTIFY_SOCKET does nothing.
class ServiceManager {
 public:
  // Reads the environment: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceManager(const Lifecycle* lifecycle);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Says what is due. Call it several times a second.
  void Tick(Duration steady_now);
  void Reloading(Duration steady_now);
  void Reloaded();
  void Stopping();

 private:
  void Send(const std::string& lines) const;
  std::string Standing() const;

  const Lifecycle* const lifecycle_;
  int socket_ = -1;
  std::string address_;            // of the manager's socket; a NUL at the front: an abstract one
  Duration watchdog_every_{};      // zero: nobody watches
  Duration next_status_{}, next_watchdog_{};
  std::string status_;             // what was said last
  std::atomic<bool> ready_ = false;
};

}  // namespace tidemark
