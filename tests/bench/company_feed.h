// The simulated company's events as they would lie in a topic: the input of what is measured of the whole catalogue.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/demo/company.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/status.h"

namespace tidemark {

// Calls visit(partition, text, time_micros, event) for the events, about `events`, of a company that does business in
// [end - span, end); the partition goes by the record's key. Returns how many there were, or the first error of a visit.
template <typename Visit>
Result<int64_t> FeedCompany(int64_t events, int64_t partitions, int64_t end, int64_t span, const Visit& visit) {
  demo::CompanyOptions options;
  options.start = EventTimeFromMicros(end - span);
  options.end = EventTimeFromMicros(end);
  options.events_per_day = static_cast<double>(events) / (static_cast<double>(span) / 86'400e6);
  demo::Company company(options);
  demo::Fact fact;
  std::string text;
  int64_t count = 0;
  for (; company.Next(&fact); ++count) {
    fact.event.SerializeToString(&text);
    const auto partition = static_cast<int32_t>(Hash64(fact.key) % static_cast<uint64_t>(partitions));
    TM_RETURN_IF_ERROR(visit(partition, text, Micros(fact.time), fact.event));
  }
  return count;
}

}  // namespace tidemark
