#include "daemon/api.h"

#include <algorithm>

#include "daemon/clock.h"
#include "daemon/version.h"
#include "daemon/view_metrics.h"

namespace tidemark {
namespace {

void WriteNames(std::string_view key, const std::vector<std::string>& names, JsonWriter* json) {
  json->Key(key).BeginArray();
  for (const std::string& name : names) json->String(name);
  json->EndArray();
}

// "series": at most `limit` values, in the view's order, and how many there are.
void WriteSeries(const View& view, KpiId id, const SeriesQuery& query, JsonWriter* json) {
  const KpiInfo& kpi = view.kpis()[id.v];
  size_t count = 0;
  json->Key("series").BeginArray();
  if (query.HasLabels(kpi)) {
    view.ForEach(id, [&](const SeriesValue& series) {
      if (!query.window.empty() && kpi.windows[series.window] != query.window) return;
      if (!query.Matches(kpi, series.labels) || ++count > query.limit) return;
      json->BeginObject();
      WriteLabels(kpi.labels, series.labels.values, json);
      json->Key("window").String(kpi.windows[series.window]).Key("value").Number(series.value);
      json->Key("samples").Int(series.samples).EndObject();
    });
  }
  json->EndArray().Key("count").Int(static_cast<int64_t>(count)).Key("truncated").Bool(count > query.limit);
}

void WriteKpi(const View& view, KpiId id, const SeriesQuery& query, JsonWriter* json) {
  const KpiInfo& kpi = view.kpis()[id.v];
  const KpiStatus& status = view.status(id);
  json->BeginObject().Key("name").String(kpi.name).Key("family").String(kpi.family).Key("help").String(kpi.help);
  json->Key("unit").String(kpi.unit).Key("subject").String(kpi.subject).Key("definition").String(kpi.written);
  json->Key("made_of").String(kpi.made_of).Key("derived").String(kpi.derived).Key("additive").Bool(kpi.additive);
  WriteNames("labels", kpi.labels, json);
  WriteNames("windows", kpi.windows, json);
  WriteTime("evaluated_at", status.evaluated_at, json);
  json->Key("counted").Bool(status.counted).Key("withheld").Bool(status.withheld).Key("coverage").BeginObject();
  for (size_t w = 0; w < std::min(kpi.windows.size(), status.coverage.size()); ++w) {
    json->Key(kpi.windows[w]).Real(status.coverage[w]);
  }
  json->EndObject();
  WriteSeries(view, id, query, json);
  json->EndObject();
}

void WriteBreach(const RuleInfo& rule, const BreachInfo& breach, JsonWriter* json) {
  json->BeginObject().Key("rule").String(rule.name).Key("kpi").String(rule.kpi).Key("window").String(rule.window);
  json->Key("unit").String(rule.unit).Key("severity").String(rule.severity).Key("team").String(rule.team);
  json->Key("help").String(rule.help).Key("direction").String(rule.above ? "above" : "below");
  json->Key("enter").Number(Value::Exact(rule.enter)).Key("exit").Number(Value::Exact(rule.exit));
  if (breach.labels != nullptr) WriteLabels(rule.labels, breach.labels->values, json);
  json->Key("state").String(ToString(breach.state)).Key("observed").Number(breach.observed);
  json->Key("samples").Int(breach.samples);
  WriteTime("since", breach.since, json);
  json->Key("transitions").Int(breach.transitions).EndObject();
}

void WritePartition(const PartitionView& p, JsonWriter* json) {
  json->BeginObject().Key("topic").String(p.tp.topic).Key("partition").Int(p.tp.partition).Key("owned").Bool(p.owned);
  json->Key("next_offset").Int(p.next_offset.v).Key("log_end").Int(p.log_end.v);
  WriteTime("watermark", p.watermark, json);
  WriteTime("known_through", p.known_through, json);
  json->Key("health").String(ToString(p.health)).Key("reason").String(p.reason);
  json->Key("records_read").Int(p.counts.read);
  if (p.rejected.offset != kNoOffset) {
    json->Key("last_rejected").BeginObject().Key("offset").Int(p.rejected.offset.v).Key("reason").String(p.rejected.why).EndObject();
  }
  json->Key("unobserved").BeginArray();
  for (const TimeSpan& span : p.unobserved) {
    json->BeginObject();
    WriteTime("from", span.from, json);
    WriteTime("to", span.to == EventTime::max() ? kNoEventTime : span.to, json);
    json->EndObject();
  }
  json->EndArray().EndObject();
}

void WriteSource(const SourceView& source, JsonWriter* json) {
  json->BeginObject().Key("source").String(source.name).Key("overdue").Bool(source.overdue);
  WriteTime("last_event", source.last_event, json);
  WriteTime("complete_through", source.complete_through, json);
  json->EndObject();
}

}  // namespace

void WriteTime(std::string_view key, EventTime t, JsonWriter* json) {
  json->Key(key);
  if (t == kNoEventTime) {
    json->Null();
  } else {
    json->String(FormatRfc3339(t));
  }
}

std::string_view ToString(BreachState state) {
  switch (state) {
    case BreachState::kPending:
      return "pending";
    case BreachState::kFiring:
      return "firing";
    case BreachState::kInactive:
      break;
  }
  return "inactive";
}

void WriteLabels(std::span<const std::string> names, std::span<const std::string> values, JsonWriter* json) {
  json->Key("labels").BeginObject();
  for (size_t i = 0; i < std::min(names.size(), values.size()); ++i) json->Key(names[i]).String(values[i]);
  json->EndObject();
}

std::string KpisJson(const View& view, const SeriesQuery& query) {
  JsonWriter json;
  json.BeginObject().Key("kpis").BeginArray();
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& kpi = view.kpis()[k];
    const bool wanted = (query.kpi.empty() || kpi.name == query.kpi) && (query.subject.empty() || kpi.subject == query.subject);
    if (wanted) WriteKpi(view, KpiId{k}, query, &json);
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string BreachesJson(const View& view, size_t limit) {
  JsonWriter json;
  json.BeginObject().Key("breaches").BeginArray();
  size_t count = 0;
  for (const BreachState state : {BreachState::kFiring, BreachState::kPending, BreachState::kInactive}) {
    for (uint32_t r = 0; r < view.rules().size(); ++r) {
      for (const BreachInfo& breach : view.breaches(RuleId{r})) {
        if (breach.state == state && ++count <= limit) WriteBreach(view.rules()[r], breach, &json);
      }
    }
  }
  json.EndArray().Key("count").Int(static_cast<int64_t>(count)).Key("truncated").Bool(count > limit).EndObject();
  return std::move(json).Take();
}

std::string StatusJson(Phase phase, const View* view) {
  const ProbeAnswer ready = Ready(phase, view);
  JsonWriter json;
  json.BeginObject().Key("version").String(TheBuild().version);
  json.Key("time").String(FormatRfc3339(EventTimeOfProof(WallNow())));
  json.Key("phase").String(ToString(phase));
  json.Key("ready").Bool(ready.ok).Key("reason").String(ready.reason);
  if (view != nullptr) {
    json.Key("complete").Bool(view->complete()).Key("caught_up").Bool(view->caught_up());
    json.Key("commit_sequence").Int(static_cast<int64_t>(view->sequence()));
    json.Key("partitions").BeginArray();
    for (const PartitionView& p : view->partitions()) WritePartition(p, &json);
    json.EndArray().Key("sources").BeginArray();
    for (const SourceView& source : view->sources()) WriteSource(source, &json);
    json.EndArray();
  }
  json.EndObject();
  return std::move(json).Take();
}

}  // namespace tidemark
