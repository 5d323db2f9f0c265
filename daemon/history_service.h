// /api/v1/history: what KPIs showed at whole hours and midnights, from a snapshot of the state, beside the engine.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/api_query.h"
#include "daemon/history_overview.h"
#include "daemon/http.h"
#include "daemon/lifecycle.h"
#include "daemon/state_offer.h"

namespace tidemark {

// Answers are kept for the hour, so that many who look at a KPI cost as much as one; what is now comes from the newest view.
// Another question is answered alone (StateOffer::Turn) and for at most 4 s: then without the oldest hours, and says so.
// Threads: any.
class HistoryService {
 public:
  HistoryService(StateOffer* state, const Lifecycle* lifecycle) : state_(state), lifecycle_(lifecycle), overview_(state, lifecycle) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  using Names = std::vector<std::string>;
  struct Question {
    KpiId kpi{};
    size_t window = 0;
    SeriesQuery query;
  };
  struct Past {
    std::shared_ptr<const Plan> plan;
    EventTime hour{};                                // of the KPI's T
    Names labels;                                    // of its series
    std::vector<Names> series;                       // the greatest now first
    bool truncated = false;                          // there are more series
    bool partial = false;                            // there are older hours
    std::map<EventTime, std::vector<Value>> values;  // by series
  };
  Result<Question> Parse(const View& view, const HttpRequest& request) const;
  Result<Past> Read(const View& view, const Question& question, StateOffer::Taken state) const;
  std::shared_ptr<const Past> Kept(const std::string& key, EventTime hour);
  Result<std::shared_ptr<const Past>> PastOf(const View& view, const Question& question, std::string key);
  static std::string Json(const View& view, const Question& question, const Past& past);
  Result<std::string> Overview(const HttpRequest& request);
  Result<std::string> OfKpi(const View& view, const HttpRequest& request);

  StateOffer* const state_;
  const Lifecycle* const lifecycle_;
  std::mutex mu_;
  std::map<std::string, std::shared_ptr<const Past>> kept_;  // GUARDED_BY(mu_): by question
  HistoryOverview overview_;
};

}  // namespace tidemark
