#include "daemon/overview.h"

#include <algorithm>
#include <set>

#include "daemon/api.h"
#include "daemon/api_error.h"
#include "daemon/clock.h"
#include "pipeline/view/snapshot.h"

namespace tidemark {
namespace {

constexpr Duration kGood = std::chrono::seconds(1);   // an answer is as good as new
constexpr Duration kKept = std::chrono::seconds(10);  // it is better than none while another one is being made
constexpr size_t kMostKept = 32;          // questions
constexpr size_t kMostLabelValues = 200;  // of each label, to choose from
constexpr size_t kMostKpis = 2000;

using Names = std::vector<std::string>;

// The KPIs that others imply, by the name of those.
using Implied = std::map<std::string, std::map<std::string, KpiId>>;

class Overview {
 public:
  Overview(const View& view, const SeriesQuery& query) : view_(view), query_(query) {
    for (uint32_t k = 0; k < view.kpis().size(); ++k) {
      const KpiInfo& kpi = view.kpis()[k];
      if (!kpi.made_of.empty()) implied_[kpi.made_of][kpi.derived] = KpiId{k};
    }
  }

  std::string Run() {
    size_t count = 0;
    json_.BeginObject().Key("kpis").BeginArray();
    for (uint32_t k = 0; k < view_.kpis().size(); ++k) {
      const KpiInfo& kpi = view_.kpis()[k];
      const bool wanted = query_.subject.empty() || kpi.subject == query_.subject;
      if (!wanted || !kpi.made_of.empty() || kpi.windows.empty() || !query_.HasLabels(kpi)) continue;
      if (++count <= kMostKpis) WriteRow(KpiId{k}, kpi);
    }
    json_.EndArray().Key("truncated").Bool(count > kMostKpis).Key("labels").BeginObject();
    for (const auto& [name, values] : label_values_) {
      json_.Key(name).BeginArray();
      for (const std::string& value : values) json_.String(value);
      json_.EndArray();
    }
    json_.EndObject().EndObject();
    return std::move(json_).Take();
  }

 private:
  void WriteRow(KpiId id, const KpiInfo& kpi) {
    const KpiStatus& status = view_.status(id);
    const size_t window = WindowOf(kpi, query_.window);
    const Leading leading = LeadingOf(view_, id, window, query_);
    AddLabelValues(id, kpi);
    json_.BeginObject().Key("name").String(kpi.name).Key("subject").String(kpi.subject).Key("help").String(kpi.help);
    json_.Key("unit").String(kpi.unit).Key("window").String(kpi.windows[window]);
    json_.Key("value").Number(leading.value).Key("samples").Int(leading.samples);
    json_.Key("series").Int(static_cast<int64_t>(leading.series)).Key("total").Bool(leading.total);
    if (!leading.total && leading.series > 0) WriteLabels(kpi.labels, leading.labels, &json_);
    WriteTime("evaluated_at", status.evaluated_at, &json_);
    json_.Key("counted").Bool(status.counted).Key("withheld").Bool(status.withheld);
    if (window < status.coverage.size()) json_.Key("coverage").Real(status.coverage[window]);
    const auto implied = implied_.find(kpi.name);
    if (implied != implied_.end()) {
      WriteCompared(kpi, implied->second, kpi.windows[window], leading);
      WriteTarget(id, implied->second, kpi.windows[window], leading);
    }
    json_.EndObject();
  }

  // "compare": by the time compared with, the value then of what is shown now.
  void WriteCompared(const KpiInfo& kpi, const std::map<std::string, KpiId>& implied, const std::string& window, const Leading& now) {
    const auto it = implied.find("compare");
    if (it == implied.end()) return;
    const KpiInfo& compare = view_.kpis()[it->second.v];
    std::map<std::string, Value> then;
    view_.ForEach(it->second, [&](const SeriesValue& series) {
      if (compare.windows[series.window] != window || series.labels.values.size() != kpi.labels.size() + 1) return;
      if (!query_.Matches(compare, series.labels)) return;
      const Names own(series.labels.values.begin(), series.labels.values.end() - 1);
      if (now.total || own == now.labels) then[series.labels.values.back()] = AddValues(then[series.labels.values.back()], series.value);
    });
    json_.Key("compare").BeginObject();
    for (const auto& [name, value] : then) json_.Key(name).Number(value);
    json_.EndObject();
  }

  // Of a sum: the sum of the targets, and the share reached by those series that have one.
  void WriteTarget(KpiId id, const std::map<std::string, KpiId>& implied, const std::string& window, const Leading& now) {
    const auto it = implied.find("target");
    if (it == implied.end()) return;
    std::map<Names, Value> targets;
    const KpiInfo& target = view_.kpis()[it->second.v];
    view_.ForEach(it->second, [&](const SeriesValue& series) {
      if (target.windows[series.window] != window || series.value.absent() || !query_.Matches(target, series.labels)) return;
      if (now.total || series.labels.values == now.labels) targets[series.labels.values] = series.value;
    });
    if (targets.empty()) return;
    Value all, reached;
    for (const auto& [labels, value] : targets) all = AddValues(all, value);
    const KpiInfo& kpi = view_.kpis()[id.v];
    view_.ForEach(id, [&](const SeriesValue& series) {
      if (kpi.windows[series.window] == window && targets.contains(series.labels.values)) reached = AddValues(reached, series.value);
    });
    json_.Key("target").Number(all).Key("attainment").Number(reached.absent() ? Value() : Divide(reached, all));
    const auto expected = implied.find("expected");
    if (expected == implied.end()) return;
    view_.ForEach(expected->second, [&](const SeriesValue& series) {
      if (view_.kpis()[expected->second.v].windows[series.window] == window) json_.Key("expected").Number(series.value);
    });
  }

  void AddLabelValues(KpiId id, const KpiInfo& kpi) {
    std::vector<std::set<std::string>*> sets;
    for (const std::string& name : kpi.labels) {
      sets.push_back(name == "stat" || name == "step" ? nullptr : &label_values_[name]);
    }
    view_.ForEach(id, [&](const SeriesValue& series) {
      if (series.window != 0) return;
      for (size_t i = 0; i < sets.size(); ++i) {
        if (sets[i] != nullptr && sets[i]->size() < kMostLabelValues) sets[i]->insert(series.labels.values[i]);
      }
    });
  }

  const View& view_;
  const SeriesQuery& query_;
  Implied implied_;
  std::map<std::string, std::set<std::string>> label_values_;
  JsonWriter json_;
};

}  // namespace

Value AddValues(const Value& a, const Value& b) {
  if (a.absent() || b.absent()) return a.absent() ? b : a;
  const auto sum = a.exact() && b.exact() ? Add(a.decimal(), b.decimal()) : std::nullopt;
  return sum ? Value::Exact(*sum) : Value::Real(a.real() + b.real());
}

size_t WindowOf(const KpiInfo& kpi, const std::string& window) {
  const auto at = std::find(kpi.windows.begin(), kpi.windows.end(), window);
  return at == kpi.windows.end() ? 0 : static_cast<size_t>(at - kpi.windows.begin());
}

Leading LeadingOf(const View& view, KpiId id, size_t window, const SeriesQuery& query) {
  const KpiInfo& kpi = view.kpis()[id.v];
  Leading leading;
  if (!query.HasLabels(kpi)) return leading;
  view.ForEach(id, [&](const SeriesValue& series) {
    if (series.window != window || !query.Matches(kpi, series.labels)) return;
    ++leading.series;
    if (kpi.additive && leading.series > 1) {
      leading.total = true;
      leading.value = AddValues(leading.value, series.value);
      leading.samples += series.samples;
      leading.labels.clear();
      return;
    }
    const bool better = leading.value.absent() || (series.samples > leading.samples && !series.value.absent());
    if (leading.series > 1 && !better) return;
    leading.value = series.value;
    leading.samples = series.samples;
    leading.labels = series.labels.values;
  });
  return leading;
}

std::string OverviewJson(const View& view, const SeriesQuery& query) { return Overview(view, query).Run(); }

OverviewService::Made OverviewService::Kept(const std::string& question) {
  const std::lock_guard lock(mu_);
  const Duration now = SteadyNow();
  std::erase_if(kept_, [&](const auto& kept) { return now - kept.second.at > kKept; });
  const auto it = kept_.find(question);
  return it == kept_.end() ? Made{} : it->second;
}

void OverviewService::Keep(std::string question, std::shared_ptr<const std::string> body) {
  const std::lock_guard lock(mu_);
  if (kept_.size() >= kMostKept) kept_.erase(kept_.begin());
  kept_.insert_or_assign(std::move(question), Made{SteadyNow(), std::move(body)});
}

HttpResponse OverviewService::Answer(const HttpRequest& request) {
  const std::shared_ptr<const View> view = lifecycle_->view();
  if (view == nullptr) return ApiError(503, "restoring the stored state");
  static const std::vector<std::string> kNames = {"subject", "window", "label"};
  const Result<SeriesQuery> query = ParseSeriesQuery(request.query, kNames, 0, 0);
  if (!query.ok()) return ApiError(query.status());
  std::string question;
  for (const auto& [name, text] : request.query) question.append(name).append("\n").append(text).append("\n");
  Made made = Kept(question);
  if (made.body == nullptr || SteadyNow() - made.at > kGood) {
    if (const std::unique_lock turn(computing_, std::try_to_lock); turn) {
      made.body = std::make_shared<const std::string>(OverviewJson(*view, *query) + "\n");
      Keep(std::move(question), made.body);
    }
  }
  if (made.body == nullptr) return ApiError(503, "another overview is being made; ask again");
  HttpResponse response;
  response.content_type = kJsonType;
  response.body = *made.body;
  return response;
}

}  // namespace tidemark
