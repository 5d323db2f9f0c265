// The sections kafka, topics, time, storage, web, limits and privacy.
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "config/config.h"
#include "config/names.h"
#include "config/sections.h"
#include "config/substitute.h"

namespace tidemark {

bool IsSecretProperty(std::string_view name) {
  constexpr std::array<std::string_view, 6> kMarks = {"password",           "secret", "key.pem", "token",
                                                      "oauthbearer.config", "jaas"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return name.find(mark) != std::string_view::npos; });
}

}  // namespace tidemark

namespace tidemark::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kFileSuffix = "_file";
constexpr size_t kLeastKeyBytes = 16;
constexpr uint64_t kKiB = 1ull << 10;
constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kTiB = 1ull << 40;

// Properties that have a key of their own here, or that the engine must set itself to stay exact ("").
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kOwnProperties = {
    {{"bootstrap.servers", "brokers"},
     {"metadata.broker.list", "brokers"},
     {"group.id", "group"},
     {"auto.offset.reset", "auto_offset_reset"},
     {"enable.auto.commit", ""},
     {"enable.auto.offset.store", ""},
     {"enable.partition.eof", ""}}};

// "host:port" with the port optional or not; brackets around an IPv6 address.
bool IsAddress(std::string_view text, bool port_needed, uint32_t least_port) {
  size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || close == 1) return false;
    if (colon != std::string_view::npos && colon < close) colon = std::string_view::npos;
    if (colon == std::string_view::npos ? close + 1 != text.size() : colon != close + 1) return false;
  } else if (text.find(':') != colon) {
    return false;
  }
  const std::string_view host = text.substr(0, colon);
  if (host.empty() || host.find_first_of(" \t/,\"'") != std::string_view::npos) return false;
  if (colon == std::string_view::npos) return !port_needed;
  const std::string_view digits = text.substr(colon + 1);
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port >= least_port && port <= 65535;
}

bool AreBrokers(std::string_view list) {
  for (size_t at = 0; at <= list.size();) {
    const size_t comma = std::min(list.find(',', at), list.size());
    std::string_view broker = list.substr(at, comma - at);
    while (broker.starts_with(' ')) broker.remove_prefix(1);
    while (broker.ends_with(' ')) broker.remove_suffix(1);
    if (const size_t scheme = broker.find("://"); scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
    if (!IsAddress(broker, false, 1)) return false;
    at = comma + 1;
  }
  return true;
}

void ReadProperties(const Value& value, KafkaSpec* kafka) {
  const std::optional<Map> map = Map::Open(value);
  if (!map) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value property = value.Child(entry);
    const bool from_file = entry.key.ends_with(kFileSuffix) && entry.key.size() > kFileSuffix.size();
    const std::string name = from_file ? entry.key.substr(0, entry.key.size() - kFileSuffix.size()) : entry.key;
    const auto own =
        std::find_if(kOwnProperties.begin(), kOwnProperties.end(), [&](const auto& p) { return p.first == name; });
    if (own != kOwnProperties.end()) {
      property.FailAt(value.PlaceOf(entry), own->second.empty()
                                                ? "is set by the program itself; leave it out"
                                                : "is written kafka." + std::string(own->second) + " here");
      continue;
    }
    if (kafka->properties.contains(name)) {
      property.FailAt(value.PlaceOf(entry), "is given twice, as " + name + " and as " + name + "_file");
      continue;
    }
    kafka->at[name] = property.place();
    const std::optional<std::string> text = from_file ? ReadSecretFile(property, &kafka->files) : Expand(property);
    kafka->properties[name] = text.value_or("");  // a mistake is reported; the name still counts as given
  }
}

void ReadDedup(const Value& value, DedupSpec* dedup) {
  dedup->place = value.place();
  if (value.IsWord("off")) {
    dedup->enabled = false;
    return;
  }
  if (!value.is_map()) {
    value.Fail("off, or a map like {by: id, horizon: 24h, max_ids: 2000000, too_old: apply} is wanted here");
    return;
  }
  Map map = *Map::Open(value);
  size_t by = 0;
  map.Set("by", &by, [](const Value& v) { return v.Choice({"id"}); });
  map.Set("horizon", &dedup->horizon, [](const Value& v) { return v.Time(minutes(1), hours(24 * 90)); });
  map.Set("max_ids", &dedup->max_ids, [](const Value& v) { return v.Whole(1'000, 1'000'000'000); });
  map.Set("too_old", &dedup->drop_too_old, [](const Value& v) { return v.Choice({"apply", "drop"}); });
  map.Finish();
}

TopicSpec ReadTopic(const Value& value) {
  TopicSpec topic;
  topic.place = value.place();
  if (value.is_scalar()) {
    topic.name = value.Text().value_or("");
  } else if (std::optional<Map> map = Map::Open(value)) {
    if (const auto name = map->Require("name")) {
      topic.name = name->Text().value_or("");
      topic.place = name->place();
    }
    map->Set("events", &topic.events, [](const Value& v) { return v.Texts(); });
    if (const auto dedup = map->Take("dedup")) ReadDedup(*dedup, &topic.dedup);
    map->Refuse({"sources", "key", "format"});
    map->Finish();
  }
  if (const std::string why = WhyNotTopicName(topic.name); !why.empty()) value.FailAt(topic.place, why);
  return topic;
}

}  // namespace

void ReadKafka(const Value& value, KafkaSpec* kafka) {
  kafka->place = value.place();
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto brokers = map->Require("brokers")) {
    kafka->at["brokers"] = brokers->place();
    kafka->brokers = Expand(*brokers).value_or("");
    if (!kafka->brokers.empty() && !AreBrokers(kafka->brokers)) {
      brokers->Fail(Quoted(brokers->node().text) + " is not a list of host:port, like \"kafka-1:9092,kafka-2:9092\"");
    }
  }
  map->Set("group", &kafka->group, Expand);
  map->Set("auto_offset_reset", &kafka->auto_offset_reset, [](const Value& v) {
    return v.Choice({"earliest", "latest"});
  });
  map->Set("backfill", &kafka->backfill, [](const Value& v) { return v.Bool(); });
  map->Set("on_data_loss", &kafka->on_data_loss, [](const Value& v) { return v.Choice({"halt", "skip"}); });
  if (const auto properties = map->Take("properties")) ReadProperties(*properties, kafka);
  for (const Node::Entry& entry : value.node().entries) {
    if (entry.key.find('.') == std::string::npos) continue;
    value.Child(entry).FailAt(value.PlaceOf(entry), "librdkafka's properties stand under kafka.properties");
    map->Take(entry.key);
  }
  map->Finish();
}

void ReadTopics(const Value& value, std::vector<TopicSpec>* topics) {
  if (value.is_list() && value.node().items.empty()) value.Fail("is empty; name at least one topic");
  std::set<std::string> seen;
  for (const TopicSpec& topic : *topics) seen.insert(topic.name);
  for (const Value& item : value.Items()) {
    topics->push_back(ReadTopic(item));
    const TopicSpec& topic = topics->back();
    if (!topic.name.empty() && !seen.insert(topic.name).second) {
      item.FailAt(topic.place, "the topic " + Quoted(topic.name) + " is given twice");
    }
  }
}

void ReadDeadLetters(const Value& value, const std::vector<TopicSpec>& topics, DeadLetterSpec* letters) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto topic = map->Require("topic")) {
    letters->place = topic->place();
    letters->topic = topic->Text().value_or("");
    if (const std::string why = WhyNotTopicName(letters->topic); !why.empty()) topic->Fail(why);
    const bool read = std::any_of(topics.begin(), topics.end(), [&](const TopicSpec& t) { return t.name == letters->topic; });
    if (read) topic->Fail("is a topic that events are read from: what can't be counted there would come round for ever; take one of its own");
  }
  map->Finish();
}

void ReadTime(const Value& value, TimeSpec* time) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  size_t clock = 1;
  map->Set("clock", &clock, [](const Value& v) { return v.Choice({"event", "wall"}); });
  time->event_clock = clock == 0;
  map->Set("max_out_of_orderness", &time->max_out_of_orderness,
           [](const Value& v) { return v.Time(seconds(0), hours(24)); });
  map->Set("max_future_skew", &time->max_future_skew, [](const Value& v) { return v.Time(seconds(1), hours(24)); });
  map->Set("align", &time->align, [](const Value& v) { return v.Time(seconds(1), hours(1)); });
  map->Set("max_hold", &time->max_hold, [](const Value& v) { return v.Time(seconds(1), hours(24)); });
  map->Finish();
}

void ReadStorage(const Value& value, StorageSpec* storage) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  map->Set("path", &storage->path, Expand);
  map->Finish();
}

void ReadWeb(const Value& value, HttpSpec* http) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto address = map->Take("listen_address")) {
    const std::optional<std::string> text = Expand(*address);
    if (text && !IsAddress(text->starts_with(':') ? "0.0.0.0" + *text : *text, true, 0)) {
      address->Fail(Quoted(address->node().text) + " is not host:port, like \"0.0.0.0:9464\"");
    } else if (text) {
      http->listen_address = text->starts_with(':') ? "0.0.0.0" + *text : *text;
    }
  }
  map->Set("enable_lifecycle", &http->enable_lifecycle, [](const Value& v) { return v.Bool(); });
  map->Set("enable_ids", &http->enable_ids, [](const Value& v) { return v.Bool(); });
  map->Set("max_connections", &http->max_connections, [](const Value& v) { return v.Whole(1, 100'000); });
  map->Finish();
}

void ReadLimits(const Value& value, LimitSpec* limits) {
  limits->place = value.place();
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  map->Set("memory", &limits->memory_bytes, [](const Value& v) { return v.Bytes(128 * kMiB, 16 * kTiB); });
  map->Set("max_series", &limits->max_series, [](const Value& v) { return v.Whole(1, 100'000'000); });
  map->Set("max_entities", &limits->max_entities, [](const Value& v) { return v.Whole(1'000, 1'000'000'000'000); });
  map->Set("max_record_bytes", &limits->max_record_bytes, [](const Value& v) { return v.Bytes(kKiB, 100 * kMiB); });
  map->Set("max_label_value_bytes", &limits->max_label_value_bytes,
           [](const Value& v) { return v.Bytes(8, 4 * kKiB); });
  map->Set("series_idle", &limits->series_idle, [](const Value& v) { return v.Time(minutes(1), hours(24 * 3660)); });
  map->Set("min_free_disk", &limits->min_free_disk_bytes, [](const Value& v) { return v.Bytes(0, 16 * kTiB); });
  map->Finish();
}

void ReadPrivacy(const Value& value, PrivacySpec* privacy) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto file = map->Require("hash_key_file")) {
    privacy->hash_key = ReadSecretFile(*file, &privacy->files).value_or("");
    if (!privacy->hash_key.empty() && privacy->hash_key.size() < kLeastKeyBytes) {
      file->Fail("the key is shorter than " + std::to_string(kLeastKeyBytes) + " bytes and could be guessed; `openssl rand -hex 32` makes one");
    }
  }
  map->Finish();
}

}  // namespace tidemark::config
