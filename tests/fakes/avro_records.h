// Records in Avro with Confluent's framing, written by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/mapping/schemas.h"
#include "tests/unit/avro_bytes.h"

namespace tidemark {

// {id, channel, at in ms}: what AvroLead writes.
inline std::shared_ptr<const WriterSchema> AvroLeadSchema() {
  WriterSchema schema;
  schema.text = R"({"type":"record","name":"Lead","fields":[{"name":"id","type":"string"},{"name":"channel","type":"string"},{"name":"at","type":"long"}]})";
  return std::make_shared<const WriterSchema>(std::move(schema));
}

inline std::string AvroLead(uint32_t schema, const std::string& id, const std::string& channel, int64_t ms) {
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(schema >> shift);
  return out + avro::Text(id) + avro::Text(channel) + avro::Long(ms);
}

}  // namespace tidemark
