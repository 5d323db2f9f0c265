#include "daemon/record_counts.h"

namespace tidemark {

std::string DescribeRecords(const View& view) {
  RecordCounts sum;
  for (const PartitionView& p : view.partitions()) sum += p.counts;
  int64_t undecodable = 0;
  for (const int64_t n : sum.undecodable) undecodable += n;
  if (sum.read == sum.accepted) return "";
  std::string text = "of " + std::to_string(sum.read) + " events " + std::to_string(sum.accepted) + " accepted";
  const std::pair<int64_t, const char*> kRest[] = {{sum.duplicate, "duplicate"},
                                                   {sum.quarantined_future, "with a time too far ahead"},
                                                   {sum.quarantined_no_time, "with an unusable time"},
                                                   {undecodable, "undecodable"},
                                                   {sum.unrouted, "read by no KPI"}};
  for (const auto& [count, what] : kRest) {
    if (count != 0) text += ", " + std::to_string(count) + " " + what;
  }
  return text;
}

}  // namespace tidemark
