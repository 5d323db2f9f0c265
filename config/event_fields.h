// From YAML to the fields of an event, by descriptors.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "config/reader.h"
#include "pipeline/event/schema.h"

namespace tidemark::config {

// What instants are relative to.
struct Instants {
  EventTime start;   // of the scenario: "24h" is 24 hours after it
  EventTime moment;  // of the step: "-3h" is three hours before it, "+15m" fifteen minutes after
};
std::optional<EventTime> ReadInstant(const Value& value, const Instants& instants);

// Fills messages with what YAML says, each mistake at its place. Borrows everything.
class FieldReader {
 public:
  FieldReader(const Schema* schema, EventTypeId type, const Instants& instants)
      : schema_(*schema), type_(type), instants_(instants) {}

  // A payload, or a message within it; `prefix` is the path down to it, "" or ending in a dot.
  void ReadMessage(const Value& value, const std::string& prefix, google::protobuf::Message* message) const;
  // One field that holds a value; `key` is how it is called there, which may be its short name.
  void ReadField(const Value& value, const std::string& key, const FieldInfo& info,
                 google::protobuf::Message* message) const;

 private:
  // The fields of the message at `prefix`, by their short names.
  std::vector<std::string> NamesIn(const std::string& prefix) const;

  const Schema& schema_;
  const EventTypeId type_;
  const Instants instants_;
};

// Fills a Timestamp or Duration.
void SetMicros(int64_t micros, google::protobuf::Message* message);

}  // namespace tidemark::config
