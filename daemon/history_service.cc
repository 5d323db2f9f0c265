#include "daemon/history_service.h"

#include <algorithm>
#include <cmath>

#include "daemon/api.h"
#include "daemon/api_error.h"
#include "daemon/clock.h"
#include "daemon/overview.h"
#include "pipeline/engine/shown.h"
#include "pipeline/explain/history.h"

namespace tidemark {
namespace {

constexpr Duration kTimeLimit = std::chrono::seconds(4);
constexpr size_t kUsualSeries = 20, kMostSeries = 200;
constexpr size_t kMostKept = 32;  // questions: at most some 40 MiB

using Names = std::vector<std::string>;

// Sums, or the values of each series, by the labels that were asked for.
using ByLabels = std::map<Names, Value>;

Names Grouped(const SeriesQuery& query, const KpiInfo& kpi, const SeriesLabels& labels) {
  if (!query.by) return labels.values;
  if (query.by->empty()) return {};
  const auto at = std::find(kpi.labels.begin(), kpi.labels.end(), *query.by) - kpi.labels.begin();
  return {labels.values[static_cast<size_t>(at)]};
}

void AddTo(ByLabels* sums, Names labels, const Value& value) {
  const auto [at, fresh] = sums->try_emplace(std::move(labels), value);
  if (!fresh) at->second = AddValues(at->second, value);
}

ByLabels Now(const View& view, KpiId id, size_t window, const SeriesQuery& query) {
  ByLabels now;
  const KpiInfo& kpi = view.kpis()[id.v];
  view.ForEach(id, [&](const SeriesValue& series) {
    if (series.window == window && query.Matches(kpi, series.labels)) AddTo(&now, Grouped(query, kpi, series.labels), series.value);
  });
  return now;
}

// The greatest first; those without a value last.
std::vector<Names> Greatest(const ByLabels& now, size_t limit) {
  std::vector<std::pair<double, Names>> sorted;
  for (const auto& [labels, value] : now) sorted.emplace_back(value.absent() ? 1 : -std::abs(value.real()), labels);
  std::sort(sorted.begin(), sorted.end());
  std::vector<Names> series;
  for (auto& [size, labels] : sorted) {
    if (series.size() < limit) series.push_back(std::move(labels));
  }
  return series;
}

}  // namespace

Result<HistoryService::Question> HistoryService::Parse(const View& view, const HttpRequest& request) const {
  static const Names kNames = {"kpi", "window", "by", "label", "limit"};
  Question question;
  TM_ASSIGN_OR_RETURN(question.query, ParseSeriesQuery(request.query, kNames, kUsualSeries, kMostSeries));
  if (question.query.kpi.empty()) return Invalid("which KPI? Say kpi=NAME, or kpis=overview");
  TM_ASSIGN_OR_RETURN(question.kpi, FindKpi(view, question.query.kpi));
  const KpiInfo& kpi = view.kpis()[question.kpi.v];
  TM_RETURN_IF_ERROR(CheckAgainst(kpi, question.query));
  if (question.query.by && !kpi.additive) return Invalid(kpi.name + " does not add up over labels: ask without `by`");
  question.window = WindowOf(kpi, question.query.window);
  return question;
}

std::shared_ptr<const HistoryService::Past> HistoryService::Kept(const std::string& key, EventTime hour) {
  const std::shared_ptr<const Plan> plan = state_->plan();
  const std::lock_guard lock(mu_);
  std::erase_if(kept_, [&](const auto& kept) { return kept.second->plan != plan; });
  const auto it = kept_.find(key);
  return it == kept_.end() || it->second->hour != hour ? nullptr : it->second;
}

Result<HistoryService::Past> HistoryService::Read(const View& view, const Question& question, StateOffer::Taken state) const {
  const Duration until = SteadyNow() + kTimeLimit;
  const KpiInfo& kpi = view.kpis()[question.kpi.v];
  const auto& infos = state.plan->kpi_infos();
  const auto found = std::find_if(infos.begin(), infos.end(), [&](const KpiInfo& k) { return k.name == kpi.name; });
  // Between a reload and the first view of it.
  if (found == infos.end() || found->labels != kpi.labels || found->windows != kpi.windows) {
    return Unavailable("another configuration is being taken up");
  }
  Past past;
  past.plan = state.plan;
  past.labels = !question.query.by ? kpi.labels : question.query.by->empty() ? Names() : Names{*question.query.by};
  const ByLabels now = Now(view, question.kpi, question.window, question.query);
  past.series = Greatest(now, question.query.limit);
  past.truncated = now.size() > past.series.size();
  TM_ASSIGN_OR_RETURN(const History history, History::Open(state.plan, state.store.get()));
  const std::vector<KpiId> kpis = {KpiId{static_cast<uint32_t>(found - infos.begin())}};
  for (const EventTime at : history.Instants(kpis)) {
    if (state_->withdrawn()) return Unavailable("stopping");
    past.partial = SteadyNow() > until;
    if (past.partial) break;
    ByLabels then;
    TM_RETURN_IF_ERROR(history.ForEachAt(at, kpis, [&](KpiId, const SeriesValue& series) {
      const bool wanted = series.window == question.window && question.query.Matches(kpi, series.labels);
      if (wanted) AddTo(&then, Grouped(question.query, kpi, series.labels), series.value);
    }));
    std::vector<Value>& values = past.values[at];
    for (const Names& labels : past.series) {
      const auto value = then.find(labels);
      values.push_back(value == then.end() ? Value() : value->second);
    }
  }
  return past;
}

Result<std::shared_ptr<const HistoryService::Past>> HistoryService::PastOf(const View& view, const Question& question, std::string key) {
  const EventTime t = view.status(question.kpi).evaluated_at;
  const EventTime hour = t == kNoEventTime ? t : FloorTo(t, kShownGrid);
  if (auto kept = Kept(key, hour)) return kept;
  const StateOffer::Turn turn(state_);
  if (!turn) return Unavailable("another question is being answered; ask again");
  std::optional<StateOffer::Taken> state = state_->Take();
  if (!state) return Unavailable("restoring the stored state");
  TM_ASSIGN_OR_RETURN(Past made, Read(view, question, *std::move(state)));
  made.hour = hour;
  auto past = std::make_shared<const Past>(std::move(made));
  const std::lock_guard lock(mu_);
  if (kept_.size() >= kMostKept) kept_.erase(kept_.begin());
  kept_[std::move(key)] = past;
  return past;
}

std::string HistoryService::Json(const View& view, const Question& question, const Past& past) {
  const KpiInfo& kpi = view.kpis()[question.kpi.v];
  const ByLabels now = Now(view, question.kpi, question.window, question.query);
  JsonWriter json;
  json.BeginObject().Key("kpi").String(kpi.name).Key("window").String(kpi.windows[question.window]).Key("unit").String(kpi.unit);
  WriteTime("now", view.status(question.kpi).evaluated_at, &json);
  json.Key("times").BeginArray();
  for (const auto& [at, values] : past.values) json.String(FormatRfc3339(at));
  json.EndArray().Key("series").BeginArray();
  for (size_t s = 0; s < past.series.size(); ++s) {
    json.BeginObject();
    WriteLabels(past.labels, past.series[s], &json);
    const auto present = now.find(past.series[s]);
    json.Key("now").Number(present == now.end() ? Value() : present->second).Key("values").BeginArray();
    for (const auto& [at, values] : past.values) json.Number(values[s]);
    json.EndArray().EndObject();
  }
  json.EndArray().Key("truncated").Bool(past.truncated).Key("partial").Bool(past.partial).EndObject();
  return std::move(json).Take() + "\n";
}

Result<std::string> HistoryService::Overview(const HttpRequest& request) {
  TM_RETURN_IF_ERROR(CheckArguments(request.query, {"kpis", "window"}));
  if (request.Query("kpis") != "overview") return Invalid("kpis is overview; or ask with kpi=NAME");
  const auto json = overview_.Json(std::string(request.Query("window")));
  if (json == nullptr) return Unavailable("the history of all KPIs is being read; ask again");
  return *json;
}

Result<std::string> HistoryService::OfKpi(const View& view, const HttpRequest& request) {
  TM_ASSIGN_OR_RETURN(const Question question, Parse(view, request));
  std::string key;
  for (const auto& [name, text] : request.query) key.append(name).append("\n").append(text).append("\n");
  TM_ASSIGN_OR_RETURN(const std::shared_ptr<const Past> past, PastOf(view, question, std::move(key)));
  return Json(view, question, *past);
}

HttpResponse HistoryService::Answer(const HttpRequest& request) {
  const std::shared_ptr<const View> view = lifecycle_->view();
  if (view == nullptr) return ApiError(503, "restoring the stored state");
  Result<std::string> answer = request.Query("kpis").empty() ? OfKpi(*view, request) : Overview(request);
  if (!answer.ok()) return ApiError(answer.status());
  HttpResponse response;
  response.content_type = kJsonType;
  response.body = std::move(answer).value();
  return response;
}

}  // namespace tidemark
