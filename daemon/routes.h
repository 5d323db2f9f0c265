// What is served at which path.
#pragma once

#include "daemon/http.h"
#include "daemon/lifecycle.h"
#include "daemon/own_metrics.h"
#include "daemon/overview.h"
#include "daemon/page_service.h"
#include "daemon/scrape.h"

namespace tidemark {

// What others do or answer; where one is empty, it is not enabled, or nothing is served.
struct RouteHandlers {
  std::function<Status()> reload = {};  // of /-/reload
  HttpServer::Handler backup = {};      // of /-/backup
  HttpServer::Handler explain = {};     // of /api/v1/, as those below
  HttpServer::Handler history = {};
  HttpServer::Handler report = {};
};

// Answers requests from the newest view. Threads: any. Its parts outlive it.
class Routes {
 public:
  Routes(const Lifecycle* lifecycle, OwnMetrics* own, RouteHandlers handlers = {})
      : lifecycle_(lifecycle), own_(own), handlers_(std::move(handlers)), overview_(lifecycle), scraper_(own) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  HttpResponse Metrics(const HttpRequest& request);
  HttpResponse Api(const HttpRequest& request);
  HttpResponse Reload(const HttpRequest& request) const;

  const Lifecycle* const lifecycle_;
  OwnMetrics* const own_;
  const RouteHandlers handlers_;
  OverviewService overview_;
  const PageService page_;
  Scraper scraper_;
};

}  // namespace tidemark
