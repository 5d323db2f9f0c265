// What one field of a protobuf message is to the KPI language. For this room, and for whoever compares messages of one's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"
#include "pipeline/event/schema.h"

namespace tidemark::event {

// Digits after the point of a float or double that says nothing about it, and of a duration.
inline constexpr int kDefaultScale = 6;

// Messages that are one value to the KPI language, not something to walk into.
bool IsTimestamp(const google::protobuf::Descriptor* message);
bool IsDuration(const google::protobuf::Descriptor* message);
bool IsWrapper(const google::protobuf::Descriptor* message);  // google.protobuf.Int64Value and its like: its value, or nothing
bool IsValueMessage(const google::protobuf::FieldDescriptor* field);
// The digits after the point of an integer that the option `scale` says; nothing for other fields.
std::optional<int> ScaleOfInteger(const google::protobuf::FieldDescriptor* field);
// A map<string, string>, whose paths end in a key.
bool IsStringMap(const google::protobuf::FieldDescriptor* field);

// The slot that `field` fills when a path ends in it; an error naming `path` when it cannot end there.
Result<FieldInfo> DescribeLeaf(const google::protobuf::FieldDescriptor* field, std::string_view path);
// The slot of one key of a map.
FieldInfo DescribeMapValue(const google::protobuf::FieldDescriptor* map);

// "amount" for an integer amount_micros of scale 6, else empty: how people write money.
std::string_view ShortName(const google::protobuf::FieldDescriptor* field);

// The name of an event type by its payload field: option type_name, or its first '_' as '.'.
std::string EventTypeName(const google::protobuf::FieldDescriptor* payload_field);

}  // namespace tidemark::event
