#include "pipeline/event/field.h"

#include <google/protobuf/descriptor.h>

#include "tidemark/events/v1/options.pb.h"

namespace tidemark::event {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr std::string_view kMicrosSuffix = "_micros";

bool HasScale(const FieldDescriptor* field) { return field->options().HasExtension(events::v1::scale); }
int ScaleOf(const FieldDescriptor* field) { return field->options().GetExtension(events::v1::scale); }

bool IsInteger(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return false;
  }
}

Result<SlotType> SlotTypeOf(const FieldDescriptor* field, std::string_view path) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return HasScale(field) ? SlotType::kDecimal : SlotType::kInt64;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return SlotType::kDecimal;
    case FieldDescriptor::CPPTYPE_BOOL:
      return SlotType::kBool;
    case FieldDescriptor::CPPTYPE_ENUM:
      return SlotType::kEnum;
    case FieldDescriptor::CPPTYPE_STRING:
      return SlotType::kString;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (IsTimestamp(field->message_type())) return SlotType::kTime;
      if (IsDuration(field->message_type())) return SlotType::kDecimal;
      if (IsWrapper(field->message_type())) return SlotTypeOf(field->message_type()->field(0), path);
      break;
  }
  return Invalid(std::string(path) + " is a message, not a value: name one of its fields");
}

}  // namespace

bool IsTimestamp(const Descriptor* message) { return message->full_name() == "google.protobuf.Timestamp"; }
bool IsDuration(const Descriptor* message) { return message->full_name() == "google.protobuf.Duration"; }

bool IsWrapper(const Descriptor* message) { return message->file()->name() == "google/protobuf/wrappers.proto" && message->field_count() == 1; }

bool IsValueMessage(const FieldDescriptor* field) {
  const Descriptor* message = field->message_type();
  return message != nullptr && (IsTimestamp(message) || IsDuration(message) || IsWrapper(message));
}

std::optional<int> ScaleOfInteger(const FieldDescriptor* field) {
  return IsInteger(field) && HasScale(field) ? std::optional<int>(ScaleOf(field)) : std::nullopt;
}

bool IsStringMap(const FieldDescriptor* field) {
  return field->is_map() && field->message_type()->map_key()->type() == FieldDescriptor::TYPE_STRING &&
         field->message_type()->map_value()->type() == FieldDescriptor::TYPE_STRING;
}

Result<FieldInfo> DescribeLeaf(const FieldDescriptor* field, std::string_view path) {
  const std::string name(path);
  if (IsStringMap(field)) return Invalid(name + " is a map: write " + name + ".KEY");
  if (field->is_repeated()) return Invalid(name + " is repeated: a KPI can use only fields that hold one value");
  if (IsValueMessage(field) && HasScale(field)) {
    return Invalid(name + " is a message, of which the option scale says nothing: put it on a field that is a number");
  }
  FieldInfo info;
  TM_ASSIGN_OR_RETURN(info.type, SlotTypeOf(field, path));
  if (info.type == SlotType::kDecimal) info.scale = HasScale(field) ? ScaleOf(field) : kDefaultScale;
  if (info.scale < 0 || info.scale > 18) {
    return Invalid(name + " has the scale " + std::to_string(info.scale) + " in its schema; it must be 0 to 18");
  }
  info.explicit_presence = field->has_presence();
  info.personal = field->options().GetExtension(events::v1::personal);
  info.leaf = field;
  return info;
}

FieldInfo DescribeMapValue(const FieldDescriptor* map) {
  FieldInfo info;
  info.type = SlotType::kString;
  info.explicit_presence = true;
  info.personal = map->options().GetExtension(events::v1::personal);
  info.leaf = map->message_type()->map_value();
  return info;
}

std::string_view ShortName(const FieldDescriptor* field) {
  const std::string_view name = field->name();
  if (!IsInteger(field) || !HasScale(field) || ScaleOf(field) != 6) return {};
  if (name.size() <= kMicrosSuffix.size() || !name.ends_with(kMicrosSuffix)) return {};
  const std::string_view shorter = name.substr(0, name.size() - kMicrosSuffix.size());
  return field->containing_type()->FindFieldByName(std::string(shorter)) == nullptr ? shorter : std::string_view();
}

std::string EventTypeName(const FieldDescriptor* payload_field) {
  std::string name = payload_field->options().GetExtension(events::v1::type_name);
  if (!name.empty()) return name;
  name = payload_field->name();
  if (const size_t underscore = name.find('_'); underscore != std::string::npos) name[underscore] = '.';
  return name;
}

}  // namespace tidemark::event
