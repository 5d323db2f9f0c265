// Owners for everything librdkafka hands out: a leaked list or queue makes rd_kafka_destroy wait for ever.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace tidemark {

struct KafkaDeleter {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_conf_t* p) const { rd_kafka_conf_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const { rd_kafka_topic_partition_list_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_headers_t* p) const { rd_kafka_headers_destroy(p); }
  void operator()(rd_kafka_error_t* p) const { rd_kafka_error_destroy(p); }
  void operator()(const rd_kafka_metadata_t* p) const { rd_kafka_metadata_destroy(p); }
};

template <class T>
using KafkaPtr = std::unique_ptr<T, KafkaDeleter>;

using KafkaList = KafkaPtr<rd_kafka_topic_partition_list_t>;

inline KafkaList NewKafkaList(size_t capacity) {
  return KafkaList(rd_kafka_topic_partition_list_new(static_cast<int>(capacity)));
}

}  // namespace tidemark
