// A mapping, compiled. Internal to this room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/mapping/layout.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/mapping/program.h"

namespace tidemark {

struct Mapper::Compiled {
  struct Field {
    uint32_t value = 0;               // node
    mapping::Target target;
    OnMapError on_error = OnMapError::kReject;
    mapping::Datum constant;
    const MapField* spec = nullptr;
  };
  struct Rule {
    const MapRule* spec = nullptr;
    uint32_t when = mapping::kNone;
    uint32_t each = mapping::kNone;   // array
    std::string id_begins;            // the event type; where no id is named, and of the second rule of a type, which it is
    std::vector<uint32_t> id;
    bool id_is_its_own = false;
    uint32_t time = mapping::kNone;
    std::vector<Field> fields;
    mapping::EventLayout layout;      // id, source, time, the parts of the version, then fields
  };

  // A path where it is written, for MapSurvey.
  struct Written {
    std::string name;
    Place place;
    uint32_t node = 0;
    uint32_t rule = mapping::kNone;   // of what is looked at only once the rule's condition holds; kNone: at each row
    uint32_t each = mapping::kNone;   // array of whose elements it is
  };
  // What conditions compare with words: it tells records apart.
  struct Told {
    std::string name;
    uint32_t node = 0;
  };

  std::shared_ptr<const MappingSpec> spec;
  mapping::Shape shape;
  mapping::CapturePlan captures;
  mapping::CapturePlan key;           // of the key; without leaves where it isn't looked at
  mapping::Program program;
  std::string source, hash_key;
  uint32_t time = mapping::kNone;     // of the source: of what is no event
  std::vector<uint32_t> version;
  uint32_t ignore = mapping::kNone;
  uint32_t op = mapping::kNone;       // leaves
  uint32_t property = mapping::kNone;
  uint32_t deleted = mapping::kNone;
  uint32_t old_row = mapping::kNone;
  uint32_t items = mapping::kNone;    // arrays
  uint32_t changed = mapping::kNone, nulled = mapping::kNone, differing = mapping::kNone;
  std::vector<std::pair<uint32_t, std::string>> row_leaves;  // where the shape has nulled: leaves of the row, as those lists call them
  std::vector<Rule> rules;
  std::vector<Written> written;
  std::vector<Told> told;             // nothing that is personal, or hashed
  // CloudEvents: `captures`, for data that stands alone; attributes: which header each is then, and its leaf.
  mapping::CapturePlan data;
  std::vector<std::pair<std::string, uint32_t>> attributes;
  uint32_t data_base64 = mapping::kNone;
  EventType own;                      // of records that are events as they are; without payload where rules make them
  std::string own_identity;
  bool wants_headers = false;
};

}  // namespace tidemark
