// /api/v1/report: a report of the newest view, or of a past hour from a snapshot of the state, beside the engine.
#pragma once

#include <memory>

#include "daemon/http.h"
#include "daemon/lifecycle.h"
#include "daemon/report/report.h"
#include "daemon/state_offer.h"

namespace tidemark {

// What was shown at a whole hour, of KPIs whose values were kept. `live`: as in MakeReport; `lookups`: what targets are looked up in
// now. kNotFound when nothing was kept then.
Result<Report> ReportOfHour(std::shared_ptr<const Plan> plan, const Store& store, const ReportQuery& query,
                            WallTime now, LookupTables lookups, const View* live);
// Of the view that a daemon serves.
Result<Report> ReportOfNow(const Plan& plan, const View& view, const ReportQuery& query, WallTime now);

// While another question is being answered, asks to come again (StateOffer::Turn). Threads: any.
class ReportService {
 public:
  ReportService(StateOffer* state, const Lifecycle* lifecycle) : state_(state), lifecycle_(lifecycle) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  Result<Report> Make(const ReportQuery& query) const;

  StateOffer* const state_;
  const Lifecycle* const lifecycle_;
};

}  // namespace tidemark
