#include "tests/simulation/broker.h"

#include <utility>

namespace tidemark::simulation {

void Broker::Append(const TopicPartition& tp, WallTime kafka_time, std::string value, RecordKind kind, int event) {
  BrokerLog& log = logs_.at(tp);
  log.records.push_back({log.high, kafka_time, std::move(value), kind, event});
  ++log.high.v;
}

void Broker::Truncate(const TopicPartition& tp, Offset cut) {
  BrokerLog& log = logs_.at(tp);
  TM_CHECK(cut >= log.low && cut <= log.high);
  std::erase_if(log.records, [&](const BrokerRecord& r) { return r.offset >= cut; });
  log.high = cut;
  ++log.changes;
}

void Broker::DeleteBefore(const TopicPartition& tp, Offset low) {
  BrokerLog& log = logs_.at(tp);
  TM_CHECK(low >= log.low && low <= log.high);
  std::erase_if(log.records, [&](const BrokerRecord& r) { return r.offset < low; });
  log.low = low;
}

void Broker::Recreate(const TopicPartition& tp) {
  BrokerLog& log = logs_.at(tp);
  log.records.clear();
  log.low = log.high = Offset{0};
  ++log.changes;
  ++log.made;
}

}  // namespace tidemark::simulation
