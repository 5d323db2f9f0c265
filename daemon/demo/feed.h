// The company's events on their way into Kafka: what has arrived by now, in order, some late and some twice.
#pragma once

#include <memory>
#include <string>

#include "daemon/demo/delivery.h"
#include "daemon/demo/ledger.h"
#include "pipeline/kafka/producer.h"

namespace tidemark::demo {

// Threads: confined to one.
class Feed {
 public:
  // The history begins `history` ago; from now on a day of business takes about a minute.
  static Result<std::unique_ptr<Feed>> Open(const std::string& brokers, const std::string& topic, Duration history);

  // Produces what has arrived by now, at most some thousands of events; books what isn't a repetition, where there is a ledger.
  Status ProduceDue(Ledger* ledger);
  Status Flush();
  EventTime next_arrival() const { return next_.arrived; }
  uint64_t facts() const { return facts_; }
  uint64_t repeated() const { return repeated_; }

 private:
  Feed(std::string topic, std::unique_ptr<KafkaProducer> producer, const CompanyOptions& company);

  const std::string topic_;
  const std::unique_ptr<KafkaProducer> producer_;
  Delivery delivery_;
  Delivered next_;
  uint64_t facts_ = 0, repeated_ = 0;
};

}  // namespace tidemark::demo
