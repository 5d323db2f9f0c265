// The daemon's metrics about itself, through prometheus-cpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/memory.h"
#include "daemon/negotiation.h"
#include "daemon/text_buffer.h"
#include "pipeline/view/view.h"

namespace tidemark {

// What the adapters measured of themselves, by the names they give; copied now and then by the engine's thread.
struct AdapterStats {
  std::map<std::string, double> rocksdb;         // shown as tidemark_rocksdb_<name>
  std::map<std::string, double> kafka_counters;  // shown as tidemark_kafka_<name>_total
  double kafka_queued_bytes = 0;
  double storage_free_bytes = 0, storage_min_free_bytes = 0;  // of the file system of the state
  bool paused = false;                           // for want of disk space
};

// How a table of the configuration stands.
struct TableState {
  std::string name;
  bool ok = true;             // of the last attempt to read it
  WallTime loaded{};          // when the contents in use were read
  int64_t failures = 0;       // changed files that were refused
  uint64_t rows = 0, bytes = 0;
};

// KPIs that are being counted over what the topics still hold; none when nothing is.
struct BackFillState {
  std::vector<std::string> kpis;
  double done = 0;            // 0..1, of the offsets to be read
  int64_t records_left = 0;   // offsets, counting those that are no records
};

// What a schema registry answers.
struct RegistryState {
  std::map<long, int64_t> requests;  // by status code, 0: there was no answer
  std::optional<bool> up;            // of the last request; nothing: there was none
  size_t conflicts = 0;              // numbers under which it has other schemas than those that are kept
};

// Backups that this process was asked for.
struct BackupState {
  int64_t made = 0, failed = 0;
  WallTime last{};            // when the newest one on the volume was taken; zero: there is none
};

// Records that couldn't be counted, on their way to the topic of dead letters.
struct DeadLetterState {
  struct Kind {
    std::string source, topic, reason;
    uint64_t delivered = 0;
  };
  std::vector<Kind> kinds;
  uint64_t failures = 0;      // attempts
  uint64_t waiting = 0;       // letters that aren't delivered yet
  bool failing = false;       // the last attempt failed
};

// Registry of what is counted here, and reader of what a view and the operating system know.
// Threads: any.
class OwnMetrics {
 public:
  explicit OwnMetrics(const MemoryPlan& memory);
  ~OwnMetrics();

  // `handler` is of a fixed set, never what a client sent.
  void CountRequest(const char* handler, unsigned code);
  void ObserveScrape(Duration took);
  void SetConfigLoad(bool successful, WallTime at);
  void SetWebConfigLoad(bool successful, WallTime at);  // of --web.config.file, once there is one
  void SetAdapterStats(AdapterStats stats);
  void SetTables(std::vector<TableState> tables);
  void SetBackFill(BackFillState backfill);
  void SetRegistry(std::optional<RegistryState> registry);  // nothing: none is asked
  void SetBackups(BackupState backups);  // until then nothing is said of them
  void SetDeadLetters(std::optional<DeadLetterState> letters);  // nullopt: the configuration has no topic for them
  // All families; `view` may be null. Ends with OpenMetrics' end mark in that format: this part is the last.
  void Write(const View* view, TextFormat format, TextBuffer* out) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidemark
