// What the Kafka room counts; the daemon gives the counters their names.
#pragma once

#include <atomic>
#include <cstdint>

namespace tidemark {

// Threads: written by the engine's and the room's own threads, read from any.
struct KafkaProbe {
  std::atomic<uint64_t> fetch_errors{0};         // errors of single partitions, offsets out of range included
  std::atomic<uint64_t> broker_errors{0};        // connections lost, authentication refused, group errors
  std::atomic<uint64_t> refusals{0};             // of those: by a password, a certificate or an ACL, on either side
  std::atomic<uint64_t> rebalances{0};           // assignments and revocations
  std::atomic<uint64_t> proofs{0};               // log ends confirmed by a broker
  std::atomic<uint64_t> proof_failures{0};       // log ends asked for in vain
  std::atomic<uint64_t> rechecks{0};             // logs looked at again after an interruption
  std::atomic<uint64_t> unrecognised_starts{0};  // went on although the last applied record is no more there to compare
  std::atomic<uint64_t> progress_failures{0};    // informational group commits that were refused
  std::atomic<uint64_t> records{0};              // handed out
  std::atomic<uint64_t> record_bytes{0};         // of their keys and values
};

}  // namespace tidemark
