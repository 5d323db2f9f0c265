#include "config/event_fields.h"

#include <google/protobuf/descriptor.h>

#include <limits>

namespace tidemark::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <class Int>
std::optional<Int> Narrow(Int128 n) {
  if (n < Int128{std::numeric_limits<Int>::min()} || n > Int128{std::numeric_limits<Int>::max()}) return std::nullopt;
  return static_cast<Int>(n);
}

// False when the field is too narrow for n.
bool SetInteger(Int128 n, const FieldDescriptor* field, Message* message) {
  const auto* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      if (const auto narrow = Narrow<int32_t>(n)) return reflection->SetInt32(message, field, *narrow), true;
      return false;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (const auto narrow = Narrow<uint32_t>(n)) return reflection->SetUInt32(message, field, *narrow), true;
      return false;
    case FieldDescriptor::CPPTYPE_UINT64:
      if (const auto narrow = Narrow<uint64_t>(n)) return reflection->SetUInt64(message, field, *narrow), true;
      return false;
    default:
      if (const auto narrow = Narrow<int64_t>(n)) return reflection->SetInt64(message, field, *narrow), true;
      return false;
  }
}

void ReadInteger(const Value& value, const std::string& key, const FieldInfo& info, Message* message) {
  const std::optional<Decimal> number = value.Number();
  if (!number) return;
  // By its full name a scaled field holds what is stored, as in protobuf's JSON; by its short name the decimal.
  const bool decimal = info.type == SlotType::kDecimal && key != info.leaf->name();
  const int digits = decimal ? info.scale : 0;
  const std::optional<Decimal> scaled = Rescale(*number, digits);
  if (scaled && SetInteger(scaled->mantissa, info.leaf, message)) return;
  if (scaled || number->scale <= digits) return value.Fail(Quoted(value.node().text) + " does not fit into the field");
  value.Fail(decimal ? "has more than " + std::to_string(digits) + " digits after the point"
                     : Quoted(value.node().text) + " is not a whole number");
}

// A message to look into, and not a value like a Timestamp.
bool IsMessage(const FieldDescriptor* field) {
  if (field->message_type() == nullptr || field->is_repeated()) return false;
  const std::string& name = field->message_type()->full_name();
  return name != "google.protobuf.Timestamp" && name != "google.protobuf.Duration";
}

void ReadEnum(const Value& value, const FieldDescriptor* field, Message* message) {
  const std::optional<std::string> name = value.Text();
  if (!name) return;
  std::vector<std::string> known;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) known.push_back(field->enum_type()->value(i)->name());
  if (const auto* number = field->enum_type()->FindValueByName(*name)) {
    message->GetReflection()->SetEnum(message, field, number);
  } else {
    value.Fail(Quoted(*name) + " is none of its values" + DidYouMean(*name, known));
  }
}

// The path of a field that stands elsewhere, as maps: "deal.id" is `deal: {id: ..}`.
std::string AsMaps(std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::string(path) + ": ..";
  return std::string(path.substr(0, dot)) + ": {" + AsMaps(path.substr(dot + 1)) + "}";
}

}  // namespace

void SetMicros(int64_t micros, Message* message) {
  const auto* reflection = message->GetReflection();
  const auto* descriptor = message->GetDescriptor();
  const int64_t seconds = FloorDiv(micros, kMicrosPerSecond);
  reflection->SetInt64(message, descriptor->FindFieldByName("seconds"), seconds);
  reflection->SetInt32(message, descriptor->FindFieldByName("nanos"),
                       static_cast<int32_t>((micros - seconds * kMicrosPerSecond) * 1000));
}

std::optional<EventTime> ReadInstant(const Value& value, const Instants& instants) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  const bool relative = text->starts_with('+') || text->starts_with('-');
  if (const Result<Duration> duration = ParseDuration(relative ? text->substr(1) : *text); duration.ok()) {
    int64_t micros = Micros(relative ? instants.moment : instants.start);
    const bool over = text->starts_with('-') ? __builtin_sub_overflow(micros, duration->count(), &micros)
                                             : __builtin_add_overflow(micros, duration->count(), &micros);
    if (!over) return EventTimeFromMicros(micros);
  } else if (const Result<EventTime> time = ParseRfc3339(*text); time.ok()) {
    return *time;
  }
  value.Fail(Quoted(*text) +
             " is not an instant; write 24h (after the start), +15m or -15m (from this step's moment), " +
             "or 2026-03-02T09:00:00Z");
  return std::nullopt;
}

std::vector<std::string> FieldReader::NamesIn(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const std::string& path : schema_.PathsOf(type_)) {
    if (!path.starts_with(prefix) || path.starts_with("event.")) continue;
    std::string name = path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

void FieldReader::ReadMessage(const Value& value, const std::string& prefix, Message* message) const {
  if (value.node().kind == Node::Kind::kNull || !Map::Open(value)) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(entry.key);
    if (field != nullptr && IsMessage(field)) {
      ReadMessage(child, prefix + entry.key + ".", message->GetReflection()->MutableMessage(message, field));
      continue;
    }
    const Result<FieldInfo> info = schema_.Resolve(type_, prefix + entry.key);
    if (info.ok() && info->leaf->containing_type() != message->GetDescriptor()) {
      std::string_view path = entry.key;
      const bool beside = message->GetDescriptor()->FindFieldByName(entry.key.substr(0, path.find('.'))) == nullptr;
      if (path.starts_with("event.")) path.remove_prefix(6);
      value.FailAt(value.PlaceOf(entry), "no field " + Quoted(entry.key) + " here; write " + AsMaps(path) + (beside ? ", beside the event's type" : ""));
    } else if (info.ok()) {
      ReadField(child, entry.key, *info, message);
    } else if (field != nullptr) {
      child.FailAt(value.PlaceOf(entry), info.status().text());
    } else {
      value.FailAt(value.PlaceOf(entry),
                   "no field " + Quoted(entry.key) + " here" + DidYouMean(entry.key, NamesIn(prefix)));
    }
  }
}

void FieldReader::ReadField(const Value& value, const std::string& key, const FieldInfo& info, Message* message) const {
  const FieldDescriptor* field = info.leaf;
  const auto* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (const auto number = value.Number()) reflection->SetDouble(message, field, ToDouble(*number));
      return;
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (const auto number = value.Number())
        reflection->SetFloat(message, field, static_cast<float>(ToDouble(*number)));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (const auto yes = value.Bool()) reflection->SetBool(message, field, *yes);
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      if (value.is_scalar()) return reflection->SetString(message, field, value.node().text);
      value.Fail("a single value is wanted here");
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(value, field, message);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (info.type == SlotType::kTime) {
        const auto time = ReadInstant(value, instants_);
        if (time) SetMicros(Micros(*time), reflection->MutableMessage(message, field));
      } else if (const auto length = value.Time(Duration(0), Duration::max())) {
        SetMicros(length->count(), reflection->MutableMessage(message, field));
      }
      return;
    default:
      return ReadInteger(value, key, info, message);
  }
}

}  // namespace tidemark::config
