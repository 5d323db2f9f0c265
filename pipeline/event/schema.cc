#include "pipeline/event/schema.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "pipeline/base/hash.h"
#include "pipeline/base/nearest.h"
#include "pipeline/event/field.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

constexpr std::string_view kEnvelopePrefix = "event.";
constexpr std::string_view kDimensionsPrefix = "dimensions.";
// Numbers of payloads that aren't in the envelope's descriptor: above those that it may have, and those that nobody may.
constexpr int32_t kFirstOwnNumber = 20'000, kEndOwnNumber = FieldDescriptor::kMaxNumber;
constexpr std::array<std::string_view, 4> kTakenWords = {"event", "dimensions", "from", "to"};
// Of the paths that are listed. Schemas may be recursive: a few fields that lead to each other are millions of paths.
constexpr int kMaxPathDepth = 8;
constexpr size_t kMaxListedFields = 20'000;

// A field by its name or its short name.
const FieldDescriptor* FindField(const Descriptor* message, std::string_view name) {
  if (name.empty()) return nullptr;
  if (const FieldDescriptor* field = message->FindFieldByName(std::string(name))) return field;
  for (int i = 0; i < message->field_count(); ++i) {
    if (event::ShortName(message->field(i)) == name) return message->field(i);
  }
  return nullptr;
}

const FieldDescriptor* FindEnvelopeField(const Descriptor* envelope, std::string_view name) {
  const FieldDescriptor* field = FindField(envelope, name == "version" ? "entity_version" : name);
  if (field == nullptr) return nullptr;
  const bool is_payload = field->containing_oneof() != nullptr && field->containing_oneof()->name() == "payload";
  return is_payload ? nullptr : field;
}

// Appends the paths below `message` that end in a value, at most so many names deep; *left: how many fields may still be looked at.
void ListPaths(const Descriptor* message, const std::string& prefix, int depth, size_t* left, std::vector<std::string>* paths) {
  for (int i = 0; i < message->field_count() && *left > 0; ++i) {
    --*left;
    const FieldDescriptor* field = message->field(i);
    const std::string_view shorter = event::ShortName(field);
    const std::string path = prefix + (shorter.empty() ? field->name() : std::string(shorter));
    if (field->message_type() != nullptr && !event::IsValueMessage(field) && !field->is_repeated()) {
      if (depth > 1) ListPaths(field->message_type(), path + ".", depth - 1, left, paths);
    } else if (event::DescribeLeaf(field, path).ok()) {
      paths->push_back(path);
    }
  }
}

// Those below `message`, fewer names deep where they are too many: the short ones are what people mean.
std::vector<std::string> PathsBelow(const Descriptor* message, const std::string& prefix, int depth) {
  std::vector<std::string> paths;
  for (; depth > 0; --depth) {
    size_t left = kMaxListedFields;
    paths.clear();
    ListPaths(message, prefix, depth, &left, &paths);
    if (left > 0) break;
  }
  return paths;
}

Status CheckString(const Descriptor* envelope, const char* name) {
  const FieldDescriptor* field = envelope->FindFieldByName(name);
  if (field == nullptr || (field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated())) return Status::Ok();
  return Invalid(envelope->full_name() + "." + name + " must be a string");
}

Status CheckEnvelope(const Descriptor* envelope) {
  const std::string& name = envelope->full_name();
  if (envelope->file()->syntax() != FileDescriptor::SYNTAX_PROTO3) return Invalid(name + " is not of proto3");
  const FieldDescriptor* time = envelope->FindFieldByName("time");
  if (time == nullptr || time->is_repeated() || time->message_type() == nullptr ||
      !event::IsTimestamp(time->message_type())) {
    return Invalid(name + " needs a field `google.protobuf.Timestamp time`");
  }
  TM_RETURN_IF_ERROR(CheckString(envelope, "id"));
  TM_RETURN_IF_ERROR(CheckString(envelope, "source"));
  const FieldDescriptor* dimensions = envelope->FindFieldByName("dimensions");
  if (dimensions != nullptr && !event::IsStringMap(dimensions)) {
    return Invalid(name + ".dimensions must be a map<string, string>");
  }
  return Status::Ok();
}

}  // namespace

struct Schema::Paths {
  std::once_flag made;
  std::vector<std::vector<std::string>> of_types;  // by EventTypeId
  std::vector<std::string> all;
};

Schema::Schema(const Descriptor* envelope) : envelope_(envelope), paths_(std::make_shared<Paths>()) {}

Result<Schema> Schema::Make(const Descriptor* envelope) {
  TM_RETURN_IF_ERROR(CheckEnvelope(envelope));
  const google::protobuf::OneofDescriptor* payload = envelope->FindOneofByName("payload");
  if (payload == nullptr) return Invalid(envelope->full_name() + " has no oneof `payload`");
  Schema schema(envelope);
  for (int i = 0; i < payload->field_count(); ++i) {
    const FieldDescriptor* field = payload->field(i);
    if (field->message_type() == nullptr) return Invalid(field->full_name() + " is a payload and must be a message");
    std::string name = event::EventTypeName(field);
    if (schema.FindType(name)) return Invalid("two payloads of " + envelope->full_name() + " are called " + name);
    schema.types_.push_back({std::move(name), field->number(), field->message_type(), "", nullptr});
  }
  return schema;
}

Result<Schema> Schema::With(const OwnEvent& own) const {
  if (FindType(own.name)) return Invalid(own.name + " is an event type already; take another name");
  const std::string word = own.name.substr(0, own.name.find('.'));
  if (std::find(kTakenWords.begin(), kTakenWords.end(), word) != kTakenWords.end()) {
    return Invalid(word + " has a meaning of its own in paths; take another word");
  }
  if (own.message->file()->syntax() != FileDescriptor::SYNTAX_PROTO3) {
    return Invalid(own.message->full_name() + " is not of proto3, so no event as it is; write `events` instead, whose rules read it");
  }
  Schema schema = *this;
  schema.paths_ = std::make_shared<Paths>();
  const auto is_taken = [&](int32_t number) {
    return std::any_of(types_.begin(), types_.end(), [&](const EventType& type) { return type.payload_field == number; });
  };
  auto number = static_cast<int32_t>(kFirstOwnNumber + Hash64(own.name) % uint64_t{kEndOwnNumber - kFirstOwnNumber});
  while (is_taken(number)) number = number + 1 < kEndOwnNumber ? number + 1 : kFirstOwnNumber;
  schema.types_.push_back({own.name, number, own.message, word, own.keeps});
  return schema;
}

std::optional<EventTypeId> Schema::FindType(std::string_view name) const {
  const auto found = std::find_if(types_.begin(), types_.end(), [&](const EventType& t) { return t.name == name; });
  if (found == types_.end()) return std::nullopt;
  return EventTypeId{static_cast<uint32_t>(found - types_.begin())};
}

Result<Schema::ResolvedPath> Schema::ResolvePath(EventTypeId type, std::string_view path) const {
  TM_CHECK(type.v < types_.size());
  const EventType& event_type = types_[type.v];
  ResolvedPath resolved;
  std::string_view rest = path;
  const Descriptor* message = event_type.payload;
  if (path.starts_with(kDimensionsPrefix) && envelope_->FindFieldByName("dimensions") != nullptr) {
    resolved.in_envelope = true;
    message = envelope_;
  } else if (path.starts_with(kEnvelopePrefix)) {
    resolved.in_envelope = true;
    message = envelope_;
    rest.remove_prefix(kEnvelopePrefix.size());
  } else if (const size_t word = event_type.word.size(); word > 0) {
    if (!rest.starts_with(event_type.word) || rest.substr(word, 1) != ".") return NotFound(std::string(path) + " is not a field of " + event_type.name);
    rest.remove_prefix(word + 1);
  }
  while (true) {
    const size_t dot = rest.find('.');
    const std::string_view name = rest.substr(0, dot);
    const bool at_envelope = resolved.in_envelope && resolved.fields.empty();
    const FieldDescriptor* field = at_envelope ? FindEnvelopeField(message, name) : FindField(message, name);
    if (field == nullptr) break;
    if (field->file()->syntax() != FileDescriptor::SYNTAX_PROTO3) {
      return Invalid(std::string(path) + " leads into " + field->file()->name() + ", which is not of proto3");
    }
    resolved.fields.push_back(field);
    if (dot == std::string_view::npos) return resolved;
    rest.remove_prefix(dot + 1);
    if (event::IsStringMap(field)) {
      if (rest.empty()) break;
      resolved.map_key = rest;  // a key may have dots of its own
      return resolved;
    }
    if (field->is_repeated()) return event::DescribeLeaf(field, path.substr(0, path.size() - rest.size() - 1)).status();
    if (field->message_type() == nullptr || event::IsValueMessage(field)) break;
    message = field->message_type();
  }
  return NotFound(std::string(path) + " is not a field of " + event_type.name);
}

Result<FieldInfo> Schema::Describe(EventTypeId type, std::string_view path) const {
  TM_ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolvePath(type, path));
  if (!resolved.map_key.empty()) return event::DescribeMapValue(resolved.fields.back());
  return event::DescribeLeaf(resolved.fields.back(), path);
}

Result<FieldInfo> Schema::Resolve(EventTypeId type, std::string_view path) const {
  Result<FieldInfo> info = Describe(type, path);
  if (info.ok() || info.status().code() != Code::kNotFound) return info;
  const std::string nearest = Nearest(path, PathsOf(type));
  return nearest.empty() ? info : NotFound(info.status().text() + "; did you mean " + nearest + "?");
}

bool Schema::Has(EventTypeId type, std::string_view path) const { return Describe(type, path).ok(); }

std::vector<std::string> Schema::ListPathsOf(const EventType& type) const {
  std::vector<std::string> paths = PathsBelow(type.payload, type.word.empty() ? "" : type.word + ".", kMaxPathDepth);
  for (int i = 0; i < envelope_->field_count(); ++i) {
    const FieldDescriptor* field = envelope_->field(i);
    const std::string path = std::string(kEnvelopePrefix) + field->name();
    if (FindEnvelopeField(envelope_, field->name()) == nullptr) continue;
    if (field->message_type() != nullptr && !event::IsValueMessage(field) && !field->is_repeated()) {
      const std::vector<std::string> below = PathsBelow(field->message_type(), path + ".", kMaxPathDepth - 1);
      paths.insert(paths.end(), below.begin(), below.end());
    } else if (event::DescribeLeaf(field, path).ok()) {
      paths.push_back(path);
    }
  }
  return paths;
}

const Schema::Paths& Schema::paths() const {
  std::call_once(paths_->made, [this] {
    std::vector<std::string>& all = paths_->all;
    for (const EventType& type : types_) {
      const std::vector<std::string>& paths = paths_->of_types.emplace_back(ListPathsOf(type));
      all.insert(all.end(), paths.begin(), paths.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  });
  return *paths_;
}

const std::vector<std::string>& Schema::PathsOf(EventTypeId type) const {
  TM_CHECK(type.v < types_.size());
  return paths().of_types[type.v];
}

const std::vector<std::string>& Schema::AllPaths() const { return paths().all; }

}  // namespace tidemark
