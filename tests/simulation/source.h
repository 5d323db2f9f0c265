// Kafka's client, simulated: pipeline/kafka's own LogCheck decides what is handed out; the broker, the group and the network are
// made up.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/kafka/log_check.h"
#include "tests/simulation/broker.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/trace.h"

namespace tidemark::simulation {

// Is told what the engine gets to know, in this order.
class SourceListener {
 public:
  virtual ~SourceListener() = default;
  // Reading begins anew: what was handed out after this was not applied.
  virtual void Assigned(const StartAt& start) = 0;
  virtual void Delivered(const TopicPartition& tp, const BrokerRecord& record) = 0;
  virtual void Skipped(const TopicPartition& tp, Offset first, Offset last) = 0;
  virtual void Restarted(const TopicPartition& tp) = 0;
  // `last`: the last record that was in the log; kNoOffset: none.
  virtual void Proved(const TopicPartition& tp, WallTime at, Offset last) = 0;
};

// One client, a member of the group; or, given partitions, one that reads just these, as a back-fill does.
class SimulatedSource final : public RecordSource {
 public:
  SimulatedSource(const Broker& broker, Faults* faults, Trace* trace, OnDataLoss on_data_loss, SourceListener* listener,
                  std::vector<TopicPartition> partitions = {});

  // Time goes on: faults begin and end, the group changes, log ends are asked for.
  void Tick(WallTime now);
  // The group as it would be without faults, everything readable.
  void Settle();

  AssignmentChange Poll() override;
  Status Assign(std::span<const StartAt> starts) override;
  Result<RecordBatch> Take(PartitionId id, size_t max_records) override;
  PartitionStatus status(PartitionId id) override;
  bool ready(PartitionId id) const override;
  void Wait(Duration) override {}
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}

  bool halted() const;
  bool failed() const { return failed_; }
  // What the engine did that the port forbids; "" when nothing.
  const std::string& misuse() const { return misuse_; }

 private:
  struct Reader {
    Reader(const StartAt& start, OnDataLoss on_data_loss) : tp(start.tp), check(start, on_data_loss), fetch(check.fetch_from()) {}

    TopicPartition tp;
    LogCheck check;
    Offset fetch;                   // kNoOffset: from the log's beginning
    Offset end_told = kNoOffset;    // where the log was said to end
    uint64_t changes = 0;           // of the log, that the check was told
    uint64_t interruptions = 0, interruptions_told = 0;
    bool asking = false, unreadable = false;
    std::optional<LogEndProof> proof;
  };

  Reader* Find(PartitionId id, const char* what);
  const Reader* Find(PartitionId id) const;
  bool MayTake(const Reader& reader) const;
  bool HasMore(const Reader& reader) const;
  void Serve(Reader* reader);
  void Act(Reader* reader, LogCheck::Verdict verdict);
  void Rebalance();
  void Change(std::vector<TopicPartition> revoked, std::vector<TopicPartition> assigned);
  std::vector<TopicPartition> All() const;

  const Broker& broker_;
  Faults& faults_;
  Trace& trace_;
  const OnDataLoss on_data_loss_;
  SourceListener* const listener_;        // null: nobody
  const std::vector<TopicPartition> own_; // empty: the group says
  std::map<PartitionId, Reader> readers_;
  std::deque<AssignmentChange> changes_;  // for the next Polls
  std::set<TopicPartition> members_;      // assigned once all changes are through
  std::vector<TopicPartition> leaving_, expected_;
  bool failed_ = false;
  std::string misuse_;
};

}  // namespace tidemark::simulation
