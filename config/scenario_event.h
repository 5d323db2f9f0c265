// The events of a scenario: YAML to the records a producer would have written.
#pragma once

#include <google/protobuf/dynamic_message.h>

#include <string>
#include <vector>

#include "config/event_fields.h"
#include "config/scenario.h"

namespace tidemark::config {

// Of one file, repeated ones counted.
inline constexpr uint64_t kMaxScenarioEvents = 200'000;
inline constexpr uint64_t kMaxScenarioBytes = 64u << 20;

// Ids are made up where none are given: "#1", "#2", ... of each scenario. Borrows schema and topics.
class EventReader {
 public:
  EventReader(const Schema* schema, const std::vector<TopicSpec>* topics);
  void BeginScenario() { made_up_ = 0; }
  void Read(const Value& value, const Instants& instants, std::vector<ScenarioEvent>* events);

 private:
  struct Kind {
    EventTypeId type;
    const Node::Entry* payload;  // null: no fields
  };
  std::optional<Kind> KindOf(const Value& value) const;
  // Everything but the payload; how often the event comes.
  uint64_t ReadEnvelope(const Value& value, EventTypeId type, const FieldReader& fields,
                        google::protobuf::Message* event, TopicPartition* tp) const;
  // `mapped`: of a record, not of an event.
  void ReadTopic(const Value& value, bool mapped, TopicPartition* tp) const;
  void ReadRecord(const Value& value, std::vector<ScenarioEvent>* events);
  void Append(const Value& value, uint64_t repeat, ScenarioEvent event, google::protobuf::Message* message,
              std::vector<ScenarioEvent>* events);

  const Schema& schema_;
  const std::vector<TopicSpec>& topics_;
  std::vector<std::string> types_;
  google::protobuf::DynamicMessageFactory factory_;
  uint64_t made_up_ = 0, made_ = 0, bytes_ = 0;
};

}  // namespace tidemark::config
