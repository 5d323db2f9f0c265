#include "daemon/routes.h"

#include "daemon/api.h"
#include "daemon/api_error.h"
#include "daemon/api_query.h"
#include "daemon/clock.h"
#include "daemon/gzip.h"
#include "daemon/negotiation.h"

namespace tidemark {
namespace {

HttpResponse Probe(const ProbeAnswer& answer) {
  HttpResponse response;
  response.code = answer.ok ? 200 : 503;
  response.body = answer.reason + "\n";
  return response;
}

HttpResponse Json(std::string body) {
  HttpResponse response;
  response.content_type = kJsonType;
  response.body = std::move(body) + "\n";
  return response;
}

HttpResponse NotEnabled() {
  HttpResponse response;
  response.code = 403;
  response.body = "not enabled; set web.enable_lifecycle: true\n";
  return response;
}

// `kpis`: at most so many values of each KPI, unless something else is said; breaches: so many.
constexpr size_t kUsualLimit = 1000, kMostLimit = 100'000;

HttpResponse Kpis(const View& view, ApiArguments arguments) {
  static const std::vector<std::string> kNames = {"kpi", "subject", "window", "label", "limit"};
  const Result<SeriesQuery> query = ParseSeriesQuery(arguments, kNames, kUsualLimit, kMostLimit);
  if (!query.ok()) return ApiError(query.status());
  if (query->kpi.empty()) return Json(KpisJson(view, *query));
  const Result<KpiId> kpi = FindKpi(view, query->kpi);
  if (!kpi.ok()) return ApiError(kpi.status());
  if (const Status fits = CheckAgainst(view.kpis()[kpi->v], *query); !fits.ok()) return ApiError(fits);
  return Json(KpisJson(view, *query));
}

HttpResponse Breaches(const View& view, ApiArguments arguments) {
  const Result<SeriesQuery> query = ParseSeriesQuery(arguments, {"limit"}, kUsualLimit, kMostLimit);
  return query.ok() ? Json(BreachesJson(view, query->limit)) : ApiError(query.status());
}

// Small answers are not worth it.
void Compress(const HttpRequest& request, HttpResponse* response) {
  if (response->body.size() < 2048 || !AcceptsGzip(request.accept_encoding)) return;
  GzipSink sink;
  sink.Write(response->body);
  response->body = std::move(sink).TakeLast();
  response->gzip = true;
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

HttpResponse Routes::Api(const HttpRequest& request) {
  if (request.post) return ApiError(405, "only GET and HEAD are served here");
  if (request.path == "/api/v1/explain" && handlers_.explain != nullptr) return handlers_.explain(request);
  if (request.path == "/api/v1/history" && handlers_.history != nullptr) return handlers_.history(request);
  if (request.path == "/api/v1/report" && handlers_.report != nullptr) return handlers_.report(request);
  if (request.path == "/api/v1/overview") return overview_.Answer(request);
  const std::shared_ptr<const View> view = lifecycle_->view();
  const bool status = request.path == "/api/v1/status", config = request.path == "/api/v1/status/config";
  const bool kpis = request.path == "/api/v1/kpis";
  if (!status && !config && !kpis && request.path != "/api/v1/breaches") return ApiError(404, "nothing is served at this path");
  if (status || config) {
    const Status none = CheckArguments(request.query, {});
    if (!none.ok()) return ApiError(none);
    return Json(status ? StatusJson(lifecycle_->phase(), view.get()) : "{\"config\":" + lifecycle_->config() + "}");
  }
  if (view == nullptr) return ApiError(503, "restoring the stored state");
  return kpis ? Kpis(*view, request.query) : Breaches(*view, request.query);
}

HttpResponse Routes::Reload(const HttpRequest& request) const {
  HttpResponse response;
  if (handlers_.reload == nullptr) {
    response = NotEnabled();
  } else if (!request.post) {
    response.code = 405;
    response.body = "POST or PUT is wanted here\n";
  } else if (const Status status = handlers_.reload(); !status.ok()) {
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
    response = handlers_.backup == nullptr ? NotEnabled() : handlers_.backup(request);
  } else if (PageService::Serves(request.path) && !request.post) {
    handler = "page";
    response = page_.Answer(request);
  } else if (request.path.starts_with("/api/")) {
    handler = request.path == "/api/v1/explain" ? "explain" : request.path == "/api/v1/history" ? "history"
              : request.path == "/api/v1/report" ? "report" : "api";
    response = Api(request);
    Compress(request, &response);
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
    response = Probe(Ready(lifecycle_->phase(), lifecycle_->view().get(), lifecycle_->trouble(), lifecycle_->paused()));
  } else {
    response.code = 404;
    response.body = "nothing is served at this path\n";
  }
  own_->CountRequest(handler, response.code);
  return response;
}

}  // namespace tidemark
