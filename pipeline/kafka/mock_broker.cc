#include "pipeline/kafka/mock_broker.h"

#include <librdkafka/rdkafka_mock.h>

namespace tidemark {

Result<std::unique_ptr<MockBroker>> MockBroker::Start(int brokers) {
  std::unique_ptr<MockBroker> mock(new MockBroker);
  KafkaPtr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  char text[512];
  mock->client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text, sizeof text));
  if (mock->client_ == nullptr) return Internal(std::string("mock broker: ") + text);
  conf.release();  // the client's now
  mock->cluster_ = rd_kafka_mock_cluster_new(mock->client_.get(), brokers);
  if (mock->cluster_ == nullptr) return Unavailable("mock broker: no port on 127.0.0.1 can be listened on");
  return mock;
}

MockBroker::~MockBroker() {
  if (cluster_ != nullptr) rd_kafka_mock_cluster_destroy(cluster_);
}

std::string MockBroker::brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

Status MockBroker::CreateTopic(const std::string& name, int partitions) {
  const auto error = rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return Invalid("topic " + name + ": " + rd_kafka_err2str(error));
}

void MockBroker::FailNextRequests(int16_t api_key, const std::vector<rd_kafka_resp_err_t>& errors) {
  rd_kafka_mock_push_request_errors_array(cluster_, api_key, errors.size(), errors.data());
}

void MockBroker::ClearErrors(int16_t api_key) { rd_kafka_mock_clear_request_errors(cluster_, api_key); }

void MockBroker::Down(int broker) { rd_kafka_mock_broker_set_down(cluster_, broker); }

void MockBroker::Up(int broker) { rd_kafka_mock_broker_set_up(cluster_, broker); }

}  // namespace tidemark
