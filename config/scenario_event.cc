#include "config/scenario_event.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <memory>

namespace tidemark::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr uint64_t kMaxPartition = 1023;
constexpr uint64_t kMaxRepeat = 100'000;

bool IsPayload(const FieldDescriptor* field) {
  return field->containing_oneof() != nullptr && field->containing_oneof()->name() == "payload";
}

// As it is; what a source maps are records.
bool Carries(const TopicSpec& topic, const std::string& type) {
  if (!topic.source.empty()) return false;
  return topic.events.empty() || std::find(topic.events.begin(), topic.events.end(), type) != topic.events.end();
}

void ReadDimensions(const Value& value, const FieldDescriptor* field, Message* message) {
  if (!Map::Open(value)) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    if (!child.is_scalar()) {
      child.Fail("a single value is wanted here");
      continue;
    }
    Message* pair = message->GetReflection()->AddMessage(message, field);
    pair->GetReflection()->SetString(pair, field->message_type()->map_key(), entry.key);
    pair->GetReflection()->SetString(pair, field->message_type()->map_value(), child.node().text);
  }
}

}  // namespace

EventReader::EventReader(const Schema* schema, const std::vector<TopicSpec>* topics)
    : schema_(*schema), topics_(*topics) {
  factory_.SetDelegateToGeneratedFactory(true);
  for (const EventType& type : schema_.event_types()) types_.push_back(type.name);
}

std::optional<EventReader::Kind> EventReader::KindOf(const Value& value) const {
  if (value.is_scalar()) {
    const std::optional<EventTypeId> type = schema_.FindType(value.node().text);
    if (type) return Kind{*type, nullptr};
    value.Fail(Quoted(value.node().text) + " is no event type" + DidYouMean(value.node().text, types_));
    return std::nullopt;
  }
  std::optional<Kind> kind;
  for (const Node::Entry& entry : value.node().entries) {
    const std::optional<EventTypeId> type = schema_.FindType(entry.key);
    if (type && kind) {
      value.FailAt(value.PlaceOf(entry),
                   "a second event type beside " + kind->payload->key + "; each event is an item of its own");
      return std::nullopt;
    }
    if (type) kind = Kind{*type, &entry};
    if (!type && entry.key.find('.') != std::string::npos) {
      value.FailAt(value.PlaceOf(entry), Quoted(entry.key) + " is no event type" + DidYouMean(entry.key, types_));
      return std::nullopt;
    }
  }
  if (!kind) value.Fail("an event has its type as a key, like lead.created: {lead: {id: L1, channel: web}}");
  return kind;
}

void EventReader::ReadTopic(const Value& value, bool mapped, TopicPartition* tp) const {
  tp->topic = value.Text().value_or("");
  std::vector<std::string> known;
  for (const TopicSpec& topic : topics_) {
    if (topic.name == tp->topic && topic.source.empty() == mapped) {
      return value.Fail(mapped ? "carries events, not records of a source" : "carries records that the source " + topic.source + " maps; give `record`");
    }
    if (topic.source.empty() != mapped) known.push_back(topic.name);
  }
  if (tp->topic.empty() || std::find(known.begin(), known.end(), tp->topic) != known.end()) return;
  value.Fail(Quoted(tp->topic) + " is no topic of the configuration" + DidYouMean(tp->topic, known));
}

// A record of a source, as it stands there.
void EventReader::ReadRecord(const Value& value, std::vector<ScenarioEvent>* events) {
  ScenarioEvent event;
  Map map = *Map::Open(value);
  if (const auto record = map.Require("record")) event.record = record->Text().value_or("");  // it has the key, or it would be an event
  if (const auto headers = map.Take("headers"); headers && Map::Open(*headers)) {
    for (const Node::Entry& entry : headers->node().entries) event.headers.emplace_back(entry.key, headers->Child(entry).Text().value_or(""));
  }
  if (const auto topic = map.Take("topic")) ReadTopic(*topic, true, &event.tp);
  map.Set("partition", &event.tp.partition, [](const Value& v) { return v.Whole(0, kMaxPartition); });
  map.Finish();
  const auto mapped = std::find_if(topics_.begin(), topics_.end(), [](const TopicSpec& topic) { return !topic.source.empty(); });
  if (event.tp.topic.empty() && mapped == topics_.end()) return value.Fail("a record needs a source with topics; the configuration has none");
  if (event.tp.topic.empty()) event.tp.topic = mapped->name;
  bytes_ += event.record.size();
  if (++made_ > kMaxScenarioEvents || bytes_ > kMaxScenarioBytes) return value.Fail("makes too many events, or too large ones");
  events->push_back(std::move(event));
}

uint64_t EventReader::ReadEnvelope(const Value& value, EventTypeId type, const FieldReader& fields, Message* event,
                                   TopicPartition* tp) const {
  uint64_t repeat = 1;
  Map map = *Map::Open(value);
  for (int i = 0; i < schema_.envelope()->field_count(); ++i) {
    const FieldDescriptor* field = schema_.envelope()->field(i);
    if (IsPayload(field)) continue;
    const std::optional<Value> child = map.Take(field->name());
    const Result<FieldInfo> info = schema_.Resolve(type, "event." + field->name());
    if (child && info.ok()) fields.ReadField(*child, field->name(), *info, event);
    if (child && field->is_map()) ReadDimensions(*child, field, event);
  }
  if (const auto topic = map.Take("topic")) ReadTopic(*topic, false, tp);
  map.Set("partition", &tp->partition, [](const Value& v) { return v.Whole(0, kMaxPartition); });
  if (const auto times = map.Take("repeat")) {
    repeat = times->Whole(1, kMaxRepeat).value_or(1);
    if (map.Take("id")) times->Fail("gives each event an id of its own; leave out id");
  }
  map.Skip(schema_.event_types()[type.v].name);
  map.Finish();
  return repeat;
}

void EventReader::Append(const Value& value, uint64_t repeat, ScenarioEvent event, Message* message,
                         std::vector<ScenarioEvent>* events) {
  const bool full = made_ > kMaxScenarioEvents || bytes_ > kMaxScenarioBytes;
  made_ += repeat;
  bytes_ += repeat * message->ByteSizeLong();
  if (full) return;
  if (made_ > kMaxScenarioEvents)
    return value.Fail("makes more than " + std::to_string(kMaxScenarioEvents) + " events in the file");
  if (bytes_ > kMaxScenarioBytes)
    return value.Fail("makes more than " + FormatBytes(kMaxScenarioBytes) + " of events in the file");
  const FieldDescriptor* id = schema_.envelope()->FindFieldByName("id");
  const auto* reflection = message->GetReflection();
  const bool made_up = id != nullptr && reflection->GetString(*message, id).empty();
  for (; repeat > 0; --repeat) {
    if (made_up) reflection->SetString(message, id, "#" + std::to_string(++made_up_));
    event.record = message->SerializeAsString();
    events->push_back(event);
  }
}

void EventReader::Read(const Value& value, const Instants& instants, std::vector<ScenarioEvent>* events) {
  if (value.is_map() && Map::Open(value)->Has("record")) return ReadRecord(value, events);
  const std::optional<Kind> kind = KindOf(value);
  if (!kind) return;
  const EventType& type = schema_.event_types()[kind->type.v];
  const FieldReader fields(&schema_, kind->type, instants);
  const std::unique_ptr<Message> message(factory_.GetPrototype(schema_.envelope())->New());
  const auto* reflection = message->GetReflection();
  const auto* envelope = schema_.envelope();
  SetMicros(Micros(instants.moment), reflection->MutableMessage(message.get(), envelope->FindFieldByName("time")));
  ScenarioEvent event;
  const uint64_t repeat =
      kind->payload != nullptr ? ReadEnvelope(value, kind->type, fields, message.get(), &event.tp) : 1;
  Message* payload = reflection->MutableMessage(message.get(), envelope->FindFieldByNumber(type.payload_field));
  if (kind->payload != nullptr) fields.ReadMessage(value.Child(*kind->payload), "", payload);
  if (event.tp.topic.empty()) {
    const auto carries = [&](const TopicSpec& topic) { return Carries(topic, type.name); };
    const auto found = std::find_if(topics_.begin(), topics_.end(), carries);
    if (found != topics_.end()) event.tp.topic = found->name;
    if (found == topics_.end() && !topics_.empty()) {
      return value.Fail("no topic of the configuration carries " + type.name + "; name one with `topic`");
    }
  }
  Append(value, repeat, std::move(event), message.get(), events);
}

}  // namespace tidemark::config
