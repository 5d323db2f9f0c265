// The vocabulary of events as the KPI language sees it: event types and field paths, read off protobuf descriptors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/ids.h"
#include "pipeline/base/status.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace tidemark {

// What a slot holds. kInt64 and kDecimal: Slot::i (a decimal is i / 10^scale); kBool: i is 0 or 1; kTime: i is
// microseconds since the epoch; kEnum: i is the number, its name is FieldInfo's; kString: Slot::s.
enum class SlotType : uint8_t { kInt64, kDecimal, kBool, kTime, kEnum, kString };

struct FieldInfo {
  SlotType type = SlotType::kInt64;
  int scale = 0;                   // kDecimal: digits after the point
  bool explicit_presence = false;  // absent differs from zero (`optional`, or inside an absent message)
  bool personal = false;           // marked (tidemark.events.v1.personal) in the schema
  const google::protobuf::FieldDescriptor* leaf = nullptr;  // names of an enum's values
};

struct EventType {
  std::string name;           // "lead.created"
  int32_t payload_field = 0;  // number of the oneof's field in the envelope
  const google::protobuf::Descriptor* payload = nullptr;
  std::string word;           // the first word of its payload's paths, where the payload doesn't have it itself: OwnEvent
  std::shared_ptr<const void> keeps;  // what the payload is part of; null where that lives as long as the program
};

// A message of one's own that is an event type as it is: an envelope's payload is the message, and paths in it begin with the
// first word of the event type, like those of the envelope's own payloads: `checkout.total`, `parcel.weight` of parcel.sent.
struct OwnEvent {
  std::string name;
  const google::protobuf::Descriptor* message = nullptr;
  std::shared_ptr<const void> keeps;  // the message's pool
};

// Immutable, shared by all threads. Descriptors must outlive it.
class Schema {
 public:
  // The canonical schema: tidemark.events.v1.Event.
  static const Schema& Canonical();
  // Any envelope of one's own: a proto3 message with a oneof `payload` of messages, a google.protobuf.Timestamp `time`
  // and, if it has them, strings `id` and `source` and a map<string, string> `dimensions`. The error says what is
  // missing.
  static Result<Schema> Make(const google::protobuf::Descriptor* envelope);
  // This schema and one more event type, whose payload has a number in the envelope that hangs on its name alone, unless
  // another's is the same by chance. The error says why its name or its message can be none.
  Result<Schema> With(const OwnEvent& own) const;

  std::span<const EventType> event_types() const { return types_; }
  std::optional<EventTypeId> FindType(std::string_view name) const;
  // `path` as written in a KPI: "lead.channel" within the payload, "event.source" within the envelope,
  // "dimensions.brand" for a key of the envelope's dimensions. A field `amount_micros` is also found as `amount`.
  // kNotFound with the nearest valid spelling otherwise.
  Result<FieldInfo> Resolve(EventTypeId type, std::string_view path) const;
  // Resolve(type, path).ok(), without the search for a spelling.
  bool Has(EventTypeId type, std::string_view path) const;
  // The paths of a type, for help and suggestions: all, but of a recursive or huge schema the shorter ones. Those of all types are
  // sorted, each there once. They are made when first asked for, and live as long as the schema and its copies.
  const std::vector<std::string>& PathsOf(EventTypeId type) const;
  const std::vector<std::string>& AllPaths() const;
  const google::protobuf::Descriptor* envelope() const { return envelope_; }
  // The fields from the envelope or payload down to the leaf; `map_key` is set for dimensions.
  struct ResolvedPath {
    bool in_envelope = false;
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    std::string map_key;
  };
  // How a path is reached; kNotFound, without a suggestion, when it is none.
  Result<ResolvedPath> ResolvePath(EventTypeId type, std::string_view path) const;

 private:
  struct Paths;
  explicit Schema(const google::protobuf::Descriptor* envelope);
  Result<FieldInfo> Describe(EventTypeId type, std::string_view path) const;
  std::vector<std::string> ListPathsOf(const EventType& type) const;
  const Paths& paths() const;

  const google::protobuf::Descriptor* envelope_;
  std::vector<EventType> types_;
  std::shared_ptr<Paths> paths_;
};

}  // namespace tidemark
