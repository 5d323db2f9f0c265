#include "daemon/explain_service.h"

#include "daemon/api_error.h"
#include "daemon/api_query.h"
#include "daemon/clock.h"
#include "daemon/explain_text.h"

namespace tidemark {
namespace {

constexpr Duration kTimeLimit = std::chrono::seconds(5);

Status ReadTime(std::string_view name, std::string_view text, std::optional<EventTime>* out) {
  const Result<EventTime> time = ParseRfc3339(text);
  if (!time.ok()) return Invalid(std::string(name) + ": " + time.status().text());
  *out = *time;
  return Status::Ok();
}

Status ReadOne(std::string_view name, std::string_view text, ExplainQuery* query) {
  ExplainRequest& request = query->request;
  if (name == "kpi") request.kpi = text;
  if (name == "window") request.window = text;
  if (name == "by") request.by = text;
  if (name == "from") return ReadTime(name, text, &request.from);
  if (name == "to") return ReadTime(name, text, &request.to);
  if (name == "ids") {
    request.ids = text == "true";
    if (!request.ids && text != "false") return Invalid("ids are asked for with true, or not with false");
  } else if (name == "label") {
    TM_ASSIGN_OR_RETURN(auto label, ParseLabelArgument(text));
    request.labels.push_back(std::move(label));
  } else if (name == "limit") {
    TM_ASSIGN_OR_RETURN(request.limit, ParseLimit(text, 1, kMostExplained));
  } else if (name == "format") {
    query->table = text == "table";
    if (!query->table && text != "json") return Invalid("format is json or table");
  }
  return Status::Ok();
}

}  // namespace

Result<ExplainQuery> ParseExplainQuery(std::span<const std::pair<std::string_view, std::string_view>> query) {
  static const std::vector<std::string> kNames = {"kpi", "window", "from", "to", "by", "label", "ids", "limit", "format"};
  ExplainQuery read;
  TM_RETURN_IF_ERROR(CheckArguments(query, kNames));
  for (const auto& [name, text] : query) TM_RETURN_IF_ERROR(ReadOne(name, text, &read));
  if (read.request.kpi.empty()) return Invalid("which KPI? Say kpi=NAME");
  return read;
}

HttpResponse ExplainService::Explained(const ExplainQuery& query) {
  std::optional<StateOffer::Taken> state = state_->Take();
  if (!state) return ApiError(503, "restoring the stored state");
  const Duration until = SteadyNow() + kTimeLimit;
  const auto go_on = [&] { return SteadyNow() < until && !state_->withdrawn(); };
  const Result<Explanation> explanation = Explain(std::move(state->plan), *state->store, query.request, go_on);
  if (!explanation.ok()) return ApiError(explanation.status());
  HttpResponse response;
  response.body = query.table ? ExplanationTable(*explanation) : ExplanationJson(*explanation) + "\n";
  if (!query.table) response.content_type = kJsonType;
  return response;
}

HttpResponse ExplainService::Answer(const HttpRequest& request) {
  const Result<ExplainQuery> query = ParseExplainQuery(request.query);
  if (!query.ok()) return ApiError(query.status());
  if (query->request.ids && !enable_ids_) {
    return ApiError(403, "ids are not shown here; set web.enable_ids: true, or ask tidemark explain on the state");
  }
  const StateOffer::Turn turn(state_);
  if (!turn) return ApiError(503, "another question is being answered; ask again");
  return Explained(*query);
}

}  // namespace tidemark
