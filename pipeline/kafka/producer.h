// Writes records to Kafka: for the demo, tests, benchmarks and dead letters.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"
#include "pipeline/kafka/handles.h"
#include "pipeline/mapping/raw_record.h"

namespace tidemark {

// Threads: any; librdkafka's own threads send.
// Failure: Produce only says whether the record was queued; whether it was written is counted when Flush or a later
// Produce serves the answers.
class KafkaProducer {
 public:
  static constexpr int32_t kAnyPartition = -1;  // chosen by the key's hash

  // What became of the record that was produced with this tag. From whoever calls Produce, Serve or Flush.
  using OnDelivery = std::function<void(uint64_t tag, rd_kafka_resp_err_t error)>;

  // Properties are librdkafka's; acks=all and idempotence unless they say otherwise.
  static Result<std::unique_ptr<KafkaProducer>> Open(const std::string& brokers,
                                                     const std::map<std::string, std::string>& properties = {}, OnDelivery on_delivery = nullptr);
  ~KafkaProducer();

  // Copies key and value. A null value (data() == nullptr) is a tombstone; timestamp_ms 0 is now.
  // kUnavailable: the queue is full and stayed so for a while.
  Status Produce(const std::string& topic, int32_t partition, std::string_view key, std::string_view value,
                 int64_t timestamp_ms = 0);
  // The same with headers, and without waiting for room. Says what was wrong with the record itself, too.
  rd_kafka_resp_err_t TryProduce(const std::string& topic, int32_t partition, std::string_view key, std::string_view value,
                                 std::span<const RecordHeader> headers, int64_t timestamp_ms, uint64_t tag);
  // Hands out answers that are here.
  void Serve() { rd_kafka_poll(client_.get(), 0); }
  // Waits until everything queued is written or given up. kUnavailable: not within `timeout`.
  Status Flush(std::chrono::milliseconds timeout);

  uint64_t delivered() const { return delivered_; }
  uint64_t failed() const { return failed_; }
  rd_kafka_t* client() const { return client_.get(); }  // for transactions and admin requests

 private:
  explicit KafkaProducer(OnDelivery on_delivery) : on_delivery_(std::move(on_delivery)) {}

  const OnDelivery on_delivery_;

  std::atomic<uint64_t> delivered_{0};
  std::atomic<uint64_t> failed_{0};
  KafkaPtr<rd_kafka_t> client_;
};

}  // namespace tidemark
