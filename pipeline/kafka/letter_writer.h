// Dead letters to the topic where people look at them.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/engine/letter.h"
#include "pipeline/kafka/producer.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// Each letter is tried until a broker has it: at least once, in no particular order. What a broker finds too large loses its value.
// Threads: the engine's.
class LetterWriter final : public LetterBox {
 public:
  // Of letters that were delivered.
  struct Kind {
    std::string source, topic, reason;
    auto operator<=>(const Kind&) const = default;
  };
  struct Stats {
    std::map<Kind, uint64_t> delivered;
    uint64_t failures = 0;     // attempts
    uint64_t waiting = 0;      // letters
    std::string trouble;       // why the last attempt failed; empty once one succeeded
  };

  // Nothing is connected to yet. kInvalid: a property has a wrong value.
  static Result<std::unique_ptr<LetterWriter>> Open(const KafkaSpec& spec, const std::string& topic, uint64_t max_record_bytes);

  // Asks the brokers whether the topic is there, or has them make it where they do so by themselves: stats().trouble has the answer.
  void Look(std::chrono::milliseconds within);
  void Post(uint64_t number, std::shared_ptr<const std::string> letter) override;
  std::vector<uint64_t> TakeDelivered() override;
  // Waits until all are delivered, at most so long.
  void Flush(std::chrono::milliseconds within);
  const Stats& stats() const { return stats_; }

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    std::shared_ptr<const std::string> letter;
    // What was too large is tried alone, since all of a batch is refused for one of it; then less of it, twice.
    int step = 0;
    bool sent = false;         // and not answered yet
  };

  LetterWriter(const KafkaSpec& spec, std::string topic, uint64_t max_record_bytes);
  Result<std::unique_ptr<KafkaProducer>> Connect(bool alone);
  // Such a client writes nothing any more: another one takes its place.
  void ReplaceFatal(std::unique_ptr<KafkaProducer>* producer, bool alone);
  rd_kafka_resp_err_t Ask(std::chrono::milliseconds within);
  void Send(uint64_t number, Waiting* waiting);
  void OnDelivery(uint64_t number, rd_kafka_resp_err_t error);
  void Failed(Waiting* waiting, rd_kafka_resp_err_t error);
  void CountDelivered(const Waiting& waiting);

  const std::string brokers_;
  const std::string topic_;
  std::map<std::string, std::string> properties_;
  std::unique_ptr<KafkaProducer> producer_;
  std::unique_ptr<KafkaProducer> alone_;   // a record at a time; null until one is too large
  std::map<uint64_t, Waiting> waiting_;
  std::vector<uint64_t> delivered_;        // not taken yet
  Steady::time_point looked_{};
  Steady::time_point retry_at_ = Steady::time_point::max();
  Stats stats_;
};

}  // namespace tidemark
