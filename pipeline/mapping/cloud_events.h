// CloudEvents over Kafka: where a record has its attributes and its data. Internal to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/mapping/raw_record.h"

namespace tidemark::mapping {

enum class CloudContent : uint8_t {
  kBinary,      // attributes are headers, the value is the data
  kStructured,  // the value is an event with its data in it, or an array of them
  kOther,       // events in a format of which nothing is known here
};
CloudContent CloudContentOf(const RawRecord& record);

// The header that an attribute is, in binary mode.
std::string CloudHeader(std::string_view attribute);

}  // namespace tidemark::mapping
