// Bodies of /metrics: the part that a view determines is made once per view and kept, the rest is fresh.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "daemon/gzip.h"
#include "daemon/negotiation.h"
#include "daemon/own_metrics.h"
#include "pipeline/view/view.h"

namespace tidemark {

// One body in two pieces, the first shared with other scrapes of the same view.
struct ScrapeBody {
  std::shared_ptr<const DeflatedPart> kept;  // plain bytes when not gzipped
  std::string fresh;
  TextFormat format = TextFormat::kPrometheus;
  bool gzip = false;
  size_t size() const { return kept->bytes.size() + fresh.size(); }
};

// Invariant: kept parts are of the view scraped last, at most one per (format, encoding).
// Threads: any; scrapes of one new view wait for the first of them. The engine is never involved.
class Scraper {
 public:
  explicit Scraper(OwnMetrics* own) : own_(own) {}
  // `view` null: state is not restored yet; KPI and breach families are withheld.
  ScrapeBody Scrape(std::shared_ptr<const View> view, TextFormat format, bool gzip);

 private:
  struct Kept {
    std::shared_ptr<const View> view;  // kept alive: an address must not be reused for another
    std::shared_ptr<const DeflatedPart> part;
  };
  static std::shared_ptr<const DeflatedPart> Make(const View* view, TextFormat format, bool gzip);

  OwnMetrics* const own_;
  std::mutex mu_;
  std::map<std::pair<TextFormat, bool>, Kept> kept_;  // GUARDED_BY(mu_)
};

}  // namespace tidemark
