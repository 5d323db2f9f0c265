// A record as it came, before anybody knows what is in it.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/base/ids.h"
#include "pipeline/base/time.h"

namespace tidemark {

struct RecordHeader {
  std::string_view name;
  std::string_view value;                 // data() == nullptr: none
};

struct RawRecord {
  std::string_view topic;
  int32_t partition = 0;
  Offset offset{};
  WallTime kafka_time = WallTime::min();  // min(): it has none
  std::string_view key;                   // data() == nullptr: none
  std::string_view value;                 // data() == nullptr: a tombstone
  std::span<const RecordHeader> headers = {};  // as they stand; none where Mapper::wants_headers() is false
};

// Of several headers by one name the last, as Kafka's own clients have it; null where there is none.
inline const RecordHeader* LastHeader(const RawRecord& record, std::string_view name) {
  for (auto header = record.headers.rbegin(); header != record.headers.rend(); ++header) {
    if (header->name == name) return &*header;
  }
  return nullptr;
}

}  // namespace tidemark
