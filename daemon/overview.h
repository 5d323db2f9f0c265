// /api/v1/overview: one number for each KPI, for a page that shows all of them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/api_query.h"
#include "daemon/http.h"
#include "daemon/lifecycle.h"

namespace tidemark {

// Of what adds up; one that is absent adds nothing.
Value AddValues(const Value& a, const Value& b);

// What one KPI shows in one window: the sum of its series where they add up, else the series with the most samples behind it.
struct Leading {
  Value value;
  int64_t samples = 0;
  size_t series = 0;                      // that match
  bool total = false;                     // a sum over several
  std::vector<std::string> labels;        // else: of the series
};
Leading LeadingOf(const View& view, KpiId kpi, size_t window, const SeriesQuery& query);
// The window of a KPI that is shown where `window` is asked for: itself, or else the first. REQUIRES: it has one.
size_t WindowOf(const KpiInfo& kpi, const std::string& window);

std::string OverviewJson(const View& view, const SeriesQuery& query);

// Answers are kept for as long as nobody would see the difference, so that many who look cost as much as one. One is worked out
// at a time; who asks meanwhile gets the last one, of at most ten seconds ago, or is told to ask again: so that a thread is left
// for scrapes. Threads: any.
class OverviewService {
 public:
  explicit OverviewService(const Lifecycle* lifecycle) : lifecycle_(lifecycle) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  struct Made {
    Duration at{};
    std::shared_ptr<const std::string> body;
  };
  // Without a body when there is none.
  Made Kept(const std::string& question);
  void Keep(std::string question, std::shared_ptr<const std::string> body);

  const Lifecycle* const lifecycle_;
  std::mutex computing_;  // held by whoever works one out
  std::mutex mu_;
  std::map<std::string, Made> kept_;  // GUARDED_BY(mu_): by question
};

}  // namespace tidemark
