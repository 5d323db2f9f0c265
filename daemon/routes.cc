#include "daemon/routes.h"

#include "daemon/api.h"
#include "daemon/clock.h"

namespace tidemark {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";

HttpResponse Probe(const ProbeAnswer& answer) {
  HttpResponse response;
  response.code = answer.ok ? 200 : 503;
  response.body = answer.reason + "\n";
  return response;
}

HttpResponse Json(unsigned code, std::string body) {
  HttpResponse response;
  response.code = code;
  response.content_type = kJson;
  response.body = std::move(body) + "\n";
  return response;
}

HttpResponse NotEnabled() {
  HttpResponse response;
  response.code = 403;
  response.body = "not enabled; set web.enable_lifecycle: true\n";
  return response;
}

bool HasKpi(const View& view, std::string_view name) {
  for (const KpiInfo& kpi : view.kpis()) {
    if (kpi.name == name) return true;
  }
  return false;
}

}  // namespace

HttpResponse Routes::Metrics(const HttpRequest& request) {
  const Duration begin = SteadyNow();
  ScrapeBody made =
      scraper_.Scrape(lifecycle_->view(), NegotiateFormat(request.accept), AcceptsGzip(request.accept_encoding));
  own_->ObserveScrape(SteadyNow() - begin);
  HttpResponse response;
  response.content_type = ContentType(made.format);
  response.gzip = made.gzip;
  response.prefix = std::move(made.kept);
  response.body = std::move(made.fresh);
  return response;
}

HttpResponse Routes::Api(const HttpRequest& request) const {
  const std::shared_ptr<const View> view = lifecycle_->view();
  if (request.path == "/api/v1/status") return Json(200, StatusJson(lifecycle_->phase(), view.get()));
  if (request.path == "/api/v1/status/config") return Json(200, "{\"config\":" + lifecycle_->config() + "}");
  const bool kpis = request.path == "/api/v1/kpis";
  if (!kpis && request.path != "/api/v1/breaches") return Json(404, ErrorJson("nothing is served at this path"));
  if (view == nullptr) return Json(503, ErrorJson("restoring the stored state"));
  if (!kpis) return Json(200, BreachesJson(*view));
  const std::string_view kpi = request.Query("kpi");
  if (!kpi.empty() && !HasKpi(*view, kpi)) return Json(404, ErrorJson("no KPI has this name"));
  return Json(200, KpisJson(*view, kpi));
}

HttpResponse Routes::Reload(const HttpRequest& request) const {
  HttpResponse response;
  if (reload_ == nullptr) {
    response = NotEnabled();
  } else if (!request.post) {
    response.code = 405;
    response.body = "POST or PUT is wanted here\n";
  } else if (const Status status = reload_(); !status.ok()) {
    response.code = status.code() == Code::kUnavailable ? 503 : 400;
    response.body = status.text() + "\n";
  } else {
    response.body = "reloaded\n";
  }
  return response;
}

HttpResponse Routes::Answer(const HttpRequest& request) {
  HttpResponse response;
  const char* handler = "other";
  if (request.path == "/-/reload") {
    handler = "reload";
    response = Reload(request);
  } else if (request.path == "/-/backup") {
    handler = "backup";
    response = backup_ == nullptr ? NotEnabled() : backup_(request);
  } else if (request.post) {
    response.code = 405;
    response.body = "only GET and HEAD are served here\n";
  } else if (request.path == "/metrics") {
    handler = "metrics";
    response = Metrics(request);
  } else if (request.path == "/-/healthy") {
    handler = "healthy";
    response = Probe(Healthy(lifecycle_->phase(), lifecycle_->last_progress(), SteadyNow()));
  } else if (request.path == "/-/ready") {
    handler = "ready";
    response = Probe(Ready(lifecycle_->phase(), lifecycle_->view().get(), lifecycle_->trouble()));
  } else if (request.path == "/api/v1/explain" && explain_ != nullptr) {
    handler = "explain";
    response = explain_(request);
  } else if (request.path.substr(0, 8) == "/api/v1/") {
    handler = "api";
    response = Api(request);
  } else if (request.path == "/") {
    handler = "index";
    response.content_type = "text/html; charset=utf-8";
    response.body = LandingPage(lifecycle_->phase(), lifecycle_->view().get());
  } else {
    response.code = 404;
    response.body = "nothing is served at this path\n";
  }
  own_->CountRequest(handler, response.code);
  return response;
}

}  // namespace tidemark
