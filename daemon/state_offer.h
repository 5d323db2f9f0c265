// The stored state, as those may read it who answer questions beside the engine.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"

namespace tidemark {

// One question at a time, whatever it is about: so that the threads that serve are never all busy with the past.
// Threads: any. The engine's thread offers and withdraws; it waits for none of those who read.
class StateOffer {
 public:
  struct Taken {
    std::shared_ptr<const Store> store;  // as of the last commit; not to be kept for long
    std::shared_ptr<const Plan> plan;
  };
  // `snapshot`: the state as of the last commit. It is not asked for once Withdraw() returned.
  using Snapshot = std::function<std::shared_ptr<const Store>()>;
  void Offer(Snapshot snapshot, std::shared_ptr<const Plan> plan) {
    const std::lock_guard lock(mu_);
    snapshot_ = std::move(snapshot);
    plan_ = std::move(plan);
  }
  // For good.
  void Withdraw() {
    withdrawn_ = true;
    Offer(nullptr, nullptr);
  }
  bool withdrawn() const { return withdrawn_; }
  // nullopt until the state is restored.
  std::optional<Taken> Take() const {
    const std::lock_guard lock(mu_);
    if (snapshot_ == nullptr) return std::nullopt;
    return Taken{snapshot_(), plan_};
  }
  std::shared_ptr<const Plan> plan() const {
    const std::lock_guard lock(mu_);
    return plan_;
  }

  // Holds the one question's place; false when another one does.
  class Turn {
   public:
    explicit Turn(StateOffer* offer) : busy_(&offer->busy_), mine_(!busy_->exchange(true)) {}
    ~Turn() {
      if (mine_) *busy_ = false;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return mine_; }

   private:
    std::atomic<bool>* busy_;
    const bool mine_;
  };

 private:
  std::atomic<bool> busy_ = false;
  std::atomic<bool> withdrawn_ = false;
  mutable std::mutex mu_;
  Snapshot snapshot_;                 // GUARDED_BY(mu_)
  std::shared_ptr<const Plan> plan_;  // GUARDED_BY(mu_)
};

}  // namespace tidemark
