// What stands before a record that names its schema by number: Confluent's wire format. Internal to this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/base/status.h"

namespace tidemark::mapping {

struct Frame {
  uint32_t schema = 0;
  std::string_view body;
};

// A zero byte, the number in four bytes, the greatest first. The error says of which other make the bytes look.
Result<Frame> ReadFrame(std::string_view record);

}  // namespace tidemark::mapping
