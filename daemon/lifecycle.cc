#include "daemon/lifecycle.h"

#include <algorithm>

#include "daemon/number_of.h"
#include "daemon/view_metrics.h"

namespace tidemark {
namespace {

std::string Name(const PartitionView& p) { return p.tp.topic + "/" + std::to_string(p.tp.partition); }

// The first partition that isn't well, halted ones first; "": all are.
std::string WhoIsUnwell(const View& view) {
  for (const PartitionHealth health : {PartitionHealth::kHalted, PartitionHealth::kUnreadable, PartitionHealth::kWaiting}) {
    for (const PartitionView& p : view.partitions()) {
      if (!p.owned || p.health != health) continue;
      return "partition " + Name(p) + " is " + std::string(ToString(health)) +
             (p.reason.empty() ? "" : ": " + p.reason);
    }
  }
  return "";
}

std::string WhyIncomplete(const View& view) {
  if (std::string unwell = WhoIsUnwell(view); !unwell.empty()) return unwell;
  for (const PartitionView& p : view.partitions()) {
    if (p.owned && !p.holds_time)
      return "partition " + Name(p) + " gave no answer for too long; others go on without it";
  }
  return "not everything assigned is restored and readable yet";
}

std::string WhyBehind(const View& view) {
  int64_t records = 0, partitions = 0;
  for (const PartitionView& p : view.partitions()) {
    if (!p.owned || p.log_end == kNoOffset || p.log_end <= p.next_offset) continue;
    records += p.log_end.v - std::max<int64_t>(p.next_offset.v, 0);
    ++partitions;
  }
  if (std::string unwell = WhoIsUnwell(view); !unwell.empty()) return "catching up: " + unwell;
  if (records == 0) return "catching up: event time is not known up to the present yet";
  return "catching up: " + std::to_string(records) + " records behind in " + NumberOf(partitions, "partition");
}

}  // namespace

std::string_view ToString(Phase phase) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kRestoring:
      return "restoring";
    case Phase::kRunning:
      return "running";
    case Phase::kStopping:
      return "stopping";
    case Phase::kFailed:
      break;
  }
  return "failed";
}

ProbeAnswer Healthy(Phase phase, Duration last_progress, Duration steady_now) {
  if (phase == Phase::kFailed) return {false, "the engine has failed; see the log"};
  if (phase != Phase::kRunning) return {true, std::string(ToString(phase))};
  const Duration stuck = steady_now - last_progress;
  if (stuck <= kStallLimit) return {true, "running"};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(stuck).count();
  return {false, "the engine's loop has not gone round for " + std::to_string(seconds) + "s"};
}

ProbeAnswer Ready(Phase phase, const View* view, const std::string& trouble, const std::string& paused) {
  const auto with_trouble = [&](const std::string& reason) {
    return trouble.empty() ? reason : reason + "; " + trouble;
  };
  if (phase == Phase::kStopping || phase == Phase::kFailed) return {false, std::string(ToString(phase))};
  if (!paused.empty()) return {false, "ingestion is paused: " + paused};
  if (view == nullptr) return {false, phase == Phase::kStarting ? "starting" : "restoring the stored state"};
  bool assigned = false;
  for (const PartitionView& p : view->partitions()) assigned |= p.owned;
  if (!assigned) return {false, with_trouble("no partitions assigned yet")};
  if (!view->complete()) return {false, with_trouble("incomplete: " + WhyIncomplete(*view))};
  if (!view->caught_up()) return {false, with_trouble(WhyBehind(*view))};
  return {true, "ready"};
}

}  // namespace tidemark
