// Sparklines: what each KPI showed at the hours that are kept, one number each. Worked out by a thread of its own.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/lifecycle.h"
#include "daemon/state_offer.h"

namespace tidemark {

// Only while somebody asks, and of each hour once: the past doesn't change. Sums of series where they add up, else the series that
// leads now. Numbers are rounded to doubles: they are for the eye.
// Bounded: 4 million numbers (32 MiB), older hours are left out; a minute of work at a time, at the lowest priority.
// Threads: any may ask; its own works.
class HistoryOverview {
 public:
  HistoryOverview(StateOffer* state, const Lifecycle* lifecycle);
  ~HistoryOverview();
  // JSON; null when it isn't worked out yet. Of each KPI in `window`, or else its first.
  std::shared_ptr<const std::string> Json(const std::string& window);

 private:
  // What one KPI in one window is represented by; equal for as long as its numbers are of the same.
  struct Line {
    bool total = false;
    std::vector<std::string> labels;
    bool operator==(const Line&) const = default;
  };
  using Lines = std::vector<std::vector<Line>>;               // by KPI and window
  using Numbers = std::vector<std::vector<double>>;           // the same; NaN: none
  struct Made {
    std::shared_ptr<const Plan> plan;
    Lines lines;
    std::map<EventTime, Numbers> at;
  };

  void Main();
  Status Work(StateOffer::Taken state, const View& view);
  void Publish(Made made);

  StateOffer* const state_;
  const Lifecycle* const lifecycle_;
  Made made_;                                                 // confined to the thread
  EventTime made_hour_ = kNoEventTime;
  std::mutex mu_;
  std::condition_variable asked_;
  bool wanted_ = false, stop_ = false;                        // GUARDED_BY(mu_), as is the next
  std::shared_ptr<const Made> published_;
  std::map<std::string, std::shared_ptr<const std::string>> json_;  // GUARDED_BY(mu_): of published_, by window
  std::thread thread_;
};

}  // namespace tidemark
