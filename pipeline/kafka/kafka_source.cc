#include "pipeline/kafka/kafka_source.h"

#include <algorithm>
#include <array>
#include <future>
#include <thread>

#include "pipeline/kafka/client_config.h"
#include "pipeline/kafka/partition.h"

namespace tidemark {
namespace {

constexpr auto kAskForPartitions = std::chrono::milliseconds(2000);
constexpr uint64_t kPartitionsOfUnknownTopic = 16;
constexpr auto kCloseWithin = std::chrono::milliseconds(3000);

// Partitions of one topic, or a guess when nobody answers in time.
uint64_t AskPartitions(rd_kafka_t* client, const std::string& name, std::chrono::milliseconds timeout) {
  KafkaPtr<rd_kafka_topic_t> topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  if (topic == nullptr || timeout.count() <= 0 ||
      rd_kafka_metadata(client, 0, topic.get(), &raw, static_cast<int>(timeout.count())) != 0) {
    return kPartitionsOfUnknownTopic;
  }
  const KafkaPtr<const rd_kafka_metadata_t> metadata(raw);
  const bool known = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0;
  return known ? static_cast<uint64_t>(metadata->topics[0].partition_cnt) : kPartitionsOfUnknownTopic;
}

// The settings must be fixed before the group's client exists, so a client of its own asks.
Result<uint64_t> CountPartitions(const KafkaSpec& spec, std::span<const TopicSpec> topics) {
  TM_ASSIGN_OR_RETURN(auto conf, ConsumerConfig(spec, LimitsFor(1 << 20, 1)));
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  TM_ASSIGN_OR_RETURN(auto client, NewConsumer(std::move(conf)));
  const auto deadline = std::chrono::steady_clock::now() + kAskForPartitions;
  uint64_t count = 0;
  for (const TopicSpec& topic : topics) {
    const auto left = deadline - std::chrono::steady_clock::now();
    count += AskPartitions(client.get(), topic.name, std::chrono::duration_cast<std::chrono::milliseconds>(left));
  }
  return std::max<uint64_t>(count, 1);
}

// Going on as before won't help: somebody has to change credentials or ACLs. librdkafka tries on by itself meanwhile.
// A broker's alert about our certificate comes, with TLS 1.3, when the connection is up, so as a failure to receive.
bool IsRefusal(rd_kafka_resp_err_t error, std::string_view text) {
  if (error == RD_KAFKA_RESP_ERR__TRANSPORT) return text.find("SSL alert number") != std::string_view::npos;
  return error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL ||
         error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED || error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

std::vector<TopicPartition> ToVector(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  }
  return partitions;
}

}  // namespace

void KafkaSource::Callbacks::Install(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t* client, int level, const char*, const char* text) {
    const auto* self = static_cast<const Callbacks*>(rd_kafka_opaque(client));
    if (self->log) self->log(level, text);
  });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int error, const char* reason, void* opaque) {
    if (KafkaSource* source = static_cast<Callbacks*>(opaque)->source) {
      source->OnError(static_cast<rd_kafka_resp_err_t>(error), reason);
    }
  });
  rd_kafka_conf_set_offset_commit_cb(
      conf, [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*, void* opaque) {
        KafkaSource* source = static_cast<Callbacks*>(opaque)->source;
        if (source && error != RD_KAFKA_RESP_ERR_NO_ERROR) ++source->probe_.progress_failures;
      });
  rd_kafka_conf_set_rebalance_cb(
      conf, [](rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list, void* opaque) {
        if (KafkaSource* source = static_cast<Callbacks*>(opaque)->source) {
          source->OnRebalance(what, list);
        } else {
          rd_kafka_assign(client, nullptr);
        }
      });
}

Result<std::unique_ptr<KafkaSource>> KafkaSource::Open(const KafkaSpec& spec, std::span<const TopicSpec> topics,
                                                       Options options) {
  if (topics.empty()) return Invalid("kafka: no topics to read");
  std::unique_ptr<KafkaSource> source(new KafkaSource(spec, std::move(options)));
  TM_RETURN_IF_ERROR(source->Connect(topics));
  if (source->options_.partitions.empty()) {
    TM_RETURN_IF_ERROR(source->Subscribe(topics));
  } else {
    source->change_.assigned = source->expected_ = source->options_.partitions;
  }
  return source;
}

KafkaSource::KafkaSource(const KafkaSpec& spec, Options options)
    : spec_(spec), options_(std::move(options)), callbacks_(std::make_shared<Callbacks>()) {
  callbacks_->source = this;
  callbacks_->log = options_.log;
}

Status KafkaSource::Connect(std::span<const TopicSpec> topics) {
  TM_ASSIGN_OR_RETURN(const uint64_t partitions, CountPartitions(spec_, topics));
  TM_ASSIGN_OR_RETURN(auto conf, ConsumerConfig(spec_, LimitsFor(options_.fetch_memory_bytes, partitions)));
  callbacks_->Install(conf.get());
  TM_ASSIGN_OR_RETURN(client_, NewConsumer(std::move(conf)));
  rd_kafka_poll_set_consumer(client_.get());
  group_queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  rd_kafka_queue_cb_event_enable(
      group_queue_.get(), [](rd_kafka_t*, void* notifier) { static_cast<Notifier*>(notifier)->Notify(); }, &notifier_);
  LogEnds::Options ends;
  ends.interval = options_.proof_interval;
  ends.request_timeout = options_.request_timeout;
  ends_ = std::make_unique<LogEnds>(
      client_.get(), ends, [this] { OnProofs(); }, &probe_);
  return {};
}

Status KafkaSource::Subscribe(std::span<const TopicSpec> topics) {
  KafkaList list = NewKafkaList(topics.size());
  for (const TopicSpec& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.name.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto error = rd_kafka_subscribe(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Invalid(std::string("kafka: subscribe: ") + rd_kafka_err2str(error));
  return {};
}

// Leaving the group and destroying a client may wait for brokers that are gone: both happen aside, with a time limit.
KafkaSource::~KafkaSource() {
  ends_.reset();
  answered_.clear();
  partitions_.clear();
  if (client_ == nullptr) return;
  rd_kafka_queue_cb_event_enable(group_queue_.get(), nullptr, nullptr);
  group_queue_.reset();
  callbacks_->source = nullptr;
  std::promise<void> closed;
  auto done = closed.get_future();
  std::thread closer([client = client_.release(), callbacks = callbacks_, closed = std::move(closed)]() mutable {
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    closed.set_value();
  });
  if (done.wait_for(kCloseWithin) == std::future_status::ready) {
    closer.join();
  } else {
    closer.detach();
  }
}

AssignmentChange KafkaSource::Poll() {
  if (drop_assignment_) DropAssignment();
  while (change_.assigned.empty() && change_.revoked.empty()) {
    KafkaPtr<rd_kafka_message_t> message(rd_kafka_consumer_poll(client_.get(), 0));
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      fetch_again_ = true;  // a record outside its partition's queue: read it once more, in its place
      continue;
    }
    OnError(message->err, rd_kafka_message_errstr(message.get()));
  }
  uint64_t queued = 0;
  for (auto& [id, partition] : partitions_) {
    Serve(*partition);
    queued += static_cast<uint64_t>(static_cast<double>(rd_kafka_queue_length(partition->queue.get())) *
                                    partition->mean_record_bytes);
  }
  queued_bytes_.store(queued, std::memory_order_relaxed);
  if (fetch_again_ && !drop_assignment_) {
    if (const Status status = Fetch(); !status.ok()) OnError(RD_KAFKA_RESP_ERR__FAIL, status.text());
  }
  return std::exchange(change_, {});
}

void KafkaSource::OnRebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t* partitions) {
  ++probe_.rebalances;
  answered_.clear();
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    expected_ = ToVector(partitions);
    change_.assigned = expected_;
    if (expected_.empty()) rd_kafka_assign(client_.get(), partitions);  // nobody will call Assign
    return;
  }
  if (what != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) OnError(what, rd_kafka_err2str(what));
  expected_.clear();
  change_.revoked = ToVector(partitions);
  drop_assignment_ = true;
}

void KafkaSource::OnError(rd_kafka_resp_err_t error, const std::string& text) {
  ++probe_.broker_errors;
  if (IsRefusal(error, text)) ++probe_.refusals;
  std::lock_guard lock(trouble_mu_);
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> why{};
    rd_kafka_fatal_error(client_.get(), why.data(), why.size());
    fatal_ = why.data();
  }
  // "All brokers are down" follows the error that says why.
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !broker_trouble_.empty()) return;
  broker_trouble_ = ExplainError(text, spec_.properties);
}

void KafkaSource::OnProofs() {
  if (const uint64_t proofs = probe_.proofs; proofs != proofs_seen_) {
    proofs_seen_ = proofs;
    std::lock_guard lock(trouble_mu_);
    broker_trouble_.clear();
  }
  notifier_.Notify();
}

std::string KafkaSource::broker_trouble() const {
  std::lock_guard lock(trouble_mu_);
  return broker_trouble_;
}

std::string KafkaSource::fatal() const {
  std::lock_guard lock(trouble_mu_);
  return fatal_;
}

void KafkaSource::DropAssignment() {
  drop_assignment_ = fetch_again_ = false;
  ends_->Watch({});
  partitions_.clear();
  rd_kafka_assign(client_.get(), nullptr);
}

bool KafkaSource::HandOver() {
  std::vector<TopicPartition> assigned;
  if (!drop_assignment_) {
    for (const auto& [id, partition] : partitions_) assigned.push_back(partition->tp);
  }
  const bool fetching = !assigned.empty();
  if (fetching || drop_assignment_) DropAssignment();
  if (fetching) expected_ = std::move(assigned);
  answered_.clear();
  change_.revoked.clear();
  change_.assigned = expected_;
  return !expected_.empty();
}

Status KafkaSource::Assign(std::span<const StartAt> starts) {
  for (const StartAt& start : starts) {
    if (std::find(expected_.begin(), expected_.end(), start.tp) == expected_.end()) {
      return Invalid("topic " + start.tp.topic + ", partition " + std::to_string(start.tp.partition) +
                     " is not assigned to this member of the group");
    }
    answered_.push_back(std::make_unique<Partition>(start, spec_.on_data_loss));
  }
  if (answered_.size() < expected_.size() || answered_.empty()) return {};
  return StartFetching();
}

Status KafkaSource::StartFetching() {
  std::vector<std::pair<PartitionId, TopicPartition>> watched;
  for (auto& partition : answered_) {
    // Its own queue, before the first fetch: records forwarded to the group's queue would come in any order.
    partition->queue.reset(
        rd_kafka_queue_get_partition(client_.get(), partition->tp.topic.c_str(), partition->tp.partition));
    if (partition->queue == nullptr) return Internal("kafka: no queue for topic " + partition->tp.topic);
    rd_kafka_queue_forward(partition->queue.get(), nullptr);
    rd_kafka_queue_cb_event_enable(
        partition->queue.get(), [](rd_kafka_t*, void* notifier) { static_cast<Notifier*>(notifier)->Notify(); },
        &notifier_);
    watched.emplace_back(partition->id, partition->tp);
    partitions_[partition->id] = std::move(partition);
  }
  answered_.clear();
  expected_.clear();
  ends_->Watch(std::move(watched));
  return Fetch();
}

Status KafkaSource::Fetch() {
  fetch_again_ = false;
  KafkaList list = NewKafkaList(partitions_.size());
  const auto now = Steady::now();
  for (auto& [id, partition] : partitions_) {
    partition->fetched_at = now;
    partition->retry_at = Steady::time_point::max();
    if (partition->check.halted()) continue;
    const Offset from = partition->check.fetch_from();
    const int64_t reset =
        spec_.auto_offset_reset == OffsetReset::kLatest ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_topic_partition_list_add(list.get(), partition->tp.topic.c_str(), partition->tp.partition)->offset =
        from == kNoOffset ? reset : from.v;
  }
  const auto error = rd_kafka_assign(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unavailable(std::string("kafka: assign: ") + rd_kafka_err2str(error));
  return {};
}

void KafkaSource::ReportProgress(std::span<const std::pair<TopicPartition, Offset>> next_offsets) {
  if (next_offsets.empty() || !options_.partitions.empty()) return;
  KafkaList list = NewKafkaList(next_offsets.size());
  for (const auto& [tp, next] : next_offsets) {
    rd_kafka_topic_partition_list_add(list.get(), tp.topic.c_str(), tp.partition)->offset = next.v;
  }
  if (rd_kafka_commit(client_.get(), list.get(), /*async=*/1) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++probe_.progress_failures;
  }
}

}  // namespace tidemark
