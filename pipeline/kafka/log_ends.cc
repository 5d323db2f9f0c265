#include "pipeline/kafka/log_ends.h"

#include "pipeline/base/check.h"

namespace tidemark {
namespace {

WallTime Now() {
  return WallTime(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

const rd_kafka_metadata_topic* FindTopic(const rd_kafka_metadata_t& metadata, const std::string& name) {
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    if (name == metadata.topics[i].topic) return &metadata.topics[i];
  }
  return nullptr;
}

// Why this partition has no leader to ask; empty when it has one.
std::string WhyNoLeader(const rd_kafka_metadata_t& metadata, const TopicPartition& tp) {
  const rd_kafka_metadata_topic* topic = FindTopic(metadata, tp.topic);
  if (topic == nullptr || topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return "topic " + tp.topic + " does not exist";
  }
  if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR) return "topic " + tp.topic + ": " + rd_kafka_err2str(topic->err);
  for (int i = 0; i < topic->partition_cnt; ++i) {
    const rd_kafka_metadata_partition& partition = topic->partitions[i];
    if (partition.id != tp.partition) continue;
    if (partition.leader >= 0) return "";
    return "partition " + std::to_string(tp.partition) + " of topic " + tp.topic + " has no leader";
  }
  return "topic " + tp.topic + " has no partition " + std::to_string(tp.partition);
}

}  // namespace

LogEnds::LogEnds(rd_kafka_t* client, Options options, std::function<void()> notify, KafkaProbe* probe)
    : client_(client), options_(options), notify_(std::move(notify)), probe_(probe), thread_([this] { Run(); }) {}

LogEnds::~LogEnds() {
  {
    std::lock_guard lock(mu_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogEnds::Watch(std::vector<std::pair<PartitionId, TopicPartition>> partitions) {
  {
    std::lock_guard lock(mu_);
    watched_.clear();
    for (auto& [id, tp] : partitions) {
      Watched& watched = watched_[id];
      watched.tp = std::move(tp);
      watched.answer.since = Steady::now();
    }
    hurry_ = true;
  }
  wake_.notify_one();
}

void LogEnds::SetPosition(PartitionId id, Offset position) {
  std::lock_guard lock(mu_);
  if (auto it = watched_.find(id); it != watched_.end()) it->second.position = position;
}

void LogEnds::AskRange(PartitionId id) {
  {
    std::lock_guard lock(mu_);
    auto it = watched_.find(id);
    if (it == watched_.end()) return;
    it->second.ask_range = true;
    it->second.answer.range.reset();
    hurry_ = true;
  }
  wake_.notify_one();
}

LogEnds::Answer LogEnds::Get(PartitionId id) {
  std::lock_guard lock(mu_);
  auto it = watched_.find(id);
  TM_CHECK(it != watched_.end());
  Answer answer = it->second.answer;
  it->second.answer.range.reset();
  return answer;
}

void LogEnds::Run() {
  std::unique_lock lock(mu_);
  while (!stop_) {
    hurry_ = false;
    lock.unlock();
    if (const std::vector<Target> targets = Targets(); !targets.empty()) {
      round_began_ = Steady::now();
      if (!AskAll(targets) && !stopping()) AskOneByOne(targets);
      AnswerRanges(targets);
      notify_();
    }
    lock.lock();
    wake_.wait_for(lock, options_.interval, [this] { return stop_ || hurry_; });
  }
}

bool LogEnds::stopping() {
  std::lock_guard lock(mu_);
  return stop_;
}

std::vector<LogEnds::Target> LogEnds::Targets() {
  std::lock_guard lock(mu_);
  std::vector<Target> targets;
  for (const auto& [id, watched] : watched_) {
    targets.push_back({id, watched.tp, watched.position, watched.ask_range, {}});
  }
  return targets;
}

bool LogEnds::AskAll(const std::vector<Target>& targets) {
  KafkaList list = NewKafkaList(targets.size());
  for (const Target& target : targets) {
    // A "time" of -1 asks for the end; the broker answers under the consumer's isolation level.
    rd_kafka_topic_partition_list_add(list.get(), target.tp.topic.c_str(), target.tp.partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  const WallTime at = Now();
  if (rd_kafka_offsets_for_times(client_, list.get(), timeout_ms()) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  bool complete = true;
  for (const Target& target : targets) {
    const rd_kafka_topic_partition_t* answer =
        rd_kafka_topic_partition_list_find(list.get(), target.tp.topic.c_str(), target.tp.partition);
    if (answer == nullptr || answer->err != RD_KAFKA_RESP_ERR_NO_ERROR || answer->offset < 0) {
      complete = false;
    } else {
      Confirmed(target, at, Offset{answer->offset});
    }
  }
  return complete;
}

// One partition without a leader fails the common call: find out which, so that the others keep their proofs.
void LogEnds::AskOneByOne(std::vector<Target> targets) {
  if (const Status reachable = FindLeaders(targets); !reachable.ok()) {
    for (const Target& target : targets) Failed(target, reachable.text());
    return;
  }
  std::vector<Target> with_leader;
  for (const Target& target : targets) {
    if (target.no_leader.empty()) {
      with_leader.push_back(target);
    } else {
      Failed(target, target.no_leader);
    }
  }
  if (with_leader.empty() || stopping() || (with_leader.size() < targets.size() && AskAll(with_leader))) return;
  for (const Target& target : with_leader) {
    int64_t low = 0;
    int64_t high = 0;
    const WallTime at = Now();
    const auto error = rd_kafka_query_watermark_offsets(client_, target.tp.topic.c_str(), target.tp.partition, &low,
                                                        &high, timeout_ms());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Confirmed(target, at, Offset{high});
    } else {
      Failed(target, std::string("the end of the log is unknown: ") + rd_kafka_err2str(error));
    }
    if (stopping()) return;
  }
}

Status LogEnds::FindLeaders(std::vector<Target>& targets) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client_, 0, nullptr, &raw, timeout_ms());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unavailable(std::string("no broker answers: ") + rd_kafka_err2str(error));
  }
  const KafkaPtr<const rd_kafka_metadata_t> metadata(raw);
  for (Target& target : targets) target.no_leader = WhyNoLeader(*metadata, target.tp);
  return {};
}

void LogEnds::AnswerRanges(const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    if (!target.ask_range) continue;
    if (stopping()) return;
    int64_t low = 0;
    int64_t high = 0;
    if (rd_kafka_query_watermark_offsets(client_, target.tp.topic.c_str(), target.tp.partition, &low, &high,
                                         timeout_ms()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      continue;  // asked again in the next round
    }
    std::lock_guard lock(mu_);
    auto it = watched_.find(target.id);
    if (it == watched_.end() || it->second.tp != target.tp) continue;
    it->second.ask_range = false;
    it->second.answer.range = {Offset{low}, Offset{high}};
  }
}

void LogEnds::Confirmed(const Target& target, WallTime at, Offset end) {
  probe_->proofs.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard lock(mu_);
  auto it = watched_.find(target.id);
  if (it == watched_.end() || it->second.tp != target.tp) return;  // reassigned meanwhile
  Answer& answer = it->second.answer;
  // Told once, not in each round: each time the log is looked at anew, from its last record, and that takes longer than a round.
  const bool went_back = end < target.position && (!answer.proof || end < answer.proof->end);
  if (!answer.trouble.empty() || went_back) ++answer.interruptions;
  answer.trouble.clear();
  answer.proof = LogEndProof{at, end};
}

void LogEnds::Failed(const Target& target, const std::string& why) {
  probe_->proof_failures.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard lock(mu_);
  auto it = watched_.find(target.id);
  if (it == watched_.end() || it->second.tp != target.tp) return;
  if (it->second.answer.trouble.empty()) it->second.answer.since = round_began_;
  it->second.answer.trouble = why;
}

}  // namespace tidemark
