// Panels: what all have, and what is particular to each kind.
#include "daemon/generate/panel_json.h"

namespace tidemark {
namespace {

std::string Letter(size_t query) { return std::string(1, static_cast<char>('A' + query)); }

std::string_view TypeOf(Panel::Kind kind) {
  switch (kind) {
    case Panel::Kind::kStat:
      return "stat";
    case Panel::Kind::kTimeSeries:
      return "timeseries";
    case Panel::Kind::kBarGauge:
      return "bargauge";
    case Panel::Kind::kGauge:
      return "gauge";
    case Panel::Kind::kTable:
      return "table";
    case Panel::Kind::kText:
      break;
  }
  return "text";
}

void WriteQuery(const Panel& panel, size_t q, JsonWriter* json) {
  const PanelQuery& query = panel.queries[q];
  json->BeginObject().Key("refId").String(Letter(q));
  WriteDatasource(json);
  json->Key("editorMode").String("code").Key("expr").String(query.expr);
  json->Key("legendFormat").String(query.legend.empty() ? "__auto" : query.legend);
  json->Key("format").String(panel.kind == Panel::Kind::kTable ? "table" : "time_series");
  json->Key("instant").Bool(query.instant).Key("range").Bool(!query.instant).EndObject();
}

void WriteColours(const Panel& panel, JsonWriter* json) {
  json->Key("color").BeginObject();
  if (!panel.colours.empty()) {
    json->Key("mode").String("thresholds");
  } else if (panel.kind == Panel::Kind::kTimeSeries) {
    json->Key("mode").String("palette-classic");
  } else {
    json->Key("mode").String("fixed").Key("fixedColor").String("blue");
  }
  json->EndObject().Key("thresholds").BeginObject().Key("mode").String("absolute").Key("steps").BeginArray();
  bool first = true;
  for (const auto& [from, colour] : panel.colours) {
    json->BeginObject().Key("color").String(colour).Key("value");
    first ? json->Null() : json->Real(from);
    json->EndObject();
    first = false;
  }
  if (first) json->BeginObject().Key("color").String("blue").Key("value").Null().EndObject();
  json->EndArray().EndObject();
}

void WriteMappings(const Panel& panel, JsonWriter* json) {
  if (panel.mappings.empty()) return;
  json->Key("mappings").BeginArray().BeginObject().Key("type").String("value").Key("options").BeginObject();
  int index = 0;
  for (const auto& [value, shown] : panel.mappings) {
    const size_t colon = shown.find(':');
    json->Key(value).BeginObject().Key("color").String(shown.substr(0, colon)).Key("text").String(shown.substr(colon + 1));
    json->Key("index").Int(index++).EndObject();
  }
  json->EndObject().EndObject().EndArray();
}

void WriteCustom(const Panel& panel, JsonWriter* json) {
  json->Key("custom").BeginObject();
  if (panel.kind == Panel::Kind::kTimeSeries) {
    json->Key("drawStyle").String("line").Key("lineWidth").Int(2).Key("fillOpacity").Int(panel.queries.size() == 1 ? 10 : 0);
    json->Key("showPoints").String("never").Key("spanNulls").Bool(false).Key("lineInterpolation").String("linear");
    if (panel.from_zero) json->Key("axisSoftMin").Int(0);
  } else {
    json->Key("align").String("auto").Key("filterable").Bool(true);
  }
  json->EndObject();
}

void WriteDataLinks(const Panel& panel, JsonWriter* json) {
  if (panel.links.empty()) return;
  json->Key("links").BeginArray();
  for (const Link& link : panel.links) {
    json->BeginObject().Key("title").String(link.title).Key("url").String(link.url).Key("targetBlank").Bool(false).EndObject();
  }
  json->EndArray();
}

void WriteOverrides(const Panel& panel, JsonWriter* json) {
  const auto begin = [&](std::string_view matcher, const std::string& of) {
    json->BeginObject().Key("matcher").BeginObject().Key("id").String(matcher).Key("options").String(of).EndObject();
    json->Key("properties").BeginArray();
  };
  for (const FieldOverride& change : panel.overrides) {
    // The columns of a table are called by their query once they are merged.
    if (panel.kind == Panel::Kind::kTable) {
      begin("byName", panel.columns[change.of].second);
    } else {
      begin("byFrameRefID", Letter(change.of));
    }
    for (const auto& [id, value] : change.properties) {
      json->BeginObject().Key("id").String(id).Key("value").Json(value).EndObject();
    }
    json->EndArray().EndObject();
  }
}

void WriteFields(const Panel& panel, JsonWriter* json) {
  json->Key("fieldConfig").BeginObject().Key("defaults").BeginObject().Key("unit").String(panel.unit);
  WriteColours(panel, json);
  WriteMappings(panel, json);
  WriteDataLinks(panel, json);
  if (panel.kind == Panel::Kind::kTimeSeries || panel.kind == Panel::Kind::kTable) WriteCustom(panel, json);
  if (panel.from_zero && panel.kind != Panel::Kind::kTimeSeries) json->Key("min").Int(0);
  if (panel.max > 0) json->Key("max").Real(panel.max);
  if (!panel.no_value.empty()) json->Key("noValue").String(panel.no_value);
  json->EndObject().Key("overrides").BeginArray();
  WriteOverrides(panel, json);
  json->EndArray().EndObject();
}

void WriteReduce(JsonWriter* json) {
  json->Key("reduceOptions").BeginObject().Key("calcs").BeginArray().String("lastNotNull").EndArray();
  json->Key("fields").String("").Key("values").Bool(false).EndObject();
}

void WriteTableOptions(const Panel& panel, JsonWriter* json) {
  json->Key("showHeader").Bool(true).Key("cellHeight").String("sm").Key("sortBy").BeginArray();
  if (!panel.sort.empty()) json->BeginObject().Key("displayName").String(panel.sort).Key("desc").Bool(true).EndObject();
  json->EndArray();
}

void WriteOptions(const Panel& panel, JsonWriter* json) {
  json->Key("options").BeginObject();
  switch (panel.kind) {
    case Panel::Kind::kStat:
      WriteReduce(json);
      json->Key("colorMode").String("value").Key("graphMode").String(panel.queries[0].instant ? "none" : "area");
      json->Key("justifyMode").String("auto").Key("orientation").String("auto");
      json->Key("textMode").String(panel.show_name ? "name" : panel.queries.size() > 1 ? "value_and_name" : "auto");
      json->Key("wideLayout").Bool(true);
      json->Key("showPercentChange").Bool(false);
      break;
    case Panel::Kind::kBarGauge:
      WriteReduce(json);
      json->Key("orientation").String("horizontal").Key("displayMode").String("basic").Key("valueMode").String("color");
      json->Key("namePlacement").String("auto").Key("showUnfilled").Bool(true).Key("sizing").String("auto");
      json->Key("minVizHeight").Int(16).Key("minVizWidth").Int(8).Key("maxVizHeight").Int(40);
      break;
    case Panel::Kind::kGauge:
      WriteReduce(json);
      json->Key("orientation").String("auto").Key("showThresholdLabels").Bool(false).Key("showThresholdMarkers").Bool(true);
      json->Key("sizing").String("auto").Key("minVizHeight").Int(75).Key("minVizWidth").Int(75);
      break;
    case Panel::Kind::kTimeSeries:
      json->Key("legend").BeginObject().Key("displayMode").String("list").Key("placement").String("bottom");
      json->Key("showLegend").Bool(true).Key("calcs").BeginArray().EndArray().EndObject();
      json->Key("tooltip").BeginObject().Key("mode").String("multi").Key("sort").String("desc").EndObject();
      break;
    case Panel::Kind::kTable:
      WriteTableOptions(panel, json);
      break;
    case Panel::Kind::kText:
      json->Key("mode").String("markdown").Key("content").String(panel.description);
      break;
  }
  json->EndObject();
}

// Rows of all queries with the same labels become one; columns get their titles and their order, others go.
void WriteTransformations(const Panel& panel, JsonWriter* json) {
  json->Key("transformations").BeginArray();
  if (panel.queries.size() > 1) json->BeginObject().Key("id").String("merge").Key("options").BeginObject().EndObject().EndObject();
  json->BeginObject().Key("id").String("filterFieldsByName").Key("options").BeginObject().Key("include").BeginObject();
  json->Key("names").BeginArray();
  for (const auto& [name, title] : panel.columns) json->String(name);
  json->EndArray().EndObject().EndObject().EndObject();
  json->BeginObject().Key("id").String("organize").Key("options").BeginObject().Key("excludeByName").BeginObject().EndObject();
  json->Key("indexByName").BeginObject();
  int index = 0;
  for (const auto& [name, title] : panel.columns) json->Key(name).Int(index++);
  json->EndObject().Key("renameByName").BeginObject();
  for (const auto& [name, title] : panel.columns) json->Key(name).String(title);
  json->EndObject().EndObject().EndObject().EndArray();
}

}  // namespace

void WritePlace(const GridPlace& place, JsonWriter* json) {
  json->Key("gridPos").BeginObject().Key("x").Int(place.x).Key("y").Int(place.y);
  json->Key("w").Int(place.width).Key("h").Int(place.height).EndObject();
}

void WriteDatasource(JsonWriter* json) {
  json->Key("datasource").BeginObject().Key("type").String("prometheus").Key("uid").String("${datasource}").EndObject();
}

void WritePanel(const Panel& panel, int id, const GridPlace& place, JsonWriter* json) {
  json->BeginObject().Key("type").String(TypeOf(panel.kind)).Key("id").Int(id).Key("title").String(panel.title);
  if (panel.kind != Panel::Kind::kText) json->Key("description").String(panel.description);
  WritePlace(place, json);
  WriteOptions(panel, json);
  if (panel.kind != Panel::Kind::kText) {
    WriteDatasource(json);
    WriteFields(panel, json);
    json->Key("targets").BeginArray();
    for (size_t q = 0; q < panel.queries.size(); ++q) WriteQuery(panel, q, json);
    json->EndArray();
    if (panel.kind == Panel::Kind::kTable) WriteTransformations(panel, json);
  }
  json->EndObject();
}

}  // namespace tidemark
