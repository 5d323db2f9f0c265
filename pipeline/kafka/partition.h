// One assigned partition, as KafkaSource keeps it. Included by the room's own .cc files only.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pipeline/kafka/kafka_source.h"

namespace tidemark {

// What librdkafka calls back. Kept alive by whoever may still run the client.
struct KafkaSource::Callbacks {
  std::atomic<KafkaSource*> source{nullptr};  // null: closing
  std::function<void(int level, std::string_view text)> log;

  void Install(rd_kafka_conf_t* conf);
};

struct KafkaSource::Partition {
  Partition(const StartAt& start, OnDataLoss on_data_loss) : id(start.id), tp(start.tp), check(start, on_data_loss) {}
  ~Partition() {
    if (queue) rd_kafka_queue_cb_event_enable(queue.get(), nullptr, nullptr);
  }
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  const PartitionId id;
  const TopicPartition tp;
  LogCheck check;
  KafkaPtr<rd_kafka_queue_t> queue;
  LogEnds::Answer answer;                                   // the newest
  uint64_t interruptions = 0;                               // of these the check was told
  uint64_t unrecognised = 0;                                // of these the probe was told
  std::string fetch_error;                                  // since the last record or end
  Steady::time_point fetched_at{};                          // when its fetching was started, or started anew
  Steady::time_point retry_at = Steady::time_point::max();  // after a record that could not be read
  double mean_record_bytes = 0;
};

}  // namespace tidemark
