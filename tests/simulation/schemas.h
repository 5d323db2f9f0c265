// Changes of deals in Avro, behind the number of the schema that each was written with: one for each set of fields that there may be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/mapping/schemas.h"
#include "tests/simulation/changes.h"

namespace tidemark::simulation {

inline constexpr uint32_t kSchemas = 17;  // from 1 on

uint32_t SchemaOf(const Change& change);
std::string AvroOf(const Change& change);
std::shared_ptr<const WriterSchema> WriterSchemaOf(uint32_t number);
// Some are at hand from the beginning; others come once they are wanted.
inline bool IsAtHand(uint32_t number) { return number % 3 == 0; }

}  // namespace tidemark::simulation
