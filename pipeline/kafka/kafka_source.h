// Records from Kafka topics: as a member of a consumer group, or of partitions that are given.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/engine/source.h"
#include "pipeline/kafka/handles.h"
#include "pipeline/kafka/log_check.h"
#include "pipeline/kafka/log_ends.h"
#include "pipeline/kafka/notifier.h"
#include "pipeline/kafka/probe.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// The group decides which partitions are ours; the offsets come from the engine's state. Each partition has a queue of
// its own, so that the engine chooses from which to take.
// Invariants: (1) a partition's records are handed out in rising order and none twice, unless status() said restarted
// first; (2) nothing is handed out, and no proof shown, while it is not certain that the log is the one read before;
// (3) a gap or a new beginning is reported by status() before the first record behind it is handed out.
// Threads: the engine's, as for every RecordSource; Wake(), probe(), queued_bytes(), broker_trouble() and fatal() from any.
// Lifetime: outlives its batches. The destructor leaves the group and returns within some seconds, brokers or not.
// Failure: losing brokers, topics or the right to read them is a status, never an exit; what fatal() tells of ends this source.
class KafkaSource final : public RecordSource {
 public:
  struct Options {
    uint64_t fetch_memory_bytes = 64ull << 20;  // for records fetched and not yet taken, all partitions together
    std::chrono::milliseconds proof_interval{1000};
    std::chrono::milliseconds request_timeout{1500};   // of one question to the brokers
    std::chrono::milliseconds unreadable_after{5000};  // without a sign of life of a partition
    // Not empty: reads just these, without joining the group or telling it of any progress.
    std::vector<TopicPartition> partitions;
    // librdkafka's log lines: syslog level, text. Called from its threads. Unset: dropped.
    std::function<void(int level, std::string_view text)> log;
  };

  // Joins the group, unless partitions are given. Waits a moment for a broker to tell the number of partitions, but succeeds without one too.
  // kInvalid: a property is unknown, has a wrong value or is not for the user to set.
  static Result<std::unique_ptr<KafkaSource>> Open(const KafkaSpec& spec, std::span<const TopicSpec> topics,
                                                   Options options);
  ~KafkaSource() override;

  AssignmentChange Poll() override;
  // All partitions of an assignment must have been given, in one call or several, before any is fetched.
  Status Assign(std::span<const StartAt> starts) override;
  // Another engine takes over: what is assigned is told again by the next Poll, as if it were new. False: nothing is.
  bool HandOver();
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override;
  PartitionStatus status(PartitionId id) override;
  bool ready(PartitionId id) const override;
  // Edge-triggered: returns when something came since the last Wait, not because something is still here.
  void Wait(Duration timeout) override { notifier_.Wait(timeout); }
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>> next_offsets) override;

  void Wake() { notifier_.Notify(); }
  const KafkaProbe& probe() const { return probe_; }
  // Estimate of the payload waiting in the partitions' queues. As of the last Poll().
  uint64_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  // The newest trouble with the brokers or the group, and with what it may help; empty once a broker answers.
  std::string broker_trouble() const;
  // Why this client can't go on, ever: another member took its group.instance.id, say. Empty: it can.
  std::string fatal() const;

 private:
  using Steady = std::chrono::steady_clock;
  struct Partition;
  struct Callbacks;  // what librdkafka calls; outlives us when a shutdown takes too long

  KafkaSource(const KafkaSpec& spec, Options options);
  Status Connect(std::span<const TopicSpec> topics);
  Status Subscribe(std::span<const TopicSpec> topics);

  void OnRebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t* partitions);
  void OnError(rd_kafka_resp_err_t error, const std::string& text);
  void OnProofs();
  void DropAssignment();
  Status StartFetching();
  Status Fetch();  // all partitions, each from where its check wants it; what was fetched before is forgotten
  Partition* Find(PartitionId id) const;
  void Serve(Partition& partition);
  void Act(Partition& partition, LogCheck::Verdict verdict);
  bool MayTake(const Partition& partition) const;
  void OnPartitionEvent(Partition& partition, const rd_kafka_message_t& message);

  const KafkaSpec spec_;
  const Options options_;
  Notifier notifier_;
  KafkaProbe probe_;
  std::atomic<uint64_t> queued_bytes_{0};
  uint64_t proofs_seen_ = 0;  // confined to the thread of ends_
  mutable std::mutex trouble_mu_;
  std::string broker_trouble_;  // GUARDED_BY(trouble_mu_)
  std::string fatal_;           // GUARDED_BY(trouble_mu_)

  // Confined to the engine's thread.
  std::shared_ptr<Callbacks> callbacks_;
  KafkaPtr<rd_kafka_t> client_;
  KafkaPtr<rd_kafka_queue_t> group_queue_;
  std::unique_ptr<LogEnds> ends_;
  AssignmentChange change_;                           // collected for the next Poll
  std::vector<TopicPartition> expected_;              // assigned by the group, to be answered by Assign
  std::vector<std::unique_ptr<Partition>> answered_;  // until all are
  std::map<PartitionId, std::unique_ptr<Partition>> partitions_;
  bool drop_assignment_ = false;  // the engine was told; gone with the next Poll
  bool fetch_again_ = false;      // some check wants another offset: nothing is taken until the next Poll
  std::vector<rd_kafka_message_t*> scratch_;
};

}  // namespace tidemark
