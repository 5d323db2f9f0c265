// Records that are events as they are: a message of one's own, of which KPIs name the fields, without a mapping.
#pragma once

#include <string>

#include "pipeline/base/status.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/spec.h"

namespace tidemark {

// The rule that takes records whole, which is then the only one; null: the mapping has none.
const MapRule* OwnRule(const MappingSpec& spec);

// The event type that such records are, by the schema that the configuration has. REQUIRES: OwnRule().
Result<OwnEvent> OwnEventOf(const MappingSpec& spec);

// What a field is on the wire and what its absence says. A schema in which it is the same reads the same of the same bytes,
// whatever else changed in it.
std::string SignatureOf(const google::protobuf::FieldDescriptor* field);

namespace mapping {

// Why records of the `writer`'s message can't be read as the `reader`'s; empty: they can. Fields go by number: each that both
// have must hold in the reader whatever it may in the writer. Others do no harm, and names may differ.
std::string WhyNotReadAs(const google::protobuf::Descriptor* writer, const google::protobuf::Descriptor* reader);

// The signatures of the fields on the way of a path, with their names; kNotFound where the message doesn't have them.
Result<std::string> SignatureOf(const google::protobuf::Descriptor* message, const MapPath& path);

}  // namespace mapping
}  // namespace tidemark
