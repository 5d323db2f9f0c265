// The fields of a record by their positions, as the bitmaps of Salesforce's Pub/Sub API name them. Internal to this room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mapping/avro_schema.h"
#include "pipeline/mapping/capture.h"

namespace tidemark::mapping {

// Immutable.
class AvroPositions {
 public:
  AvroPositions() = default;
  // Of the first of these places where the schema has a record.
  AvroPositions(const AvroSchema& schema, const std::vector<std::vector<MapPath::Step>>& places);

  // Puts names in the place of bitmaps: "0x1E" of the record's fields, the lowest bit the first, "3-0x05" of those of the record that
  // is its field 3. They are texts of this object, as many as the schema has at most. nullptr, or what is wrong with one.
  const char* Name(Captures::Elements* list) const;

 private:
  struct Range {
    size_t first = 0, count = 0;  // among names_
  };
  const char* Mark(std::string_view bitmap, std::vector<bool>* named) const;

  std::vector<std::string> names_;  // "StageName", "Name.FirstName"
  Range fields_;
  std::vector<Range> nested_;       // by position of a field; empty where it is no record
};

// Whether a name of a field is no name, but bits.
bool IsBitmap(std::string_view name);

}  // namespace tidemark::mapping
