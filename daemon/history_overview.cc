#include "daemon/history_overview.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "daemon/api.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/overview.h"
#include "pipeline/engine/shown.h"
#include "pipeline/explain/history.h"

namespace tidemark {
namespace {

constexpr size_t kMostNumbers = 4'000'000;
constexpr size_t kMostJson = 16;  // windows
constexpr Duration kTimeLimit = std::chrono::seconds(60);
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The latest hour that any KPI's time has reached.
EventTime HourOf(const View& view) {
  EventTime last = kNoEventTime;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) last = std::max(last, view.status(KpiId{k}).evaluated_at);
  return last == kNoEventTime ? last : FloorTo(last, kShownGrid);
}

}  // namespace

HistoryOverview::HistoryOverview(StateOffer* state, const Lifecycle* lifecycle)
    : state_(state), lifecycle_(lifecycle), thread_([this] { Main(); }) {}

HistoryOverview::~HistoryOverview() {
  {
    const std::lock_guard lock(mu_);
    stop_ = true;
  }
  asked_.notify_all();
  thread_.join();
}

void HistoryOverview::Main() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
  std::unique_lock lock(mu_);
  while (true) {
    asked_.wait(lock, [this] { return wanted_ || stop_; });
    if (stop_) return;
    wanted_ = false;
    lock.unlock();
    const std::shared_ptr<const View> view = lifecycle_->view();
    std::optional<StateOffer::Taken> state = view == nullptr ? std::nullopt : state_->Take();
    if (state && (state->plan != made_.plan || HourOf(*view) != made_hour_)) {
      const Status done = Work(*std::move(state), *view);
      if (!done.ok()) Log(LogLevel::kWarn, "the history of KPIs can't be read", {{"reason", done.text()}});
    }
    lock.lock();
  }
}

// The latest hours first, and only those that are not there yet.
Status HistoryOverview::Work(StateOffer::Taken state, const View& view) {
  // Between a reload and the first view of it, numbers of one would be put under the other.
  const auto same = [](const KpiInfo& a, const KpiInfo& b) { return a.name == b.name && a.windows == b.windows && a.labels == b.labels; };
  const auto& infos = state.plan->kpi_infos();
  if (!std::equal(view.kpis().begin(), view.kpis().end(), infos.begin(), infos.end(), same)) return Status::Ok();
  if (state.plan != made_.plan) made_ = Made{state.plan, {}, {}};
  std::vector<KpiId> kpis;
  Lines lines;
  size_t numbers = 0;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& kpi = view.kpis()[k];
    lines.emplace_back();
    if (!kpi.made_of.empty()) continue;
    kpis.push_back(KpiId{k});
    for (size_t w = 0; w < kpi.windows.size(); ++w) {
      const Leading leading = LeadingOf(view, KpiId{k}, w, {});
      lines[k].push_back({leading.total, leading.labels});
    }
    numbers += kpi.windows.size();
  }
  // A line of another series has nothing to do with what was there.
  for (size_t k = 0; k < made_.lines.size(); ++k) {
    for (size_t w = 0; w < made_.lines[k].size(); ++w) {
      if (made_.lines[k][w] == lines[k][w]) continue;
      for (auto& [at, of] : made_.at) of[k][w] = kNone;
    }
  }
  made_.lines = std::move(lines);
  TM_ASSIGN_OR_RETURN(const History history, History::Open(state.plan, state.store.get()));
  std::vector<EventTime> instants = history.Instants(kpis);
  instants.resize(std::min(instants.size(), kMostNumbers / std::max<size_t>(numbers, 1)));
  std::erase_if(made_.at, [&](const auto& of) { return std::find(instants.begin(), instants.end(), of.first) == instants.end(); });
  const Duration until = SteadyNow() + kTimeLimit;
  for (const EventTime at : instants) {
    if (made_.at.contains(at)) continue;
    if (state_->withdrawn() || SteadyNow() > until) break;
    Numbers of(made_.lines.size());
    for (size_t k = 0; k < of.size(); ++k) of[k].assign(made_.lines[k].size(), kNone);
    TM_RETURN_IF_ERROR(history.ForEachAt(at, kpis, [&](KpiId id, const SeriesValue& series) {
      const Line& line = made_.lines[id.v][series.window];
      if (series.value.absent() || (!line.total && series.labels.values != line.labels)) return;
      double& number = of[id.v][series.window];
      number = std::isnan(number) ? series.value.real() : number + series.value.real();
    }));
    made_.at[at] = std::move(of);
  }
  made_hour_ = HourOf(view);
  Publish(made_);
  return Status::Ok();
}

void HistoryOverview::Publish(Made made) {
  auto published = std::make_shared<const Made>(std::move(made));
  const std::lock_guard lock(mu_);
  published_ = std::move(published);
  json_.clear();
}

std::shared_ptr<const std::string> HistoryOverview::Json(const std::string& window) {
  const std::lock_guard lock(mu_);
  wanted_ = true;
  asked_.notify_one();
  if (published_ == nullptr) return nullptr;
  const auto known = json_.find(window);
  if (known != json_.end()) return known->second;
  const Made& made = *published_;
  JsonWriter json;
  json.BeginObject().Key("times").BeginArray();
  for (const auto& [at, numbers] : made.at) json.String(FormatRfc3339(at));
  json.EndArray().Key("kpis").BeginObject();
  for (size_t k = 0; k < made.lines.size(); ++k) {
    if (made.lines[k].empty()) continue;
    const KpiInfo& kpi = made.plan->kpi_infos()[k];
    const size_t w = WindowOf(kpi, window);
    json.Key(kpi.name).BeginObject().Key("window").String(kpi.windows[w]).Key("total").Bool(made.lines[k][w].total);
    WriteLabels(kpi.labels, made.lines[k][w].labels, &json);
    json.Key("values").BeginArray();
    for (const auto& [at, numbers] : made.at) json.Real(numbers[k][w]);
    json.EndArray().EndObject();
  }
  json.EndObject().EndObject();
  if (json_.size() >= kMostJson) json_.erase(json_.begin());
  return json_[window] = std::make_shared<const std::string>(std::move(json).Take() + "\n");
}

}  // namespace tidemark
