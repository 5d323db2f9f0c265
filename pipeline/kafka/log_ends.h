// Asks the brokers, time and again, where the logs end. The source of every proof.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/engine/source.h"
#include "pipeline/kafka/handles.h"
#include "pipeline/kafka/probe.h"

namespace tidemark {

// One thread that, each `interval`, asks for the ends of all watched logs in one call, and does every other request
// that has to wait for a broker.
// Invariants: (1) a proof's instant was read before its request was sent, and its end comes from the answer to that
// request; (2) a partition whose end was not learnt in a round has had an interruption, which is shown before or
// together with the next proof.
// Threads: the public interface from any; `notify` is called from the own thread. The client outlives this.
class LogEnds {
 public:
  struct Options {
    std::chrono::milliseconds interval{1000};
    std::chrono::milliseconds request_timeout{1500};
  };
  struct Answer {
    std::optional<LogEndProof> proof;               // the newest
    std::string trouble;                            // why the last round got no answer; empty: it did
    std::chrono::steady_clock::time_point since{};  // of the trouble, or of the watching
    uint64_t interruptions = 0;  // rises when answers come again, or the end went back behind the position
    std::optional<std::pair<Offset, Offset>> range;  // to AskRange: [low, high); given out once
  };

  LogEnds(rd_kafka_t* client, Options options, std::function<void()> notify, KafkaProbe* probe);
  ~LogEnds();
  LogEnds(const LogEnds&) = delete;
  LogEnds& operator=(const LogEnds&) = delete;

  // From now on exactly these; what is known about others is forgotten.
  void Watch(std::vector<std::pair<PartitionId, TopicPartition>> partitions);
  // How far the partition was read: an end before it means that the log is not the one that was read.
  void SetPosition(PartitionId id, Offset position);
  void AskRange(PartitionId id);
  // REQUIRES: id is watched.
  Answer Get(PartitionId id);

 private:
  using Steady = std::chrono::steady_clock;
  struct Watched {
    TopicPartition tp;
    Offset position = kNoOffset;
    bool ask_range = false;
    Answer answer;
  };
  // A copy to work on without the lock.
  struct Target {
    PartitionId id;
    TopicPartition tp;
    Offset position;
    bool ask_range;
    std::string no_leader;  // why it can't be asked at all
  };

  void Run();
  bool stopping();
  std::vector<Target> Targets();
  bool AskAll(const std::vector<Target>& targets);
  void AskOneByOne(std::vector<Target> targets);
  // Fills in no_leader; an error when no broker answers.
  Status FindLeaders(std::vector<Target>& targets);
  void AnswerRanges(const std::vector<Target>& targets);
  void Confirmed(const Target& target, WallTime at, Offset end);
  void Failed(const Target& target, const std::string& why);  // in the round that began at round_began_
  int timeout_ms() const { return static_cast<int>(options_.request_timeout.count()); }

  rd_kafka_t* const client_;
  const Options options_;
  const std::function<void()> notify_;
  KafkaProbe* const probe_;

  Steady::time_point round_began_{};  // confined to the thread

  std::mutex mu_;
  std::condition_variable wake_;
  std::map<PartitionId, Watched> watched_;  // GUARDED_BY(mu_)
  bool hurry_ = false;                      // GUARDED_BY(mu_)
  bool stop_ = false;                       // GUARDED_BY(mu_)
  std::thread thread_;
};

}  // namespace tidemark
