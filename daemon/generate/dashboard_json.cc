// Dashboards: the frame around panels.
#include "daemon/generate/panel_json.h"

namespace tidemark {
namespace {

constexpr int kColumns = 24;

// Gives panels their places: from left to right, a new line where one is full.
class Flow {
 public:
  explicit Flow(int* y) : y_(*y) {}
  ~Flow() { y_ += height_; }
  GridPlace Put(int width, int height) {
    if (x_ + width > kColumns) {
      y_ += height_;
      x_ = height_ = 0;
    }
    const GridPlace place{x_, y_, width, height};
    x_ += width;
    height_ = std::max(height_, height);
    return place;
  }

 private:
  int& y_;
  int x_ = 0, height_ = 0;
};

void WriteRow(const Row& row, int* y, int* id, JsonWriter* json) {
  json->BeginObject().Key("type").String("row").Key("id").Int((*id)++).Key("title").String(row.title);
  json->Key("collapsed").Bool(row.collapsed);
  WritePlace({0, (*y)++, kColumns, 1}, json);
  json->Key("panels").BeginArray();
  // Panels of an open row follow it, those of a closed one are in it.
  if (!row.collapsed) json->EndArray().EndObject();
  {
    Flow flow(y);
    for (const Panel& panel : row.panels) WritePanel(panel, (*id)++, flow.Put(panel.width, panel.height), json);
  }
  if (row.collapsed) json->EndArray().EndObject();
}

void WriteChoice(const std::string& text, bool selected, JsonWriter* json) {
  json->BeginObject().Key("text").String(text).Key("value").String(text).Key("selected").Bool(selected).EndObject();
}

void WriteCustom(const Variable& v, JsonWriter* json) {
  std::string query;
  for (const std::string& option : v.options) query += (query.empty() ? "" : ",") + option;
  json->Key("type").String("custom").Key("query").String(query).Key("options").BeginArray();
  for (const std::string& option : v.options) WriteChoice(option, option == v.current, json);
  json->EndArray().Key("current");
  WriteChoice(v.current, true, json);
}

void WriteQuery(const Variable& v, JsonWriter* json) {
  json->Key("type").String("query");
  WriteDatasource(json);
  json->Key("query").BeginObject().Key("query").String(v.query);
  json->Key("refId").String("StandardVariableQuery").EndObject();
  json->Key("refresh").Int(2);  // with the time range
  json->Key("sort").Int(v.regex.empty() ? 1 : 0).Key("regex").String(v.regex);  // by the alphabet, or not at all
  json->Key("multi").Bool(v.all).Key("includeAll").Bool(v.all);
  if (!v.all) return;
  json->Key("allValue").String(".*").Key("current").BeginObject().Key("text").BeginArray().String("All").EndArray();
  json->Key("value").BeginArray().String("$__all").EndArray().EndObject();
}

void WriteVariable(const Variable& v, JsonWriter* json) {
  json->BeginObject().Key("name").String(v.name).Key("label").String(v.label);
  json->Key("hide").Int(v.kind == Variable::Kind::kConstant ? 2 : 0).Key("skipUrlSync").Bool(v.kind == Variable::Kind::kConstant);
  switch (v.kind) {
    case Variable::Kind::kDatasource:
      json->Key("type").String("datasource").Key("query").String("prometheus").Key("refresh").Int(1).Key("regex").String("");
      break;
    case Variable::Kind::kConstant:
      json->Key("type").String("constant").Key("query").String(v.query);
      break;
    case Variable::Kind::kCustom:
      WriteCustom(v, json);
      break;
    case Variable::Kind::kQuery:
      WriteQuery(v, json);
      break;
  }
  json->EndObject();
}

void WriteAnnotation(const Annotation& a, JsonWriter* json) {
  json->BeginObject().Key("name").String(a.name).Key("enable").Bool(true).Key("iconColor").String(a.colour);
  WriteDatasource(json);
  json->Key("expr").String(a.expr).Key("titleFormat").String(a.title).Key("textFormat").String(a.text);
  json->Key("step").String("60s").Key("useValueForTime").Bool(a.at_value).EndObject();
}

void WriteLinks(const Dashboard& dashboard, JsonWriter* json) {
  json->Key("links").BeginArray();
  json->BeginObject().Key("title").String("Dashboards").Key("type").String("dashboards");
  json->Key("tags").BeginArray().String("tidemark").EndArray();
  json->Key("asDropdown").Bool(true).Key("icon").String("external link").Key("includeVars").Bool(true);
  json->Key("keepTime").Bool(true).Key("targetBlank").Bool(false).Key("tooltip").String("").Key("url").String("").EndObject();
  for (const Link& link : dashboard.links) {
    json->BeginObject().Key("title").String(link.title).Key("type").String("link").Key("tags").BeginArray().EndArray();
    json->Key("asDropdown").Bool(false).Key("icon").String("external link").Key("includeVars").Bool(false);
    json->Key("keepTime").Bool(false).Key("targetBlank").Bool(true).Key("tooltip").String("").Key("url").String(link.url).EndObject();
  }
  json->EndArray();
}

}  // namespace

std::string DashboardJson(const Dashboard& dashboard) {
  JsonWriter json;
  json.BeginObject().Key("id").Null().Key("uid").String(dashboard.uid).Key("title").String(dashboard.title);
  json.Key("description").String(dashboard.description).Key("tags").BeginArray();
  for (const std::string& tag : dashboard.tags) json.String(tag);
  json.EndArray().Key("schemaVersion").Int(39).Key("version").Int(1).Key("editable").Bool(false).Key("graphTooltip").Int(1);
  json.Key("refresh").String(dashboard.refresh).Key("timezone").String("browser");
  json.Key("time").BeginObject().Key("from").String(dashboard.from).Key("to").String("now").EndObject();
  WriteLinks(dashboard, &json);
  json.Key("annotations").BeginObject().Key("list").BeginArray();
  for (const Annotation& annotation : dashboard.annotations) WriteAnnotation(annotation, &json);
  json.EndArray().EndObject().Key("templating").BeginObject().Key("list").BeginArray();
  for (const Variable& variable : dashboard.variables) WriteVariable(variable, &json);
  json.EndArray().EndObject().Key("panels").BeginArray();
  int y = 0, id = 1;
  for (const Row& row : dashboard.rows) WriteRow(row, &y, &id, &json);
  json.EndArray().EndObject();
  return std::move(json).Take() + "\n";
}

}  // namespace tidemark
