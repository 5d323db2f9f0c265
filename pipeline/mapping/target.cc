#include "pipeline/mapping/target.h"

#include <google/protobuf/descriptor.h>

#include <bit>
#include <optional>

#include "pipeline/event/number.h"
#include "pipeline/mapping/numbers.h"

namespace tidemark::mapping {
namespace {

using google::protobuf::FieldDescriptor;
using Kind = Target::Kind;

constexpr int64_t kMostMicros = 253'402'300'800 * 1'000'000;  // the year 10000, exclusive
constexpr int64_t kLeastMicros = -62'135'596'800 * 1'000'000;  // the year 1

const char* EncodeInteger(const Datum& value, const Target& target, bool* rounded, Encoded* out) {
  const std::optional<Decimal> number = NumberIn(value);
  if (!number) return "is no number";
  bool went = false;
  const std::optional<int64_t> scaled = ScaledTo(*number, target.scale, &went);
  if (!scaled || *scaled < target.least || *scaled > target.most) return "is out of range";
  if (went && target.scale == 0) return "is no whole number";
  *rounded |= went;
  const auto bits = static_cast<uint64_t>(*scaled);
  *out = {Encoded::Kind::kVarint, target.kind == Kind::kZigZag ? bits << 1 ^ static_cast<uint64_t>(*scaled >> 63) : bits, {}, 0};
  return nullptr;
}

const char* EncodeBool(const Datum& value, Encoded* out) {
  std::optional<bool> truth;
  if (value.kind == Datum::Kind::kBool) truth = value.truth;
  if (value.texted() && value.kind != Datum::Kind::kBool) {
    if (value.text == "true" || value.text == "1") truth = true;
    if (value.text == "false" || value.text == "0") truth = false;
    if (value.kind == Datum::Kind::kDecimal && Compare(value.number, {1, 0}) == 0) truth = true;
    if (value.kind == Datum::Kind::kDecimal && value.number.mantissa == 0) truth = false;
  }
  if (!truth) return "is neither true nor false";
  *out = {Encoded::Kind::kVarint, *truth ? uint64_t{1} : uint64_t{0}, {}, 0};
  return nullptr;
}

const char* EncodeTime(const Datum& time, const Target& target, Encoded* out) {
  if (time.kind == Datum::Kind::kError) return time.text.data();  // a literal
  if (time.kind != Datum::Kind::kTime) return "is no time";
  if (time.micros < (target.kind == Kind::kTime ? kLeastMicros : 0) || time.micros >= kMostMicros) return "is out of range";
  *out = {Encoded::Kind::kInstant, 0, {}, time.micros};
  return nullptr;
}

}  // namespace

Result<Target> TargetOf(const Schema::ResolvedPath& path, const FieldInfo& info) {
  Target target;
  target.field = path.fields.back();
  target.scale = info.type == SlotType::kDecimal ? info.scale : 0;
  if (!path.map_key.empty()) return target;
  switch (target.field->type()) {
    case FieldDescriptor::TYPE_STRING:
      break;
    case FieldDescriptor::TYPE_INT64:
      target.kind = Kind::kInteger;
      break;
    case FieldDescriptor::TYPE_INT32:
      target.kind = Kind::kInteger;
      target.least = INT32_MIN;
      target.most = INT32_MAX;
      break;
    case FieldDescriptor::TYPE_UINT64:
      target.kind = Kind::kInteger;
      target.least = 0;
      break;
    case FieldDescriptor::TYPE_UINT32:
      target.kind = Kind::kInteger;
      target.least = 0;
      target.most = UINT32_MAX;
      break;
    case FieldDescriptor::TYPE_SINT64:
      target.kind = Kind::kZigZag;
      break;
    case FieldDescriptor::TYPE_BOOL:
      target.kind = Kind::kBool;
      break;
    case FieldDescriptor::TYPE_DOUBLE:
      target.kind = Kind::kDouble;
      break;
    case FieldDescriptor::TYPE_FLOAT:
      target.kind = Kind::kFloat;
      break;
    case FieldDescriptor::TYPE_ENUM:
      target.kind = Kind::kEnum;
      break;
    case FieldDescriptor::TYPE_MESSAGE:
      target.kind = info.type == SlotType::kTime ? Kind::kTime : Kind::kDuration;
      break;
    default:
      return Invalid("fields of type " + std::string(target.field->type_name()) + " can't be filled by a mapping");
  }
  return target;
}

const char* Encode(const Datum& value, const Target& target, std::string* text, bool* rounded, Encoded* out) {
  if (value.kind == Datum::Kind::kNested) return "is a list or an object, not one value";
  switch (target.kind) {
    case Kind::kText:
      if (value.kind == Datum::Kind::kTime) return "is a time, not a text";
      *text = value.kind == Datum::Kind::kBool ? (value.truth ? "true" : "false") : value.kind == Datum::Kind::kDecimal ? ToString(value.number) : "";
      *out = {Encoded::Kind::kText, 0, text->empty() ? value.text : std::string_view(*text), 0};
      return nullptr;
    case Kind::kInteger:
    case Kind::kZigZag:
      return EncodeInteger(value, target, rounded, out);
    case Kind::kBool:
      return EncodeBool(value, out);
    case Kind::kDouble:
    case Kind::kFloat: {
      const std::optional<Decimal> number = NumberIn(value);
      if (!number) return "is no number";
      const double is = target.kind == Kind::kFloat ? static_cast<float>(ToDouble(*number)) : ToDouble(*number);
      if (!event::ScaleDouble(is, target.scale)) return "is out of range";  // for the decoder, too
      if (target.kind == Kind::kDouble) {
        *out = {Encoded::Kind::kFixed64, std::bit_cast<uint64_t>(is), {}, 0};
      } else {
        *out = {Encoded::Kind::kFixed32, std::bit_cast<uint32_t>(static_cast<float>(is)), {}, 0};
      }
      return nullptr;
    }
    case Kind::kEnum: {
      const auto* named = value.texted() ? target.field->enum_type()->FindValueByName(std::string(value.text)) : nullptr;
      if (named == nullptr) return "is none of its values";
      *out = {Encoded::Kind::kVarint, static_cast<uint64_t>(int64_t{named->number()}), {}, 0};
      return nullptr;
    }
    case Kind::kTime:
    case Kind::kDuration:
      return EncodeTime(TimeIn(value), target, out);
  }
  return "can't be filled";
}

}  // namespace tidemark::mapping
