// What a field of an event can hold, and the bytes that it is there. Internal to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/datum.h"

namespace tidemark::mapping {

struct Target {
  enum class Kind : uint8_t { kText, kInteger, kZigZag, kBool, kDouble, kFloat, kEnum, kTime, kDuration } kind = Kind::kText;
  int scale = 0;                      // kInteger, kZigZag: digits after the point
  int64_t least = INT64_MIN, most = INT64_MAX;
  const google::protobuf::FieldDescriptor* field = nullptr;
};

// kInvalid when nothing of a record can become such a field.
Result<Target> TargetOf(const Schema::ResolvedPath& path, const FieldInfo& info);

// A value as it is written.
struct Encoded {
  enum class Kind : uint8_t { kNone, kVarint, kFixed64, kFixed32, kText, kInstant } kind = Kind::kNone;
  uint64_t bits = 0;
  std::string_view text;
  int64_t micros = 0;                 // kInstant: of a Timestamp or Duration
};

// nullptr, or why it can't be. *rounded is set when digits went. `text` keeps what is written of a number.
const char* Encode(const Datum& value, const Target& target, std::string* text, bool* rounded, Encoded* out);

}  // namespace tidemark::mapping
