// A stand-in for the engine: drives a KafkaSource and keeps what an engine would store.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/kafka/kafka_source.h"

namespace tidemark {

using namespace std::chrono_literals;

inline KafkaSpec SpecFor(const std::string& bootstrap, const std::string& group) {
  KafkaSpec spec;
  spec.brokers = bootstrap;
  spec.group = group;
  spec.properties = {{"topic.metadata.refresh.interval.ms", "500"},
                     {"session.timeout.ms", "4000"},
                     {"heartbeat.interval.ms", "300"},
                     {"fetch.wait.max.ms", "20"}};
  return spec;
}

inline KafkaSource::Options FastOptions() {
  KafkaSource::Options options;
  options.proof_interval = 200ms;
  options.request_timeout = 300ms;
  options.unreadable_after = 1000ms;
  return options;
}

// What survives a restart of the reader.
struct Stored {
  struct Progress {
    Offset next = kNoOffset;
    Offset last = kNoOffset;
    uint64_t digest = 0;
  };
  std::map<TopicPartition, Progress> progress;
  std::map<TopicPartition, std::vector<std::string>> values;  // every record handed out, in order
};

class KafkaReader {
 public:
  KafkaReader(const KafkaSpec& spec, const std::string& topic, Stored* stored,
              KafkaSource::Options options = FastOptions())
      : stored_(stored) {
    std::vector<TopicSpec> topics(1);
    topics[0].name = topic;
    auto source = KafkaSource::Open(spec, topics, std::move(options));
    EXPECT_TRUE(source.ok()) << source.status().text();
    source_ = std::move(source).value();
  }

  // One round of an engine.
  void Step() {
    const AssignmentChange change = source_->Poll();
    for (const TopicPartition& tp : change.revoked) ids_.erase(tp);
    std::vector<StartAt> starts;
    for (const TopicPartition& tp : change.assigned) {
      const PartitionId id{next_id_++};
      ids_[tp] = id;
      const Stored::Progress& progress = stored_->progress[tp];
      starts.push_back({id, tp, progress.next, progress.last, progress.digest});
    }
    if (!starts.empty()) {
      ++assignments_;
      const Status status = source_->Assign(starts);
      EXPECT_TRUE(status.ok()) << status.text();
    }
    for (const auto& [tp, id] : ids_) TakeAll(tp, id);
  }

  // Steps until `done`, or says that it never was.
  bool Until(const std::function<bool()>& done, std::chrono::milliseconds timeout = 20s) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      Step();
      if (done()) return true;
      if (std::chrono::steady_clock::now() > deadline) return false;
      source_->Wait(50ms);
    }
  }
  void For(std::chrono::milliseconds time) {
    Until([] { return false; }, time);
  }

  size_t count() const {
    size_t n = 0;
    for (const auto& [tp, values] : stored_->values) n += values.size();
    return n;
  }
  size_t partitions() const { return ids_.size(); }
  int assignments() const { return assignments_; }
  KafkaSource& source() { return *source_; }
  // The newest status; what is told once is kept.
  const PartitionStatus& status(const TopicPartition& tp) { return statuses_[tp]; }
  bool halted(const TopicPartition& tp) { return statuses_[tp].health == PartitionHealth::kHalted; }
  bool Proven(const TopicPartition& tp, WallTime after) {
    const PartitionStatus& status = statuses_[tp];
    return status.proof && status.proof->at > after && status.position >= status.proof->end;
  }
  const std::vector<std::pair<Offset, Offset>>& gaps() const { return gaps_; }
  int restarts() const { return restarts_; }

 private:
  void TakeAll(const TopicPartition& tp, PartitionId id) {
    Stored::Progress& progress = stored_->progress[tp];
    for (;;) {
      Observe(tp, id);
      auto batch = source_->Take(id, 100);
      ASSERT_TRUE(batch.ok()) << batch.status().text();
      for (const RecordView& record : batch->records()) {
        EXPECT_GT(record.offset, progress.last) << tp.topic << " " << tp.partition;
        stored_->values[tp].emplace_back(record.value);
        progress = {Offset{record.offset.v + 1}, record.offset, RecordDigest(record)};
      }
      if (batch->empty()) break;
    }
  }

  // Before every Take, as an engine must: what is told once concerns the records that follow.
  void Observe(const TopicPartition& tp, PartitionId id) {
    const PartitionStatus& status = statuses_[tp] = source_->status(id);
    if (status.gap) gaps_.push_back(*status.gap);
    if (!status.restarted) return;
    ++restarts_;
    stored_->progress[tp] = {};
  }

  Stored* const stored_;
  std::unique_ptr<KafkaSource> source_;
  std::map<TopicPartition, PartitionId> ids_;
  std::map<TopicPartition, PartitionStatus> statuses_;
  std::vector<std::pair<Offset, Offset>> gaps_;
  int restarts_ = 0;
  int assignments_ = 0;
  uint32_t next_id_ = 0;
};

inline WallTime WallNow() {
  return WallTime(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

// "first" .. "first + n - 1"
inline std::vector<std::string> Numbers(int first, int n) {
  std::vector<std::string> numbers;
  for (int i = 0; i < n; ++i) numbers.push_back(std::to_string(first + i));
  return numbers;
}

}  // namespace tidemark
