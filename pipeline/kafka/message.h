// What librdkafka's messages say, as our own types. Views live as long as the message.
#pragma once

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "pipeline/base/time.h"
#include "pipeline/kafka/handles.h"
#include "pipeline/mapping/raw_record.h"

namespace tidemark {

inline std::string_view BytesOf(const void* bytes, size_t size) {
  return bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size);
}

// A producer may write any number as the time of a record; microseconds have less room than milliseconds.
inline WallTime KafkaTime(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t ms = rd_kafka_message_timestamp(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) return WallTime::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 1000;
  return WallTimeFromMicros(std::clamp(ms, -kMost, kMost) * 1000);
}

// Headers are read when they are asked for the first time. None where they can't be.
inline void AppendHeaders(const rd_kafka_message_t& message, std::vector<RecordHeader>* out) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t h = 0; rd_kafka_header_get_all(headers, h, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++h) {
    out->push_back({name, BytesOf(value, size)});
  }
}

}  // namespace tidemark
