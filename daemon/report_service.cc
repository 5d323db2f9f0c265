#include "daemon/report_service.h"

#include "daemon/api_error.h"
#include "daemon/clock.h"
#include "pipeline/explain/state_at.h"
#include "pipeline/view/snapshot.h"

namespace tidemark {
namespace {

constexpr Duration kHour = std::chrono::hours(1);

std::string_view ContentTypeOf(ReportFormat format) {
  if (format == ReportFormat::kHtml) return "text/html; charset=utf-8";
  return format == ReportFormat::kCsv ? "text/csv; charset=utf-8; header=present" : "text/plain; charset=utf-8";
}

}  // namespace

Result<Report> ReportOfNow(const Plan& plan, const View& view, const ReportQuery& query, WallTime now) {
  return MakeReport(plan, view, query, now, std::vector<bool>(plan.kpis().size(), true), &view);
}

Result<Report> ReportOfHour(std::shared_ptr<const Plan> plan, const Store& store, const ReportQuery& query,
                            WallTime now, LookupTables lookups, const View* live) {
  ReportQuery asked = query;
  asked.at = FloorTo(*query.at, kHour);
  TM_ASSIGN_OR_RETURN(StateReader reader, StateReader::Open(plan, &store));
  reader.UseTables(std::move(lookups));
  std::set<uint32_t> kept, all;
  for (uint32_t t = 0; t < plan->tables().size(); ++t) {
    const Result<std::optional<StateAt>> one = reader.At(*asked.at, {t});
    if (!one.ok() && one.status().code() != Code::kNotFound) return one.status();
    if (one.ok() && *one) kept.insert(t);
  }
  if (kept.empty()) {
    return NotFound("what was shown at " + FormatRfc3339(*asked.at) + " is not kept: the last 48 whole hours are, and of 35 days the midnights in UTC");
  }
  const auto has = [&](KpiId id) {
    const std::set<uint32_t> tables = reader.TablesOf(id);
    return std::includes(kept.begin(), kept.end(), tables.begin(), tables.end());
  };
  std::vector<bool> known;
  for (uint32_t k = 0; k < plan->kpis().size(); ++k) {
    const KpiPlan& kpi = plan->kpis()[k];
    known.push_back(has(kpi.derived == Derived::kNone ? KpiId{k} : kpi.base));
  }
  TM_ASSIGN_OR_RETURN(const std::optional<StateAt> state, reader.At(*asked.at, kept));
  if (!state) return Unavailable("the state is changing; ask again");
  return MakeReport(*plan, *state->view, asked, now, known, live);
}

Result<Report> ReportService::Make(const ReportQuery& query) const {
  const std::shared_ptr<const View> view = lifecycle_->view();
  // The view may be of the configuration before; what it is made of comes with it.
  const auto* snapshot = dynamic_cast<const Snapshot*>(view.get());
  if (snapshot == nullptr) return Unavailable("restoring the stored state");
  if (!query.at) return ReportOfNow(*snapshot->plan(), *view, query, WallNow());
  const std::optional<StateOffer::Taken> state = state_->Take();
  if (!state) return Unavailable("restoring the stored state");
  const bool same = state->plan->lookups().size() == snapshot->lookups().size();
  return ReportOfHour(state->plan, *state->store, query, WallNow(), same ? snapshot->lookups() : LookupTables(), view.get());
}

HttpResponse ReportService::Answer(const HttpRequest& request) {
  const Result<ReportQuery> query = ParseReportQuery(request.query);
  if (!query.ok()) return ApiError(query.status());
  const StateOffer::Turn turn(state_);
  if (!turn) return ApiError(503, "another question is being answered; ask again");
  const Result<Report> report = Make(*query);
  if (!report.ok()) return ApiError(report.status());
  HttpResponse response;
  response.content_type = ContentTypeOf(query->format);
  response.body = ReportAs(query->format, *report);
  return response;
}

}  // namespace tidemark
