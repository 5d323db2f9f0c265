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

}  // namespace tidemark
