// What names a record's schema by number, before the record or in a header. Internal to this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "pipeline/mapping/raw_record.h"

namespace tidemark::mapping {

struct Frame {
  uint32_t schema = 0;
  std::string_view body;
  std::string_view header;  // what stands behind the number, in a header
};

// A zero byte, the number in four bytes, the greatest first. nullptr, or what is wrong: of which other make the bytes look.
const char* ReadFrame(std::string_view record, Frame* frame);

// An array, and no pointer to a literal: it is told from other reasons by its address.
inline constexpr char kNoSchemaHeader[] = "has no header that names its schema";
// The same of a record that is all body, by the headers that Confluent's deserializers or Apicurio's read; frame->body stays.
const char* ReadSchemaHeader(const RawRecord& record, bool of_key, Frame* frame);

// Which message of a Protobuf file it is, before the message: by position in the file, then within each. Taken off *body. False where
// there are none. `plain`: of writers that don't write them in zigzag.
using MessageIndexes = absl::InlinedVector<int32_t, 4>;
bool ReadMessageIndexes(bool plain, std::string_view* body, MessageIndexes* indexes);

}  // namespace tidemark::mapping
