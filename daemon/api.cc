#include "daemon/api.h"

#include <algorithm>

#include "daemon/text_buffer.h"
#include "daemon/version.h"
#include "daemon/view_metrics.h"

namespace tidemark {
namespace {

void WriteTime(std::string_view key, EventTime t, JsonWriter* json) {
  json->Key(key);
  if (t == kNoEventTime) {
    json->Null();
  } else {
    json->String(FormatRfc3339(t));
  }
}

void WriteKpi(const View& view, KpiId id, JsonWriter* json) {
  const KpiInfo& kpi = view.kpis()[id.v];
  const KpiStatus& status = view.status(id);
  json->BeginObject().Key("name").String(kpi.name).Key("family").String(kpi.family).Key("help").String(kpi.help);
  json->Key("unit").String(kpi.unit);
  WriteTime("evaluated_at", status.evaluated_at, json);
  json->Key("coverage").BeginObject();
  for (size_t w = 0; w < std::min(kpi.windows.size(), status.coverage.size()); ++w) {
    json->Key(kpi.windows[w]).Real(status.coverage[w]);
  }
  json->EndObject().Key("series").BeginArray();
  view.ForEach(id, [&](const SeriesValue& series) {
    json->BeginObject();
    WriteLabels(kpi.labels, series.labels.values, json);
    json->Key("window").String(kpi.windows[series.window]).Key("value").Number(series.value);
    json->Key("samples").Int(series.samples).EndObject();
  });
  json->EndArray().EndObject();
}

void WritePartition(const PartitionView& p, JsonWriter* json) {
  json->BeginObject().Key("topic").String(p.tp.topic).Key("partition").Int(p.tp.partition).Key("owned").Bool(p.owned);
  json->Key("next_offset").Int(p.next_offset.v).Key("log_end").Int(p.log_end.v);
  WriteTime("watermark", p.watermark, json);
  WriteTime("known_through", p.known_through, json);
  json->Key("health").String(ToString(p.health)).Key("reason").String(p.reason);
  json->Key("records_read").Int(p.counts.read).EndObject();
}

void WriteSource(const SourceView& source, JsonWriter* json) {
  json->BeginObject().Key("source").String(source.name).Key("overdue").Bool(source.overdue);
  WriteTime("last_event", source.last_event, json);
  WriteTime("complete_through", source.complete_through, json);
  json->EndObject();
}

}  // namespace

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

std::string KpisJson(const View& view, std::string_view only) {
  JsonWriter json;
  json.BeginObject().Key("kpis").BeginArray();
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    if (only.empty() || view.kpis()[k].name == only) WriteKpi(view, KpiId{k}, &json);
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string BreachesJson(const View& view) {
  JsonWriter json;
  json.BeginObject().Key("breaches").BeginArray();
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    const RuleInfo& rule = view.rules()[r];
    for (const BreachInfo& breach : view.breaches(RuleId{r})) {
      json.BeginObject().Key("rule").String(rule.name).Key("kpi").String(rule.kpi).Key("window").String(rule.window);
      json.Key("unit").String(rule.unit).Key("severity").String(rule.severity).Key("team").String(rule.team);
      json.Key("help").String(rule.help).Key("direction").String(rule.above ? "above" : "below");
      json.Key("enter").Number(Value::Exact(rule.enter)).Key("exit").Number(Value::Exact(rule.exit));
      if (breach.labels != nullptr) WriteLabels(rule.labels, breach.labels->values, &json);
      json.Key("state").String(ToString(breach.state)).Key("observed").Number(breach.observed);
      json.Key("samples").Int(breach.samples);
      WriteTime("since", breach.since, &json);
      json.Key("transitions").Int(breach.transitions).EndObject();
    }
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string StatusJson(Phase phase, const View* view) {
  const ProbeAnswer ready = Ready(phase, view);
  JsonWriter json;
  json.BeginObject().Key("version").String(TheBuild().version).Key("phase").String(ToString(phase));
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

std::string ErrorJson(std::string_view text) {
  JsonWriter json;
  json.BeginObject().Key("error").String(text).EndObject();
  return std::move(json).Take();
}

std::string LandingPage(Phase phase, const View* view) {
  const ProbeAnswer ready = Ready(phase, view);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>tidemark</title></head>\n<body>\n"
      "<h1>tidemark</h1>\n<p>Exact rolling KPIs from CRM and marketing events, for Prometheus. Version " +
      EscapeHtml(TheBuild().version) + ".</p>\n<p>State: " + EscapeHtml(ready.ok ? "ready" : ready.reason) +
      ".</p>\n<ul>\n";
  constexpr std::pair<const char*, const char*> kLinks[] = {
      {"/metrics", "everything, for Prometheus"},
      {"/api/v1/kpis", "all KPIs with their values, as JSON"},
      {"/api/v1/breaches", "all rules with their state, as JSON"},
      {"/api/v1/explain?kpi=", "what moved a KPI (add its name), as JSON; with &amp;format=table for people"},
      {"/api/v1/status", "partitions, offsets and event time, as JSON"},
      {"/-/healthy", "200 while the process works"},
      {"/-/ready", "200 once restored, assigned and caught up"}};
  for (const auto& [path, what] : kLinks) {
    page += std::string("<li><a href=\"") + path + "\">" + path + "</a>: " + what + "</li>\n";
  }
  page += "</ul>\n";
  if (view != nullptr) {
    page += "<h2>KPIs</h2>\n<ul>\n";
    for (const KpiInfo& kpi : view->kpis()) {
      page += "<li><a href=\"/api/v1/kpis?kpi=" + EscapeHtml(kpi.name) + "\">" + EscapeHtml(kpi.name) +
              "</a>: " + EscapeHtml(kpi.help) + "</li>\n";
    }
    page += "</ul>\n";
  }
  return page + "</body></html>\n";
}

}  // namespace tidemark
