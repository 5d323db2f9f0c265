// From a KafkaSpec to librdkafka's settings.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "pipeline/base/status.h"
#include "pipeline/kafka/handles.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// What the share of the memory for fetched records allows.
struct FetchLimits {
  uint64_t queue_kbytes = 0;           // payload waiting in each partition's queue: queued.max.messages.kbytes
  uint64_t partition_fetch_bytes = 0;  // fetch.message.max.bytes
  uint64_t fetch_bytes = 0;            // fetch.max.bytes, one answer of one broker
};
// REQUIRES: partitions > 0.
FetchLimits LimitsFor(uint64_t fetch_memory_bytes, uint64_t partitions);

// The group consumer's settings: ours, then the user's properties, of which those that exactness hangs on are refused,
// and unknown ones too, in librdkafka's words. Never repeats a value of a secret.
Result<KafkaPtr<rd_kafka_conf_t>> ConsumerConfig(const KafkaSpec& spec, const FetchLimits& limits);

// How a producer reaches the same brokers: the user's properties, of which librdkafka leaves alone what isn't a producer's.
std::map<std::string, std::string> ProducerProperties(const KafkaSpec& spec);

// A client with these settings. Nothing is connected to yet.
Result<KafkaPtr<rd_kafka_t>> NewConsumer(KafkaPtr<rd_kafka_conf_t> conf);

// Every mistake in spec.properties, each at its place; nothing is connected to.
void CheckKafkaProperties(const KafkaSpec& spec, Diagnostics* diagnostics);

// Sets one property; the error is librdkafka's own text.
Status SetProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

// `text`, with what is known about its cause: librdkafka before 2.6.1 cannot log in to Kafka 4 by SCRAM.
std::string ExplainError(const std::string& text, const std::map<std::string, std::string>& properties);

}  // namespace tidemark
