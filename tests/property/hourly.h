// The real engine over a trial's records, which come in as wall-clock time goes on from hour to hour.
#pragma once

#include <memory>
#include <random>

#include "pipeline/engine/engine.h"
#include "pipeline/store/memory_store.h"
#include "tests/fakes/log_source.h"
#include "tests/property/entity_trial.h"

namespace tidemark {

class Hourly {
 public:
  Hourly(std::shared_ptr<const Plan> plan, Trial* trial) : plan_(std::move(plan)), trial_(*trial) {
    for (const auto& [tp, log] : trial_.logs) {
      came_[tp];
      for (const auto& record : log.records) first_ = std::min(first_, record.kafka_time);
      for (const auto& record : log.records) last_ = std::max(last_, record.kafka_time);
    }
  }
  EventTime first() const { return FloorTo(EventTimeOfProof(first_), std::chrono::hours(1)) + std::chrono::hours(1); }
  EventTime last() const { return EventTimeOfProof(last_); }

  // Everything that came until then is read, and that nothing else did is proven.
  void To(EventTime t, bool restart) {
    for (auto& [tp, log] : came_) {
      const auto& records = trial_.logs.at(tp).records;
      while (log.records.size() < records.size() && Micros(records[log.records.size()].kafka_time) <= Micros(t)) {
        const auto& record = records[log.records.size()];
        log.Append(record.value, record.kafka_time);
      }
    }
    WallTime now = WallTimeFromMicros(Micros(t));
    if (restart || engine_ == nullptr) {
      engine_.reset();
      source_ = std::make_unique<LogSource>(&came_);
      EngineOptions options;
      options.entity_cache_bytes = trial_.options.entity_cache_bytes;
      auto engine = Engine::Open(plan_, &store, source_.get(), now, options);
      ASSERT_TRUE(engine.ok()) << engine.status().text();
      engine_ = std::move(engine).value();
    }
    source_->ProveAt(now);
    for (int idle = 0; idle < 4;) {
      now += std::chrono::milliseconds(30);
      const auto wait = engine_->Step(now);
      ASSERT_TRUE(wait.ok()) << wait.status().text();
      idle = wait->count() == 0 ? 0 : idle + 1;
    }
    ASSERT_TRUE(engine_->Commit(now).ok());
    ASSERT_EQ(view()->status(KpiId{0}).evaluated_at, t);
  }
  std::shared_ptr<const View> view() const { return engine_->view(); }

  MemoryStore store;

 private:
  const std::shared_ptr<const Plan> plan_;
  const Trial& trial_;
  MemoryLogs came_;
  std::unique_ptr<LogSource> source_;
  std::unique_ptr<Engine> engine_;
  WallTime first_ = WallTime::max(), last_ = WallTime::min();
};

}  // namespace tidemark
