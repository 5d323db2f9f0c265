// What is served at which path.
#pragma once

#include "daemon/http.h"
#include "daemon/lifecycle.h"
#include "daemon/own_metrics.h"
#include "daemon/overview.h"
#include "daemon/page_service.h"
#include "daemon/scrape.h"

namespace tidemark {

// Answers requests from the newest view. Threads: any. Its parts outlive it.
class Routes {
 public:
  // `reload`: what /-/reload does; empty: it is not enabled. `backup`: what /-/backup answers, likewise. `explain`, `history`, `report`: what is
  // answered at /api/v1/.
  Routes(const Lifecycle* lifecycle, OwnMetrics* own, std::function<Status()> reload = {}, HttpServer::Handler explain = {},
         HttpServer::Handler backup = {}, HttpServer::Handler history = {}, HttpServer::Handler report = {})
      : lifecycle_(lifecycle), own_(own), reload_(std::move(reload)), explain_(std::move(explain)), backup_(std::move(backup)),
        history_(std::move(history)), report_(std::move(report)), overview_(lifecycle), scraper_(own) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  HttpResponse Metrics(const HttpRequest& request);
  HttpResponse Api(const HttpRequest& request);
  HttpResponse Reload(const HttpRequest& request) const;

  const Lifecycle* const lifecycle_;
  OwnMetrics* const own_;
  const std::function<Status()> reload_;
  const HttpServer::Handler explain_, backup_, history_, report_;
  OverviewService overview_;
  const PageService page_;
  Scraper scraper_;
};

}  // namespace tidemark
