// A real Apache Kafka broker for C++ tests, on kafka.sh beside this file.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "pipeline/base/status.h"
#include "pipeline/kafka/producer.h"

namespace tidemark {

// One broker with a data directory of its own, removed at the end. The JVM dies with the thread that started it.
// Threads: one. Failure: statuses; kNotFound from Start when this machine has no Java, Maven or jars: skip the test.
class RealBroker {
 public:
  static Result<std::unique_ptr<RealBroker>> Start();
  ~RealBroker();
  RealBroker(const RealBroker&) = delete;
  RealBroker& operator=(const RealBroker&) = delete;

  std::string bootstrap() const { return "127.0.0.1:" + std::to_string(port_); }

  bool running() const { return pid_ >= 0; }
  void Stop();       // SIGTERM: an orderly end
  void Kill9();      // SIGKILL
  Status Restart();  // after either: the same data, the same port

  Status CreateTopic(const std::string& name, int partitions);
  Status DeleteTopic(const std::string& name);
  Status CreatePartitions(const std::string& topic, int total);
  // The records of each partition before its offset.
  Status DeleteRecords(const std::string& topic, const std::map<int32_t, int64_t>& before);

 private:
  RealBroker(std::string dir, int port, int controller_port);
  Status Launch();
  void End(int signal);
  Status Admin(std::function<void(rd_kafka_t*, rd_kafka_queue_t*)> request);
  Status AwaitPartitions(const std::string& topic, int count);

  const std::string dir_;
  const int port_;
  const int controller_port_;
  pid_t pid_ = -1;
  std::unique_ptr<KafkaProducer> client_;  // for admin requests
};

// Records that become visible, or not, together.
class Transaction {
 public:
  // Fences off an older producer of the same id.
  static Result<std::unique_ptr<Transaction>> Begin(const std::string& bootstrap, const std::string& transactional_id);

  Status Produce(const std::string& topic, int32_t partition, const std::string& key, const std::string& value);
  Status Flush();  // written to the log, still invisible to read_committed
  Status Commit();
  Status Abort();  // flushes first: a transaction of which nothing was written leaves nothing to abort

 private:
  Transaction() = default;
  std::unique_ptr<KafkaProducer> producer_;
};

}  // namespace tidemark
