// KafkaSource: what happens to a single partition.
#include <algorithm>

#include "pipeline/kafka/kafka_source.h"
#include "pipeline/kafka/message.h"
#include "pipeline/kafka/partition.h"

namespace tidemark {
namespace {

constexpr auto kRecogniseWithin = std::chrono::seconds(10);  // then the last record is asked for once more
constexpr auto kRetryUnreadable = std::chrono::seconds(5);

// Keeps the messages that the views of a batch point into.
struct MessageBatch final : RecordBatch::Owner {
  std::vector<rd_kafka_message_t*> messages;
  ~MessageBatch() override {
    for (rd_kafka_message_t* message : messages) rd_kafka_message_destroy(message);
  }
  void Headers(size_t record, std::vector<RecordHeader>* out) const override { AppendHeaders(*messages[record], out); }
};

RecordView ToRecord(const rd_kafka_message_t& message) {
  return {Offset{message.offset}, KafkaTime(message), BytesOf(message.key, message.key_len),
          BytesOf(message.payload, message.len)};
}

bool OffsetIsOutOfRange(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
}

// Errors of the bytes themselves, after which librdkafka would go on behind them.
bool RecordIsUnreadable(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__BAD_MSG || error == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
         error == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED || error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG;
}

}  // namespace

KafkaSource::Partition* KafkaSource::Find(PartitionId id) const {
  const auto it = partitions_.find(id);
  return it == partitions_.end() ? nullptr : it->second.get();
}

bool KafkaSource::MayTake(const Partition& partition) const {
  return !fetch_again_ && !partition.check.halted() && !partition.check.has_report() &&
         partition.answer.trouble.empty() && partition.retry_at == Steady::time_point::max();
}

bool KafkaSource::ready(PartitionId id) const {
  const Partition* partition = Find(id);
  return partition != nullptr && MayTake(*partition) && rd_kafka_queue_length(partition->queue.get()) > 0;
}

// Brings the check up to what the control thread has learnt.
void KafkaSource::Serve(Partition& partition) {
  partition.answer = ends_->Get(partition.id);
  if (partition.interruptions != partition.answer.interruptions) {
    partition.interruptions = partition.answer.interruptions;
    ++probe_.rechecks;
    Act(partition, partition.check.OnInterruption());
  }
  if (const auto& range = partition.answer.range) Act(partition, partition.check.OnRange(range->first, range->second));
  if (partition.check.recognising() && partition.answer.trouble.empty() &&
      Steady::now() - partition.fetched_at > kRecogniseWithin) {
    fetch_again_ = true;
  }
  if (partition.retry_at != Steady::time_point::max() && Steady::now() >= partition.retry_at) fetch_again_ = true;
  if (const uint64_t now = partition.check.unrecognised(); now != partition.unrecognised) {
    probe_.unrecognised_starts += now - std::exchange(partition.unrecognised, now);
  }
}

void KafkaSource::Act(Partition& partition, LogCheck::Verdict verdict) {
  switch (verdict) {
    case LogCheck::Verdict::kAskRange:
      ends_->AskRange(partition.id);
      break;
    case LogCheck::Verdict::kSeek:
      fetch_again_ = true;
      notifier_.Notify();
      break;
    case LogCheck::Verdict::kDeliver:
    case LogCheck::Verdict::kDrop:
    case LogCheck::Verdict::kHalt:
      break;
  }
}

Result<RecordBatch> KafkaSource::Take(PartitionId id, size_t max_records) {
  Partition* partition = Find(id);
  if (partition == nullptr || drop_assignment_) return RecordBatch();
  Serve(*partition);
  if (!MayTake(*partition)) return RecordBatch();
  scratch_.resize(max_records);
  const ssize_t count = rd_kafka_consume_batch_queue(partition->queue.get(), 0, scratch_.data(), max_records);
  if (count < 0) return Unavailable(std::string("kafka: ") + rd_kafka_err2str(rd_kafka_last_error()));
  auto batch = std::make_unique<MessageBatch>();
  batch->messages.reserve(static_cast<size_t>(count));
  std::vector<RecordView> records;
  records.reserve(static_cast<size_t>(count));
  uint64_t bytes = 0;
  for (ssize_t i = 0; i < count; ++i) {
    KafkaPtr<rd_kafka_message_t> message(scratch_[static_cast<size_t>(i)]);
    if (partition->retry_at != Steady::time_point::max()) continue;  // behind a hole
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      OnPartitionEvent(*partition, *message);
      continue;
    }
    const RecordView record = ToRecord(*message);
    const LogCheck::Verdict verdict = partition->check.OnRecord(record);
    if (verdict != LogCheck::Verdict::kDeliver) {
      Act(*partition, verdict);
      continue;
    }
    bytes += record.key.size() + record.value.size();
    records.push_back(record);
    batch->messages.push_back(message.release());
  }
  if (!records.empty()) {
    partition->check.Delivered(records.back());
    partition->fetch_error.clear();
    partition->mean_record_bytes = static_cast<double>(bytes) / static_cast<double>(records.size());
    probe_.records.fetch_add(records.size(), std::memory_order_relaxed);
    probe_.record_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  if (count > 0) ends_->SetPosition(id, partition->check.next());
  return RecordBatch(std::move(records), std::move(batch));
}

void KafkaSource::OnPartitionEvent(Partition& partition, const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    partition.fetch_error.clear();
    Act(partition, partition.check.OnEnd(Offset{message.offset}));
    return;
  }
  ++probe_.fetch_errors;
  if (OffsetIsOutOfRange(message.err)) {
    Act(partition, partition.check.OnOutOfRange());
    return;
  }
  partition.fetch_error = rd_kafka_message_errstr(&message);
  if (RecordIsUnreadable(message.err)) partition.retry_at = Steady::now() + kRetryUnreadable;
}

PartitionStatus KafkaSource::status(PartitionId id) {
  PartitionStatus status;
  Partition* partition = Find(id);
  if (partition == nullptr) return status;
  Serve(*partition);
  const LogEnds::Answer& answer = partition->answer;
  if (answer.proof) status.log_end = answer.proof->end;
  status.position = partition->check.next();
  if (partition->check.halted()) {
    status.health = PartitionHealth::kHalted;
    status.reason = partition->check.halt_reason();
    return status;
  }
  if (!answer.trouble.empty() && Steady::now() - answer.since >= options_.unreadable_after) {
    status.health = PartitionHealth::kUnreadable;
    const std::string brokers = broker_trouble();
    status.reason = brokers.empty() ? answer.trouble : answer.trouble + ": " + brokers;
  } else if (!partition->fetch_error.empty()) {
    status.health = PartitionHealth::kUnreadable;
    status.reason = partition->fetch_error;
  }
  if (partition->check.reading()) status.proof = answer.proof;
  if (partition->check.has_report()) {
    status.gap = partition->check.TakeGap();
    status.restarted = partition->check.TakeRestarted();
    notifier_.Notify();  // what was held back until now may be taken
  }
  return status;
}

}  // namespace tidemark
