#include "pipeline/kafka/topic_reader.h"

#include "pipeline/kafka/client_config.h"
#include "pipeline/kafka/message.h"

namespace tidemark {
namespace {

constexpr auto kAskWithin = std::chrono::milliseconds(2000);
constexpr auto kLookForPartitionsEvery = std::chrono::seconds(60);
constexpr uint64_t kFetchMemory = 8 << 20;


}  // namespace

Result<std::unique_ptr<TopicReader>> TopicReader::Open(const KafkaSpec& spec, std::string topic) {
  TM_ASSIGN_OR_RETURN(auto conf, ConsumerConfig(spec, LimitsFor(kFetchMemory, 1)));
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  TM_ASSIGN_OR_RETURN(KafkaPtr<rd_kafka_t> client, NewConsumer(std::move(conf)));
  rd_kafka_poll_set_consumer(client.get());
  return std::unique_ptr<TopicReader>(new TopicReader(std::move(topic), std::move(client)));  // NOLINT: private
}

TopicReader::~TopicReader() { rd_kafka_assign(client_.get(), nullptr); }

Result<int32_t> TopicReader::Partitions() {
  KafkaPtr<rd_kafka_topic_t> topic(rd_kafka_topic_new(client_.get(), topic_.c_str(), nullptr));
  if (topic == nullptr) return Unavailable("topic " + topic_ + ": " + rd_kafka_err2str(rd_kafka_last_error()));
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t asked = rd_kafka_metadata(client_.get(), 0, topic.get(), &raw, static_cast<int>(kAskWithin.count()));
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return Unavailable("topic " + topic_ + ": " + rd_kafka_err2str(asked));
  const KafkaPtr<const rd_kafka_metadata_t> metadata(raw);
  const auto error = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unavailable("topic " + topic_ + ": " + rd_kafka_err2str(error));
  return metadata->topics[0].partition_cnt;
}

// Assigns all partitions from their beginnings, unless it reads these already.
Status TopicReader::Begin() {
  const auto now = std::chrono::steady_clock::now();
  if (assigned_ && now - looked_ < kLookForPartitionsEvery) return Status::Ok();
  TM_ASSIGN_OR_RETURN(const int32_t count, Partitions());
  looked_ = now;
  if (assigned_ && static_cast<size_t>(count) == ended_.size()) return Status::Ok();
  const KafkaList list = NewKafkaList(static_cast<size_t>(count));
  for (int32_t p = 0; p < count; ++p) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  const rd_kafka_resp_err_t error = rd_kafka_assign(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unavailable("topic " + topic_ + ": " + rd_kafka_err2str(error));
  ended_.assign(static_cast<size_t>(count), false);
  left_ = ended_.size();
  assigned_ = true;
  ++begun_;
  return Status::Ok();
}

Status TopicReader::Poll(std::chrono::milliseconds wait, size_t most, const OnRecord& on_record) {
  TM_RETURN_IF_ERROR(Begin());
  const auto until = std::chrono::steady_clock::now() + wait;
  std::vector<RecordHeader> headers;
  for (size_t taken = 0; taken < most;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const KafkaPtr<rd_kafka_message_t> message(rd_kafka_consumer_poll(client_.get(), std::max(0, static_cast<int>(left.count()))));
    if (message == nullptr) break;
    const auto partition = static_cast<size_t>(message->partition);
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        headers.clear();
        AppendHeaders(*message, &headers);
        on_record({topic_, message->partition, Offset{message->offset}, KafkaTime(*message), BytesOf(message->key, message->key_len), BytesOf(message->payload, message->len), headers});
        ++taken;
        break;
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (partition < ended_.size() && !ended_[partition]) --left_;
        if (partition < ended_.size()) ended_[partition] = true;
        break;
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        assigned_ = false;  // another log: from its beginning
        return Unavailable("topic " + topic_ + ": " + rd_kafka_message_errstr(message.get()));
      default:
        return Unavailable("topic " + topic_ + ": " + rd_kafka_message_errstr(message.get()));
    }
  }
  return Status::Ok();
}

}  // namespace tidemark
