#include "pipeline/kafka/letter_writer.h"

#include <algorithm>
#include <thread>

#include "pipeline/kafka/client_config.h"
#include "pipeline/mapping/first_sent.h"

namespace tidemark {
namespace {

constexpr auto kRetryAfter = std::chrono::seconds(1);
constexpr auto kLookEvery = std::chrono::milliseconds(200);
constexpr auto kLookAgain = std::chrono::seconds(10);  // while it can't be written and nothing waits that would show that it can
constexpr auto kLookAgainWithin = std::chrono::milliseconds(100);
constexpr const char* kGiveUpAfterMs = "30000";  // one attempt: then it is told of, and tried again
constexpr int kAlone = 1, kLeast = 3;  // steps
constexpr uint64_t kRoomForHeaders = 64 << 10;
constexpr uint64_t kMostMessageBytes = 1'000'000'000;

}  // namespace

LetterWriter::LetterWriter(const KafkaSpec& spec, std::string topic, uint64_t max_record_bytes)
    : brokers_(spec.brokers), topic_(std::move(topic)), properties_(ProducerProperties(spec)) {
  properties_["client.id"] = "tidemark-dead-letters";
  properties_["message.timeout.ms"] = kGiveUpAfterMs;
  properties_["message.max.bytes"] = std::to_string(std::min(max_record_bytes + kRoomForHeaders, kMostMessageBytes));
}

Result<std::unique_ptr<LetterWriter>> LetterWriter::Open(const KafkaSpec& spec, const std::string& topic, uint64_t max_record_bytes) {
  std::unique_ptr<LetterWriter> writer(new LetterWriter(spec, topic, max_record_bytes));  // NOLINT: private
  TM_ASSIGN_OR_RETURN(writer->producer_, writer->Connect(false));
  return writer;
}

Result<std::unique_ptr<KafkaProducer>> LetterWriter::Connect(bool alone) {
  std::map<std::string, std::string> properties = properties_;
  if (alone) properties["batch.num.messages"] = "1";
  return KafkaProducer::Open(brokers_, properties, [this](uint64_t number, rd_kafka_resp_err_t error) { OnDelivery(number, error); });
}

rd_kafka_resp_err_t LetterWriter::Ask(std::chrono::milliseconds within) {
  const KafkaPtr<rd_kafka_topic_t> topic(rd_kafka_topic_new(producer_->client(), topic_.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = topic == nullptr ? rd_kafka_last_error() : rd_kafka_metadata(producer_->client(), 0, topic.get(), &raw, static_cast<int>(within.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  const KafkaPtr<const rd_kafka_metadata_t> metadata(raw);
  return metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

void LetterWriter::Look(std::chrono::milliseconds within) {
  const auto until = Steady::now() + within;
  auto error = Ask(within);
  // It may be about to be made.
  while (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && Steady::now() + kLookEvery < until) {
    std::this_thread::sleep_for(kLookEvery);
    error = Ask(within);
  }
  looked_ = Steady::now();
  // Brokers that don't answer are told of by who reads from them.
  const bool said = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || error == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
  if (said) stats_.trouble = "topic " + topic_ + ": " + rd_kafka_err2str(error);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) stats_.trouble.clear();
}

void LetterWriter::Post(uint64_t number, std::shared_ptr<const std::string> letter) {
  Waiting& waiting = waiting_[number] = {std::move(letter), 0, false};
  stats_.waiting = waiting_.size();
  Send(number, &waiting);
}

void LetterWriter::Send(uint64_t number, Waiting* waiting) {
  Result<DeadLetter> letter = DecodeLetter(*waiting->letter);
  TM_CHECK(letter.ok());  // as it was encoded
  for (int less = kAlone; less < waiting->step; ++less) ShrinkLetter(&*letter);
  KafkaProducer& producer = waiting->step >= kAlone && alone_ != nullptr ? *alone_ : *producer_;
  const auto error = producer.TryProduce(topic_, KafkaProducer::kAnyPartition, letter->key, letter->value, letter->headers, 0, number);
  waiting->sent = error == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!waiting->sent) Failed(waiting, error);
}

void LetterWriter::Failed(Waiting* waiting, rd_kafka_resp_err_t error) {
  waiting->sent = false;
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && waiting->step < kLeast) {
    ++waiting->step;
    retry_at_ = Steady::now();
    return;
  }
  retry_at_ = std::min(retry_at_, Steady::now() + kRetryAfter);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return;  // of the client: answers will make room
  ++stats_.failures;
  stats_.trouble = "topic " + topic_ + ": " + rd_kafka_err2str(error);
}

void LetterWriter::OnDelivery(uint64_t number, rd_kafka_resp_err_t error) {
  const auto waiting = waiting_.find(number);
  if (waiting == waiting_.end()) return;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Failed(&waiting->second, error);
  CountDelivered(waiting->second);
  stats_.trouble.clear();
  delivered_.push_back(number);
  waiting_.erase(waiting);
  stats_.waiting = waiting_.size();
}

void LetterWriter::CountDelivered(const Waiting& waiting) {
  const Result<DeadLetter> letter = DecodeLetter(*waiting.letter);
  Kind kind;
  for (const RecordHeader& header : letter->headers) {
    if (header.name == kLetterSource) kind.source = header.value;
    if (header.name == kLetterTopic) kind.topic = header.value;
    if (header.name == kLetterReason) kind.reason = header.value;
  }
  ++stats_.delivered[kind];
}

void LetterWriter::ReplaceFatal(std::unique_ptr<KafkaProducer>* producer, bool alone) {
  char text[256];
  if (*producer == nullptr || rd_kafka_fatal_error((*producer)->client(), text, sizeof text) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  stats_.trouble = text;
  auto another = Connect(alone);
  if (!another.ok()) return;
  *producer = std::move(another).value();
  for (auto& [number, waiting] : waiting_) {
    if ((waiting.step >= kAlone) == alone) waiting.sent = false;
  }
}

std::vector<uint64_t> LetterWriter::TakeDelivered() {
  producer_->Serve();
  if (alone_ != nullptr) alone_->Serve();
  if (Steady::now() >= retry_at_) {
    retry_at_ = Steady::time_point::max();
    ReplaceFatal(&producer_, false);
    ReplaceFatal(&alone_, true);
    const bool any = std::any_of(waiting_.begin(), waiting_.end(), [](const auto& w) { return w.second.step >= kAlone; });
    if (any && alone_ == nullptr) {
      if (auto client = Connect(true); client.ok()) alone_ = std::move(client).value();
    }
    for (auto& [number, waiting] : waiting_) {
      if (!waiting.sent) Send(number, &waiting);
    }
  }
  if (!stats_.trouble.empty() && waiting_.empty() && Steady::now() - looked_ >= kLookAgain) Look(kLookAgainWithin);
  return std::exchange(delivered_, {});
}

void LetterWriter::Flush(std::chrono::milliseconds within) {
  if (waiting_.empty()) return;
  static_cast<void>(producer_->Flush(within));  // what is left is stored
  if (alone_ != nullptr) static_cast<void>(alone_->Flush(within));
}

}  // namespace tidemark
