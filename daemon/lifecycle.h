// Where the process is in its life, and what it answers to probes.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "pipeline/base/time.h"
#include "pipeline/view/view.h"

namespace tidemark {

enum class Phase { kStarting, kRestoring, kRunning, kStopping, kFailed };
std::string_view ToString(Phase phase);

// Written by the engine's thread, read by those that serve. Threads: any; never blocks for long.
class Lifecycle {
 public:
  void SetPhase(Phase phase) { phase_ = phase; }
  Phase phase() const { return phase_; }
  // The engine's loop went round.
  void Progress(Duration steady_now) { progress_micros_.store(steady_now.count(), std::memory_order_relaxed); }
  Duration last_progress() const { return Duration(progress_micros_.load(std::memory_order_relaxed)); }

  void Publish(std::shared_ptr<const View> view) {
    const std::lock_guard lock(mu_);
    view_ = std::move(view);
  }
  // Null until the state is restored.
  std::shared_ptr<const View> view() const {
    const std::lock_guard lock(mu_);
    return view_;
  }
  // The configuration in force as everybody may see it: JSON, less secrets.
  void ShowConfig(std::string json) {
    const std::lock_guard lock(mu_);
    config_ = std::move(json);
  }
  std::string config() const {
    const std::lock_guard lock(mu_);
    return config_;
  }
  // Why nothing is read, for want of disk space; empty when it is.
  void SetPaused(std::string why) {
    const std::lock_guard lock(mu_);
    paused_ = std::move(why);
  }
  std::string paused() const {
    const std::lock_guard lock(mu_);
    return paused_;
  }
  // What is wrong with the brokers. Empty when nothing is.
  void SetTrouble(std::string trouble) {
    const std::lock_guard lock(mu_);
    trouble_ = std::move(trouble);
  }
  std::string trouble() const {
    const std::lock_guard lock(mu_);
    return trouble_;
  }

 private:
  std::atomic<Phase> phase_ = Phase::kStarting;
  std::atomic<int64_t> progress_micros_ = 0;
  mutable std::mutex mu_;             // held for a pointer's copy
  std::shared_ptr<const View> view_;  // GUARDED_BY(mu_)
  std::string trouble_, paused_;      // GUARDED_BY(mu_)
  std::string config_ = "null";       // GUARDED_BY(mu_)
};

struct ProbeAnswer {
  bool ok = false;
  std::string reason;  // one sentence
};

// The engine's loop may stay in one round for so long before the process counts as stuck: a slow disk takes seconds.
inline constexpr Duration kStallLimit = std::chrono::seconds(60);

// Healthy: starting, restoring, stopping, or with a loop that goes round. Kafka plays no part in it.
ProbeAnswer Healthy(Phase phase, Duration last_progress, Duration steady_now);
// Ready: restored, not paused, with partitions assigned, all of them whole and caught up. `trouble` is added to the reason for not
// being so.
ProbeAnswer Ready(Phase phase, const View* view, const std::string& trouble = "", const std::string& paused = "");

}  // namespace tidemark
