#include "pipeline/kafka/producer.h"

#include "pipeline/kafka/client_config.h"

namespace tidemark {
namespace {

constexpr int kWaitForRoomMs = 1000;

// librdkafka takes a null pointer of length 0 as absent, and a pointer as present, empty or not.
void* Bytes(std::string_view bytes) { return const_cast<char*>(bytes.data()); }

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::Open(const std::string& brokers,
                                                           const std::map<std::string, std::string>& properties, OnDelivery on_delivery) {
  KafkaPtr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  std::map<std::string, std::string> all = {{"bootstrap.servers", brokers},
                                            {"enable.idempotence", "true"},
                                            {"reconnect.backoff.max.ms", "1000"},
                                            {"client.id", "tidemark-producer"}};
  for (const auto& [name, value] : properties) all[name] = value;
  for (const auto& [name, value] : all) TM_RETURN_IF_ERROR(SetProperty(conf.get(), name, value));
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(std::move(on_delivery)));
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<KafkaProducer*>(opaque);
    ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? self->delivered_ : self->failed_);
    if (self->on_delivery_) self->on_delivery_(reinterpret_cast<uintptr_t>(message->_private), message->err);
  });
  char text[512];
  producer->client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text, sizeof text));
  if (producer->client_ == nullptr) return Invalid(std::string("kafka producer: ") + text);
  conf.release();  // the client's now
  return producer;
}

KafkaProducer::~KafkaProducer() {
  if (client_ == nullptr) return;
  // What was not flushed is given up: waiting is the caller's choice.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

Status KafkaProducer::Produce(const std::string& topic, int32_t partition, std::string_view key, std::string_view value,
                              int64_t timestamp_ms) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int attempt = 0; attempt < 2; ++attempt) {
    error =
        rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_KEY(Bytes(key), key.size()), RD_KAFKA_V_VALUE(Bytes(value), value.size()),
                          RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    const bool full = error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    rd_kafka_poll(client_.get(), full ? kWaitForRoomMs : 0);
    if (!full) break;
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return Unavailable("topic " + topic + ": " + rd_kafka_err2str(error));
}

rd_kafka_resp_err_t KafkaProducer::TryProduce(const std::string& topic, int32_t partition, std::string_view key, std::string_view value,
                                              std::span<const RecordHeader> headers, int64_t timestamp_ms, uint64_t tag) {
  KafkaPtr<rd_kafka_headers_t> list(rd_kafka_headers_new(headers.size()));
  for (const RecordHeader& header : headers) {
    rd_kafka_header_add(list.get(), header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  const auto error = rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(Bytes(key), key.size()),
                                       RD_KAFKA_V_VALUE(Bytes(value), value.size()), RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                                       RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<uintptr_t>(tag))), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<void>(list.release());  // the record's now
  return error;
}

Status KafkaProducer::Flush(std::chrono::milliseconds timeout) {
  const auto error = rd_kafka_flush(client_.get(), static_cast<int>(timeout.count()));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return Unavailable(std::string("kafka producer: ") + std::to_string(rd_kafka_outq_len(client_.get())) +
                     " records are not written yet: " + rd_kafka_err2str(error));
}

}  // namespace tidemark
