// An Avro schema as a table of types. Internal to this room.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/mapping/datum.h"
#include "pipeline/mapping/schemas.h"

namespace tidemark::mapping {

struct AvroType {
  enum class Kind : uint8_t { kNull, kBoolean, kInt, kLong, kFloat, kDouble, kBytes, kString, kFixed, kEnum, kRecord, kArray, kMap, kUnion };
  Kind kind = Kind::kNull;
  // What its logicalType, or what Debezium and Kafka Connect call it, makes of it.
  Unit unit = Unit::kNone;            // of a time; kInt, kLong
  bool local = false;                 // as a clock shows it, of no zone
  int scale = -1;                     // of a decimal: kBytes, kFixed; -1: it is none
  bool variable_scale = false;        // Debezium's record of a scale and an integer
  uint32_t size = 0;                  // of kFixed
  std::vector<std::string> names;     // of fields; symbols
  std::vector<uint32_t> parts;        // types: of fields, branches, or the one of items or values
  uint64_t least = 0;                 // bytes that a value has at least
};

struct AvroSchema {
  std::vector<AvroType> types;
  uint32_t root = 0;

  // The error says what is wrong with it. Whatever the text is, what is made of it is bounded: names, depth, and how many
  // values there can be without a byte for each.
  static Result<AvroSchema> Parse(const WriterSchema& schema);
};

// Values nested in one another, in a schema as in a record.
inline constexpr int kMaxAvroDepth = 100;

}  // namespace tidemark::mapping
