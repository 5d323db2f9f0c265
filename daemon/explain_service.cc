#include "daemon/explain_service.h"

#include <charconv>

#include "daemon/api.h"
#include "daemon/clock.h"
#include "daemon/explain_text.h"
#include "pipeline/base/nearest.h"

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
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return Invalid("label is NAME=VALUE, like label=channel=web");
    request.labels.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  } else if (name == "limit") {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), request.limit);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    const bool fits = whole && request.limit >= 1 && request.limit <= kMostExplained;
    if (!fits) return Invalid("limit is a number from 1 to " + std::to_string(kMostExplained));
  } else if (name == "format") {
    query->table = text == "table";
    if (!query->table && text != "json") return Invalid("format is json or table");
  }
  return Status::Ok();
}

HttpResponse Refused(unsigned code, const std::string& text) {
  HttpResponse response;
  response.code = code;
  response.content_type = "application/json; charset=utf-8";
  response.body = ErrorJson(text) + "\n";
  if (code == 503) response.retry_after_seconds = 1;
  return response;
}

unsigned CodeOf(const Status& status) {
  switch (status.code()) {
    case Code::kInvalid:
      return 400;
    case Code::kNotFound:
      return 404;
    case Code::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

Result<ExplainQuery> ParseExplainQuery(std::span<const std::pair<std::string_view, std::string_view>> query) {
  static const std::vector<std::string> kNames = {"kpi", "window", "from", "to", "by", "label", "ids", "limit", "format"};
  ExplainQuery read;
  for (const auto& [name, text] : query) {
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      const std::string near = Nearest(name, kNames);
      return Invalid("\"" + std::string(name) + "\" is nothing that can be asked" + (near.empty() ? "" : "; nearest: " + near));
    }
    TM_RETURN_IF_ERROR(ReadOne(name, text, &read));
  }
  if (read.request.kpi.empty()) return Invalid("which KPI? Say kpi=NAME");
  return read;
}

void ExplainService::Offer(const RocksStore* store, std::shared_ptr<const Plan> plan) {
  const std::lock_guard lock(mu_);
  store_ = store;
  plan_ = std::move(plan);
}

void ExplainService::Withdraw() {
  withdrawn_ = true;
  Offer(nullptr, nullptr);
}

HttpResponse ExplainService::Explained(const ExplainQuery& query) {
  std::shared_ptr<const Store> state;
  std::shared_ptr<const Plan> plan;
  {
    const std::lock_guard lock(mu_);
    if (store_ == nullptr) return Refused(503, "restoring the stored state");
    state = store_->Snapshot();
    plan = plan_;
  }
  const Duration until = SteadyNow() + kTimeLimit;
  const auto go_on = [&] { return SteadyNow() < until && !withdrawn_; };
  const Result<Explanation> explanation = Explain(std::move(plan), *state, query.request, go_on);
  if (!explanation.ok()) return Refused(CodeOf(explanation.status()), explanation.status().text());
  HttpResponse response;
  response.body = query.table ? ExplanationTable(*explanation) : ExplanationJson(*explanation) + "\n";
  if (!query.table) response.content_type = "application/json; charset=utf-8";
  return response;
}

HttpResponse ExplainService::Answer(const HttpRequest& request) {
  const Result<ExplainQuery> query = ParseExplainQuery(request.query);
  if (!query.ok()) return Refused(400, query.status().text());
  if (query->request.ids && !enable_ids_) {
    return Refused(403, "ids are not shown here; set web.enable_ids: true, or ask tidemark explain on the state");
  }
  if (busy_.exchange(true)) return Refused(503, "another question is being answered; ask again");
  struct Done {
    std::atomic<bool>* busy;
    ~Done() { *busy = false; }
  } const done{&busy_};
  return Explained(*query);
}

}  // namespace tidemark
