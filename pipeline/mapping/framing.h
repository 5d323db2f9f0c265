// What stands before a record that names its schema by number: Confluent's wire format. Internal to this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace tidemark::mapping {

struct Frame {
  uint32_t schema = 0;
  std::string_view body;
};

// A zero byte, the number in four bytes, the greatest first. nullptr, or what is wrong: of which other make the bytes look.
const char* ReadFrame(std::string_view record, Frame* frame);

// Which message of a Protobuf file it is, before the message: by position in the file, then within each. Taken off *body. False where
// there are none. `plain`: of writers that don't write them in zigzag.
using MessageIndexes = absl::InlinedVector<int32_t, 4>;
bool ReadMessageIndexes(bool plain, std::string_view* body, MessageIndexes* indexes);

}  // namespace tidemark::mapping
