// What is served at which path.
#pragma once

#include "daemon/http.h"
#include "daemon/lifecycle.h"
#include "daemon/own_metrics.h"
#include "daemon/scrape.h"

namespace tidemark {

// Answers requests from the newest view. Threads: any. Its parts outlive it.
class Routes {
 public:
  // `reload`: what /-/reload does; empty: it is not enabled. `explain`, `backup`: what /api/v1/explain and /-/backup answer; empty:
  // they are not enabled.
  Routes(const Lifecycle* lifecycle, OwnMetrics* own, std::function<Status()> reload = {}, HttpServer::Handler explain = {},
         HttpServer::Handler backup = {})
      : lifecycle_(lifecycle), own_(own), reload_(std::move(reload)), explain_(std::move(explain)), backup_(std::move(backup)), scraper_(own) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  HttpResponse Metrics(const HttpRequest& request);
  HttpResponse Api(const HttpRequest& request) const;
  HttpResponse Reload(const HttpRequest& request) const;

  const Lifecycle* const lifecycle_;
  OwnMetrics* const own_;
  const std::function<Status()> reload_;
  const HttpServer::Handler explain_, backup_;
  Scraper scraper_;
};

}  // namespace tidemark
