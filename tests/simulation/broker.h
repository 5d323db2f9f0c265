// The logs as Kafka holds them, and all that may become of a log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/engine/source.h"

namespace tidemark::simulation {

enum class RecordKind : uint8_t { kEvent, kUndecodable, kNoTime, kFuture };

struct BrokerRecord {
  Offset offset;
  WallTime kafka_time;
  std::string value;
  RecordKind kind = RecordKind::kEvent;
  int event = -1;  // of the subject's, where it is one
};

struct BrokerLog {
  std::vector<BrokerRecord> records;  // those in [low, high), in offset order; holes are control records
  Offset low{0}, high{0};
  uint64_t changes = 0;               // how often what readers had read was taken away behind them
  int made = 0;                       // how often the topic was created
};

class Broker {
 public:
  void Create(const TopicPartition& tp) { logs_[tp]; }
  void Append(const TopicPartition& tp, WallTime kafka_time, std::string value, RecordKind kind, int event);
  void AppendControlRecord(const TopicPartition& tp) { ++logs_.at(tp).high.v; }
  // The log ends at `cut` again. Not before `low`.
  void Truncate(const TopicPartition& tp, Offset cut);
  void DeleteBefore(const TopicPartition& tp, Offset low);
  void Recreate(const TopicPartition& tp);

  const std::map<TopicPartition, BrokerLog>& logs() const { return logs_; }
  const BrokerLog& log(const TopicPartition& tp) const { return logs_.at(tp); }

 private:
  std::map<TopicPartition, BrokerLog> logs_;
};

}  // namespace tidemark::simulation
