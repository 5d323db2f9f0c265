#include "daemon/generate/kpi_panels.h"

#include <algorithm>
#include <array>

#include "daemon/generate/units.h"
#include "daemon/json_writer.h"

namespace tidemark {
namespace {

constexpr const char* kDashed = R"({"fill":"dash","dash":[8,8]})";

bool Has(const std::vector<std::string>& list, const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); }

std::string Fixed(const char* colour) { return std::string(R"({"mode":"fixed","fixedColor":")") + colour + "\"}"; }

// A line that is not the KPI itself.
FieldOverride Dashed(size_t query, const char* colour) {
  return {query, {{"custom.lineStyle", kDashed}, {"custom.lineWidth", "1"}, {"custom.fillOpacity", "0"}, {"color", Fixed(colour)}}};
}

std::string Upper(std::string_view word) {
  std::string upper;
  for (const char c : word) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

bool IsAbbreviation(std::string_view word) {
  constexpr std::array<std::string_view, 9> kKnown = {"csat", "nps", "mql", "sql", "clv", "ctr", "roas", "crm", "arr"};
  return std::find(kKnown.begin(), kKnown.end(), word) != kKnown.end();
}

// What the number is a share of 1 of reads per cent; the colours of growth: less is red.
const ColourSteps& GrowthColours() {
  static const ColourSteps kColours = {{0, "red"}, {-0.01, "text"}, {0.01, "green"}};
  return kColours;
}

std::string StepsJson(const ColourSteps& steps) {
  JsonWriter json;
  json.BeginObject().Key("mode").String("absolute").Key("steps").BeginArray();
  for (size_t i = 0; i < steps.size(); ++i) {
    json.BeginObject().Key("color").String(steps[i].second).Key("value");
    i == 0 ? json.Null() : json.Real(steps[i].first);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

std::string StatInWords(const StatPlan& stat) { return stat.name == "p50" ? "median" : stat.name == "avg" ? "mean" : stat.name; }

// {{a}} · {{b}}
std::string Legend(const std::vector<std::string>& labels) {
  std::string legend;
  for (const std::string& label : labels) legend += (legend.empty() ? "{{" : " · {{") + label + "}}";
  return legend;
}

}  // namespace

std::string DashboardText(std::string_view text) {
  std::string still;
  for (const char c : text) {
    still += c == '<' ? "&lt;" : std::string(1, c);
    if (c == '$' || c == '[') still += "\u2060";  // of no width; between what would begin a variable
  }
  return still;
}

std::string Words(std::string_view name) {
  if (name.ends_with("_id")) name.remove_suffix(3);
  std::string words;
  while (!name.empty()) {
    const size_t end = std::min(name.find('_'), name.size());
    const std::string_view word = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (!words.empty() && !word.empty()) words += ' ';
    words += IsAbbreviation(word) ? Upper(word) : std::string(word);
  }
  return words;
}

std::string InWords(std::string_view name) {
  const std::string words = Words(name);
  return words.empty() ? words : Upper(words.substr(0, 1)) + words.substr(1);
}

std::string KpiTitle(const KpiInfo& info) {
  std::string_view name = info.name;
  if (name.ends_with("_seconds")) name.remove_suffix(std::string_view("_seconds").size());
  const bool ratio = name.ends_with("_overall_ratio");
  if (ratio) name.remove_suffix(std::string_view("_ratio").size());
  const bool overall = name.ends_with("_overall");
  if (overall) name.remove_suffix(std::string_view("_overall").size());
  std::string title = InWords(name) + (ratio ? " ratio" : "");
  if (overall) title += ", overall";
  return KindOfUnit(info.unit) == UnitKind::kLabelCurrency ? title + " ($currency)" : title;
}

std::string GrafanaUnit(const std::string& unit) {
  switch (KindOfUnit(unit)) {
    case UnitKind::kRatio:
      return "percentunit";
    case UnitKind::kSeconds:
      return "s";
    case UnitKind::kBytes:
      return "bytes";
    case UnitKind::kCurrency:
      return "currency:" + CurrencyPrefix(unit);
    case UnitKind::kLabelCurrency:
      return "currency:";  // 1.2M; the title says of what
    case UnitKind::kPlain:
      break;
  }
  return unit.empty() ? "short" : "suffix: " + unit;
}

Panel KpiPanels::Start(Panel::Kind kind, KpiId id, int width, int height) const {
  const KpiInfo& info = queries_.kpi(id).info;
  Panel panel{.kind = kind, .title = KpiTitle(info), .description = DashboardText(info.help), .unit = GrafanaUnit(info.unit),
              .width = width, .height = height, .queries = {}};
  const std::string window = queries_.WindowOf(id);
  if (window != "$window" && window != "now") panel.title += ", " + window;
  if (!external_url_.empty()) {
    panel.links.push_back({"Its history, and what moved it", "${tidemark_url}/kpi/" + info.name + "?window=" + window});
  }
  return panel;
}

// The other stats beside the first: "p90", "avg".
void KpiPanels::AddStats(KpiId id, Panel* panel) const {
  const KpiPlan& kpi = queries_.kpi(id);
  for (const StatPlan& stat : kpi.stats) {
    if (stat.kind == StatPlan::Kind::kSum || stat.kind == StatPlan::Kind::kCount) continue;
    panel->queries.push_back({"max(" + queries_.Series(id, ",stat=\"" + stat.name + "\"") + ")", StatInWords(stat)});
  }
}

std::optional<Panel> KpiPanels::Stat(KpiId id) const {
  const std::optional<std::string> value = queries_.Over(id, {});
  if (!value) return std::nullopt;
  Panel panel = Start(Panel::Kind::kStat, id, 4, 4);
  const KpiPlan& kpi = queries_.kpi(id);
  if (!kpi.stats.empty()) panel.title += ", " + StatInWords(queries_.MainStat(id));
  panel.no_value = "–";
  panel.queries.push_back({*value, "now"});
  if (const auto growth = queries_.Growth(id)) {
    panel.queries[0].legend = " ";
    panel.queries.push_back({*growth, "vs. window before"});
    panel.overrides.push_back({1, {{"unit", "\"percentunit\""}, {"decimals", "0"}, {"color", R"({"mode":"thresholds"})"},
                                   {"thresholds", StepsJson(GrowthColours())}}});
  }
  return panel;
}

std::optional<Panel> KpiPanels::Trend(KpiId id) const {
  Panel panel = Start(Panel::Kind::kTimeSeries, id, 12, 8);
  panel.from_zero = true;
  const bool alone = queries_.Groups(id).empty();
  if (!queries_.kpi(id).stats.empty()) {
    if (!alone) return std::nullopt;
    AddStats(id, &panel);
  } else if (const auto value = queries_.Over(id, {})) {
    panel.queries.push_back({*value, KpiTitle(queries_.kpi(id).info)});
    panel.overrides.push_back({0, {{"color", Fixed("blue")}, {"custom.fillOpacity", "10"}}});
  } else {
    return std::nullopt;
  }
  const auto add = [&](const std::optional<std::string>& expr, const std::string& legend, const char* colour) {
    if (!expr) return;
    panel.overrides.push_back(Dashed(panel.queries.size(), colour));
    panel.queries.push_back({*expr, legend});
  };
  add(queries_.Before(id), "window before", "text");
  add(queries_.Target(id, {}), "target", "green");
  // A rule looks at single series; where these are many, their sum says nothing of its level.
  if (alone) add(queries_.Limits(id), "limit: {{rule}}", "red");
  return panel;
}

std::optional<Panel> KpiPanels::Bars(KpiId id, const std::string& label) const {
  const std::vector<std::string> groups = queries_.Groups(id);
  if (groups.empty() || Has(queries_.kpi(id).info.labels, "step")) return std::nullopt;
  const std::string& by = label.empty() ? groups.front() : label;
  if (!Has(groups, by)) return std::nullopt;
  Panel panel = Start(Panel::Kind::kBarGauge, id, 8, 8);
  std::vector<std::string> shown = {by};
  std::optional<std::string> values = queries_.Over(id, shown);
  if (!values) values = queries_.Over(id, shown = groups);
  if (!values) return std::nullopt;
  const KpiPlan& kpi = queries_.kpi(id);
  if (!kpi.stats.empty()) panel.title += ", " + StatInWords(queries_.MainStat(id));
  const std::string how = " by " + Words(by);
  if (shown.size() == 1 && !panel.title.ends_with(how)) panel.title += how;
  panel.description += " The greatest ten.";
  for (const std::string& name : shown) *values = "label_replace(" + *values + ", \"" + name + "\", \"(none)\", \"" + name + "\", \"\")";
  panel.queries.push_back({"sort_desc(topk(10, " + *values + "))", Legend(shown), true});
  panel.from_zero = true;
  return panel;
}

std::optional<Panel> KpiPanels::Funnel(KpiId id) const {
  const KpiPlan& kpi = queries_.kpi(id);
  if (kpi.measure != Measure::kFunnel || kpi.derived != Derived::kNone) return std::nullopt;
  const std::optional<std::string> steps = queries_.Over(id, {"step"});
  if (!steps) return std::nullopt;
  Panel panel = Start(Panel::Kind::kBarGauge, id, 8, 8);
  panel.description += " Each step as a share of the first.";
  panel.unit = "percentunit";
  panel.max = 1;
  panel.from_zero = true;
  panel.queries.push_back({"sort_desc(" + *steps + " / ignoring(step) group_left() max(" + *steps + "))", "{{step}}", true});
  return panel;
}

std::optional<Panel> KpiPanels::Attainment(KpiId id) const {
  const std::optional<std::string> value = queries_.Over(id, {}), target = queries_.Target(id, {});
  if (!value || !target) return std::nullopt;
  Panel panel = Start(Panel::Kind::kGauge, id, 4, 6);
  panel.title += ": reached";
  panel.description += " How much of the target is reached.";
  panel.unit = "percentunit";
  panel.colours = {{0, "orange"}, {0.8, "yellow"}, {1, "green"}};
  panel.from_zero = true;
  panel.max = 1.2;
  panel.no_value = "no target";
  panel.queries.push_back({*value + " / (" + *target + " > 0)", "reached", true});
  return panel;
}

std::optional<Panel> KpiPanels::TargetTable(KpiId id) const {
  const std::vector<std::string> groups = queries_.Groups(id);
  const std::optional<std::string> value = queries_.Over(id, groups), target = queries_.Target(id, groups);
  if (groups.empty() || !value || !target) return std::nullopt;
  Panel panel = Start(Panel::Kind::kTable, id, 12, 8);
  panel.title += " against target";
  panel.queries = {{*value, "", true}, {*target, "", true}, {*value + " / (" + *target + " > 0)", "", true}};
  for (const std::string& label : groups) panel.columns.emplace_back(label, InWords(label));
  for (const auto& [name, title] : {std::pair("Value #A", "Value"), {"Value #B", "Target"}, {"Value #C", "Reached"}}) {
    panel.columns.emplace_back(name, title);
  }
  panel.overrides.push_back({groups.size() + 2, {{"unit", "\"percentunit\""}, {"decimals", "0"}, {"min", "0"}, {"max", "1.2"},
                                                 {"custom.cellOptions", R"({"type":"gauge","mode":"basic","valueDisplayMode":"text"})"}}});
  panel.sort = "Reached";
  return panel;
}

Panel KpiPanels::Any(KpiId id) const {
  if (auto funnel = Funnel(id)) return *std::move(funnel);
  if (auto stat = Stat(id)) return *std::move(stat);
  if (auto bars = Bars(id, "")) return *std::move(bars);
  Panel panel = Start(Panel::Kind::kBarGauge, id, 8, 8);
  panel.description += " The greatest ten.";
  panel.queries.push_back({"sort_desc(topk(10, " + queries_.Series(id) + "))", Legend(queries_.kpi(id).info.labels), true});
  return panel;
}

}  // namespace tidemark
