// Looks at something now and then, on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "pipeline/base/time.h"

namespace tidemark {

// The destructor waits for the look that is being taken.
class Periodic {
 public:
  // `look` is called first after `first`, and says how long to wait before the next time. `stop` becomes true meanwhile
  // when nobody waits for it any more.
  using Look = std::function<Duration(const std::atomic<bool>& stop)>;
  Periodic(Duration first, Look look) : thread_([this, first, look = std::move(look)] { Main(first, look); }) {}
  ~Periodic() {
    {
      const std::lock_guard lock(mu_);
      stop_ = true;
    }
    cv_.notify_all();
    thread_.join();
  }

 private:
  void Main(Duration wait, const Look& look) {
    std::unique_lock lock(mu_);
    while (!cv_.wait_for(lock, wait, [this] { return stop_.load(); })) {
      lock.unlock();
      wait = look(stop_);
      lock.lock();
    }
  }

  std::mutex mu_;
  std::condition_variable cv_;
  std::atomic<bool> stop_ = false;  // set under mu_, so that no wake-up is lost
  std::thread thread_;              // the last: it uses the others
};

}  // namespace tidemark
