// Wakes the one thread that waits for something to do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "pipeline/base/time.h"

namespace tidemark {

// Remembers one notification, so that none between two waits is lost.
// Threads: Notify from any, Wait from one.
class Notifier {
 public:
  void Notify() {
    {
      std::lock_guard lock(mu_);
      notified_ = true;
    }
    changed_.notify_one();
  }
  // Returns at once when there was a notification since the last Wait.
  void Wait(Duration timeout) {
    std::unique_lock lock(mu_);
    changed_.wait_for(lock, timeout, [this] { return notified_; });
    notified_ = false;
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  bool notified_ = false;  // GUARDED_BY(mu_)
};

}  // namespace tidemark
