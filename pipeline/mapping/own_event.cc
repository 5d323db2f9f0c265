#include "pipeline/mapping/own_event.h"

#include <google/protobuf/descriptor.h>

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "pipeline/base/check.h"
#include "pipeline/base/nearest.h"
#include "pipeline/event/field.h"
#include "pipeline/mapping/framing.h"
#include "pipeline/mapping/protobuf_schema.h"

namespace tidemark {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

using Messages = std::pair<const Descriptor*, const Descriptor*>;

// Whether each value that may be written as `from` is the same number, text or truth when its bytes are read as `to`.
bool Holds(const FieldDescriptor* from, const FieldDescriptor* to) {
  const std::optional<int> scale_from = event::ScaleOfInteger(from), scale_to = event::ScaleOfInteger(to);
  if (scale_from && scale_to && *scale_from != *scale_to) return false;  // the same bytes, another number
  if (from->message_type() != nullptr && to->message_type() != nullptr) {
    // A time and a span have the same fields.
    const auto differ = [](const Descriptor* a, const Descriptor* b) { return event::IsTimestamp(a) && event::IsDuration(b); };
    if (differ(from->message_type(), to->message_type()) || differ(to->message_type(), from->message_type())) return false;
  }
  if (from->type() == to->type()) return true;
  switch (to->type()) {
    case FieldDescriptor::TYPE_INT64:
      return from->type() == FieldDescriptor::TYPE_INT32 || from->type() == FieldDescriptor::TYPE_UINT32 || from->type() == FieldDescriptor::TYPE_ENUM ||
             from->type() == FieldDescriptor::TYPE_BOOL;
    case FieldDescriptor::TYPE_INT32:
      return from->type() == FieldDescriptor::TYPE_ENUM || from->type() == FieldDescriptor::TYPE_BOOL;
    case FieldDescriptor::TYPE_UINT64:
      return from->type() == FieldDescriptor::TYPE_UINT32 || from->type() == FieldDescriptor::TYPE_BOOL;
    case FieldDescriptor::TYPE_UINT32:
      return from->type() == FieldDescriptor::TYPE_BOOL;
    case FieldDescriptor::TYPE_ENUM:
      return from->type() == FieldDescriptor::TYPE_INT32;
    case FieldDescriptor::TYPE_SINT64:
      return from->type() == FieldDescriptor::TYPE_SINT32;
    case FieldDescriptor::TYPE_STRING:
      return from->type() == FieldDescriptor::TYPE_BYTES;  // that are no text are found out
    case FieldDescriptor::TYPE_BYTES:
      return from->type() == FieldDescriptor::TYPE_STRING;
    default:
      return false;
  }
}

std::string TypeOf(const FieldDescriptor* field) {
  std::string type = field->message_type() != nullptr ? field->message_type()->full_name() : field->type_name();
  if (const std::optional<int> scale = event::ScaleOfInteger(field)) type += " with the scale " + std::to_string(*scale);
  return field->is_map() ? "a map" : field->is_repeated() ? "repeated " + type : "of type " + type;
}

// Of these two alone; adds the messages in them that are to be compared, too.
std::string WhyNot(const Descriptor* writer, const Descriptor* reader, std::vector<Messages>* inside) {
  for (int f = 0; f < reader->field_count(); ++f) {
    const FieldDescriptor* to = reader->field(f);
    const FieldDescriptor* from = writer->FindFieldByNumber(to->number());
    if (from == nullptr) continue;
    if (from->is_repeated() != to->is_repeated() || from->is_map() != to->is_map() || !Holds(from, to)) {
      return "its field " + std::to_string(from->number()) + ", " + from->full_name() + ", is " + TypeOf(from) + ", and here " + TypeOf(to);
    }
    if (to->message_type() != nullptr) inside->push_back({from->message_type(), to->message_type()});
  }
  return "";
}

}  // namespace

const MapRule* OwnRule(const MappingSpec& spec) { return spec.rules.size() == 1 && spec.rules[0].whole ? spec.rules.data() : nullptr; }

Result<OwnEvent> OwnEventOf(const MappingSpec& spec) {
  const MapRule* rule = OwnRule(spec);
  TM_CHECK(rule != nullptr && spec.schema);
  TM_ASSIGN_OR_RETURN(mapping::ProtobufSchema made, mapping::ProtobufSchema::Make(*spec.schema));
  auto schema = std::make_shared<const mapping::ProtobufSchema>(std::move(made));
  return OwnEvent{rule->emit, schema->Find(mapping::MessageIndexes{0}), schema};
}

std::string SignatureOf(const FieldDescriptor* field) {
  const char* many = field->is_repeated() ? "*" : field->has_presence() ? "?" : "";
  // Messages that are a value may have the same fields, and other values.
  const std::string type = event::IsValueMessage(field) ? field->message_type()->full_name() : field->type_name();
  return std::to_string(field->number()) + ":" + type + many;
}

namespace mapping {

std::string WhyNotReadAs(const Descriptor* writer, const Descriptor* reader) {
  // Messages may hold each other, and a writer's as many in one another as its schema has room for: no recursion.
  std::vector<Messages> todo = {{writer, reader}};
  std::set<Messages> seen;
  while (!todo.empty()) {
    const Messages next = todo.back();
    todo.pop_back();
    if (!seen.insert(next).second) continue;
    if (std::string why = WhyNot(next.first, next.second, &todo); !why.empty()) return why;
  }
  return "";
}

Result<std::string> SignatureOf(const Descriptor* message, const MapPath& path) {
  std::string signature;
  const FieldDescriptor* map = nullptr;  // whose key comes next
  for (const MapPath::Step& step : path.steps) {
    if (step.name.empty()) continue;     // an element of what was named
    if (map != nullptr) {
      message = map->message_type()->map_value()->message_type();
      map = nullptr;
      continue;
    }
    // The names in a Struct are keys of it: any may be there, and its bytes never change.
    if (message != nullptr && message->file()->name() == "google/protobuf/struct.proto") break;
    const FieldDescriptor* field = message == nullptr ? nullptr : message->FindFieldByName(step.name);
    if (field == nullptr) {
      std::vector<std::string> known;
      for (int f = 0; message != nullptr && f < message->field_count(); ++f) known.push_back(message->field(f)->name());
      const std::string nearest = Nearest(step.name, known);
      return NotFound(path.ToString() + ": the message has no field " + step.name + (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
    }
    signature += " " + step.name + "=" + tidemark::SignatureOf(field);
    map = field->is_map() ? field : nullptr;
    message = field->message_type();
  }
  return signature;
}

}  // namespace mapping
}  // namespace tidemark
