#include "tests/fuzz/decoder_oracle.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <optional>

#include "tidemark/events/v1/options.pb.h"

namespace tidemark::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What reflection says a slot should hold.
struct Value {
  bool present = false;
  bool holdable = true;
  bool text = false;
  int64_t number = 0;
  std::string string;
};

const FieldDescriptor* FieldNamed(const Descriptor* message, const std::string& name) {
  const FieldDescriptor* field = message->FindFieldByName(name);
  return field != nullptr ? field : message->FindFieldByName(name + "_micros");
}

double UnitsOf(const FieldDescriptor* field) {
  const bool given = field->options().HasExtension(events::v1::scale);
  return std::pow(10.0, given ? field->options().GetExtension(events::v1::scale) : 6);
}

Value OfDouble(double number, double units) {
  Value value;
  const double scaled = std::rint(number * units);
  value.holdable = std::isfinite(scaled) && std::fabs(scaled) < 9.3e18 && scaled < 9223372036854775808.0 &&
                   scaled >= -9223372036854775808.0;
  if (value.holdable) value.number = static_cast<int64_t>(scaled);
  return value;
}

// Timestamps round towards the past, durations towards zero; both are whole microseconds.
Value OfTime(const Message& message) {
  const Descriptor* type = message.GetDescriptor();
  const Reflection* reflection = message.GetReflection();
  const int64_t seconds = reflection->GetInt64(message, type->FindFieldByName("seconds"));
  const int64_t nanos = reflection->GetInt32(message, type->FindFieldByName("nanos"));
  const bool timestamp = type->name() == "Timestamp";
  Value value;
  if (timestamp) {
    value.holdable = seconds >= -62135596800 && seconds <= 253402300799 && nanos >= 0 && nanos <= 999999999;
  } else {
    value.holdable = std::llabs(seconds) <= 315576000000 && std::llabs(nanos) <= 999999999 &&
                     !(seconds < 0 && nanos > 0) && !(seconds > 0 && nanos < 0);
  }
  if (value.holdable) value.number = seconds * 1000000 + nanos / 1000;
  return value;
}

Value OfUnsigned(uint64_t number) {
  Value value;
  value.holdable = number <= INT64_MAX;
  value.number = static_cast<int64_t>(number);
  return value;
}

Value OfField(const Message& message, const FieldDescriptor* field, double units) {
  const Reflection* r = message.GetReflection();
  Value value;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      value.number = r->GetInt32(message, field);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      value.number = r->GetInt64(message, field);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      value.number = r->GetUInt32(message, field);
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      value = OfUnsigned(r->GetUInt64(message, field));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      value = OfDouble(r->GetDouble(message, field), units);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      value = OfDouble(r->GetFloat(message, field), units);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      value.number = r->GetBool(message, field);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      value.number = r->GetEnumValue(message, field);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      value.text = true;
      value.string = r->GetString(message, field);
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field->message_type()->file()->name() == "google/protobuf/wrappers.proto") {
        value = OfField(r->GetMessage(message, field), field->message_type()->field(0), units);
      } else if (r->HasField(message, field)) {
        value = OfTime(r->GetMessage(message, field));
      }
      break;
  }
  value.present = r->HasField(message, field);
  return value;
}

Value OfMap(const Message& message, const FieldDescriptor* map, const std::string& key) {
  const Reflection* r = message.GetReflection();
  Value value;
  value.text = true;
  for (int i = 0; i < r->FieldSize(message, map); ++i) {
    const Message& entry = r->GetRepeatedMessage(message, map, i);
    const Reflection* er = entry.GetReflection();
    if (er->GetString(entry, map->message_type()->map_key()) != key) continue;
    value.present = true;
    value.string = er->GetString(entry, map->message_type()->map_value());
  }
  return value;
}

Value At(const Message& root, const DecoderOracle::Way& way) {
  const Message* message = &root;
  for (const FieldDescriptor* field : way.through) message = &message->GetReflection()->GetMessage(*message, field);
  return way.field->is_map() ? OfMap(*message, way.field, way.key) : OfField(*message, way.field, way.units);
}

std::string Show(const Value& value) {
  return (value.present ? "present " : "absent ") +
         (value.text ? "'" + value.string + "'" : std::to_string(value.number));
}

}  // namespace

DecoderOracle::Way DecoderOracle::WayTo(const Descriptor* message, std::string path) {
  Way way;
  while (true) {
    const size_t dot = path.find('.');
    way.field = FieldNamed(message, path.substr(0, dot));
    TM_CHECK(way.field != nullptr);
    if (dot == std::string::npos || way.field->is_map()) break;
    way.through.push_back(way.field);
    path = path.substr(dot + 1);
    message = way.field->message_type();
  }
  if (way.field->is_map()) way.key = path.substr(path.find('.') + 1);
  way.units = UnitsOf(way.field);
  return way;
}

DecoderOracle::DecoderOracle(const Schema& schema, const Message& prototype, std::vector<Projection> projections)
    : schema_(schema), projections_(std::move(projections)), message_(prototype.New()) {
  Result<std::unique_ptr<ProtoDecoder>> made = ProtoDecoder::Make(schema, projections_);
  TM_CHECK(made.ok());
  decoder_ = std::move(made).value();
  slots_.resize(decoder_->max_slots());
  const Descriptor* envelope = prototype.GetDescriptor();
  time_ = WayTo(envelope, "time");
  payload_ = envelope->FindOneofByName("payload");
  for (const char* name : {"id", "source"}) {
    if (envelope->FindFieldByName(name) != nullptr) names_.emplace_back(name, WayTo(envelope, name));
  }
  for (const Projection& projection : projections_) {
    std::vector<Way>& ways = ways_.emplace_back();
    for (const std::string& path : projection.paths) {
      const bool of_envelope = path.starts_with("event."), of_either = of_envelope || path.starts_with("dimensions.");
      const Descriptor* root = of_either ? envelope : schema_.event_types()[projection.type.v].payload;
      ways.push_back(WayTo(root, path == "event.version" ? "entity_version" : of_envelope ? path.substr(6) : path));
      ways.back().in_payload = !of_either;
    }
  }
}

std::string DecoderOracle::Disagreement(std::string_view record) {
  // A heap copy of exactly this size, so that a sanitizer sees a read beyond the end.
  const std::vector<char> bytes(record.begin(), record.end());
  unholdable_ = false;
  decoder_->Decode({bytes.data(), bytes.size()}, slots_.data(), &row_);
  parsed_ = message_->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed_) return "";
  std::string difference = CompareRow();
  if (row_.error == DecodeError::kNone) return difference;
  if (row_.error == DecodeError::kBadNumber) return "";
  return "only ours refuses: " + std::string(ToString(row_.error));
}

std::string DecoderOracle::CompareRow() {
  const Value time = At(*message_, time_);
  unholdable_ = time.present && !time.holdable;
  const bool decoded = row_.error == DecodeError::kNone;
  if (decoded &&
      (row_.has_time != time.present || (time.present && time.holdable && Micros(row_.time) != time.number))) {
    return "time: " + Show(time) + ", ours " + std::to_string(Micros(row_.time));
  }
  for (const auto& [name, way] : names_) {
    if (decoded && At(*message_, way).string != (name == "id" ? row_.id : row_.source)) return name + " differs";
  }
  const FieldDescriptor* field = message_->GetReflection()->GetOneofFieldDescriptor(*message_, payload_);
  const int ours = row_.type == kNoEventType ? 0 : schema_.event_types()[row_.type.v].payload_field;
  const bool same_type = ours == (field == nullptr ? 0 : field->number());
  for (size_t p = 0; p < projections_.size() && field != nullptr; ++p) {
    const Projection& projection = projections_[p];
    if (schema_.event_types()[projection.type.v].payload_field != field->number()) continue;
    const Message& payload = message_->GetReflection()->GetMessage(*message_, field);
    for (size_t n = 0; n < projection.paths.size(); ++n) {
      const Way& way = ways_[p][n];
      if (std::string difference = CompareSlot(projection.paths[n], n, way.in_payload ? payload : *message_, way); !difference.empty()) return difference;
    }
  }
  return same_type || !decoded ? "" : "type: ours is field " + std::to_string(ours);
}

std::string DecoderOracle::CompareSlot(const std::string& path, size_t n, const Message& root, const Way& way) {
  const Value expected = At(root, way);
  if (!expected.holdable) unholdable_ = true;
  if (row_.error != DecodeError::kNone || !expected.holdable) return "";
  const bool present = (row_.present >> n & 1) != 0;
  const bool equal = expected.text ? row_.slots[n].view() == expected.string : row_.slots[n].i == expected.number;
  if (present == expected.present && equal) return "";
  return path + ": libprotobuf says " + Show(expected) + ", ours is " + (present ? "present " : "absent ") +
         (expected.text ? std::string(row_.slots[n].view()) : std::to_string(row_.slots[n].i));
}

}  // namespace tidemark::testing
