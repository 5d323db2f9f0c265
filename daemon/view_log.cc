#include "daemon/view_log.h"

#include "daemon/log.h"

namespace tidemark {
namespace {

constexpr Duration kRejectedEvery = std::chrono::seconds(10);
constexpr Duration kWaitingEvery = std::chrono::minutes(10);

}  // namespace

void ViewLog::Tell(const View& view, Duration now) {
  TellWithheld(view);
  TellRejected(view, now);
  TellWaiting(view, now);
}

void ViewLog::TellWithheld(const View& view) {
  std::string withheld;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    if (view.status(KpiId{k}).withheld) withheld += (withheld.empty() ? "" : " ") + view.kpis()[k].name;
  }
  if (withheld == withheld_) return;
  Log(LogLevel::kError, "KPIs are withheld: their entities found no room; with a higher limits.max_entities they are counted anew",
      {{"kpis", withheld}, {"max_entities", std::to_string(view.stats().entities_limit)}});
  withheld_ = std::move(withheld);
}

// Of each partition the last one, and not more often than people read.
void ViewLog::TellRejected(const View& view, Duration now) {
  if (rejected_at_ && now - *rejected_at_ < kRejectedEvery) return;
  for (const PartitionView& p : view.partitions()) {
    Offset& said = rejected_.try_emplace(p.tp, kNoOffset).first->second;
    if (p.rejected.offset == said) continue;
    said = p.rejected.offset;
    rejected_at_ = now;
    Log(LogLevel::kWarn, "a record was rejected",
        {{"topic", p.tp.topic}, {"partition", std::to_string(p.tp.partition)}, {"offset", std::to_string(p.rejected.offset.v)}, {"reason", p.rejected.why},
         {"rejected", std::to_string(p.counts.rejected)}});
  }
}

// When one begins to wait, now and then while it does, and when it goes on.
void ViewLog::TellWaiting(const View& view, Duration now) {
  for (const PartitionView& p : view.partitions()) {
    const bool waits = p.owned && p.health == PartitionHealth::kWaiting;
    const auto said = waiting_.find(p.tp);
    if (waits && (said == waiting_.end() || now - said->second >= kWaitingEvery)) {
      waiting_[p.tp] = now;
      Log(LogLevel::kWarn, "a partition waits for a schema", {{"topic", p.tp.topic}, {"partition", std::to_string(p.tp.partition)}, {"reason", p.reason}});
    } else if (!waits && said != waiting_.end()) {
      waiting_.erase(said);
      Log(LogLevel::kInfo, "a partition waits no longer for a schema", {{"topic", p.tp.topic}, {"partition", std::to_string(p.tp.partition)}});
    }
  }
}

}  // namespace tidemark
