#include "tests/fuzz/decoder_inputs.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace tidemark::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

uint64_t Bits(Random& random) {
  switch (Below(random, 6)) {
    case 0:
      return Below(random, 3);
    case 1:
      return 0 - Below(random, 3);
    case 2:
      return uint64_t{1} << 63;
    case 3:
      return (uint64_t{1} << 63) - 1;
    default:
      return random() >> Below(random, 64);
  }
}

double Number(Random& random) {
  switch (Below(random, 24)) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
      return -std::numeric_limits<double>::infinity();
    case 2:
      return std::bit_cast<double>(random());
    case 3:
      return -0.0;
    default:
      return static_cast<double>(static_cast<int64_t>(random() >> 30)) / 64 * (Below(random, 2) == 0 ? 1 : -1);
  }
}

std::string Text(Random& random) {
  static const std::vector<std::string> kPieces = {"a",      "web",  "Ä", "€",   "😀",
                                                   "order-", "\x7f", " ", "USD", "\xed\x9f\xbf"};
  std::string text;
  for (uint64_t n = Below(random, 6); n > 0; --n) text += kPieces[Below(random, kPieces.size())];
  if (Below(random, 20) == 0) text.append(Below(random, 400), 'x');
  return text;
}

void SetTime(Random& random, Message* message) {
  const bool timestamp = message->GetDescriptor()->name() == "Timestamp";
  int64_t seconds = static_cast<int64_t>(Below(random, timestamp ? 253402300800 : 315576000001));
  int32_t nanos = static_cast<int32_t>(Below(random, 1000000000));
  if (Below(random, 3) == 0) seconds = timestamp ? -seconds / 8 : -seconds;
  if (!timestamp && seconds < 0) nanos = -nanos;
  if (Below(random, 30) == 0) seconds = static_cast<int64_t>(random());
  if (Below(random, 30) == 0) nanos = static_cast<int32_t>(random());
  const Reflection* r = message->GetReflection();
  r->SetInt64(message, message->GetDescriptor()->FindFieldByName("seconds"), seconds);
  r->SetInt32(message, message->GetDescriptor()->FindFieldByName("nanos"), nanos);
}

void AddToMap(Random& random, Message* message, const FieldDescriptor* field) {
  const Reflection* r = message->GetReflection();
  for (const char* key : {"brand", "", "a.b", "x"}) {
    if (Below(random, 2) == 0) continue;
    Message* entry = r->AddMessage(message, field);
    entry->GetReflection()->SetString(entry, field->message_type()->map_key(), key);
    entry->GetReflection()->SetString(entry, field->message_type()->map_value(), Text(random));
  }
}

void SetField(Random& random, Message* message, const FieldDescriptor* field, uint64_t filled, int depth) {
  const Reflection* r = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return r->SetInt32(message, field, static_cast<int32_t>(Bits(random)));
    case FieldDescriptor::CPPTYPE_INT64:
      return r->SetInt64(message, field, static_cast<int64_t>(Bits(random)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return r->SetUInt32(message, field, static_cast<uint32_t>(Bits(random)));
    case FieldDescriptor::CPPTYPE_UINT64:  // few above int64, which spoil the record
      return r->SetUInt64(message, field, Bits(random) >> (Below(random, 20) == 0 ? 0 : 1));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return r->SetDouble(message, field, Number(random));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return r->SetFloat(message, field, static_cast<float>(Number(random)));
    case FieldDescriptor::CPPTYPE_BOOL:
      return r->SetBool(message, field, Below(random, 2) == 0);
    case FieldDescriptor::CPPTYPE_ENUM:
      return r->SetEnumValue(message, field, static_cast<int>(Bits(random)));
    case FieldDescriptor::CPPTYPE_STRING:
      return r->SetString(message, field, Text(random));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* child = r->MutableMessage(message, field);
      const std::string& name = child->GetDescriptor()->full_name();
      if (name == "google.protobuf.Timestamp" || name == "google.protobuf.Duration") return SetTime(random, child);
      if (depth < 4) FillRandomly(random, child, filled, depth + 1);
    }
  }
}

// A varint now and then longer than it need be, or with bits that do not fit.
void AppendVarint(Random& random, uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  if (Below(random, 40) != 0) {
    out->push_back(static_cast<char>(value));
    return;
  }
  out->push_back(static_cast<char>(value | 0x80));
  for (uint64_t n = Below(random, 9); n > 0; --n) out->push_back(static_cast<char>(0x80 | Below(random, 128)));
  out->push_back(static_cast<char>(Below(random, 3)));
}

}  // namespace

void FillRandomly(Random& random, Message* message, uint64_t filled, int depth) {
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    const bool payload = field->containing_oneof() != nullptr && field->containing_oneof()->name() == "payload";
    if ((depth == 0 && payload) || Below(random, 10) >= filled) continue;
    if (field->is_map() && field->message_type()->map_value()->type() == FieldDescriptor::TYPE_STRING) {
      AddToMap(random, message, field);
    } else if (!field->is_repeated()) {
      SetField(random, message, field, filled, depth);
    }
  }
}

std::string RandomEvent(Random& random, const Message& prototype, int payload_field) {
  const std::unique_ptr<Message> event(prototype.New());
  const uint64_t filled = 2 + Below(random, 8);
  FillRandomly(random, event.get(), filled);
  const FieldDescriptor* field = event->GetDescriptor()->FindFieldByNumber(payload_field);
  FillRandomly(random, event->GetReflection()->MutableMessage(event.get(), field), filled, 1);
  return event->SerializePartialAsString();
}

std::string RandomWire(Random& random, int depth) {
  std::string out;
  for (uint64_t n = Below(random, depth == 0 ? 10 : 6); n > 0; --n) {
    const uint64_t number = Below(random, depth == 0 && Below(random, 2) == 0 ? 230 : 24) + (Below(random, 200) != 0);
    const uint64_t wire =
        Below(random, 60) == 0 ? Below(random, 8) : std::vector<uint64_t>{0, 2, 2, 1, 5, 3}[Below(random, 6)];
    AppendVarint(random, number << 3 | wire, &out);
    if (wire == 0) AppendVarint(random, Bits(random), &out);
    if (wire == 1) out.append(8, static_cast<char>(random()));
    if (wire == 5) out.append(4, static_cast<char>(Below(random, 2) * random()));
    if (wire == 2) {
      const std::string inside = depth < 4 && Below(random, 4) != 0 ? RandomWire(random, depth + 1) : Text(random);
      AppendVarint(random, inside.size() + (Below(random, 100) == 0), &out);
      out += inside;
    }
    if (wire == 3) {
      if (depth < 4) out += RandomWire(random, depth + 1);
      AppendVarint(random, (number + (Below(random, 50) == 0)) << 3 | 4, &out);
    }
  }
  return out;
}

std::vector<PathChoice> RandomPaths(Random& random, const Schema& schema) {
  std::vector<PathChoice> choices;
  for (uint32_t t = 0; t < schema.event_types().size(); ++t) {
    std::vector<std::string> paths = schema.PathsOf({t});
    std::shuffle(paths.begin(), paths.end(), random);
    if (Below(random, 2) == 0) {  // else a recursive schema's thousands of deep paths would leave no room for others
      std::stable_sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
        return std::count(a.begin(), a.end(), '.') < std::count(b.begin(), b.end(), '.');
      });
    }
    paths.resize(std::min<size_t>(paths.size(), Below(random, 60)));
    if (!paths.empty()) paths.push_back(paths[0]);
    if (schema.envelope()->FindFieldByName("dimensions") != nullptr) {
      for (const char* key : {"dimensions.brand", "dimensions.a.b", "dimensions.none"}) paths.push_back(key);
    }
    choices.push_back({{t}, std::move(paths)});
  }
  return choices;
}

}  // namespace tidemark::testing
