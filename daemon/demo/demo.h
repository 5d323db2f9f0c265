// `tidemark demo`: an embedded broker, a company that does not exist, the daemon itself, and a live table.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tidemark {

struct DemoOptions {
  std::optional<std::chrono::microseconds> duration;  // of the live part; absent: until SIGINT or SIGTERM
  std::chrono::microseconds history = std::chrono::hours(24 * 30);
  std::string listen_address = "127.0.0.1:9464";  // of the daemon; port 0: any free one
  std::string storage_path;                       // empty: a temporary directory, removed at the end
  std::string brokers;                            // of a real Kafka: only produce, into `topic`; empty: the embedded one
  std::string topic = "company-events";           // of a real Kafka
};

// Blocks until the end. 0: the daemon counted exactly what the company produced; 1: it did not, or something failed
// (said on standard error, with the daemon's last log lines). No child is left behind.
// Threads: the main one; installs handlers of SIGINT and SIGTERM.
int RunDemo(const DemoOptions& options);

}  // namespace tidemark
