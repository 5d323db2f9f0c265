// Headers of a message, as librdkafka has them: it reads them when it is asked for the first time.
#pragma once

#include <vector>

#include "pipeline/kafka/handles.h"
#include "pipeline/mapping/raw_record.h"

namespace tidemark {

// They live as long as the message. None where they can't be read.
inline void AppendHeaders(const rd_kafka_message_t& message, std::vector<RecordHeader>* out) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t h = 0; rd_kafka_header_get_all(headers, h, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++h) {
    out->push_back({name, value == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(value), size)});
  }
}

}  // namespace tidemark
