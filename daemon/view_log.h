// What the log says of views: KPIs that are withheld, records that are rejected, partitions that wait.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pipeline/view/view.h"

namespace tidemark {

// Threads: one.
class ViewLog {
 public:
  // What is new since the last time. `now`: of a steady clock.
  void Tell(const View& view, Duration now);

 private:
  void TellWithheld(const View& view);
  void TellRejected(const View& view, Duration now);
  void TellWaiting(const View& view, Duration now);

  std::string withheld_;
  std::map<TopicPartition, Offset> rejected_;   // the last that was told of
  std::optional<Duration> rejected_at_;
  std::map<TopicPartition, Duration> waiting_;  // when that was told last
};

}  // namespace tidemark
