#include "pipeline/kafka/client_config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace tidemark {
namespace {

struct Refused {
  std::string_view name;
  std::string_view why;
};

constexpr std::array kRefused = {
    Refused{"bootstrap.servers", "set kafka.brokers instead"},
    Refused{"metadata.broker.list", "set kafka.brokers instead"},
    Refused{"group.id", "set kafka.group instead"},
    Refused{"auto.offset.reset", "set kafka.auto_offset_reset; whether a missing offset means loss is decided here"},
    Refused{"enable.auto.commit", "offsets are stored with the state; the group's are only informational"},
    Refused{"auto.commit.enable", "offsets are stored with the state; the group's are only informational"},
    Refused{"enable.auto.offset.store", "offsets are stored with the state; the group's are only informational"},
    Refused{"enable.partition.eof", "the end of a partition is part of the proof that nothing is missing"},
};

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Why a property may not be set by the user, if so.
std::optional<std::string> RefusedBecause(const std::string& name, const std::string& value) {
  for (const Refused& refused : kRefused) {
    if (refused.name == name) return std::string(refused.why);
  }
  if (name == "partition.assignment.strategy" && Contains(value, "cooperative")) {
    return "cooperative rebalancing loses partitions in this version of librdkafka; use range or roundrobin";
  }
  return std::nullopt;
}

Status ApplyUserProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  if (auto why = RefusedBecause(name, value)) {
    return Invalid("kafka.properties: " + name + " cannot be set: " + *why);
  }
  return SetProperty(conf, name, value).In("kafka.properties");
}

std::map<std::string, std::string> OwnDefaults(const FetchLimits& limits) {
  return {
      {"partition.assignment.strategy", "range"},
      {"isolation.level", "read_committed"},
      {"reconnect.backoff.max.ms", "1000"},
      {"topic.metadata.refresh.interval.ms", "10000"},  // how soon new partitions are noticed
      {"fetch.wait.max.ms", "100"},                     // an empty fetch that ends is what tells us of a quiet end
      {"check.crcs", "true"},
      // A full queue is looked at again only after a second, so the number of records must never be what fills it.
      {"queued.min.messages", "10000000"},
      {"queued.max.messages.kbytes", std::to_string(limits.queue_kbytes)},
      {"fetch.message.max.bytes", std::to_string(limits.partition_fetch_bytes)},
      {"fetch.max.bytes", std::to_string(limits.fetch_bytes)},
      {"client.id", "tidemark"},
  };
}

}  // namespace

FetchLimits LimitsFor(uint64_t fetch_memory_bytes, uint64_t partitions) {
  // A small record in a queue costs about three times its payload.
  constexpr uint64_t kMemoryPerPayload = 3;
  const uint64_t payload = fetch_memory_bytes / partitions / kMemoryPerPayload;
  FetchLimits limits;
  limits.partition_fetch_bytes = std::clamp<uint64_t>(payload / 4, 16 << 10, 1 << 20);
  const uint64_t queue = payload - std::min(payload, limits.partition_fetch_bytes);  // one fetch may overshoot
  limits.queue_kbytes = std::clamp<uint64_t>(queue >> 10, 64, 2'000'000);
  limits.fetch_bytes = std::clamp<uint64_t>(fetch_memory_bytes / kMemoryPerPayload, 1 << 20, 50 << 20);
  return limits;
}

Status SetProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char text[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK) return {};
  return Invalid(text);
}

Result<KafkaPtr<rd_kafka_conf_t>> ConsumerConfig(const KafkaSpec& spec, const FetchLimits& limits) {
  KafkaPtr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  for (const auto& [name, value] : OwnDefaults(limits)) {
    if (!spec.properties.contains(name)) TM_RETURN_IF_ERROR(SetProperty(conf.get(), name, value));
  }
  for (const auto& [name, value] : spec.properties) TM_RETURN_IF_ERROR(ApplyUserProperty(conf.get(), name, value));
  const std::array<std::pair<const char*, std::string>, 6> fixed = {{
      {"bootstrap.servers", spec.brokers},
      {"group.id", spec.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "error"},
  }};
  for (const auto& [name, value] : fixed) TM_RETURN_IF_ERROR(SetProperty(conf.get(), name, value));
  return conf;
}

std::map<std::string, std::string> ProducerProperties(const KafkaSpec& spec) {
  std::map<std::string, std::string> properties = spec.properties;
  // Of the client's own kind, or what another client must not share.
  for (const char* name : {"client.id", "partition.assignment.strategy", "group.instance.id", "transactional.id", "enable.idempotence", "acks", "request.required.acks",
                           "max.in.flight", "max.in.flight.requests.per.connection", "retries", "message.send.max.retries", "queuing.strategy"}) {
    properties.erase(name);
  }
  return properties;
}

Result<KafkaPtr<rd_kafka_t>> NewConsumer(KafkaPtr<rd_kafka_conf_t> conf) {
  char text[512];
  KafkaPtr<rd_kafka_t> client(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), text, sizeof text));
  if (client == nullptr) return Invalid(std::string("kafka: ") + text);
  conf.release();  // the client's now
  return client;
}

void CheckKafkaProperties(const KafkaSpec& spec, Diagnostics* diagnostics) {
  KafkaPtr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  for (const auto& [name, value] : spec.properties) {
    const Status status = ApplyUserProperty(conf.get(), name, value);
    if (status.ok()) continue;
    const auto at = spec.at.find(name);
    diagnostics->Add(at == spec.at.end() ? spec.place : at->second, status.text());
  }
}

std::string ExplainError(const std::string& text, const std::map<std::string, std::string>& properties) {
  auto mechanism = properties.find("sasl.mechanisms");
  if (mechanism == properties.end()) mechanism = properties.find("sasl.mechanism");
  const bool scram = mechanism != properties.end() && Contains(mechanism->second, "SCRAM");
  // 2.6.1, as librdkafka numbers itself.
  if (scram && Contains(text, "uthentication") && rd_kafka_version() < 0x020601ff) {
    return text + " (if the password is right: librdkafka " + rd_kafka_version_str() +
           " cannot log in by SCRAM to Kafka 4.0 or newer, 2.6.1 can; PLAIN and TLS certificates work with both)";
  }
  return text;
}

}  // namespace tidemark
