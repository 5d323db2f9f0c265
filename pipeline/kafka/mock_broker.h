// librdkafka's mock cluster: an embedded broker for the demo and for tests. Never a store: see README.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/kafka/handles.h"

struct rd_kafka_mock_cluster_s;

namespace tidemark {

// Brokers of this process on free ports of 127.0.0.1; other processes can use them by brokers().
// Threads: any; the cluster has one of its own. Lifetime: everything in it is gone with this object.
class MockBroker {
 public:
  static Result<std::unique_ptr<MockBroker>> Start(int brokers = 1);
  ~MockBroker();
  MockBroker(const MockBroker&) = delete;
  MockBroker& operator=(const MockBroker&) = delete;

  std::string brokers() const;  // for bootstrap.servers
  Status CreateTopic(const std::string& name, int partitions);
  // The next requests of a kind (Fetch is 1, ListOffsets 2, Metadata 3) are answered with these errors, in order.
  void FailNextRequests(int16_t api_key, const std::vector<rd_kafka_resp_err_t>& errors);
  void ClearErrors(int16_t api_key);
  // Connections are closed, and refused until Up. Brokers count from 1.
  void Down(int broker = 1);
  void Up(int broker = 1);

 private:
  MockBroker() = default;

  KafkaPtr<rd_kafka_t> client_;  // whose threads run the cluster
  rd_kafka_mock_cluster_s* cluster_ = nullptr;
};

}  // namespace tidemark
