// Writes records to Kafka: for the demo, tests, benchmarks and dead letters.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"
#include "pipeline/kafka/handles.h"

namespace tidemark {

// Threads: any; librdkafka's own threads send.
// Failure: Produce only says whether the record was queued; whether it was written is counted when Flush or a later
// Produce serves the answers.
class KafkaProducer {
 public:
  static constexpr int32_t kAnyPartition = -1;  // chosen by the key's hash

  // Properties are librdkafka's; acks=all and idempotence unless they say otherwise.
  static Result<std::unique_ptr<KafkaProducer>> Open(const std::string& brokers,
                                                     const std::map<std::string, std::string>& properties = {});
  ~KafkaProducer();

  // Copies key and value. A null value (data() == nullptr) is a tombstone; timestamp_ms 0 is now.
  // kUnavailable: the queue is full and stayed so for a while.
  Status Produce(const std::string& topic, int32_t partition, std::string_view key, std::string_view value,
                 int64_t timestamp_ms = 0);
  // Waits until everything queued is written or given up. kUnavailable: not within `timeout`.
  Status Flush(std::chrono::milliseconds timeout);

  uint64_t delivered() const { return delivered_; }
  uint64_t failed() const { return failed_; }
  rd_kafka_t* client() const { return client_.get(); }  // for transactions and admin requests

 private:
  KafkaProducer() = default;

  std::atomic<uint64_t> delivered_{0};
  std::atomic<uint64_t> failed_{0};
  KafkaPtr<rd_kafka_t> client_;
};

}  // namespace tidemark
