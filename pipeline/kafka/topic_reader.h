// Reads a whole topic, and goes on following it: tables from compacted topics, dead letters.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/kafka/handles.h"
#include "pipeline/mapping/raw_record.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// Outside of the group: every reader reads every partition. Threads: one.
class TopicReader {
 public:
  using OnRecord = std::function<void(const RawRecord& record)>;  // it lives for the call

  // Nothing is connected to yet. Lines of the client's log are not of interest: Poll says what is wrong.
  static Result<std::unique_ptr<TopicReader>> Open(const KafkaSpec& spec, std::string topic);
  ~TopicReader();

  // Hands out what is there, or comes within `wait`, at most so many records. kUnavailable: the topic or its brokers can't
  // be had now; what was read stands, call again.
  Status Poll(std::chrono::milliseconds wait, size_t most, const OnRecord& on_record);
  // Every partition was read to its end since it was begun.
  bool at_end() const { return begun_ && left_ == 0; }
  // Grows when the topic is read from its beginning again, as there are other partitions, or another log.
  uint64_t begun() const { return begun_; }

 private:
  TopicReader(std::string topic, KafkaPtr<rd_kafka_t> client) : topic_(std::move(topic)), client_(std::move(client)) {}
  Status Begin();
  Result<int32_t> Partitions();

  const std::string topic_;
  KafkaPtr<rd_kafka_t> client_;
  std::vector<bool> ended_;  // by partition
  size_t left_ = 0;          // partitions that were not read to their ends yet
  uint64_t begun_ = 0;
  bool assigned_ = false;
  std::chrono::steady_clock::time_point looked_{};  // for other partitions
};

}  // namespace tidemark
