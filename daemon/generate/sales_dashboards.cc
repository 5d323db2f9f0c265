// Dashboards of KPIs: those of the catalogue by their subjects, the configuration's own on the overview.
#include <algorithm>
#include <map>
#include <set>

#include "daemon/generate/dashboard_plan.h"
#include "daemon/generate/dashboards.h"
#include "daemon/generate/kpi_panels.h"
#include "daemon/generate/text.h"

namespace tidemark {
namespace {

constexpr size_t kMaxFilters = 6;
constexpr size_t kMaxOpenPanels = 30;  // more make a closed row

bool Has(std::span<const std::string_view> list, std::string_view word) { return std::find(list.begin(), list.end(), word) != list.end(); }

// Labels of a rule, beside each of its breaches.
std::string WithRule(const std::string& labels) {
  return OfJob(" * on (job, rule) group_left (" + labels + ") max by (job, rule, " + labels + ") (tidemark_rule_info{})");
}

// Builds one dashboard.
class Builder {
 public:
  Builder(const Plan& plan, const DashboardPlan& design, const DashboardOptions& options)
      : plan_(plan), design_(design), options_(options), queries_(plan, scope_), panels_(queries_, options.external_url) {
    for (uint32_t k = 0; k < plan.kpis().size(); ++k) {
      if (plan.kpis()[k].derived != Derived::kNone) continue;
      by_name_.emplace(plan.kpis()[k].info.name, KpiId{k});
      if (Belongs(KpiId{k})) kpis_.push_back(KpiId{k});
    }
    ChooseScope();
  }

  bool empty() const { return kpis_.empty(); }

  Dashboard Build() {
    Dashboard dashboard{.uid = std::string(design_.uid), .title = std::string(design_.title),
                        .description = std::string(design_.description), .tags = {"tidemark", "sales"},
                        .variables = Variables(), .annotations = Annotations(), .rows = {}};
    if (!options_.external_url.empty()) dashboard.links.push_back({"tidemark", "${tidemark_url}/"});
    dashboard.rows = {Stats(), Charts()};
    if (IsGoals()) dashboard.rows.insert(dashboard.rows.begin(), Targets());
    if (IsOverview()) AddOverview(&dashboard.rows);
    AddRest(&dashboard.rows);
    std::erase_if(dashboard.rows, [](const Row& row) { return row.panels.empty(); });
    return dashboard;
  }

 private:
  bool IsOverview() const { return design_.uid == kOverviewUid; }
  bool IsGoals() const { return design_.uid == kGoalsUid; }

  bool Belongs(KpiId id) const {
    const KpiPlan& kpi = plan_.kpis()[id.v];
    if (IsOverview()) return kpi.info.subject.empty() || Has(design_.stats, kpi.info.name);
    if (IsGoals() && queries_.DerivedOf(id, Derived::kTarget)) return true;
    return Has(design_.subjects, kpi.info.subject);
  }

  // The windows that most KPIs have, and the labels that most differ by.
  void ChooseScope() {
    std::map<std::string, size_t> windows, labels;
    std::vector<std::string> window_order;
    for (const KpiId id : kpis_) {
      for (const std::string& window : plan_.kpis()[id.v].info.windows) {
        if (window == "now" || window == "lifetime") continue;
        if (windows[window]++ == 0) window_order.push_back(window);
      }
      for (const std::string& label : queries_.Groups(id)) ++labels[label];
    }
    size_t most = 0;
    for (const auto& [window, kpis] : windows) most = std::max(most, kpis);
    for (const std::string& window : window_order) {
      if (windows[window] * 3 >= most * 2) scope_.windows.push_back(window);
    }
    std::vector<std::pair<size_t, std::string>> by_use;
    for (const auto& [label, kpis] : labels) {
      if (kpis > 1) by_use.emplace_back(kpis, label);
    }
    std::sort(by_use.rbegin(), by_use.rend());
    for (size_t i = 0; i < std::min(kMaxFilters, by_use.size()); ++i) scope_.filters.insert(by_use[i].second);
  }

  std::vector<Variable> Variables() const {
    std::vector<Variable> variables = CommonVariables();
    if (!options_.external_url.empty()) {
      variables.push_back({.kind = Variable::Kind::kConstant, .name = "tidemark_url", .label = "tidemark", .query = options_.external_url});
    }
    if (!scope_.windows.empty()) {
      const bool week = std::find(scope_.windows.begin(), scope_.windows.end(), "7d") != scope_.windows.end();
      variables.push_back({.kind = Variable::Kind::kCustom, .name = "window", .label = "Window", .options = scope_.windows,
                           .current = week ? "7d" : scope_.windows.front()});
    }
    if (const std::string families = FamiliesWith("currency"); !families.empty()) {
      // The one of most series first, so that it is what people see at first.
      variables.push_back({.name = "currency", .label = "Currency",
                           .query = "query_result(sort_desc(count by (currency) (" + AnyOf(families) + ")))",
                           .regex = "/currency=\"([^\"]+)\"/"});
    }
    for (const std::string& label : scope_.filters) {
      variables.push_back({.name = label, .label = InWords(label), .query = LabelValues(FamiliesWith(label), label), .all = true});
    }
    if (IsOverview()) {
      variables.push_back({.name = "kpi", .label = "Any KPI", .query = OfJob("label_values(tidemark_kpi_info{}, kpi)")});
    }
    return variables;
  }

  std::string FamiliesWith(const std::string& label) const {
    std::vector<std::string> families;
    for (const KpiId id : kpis_) {
      const KpiInfo& info = plan_.kpis()[id.v].info;
      if (std::find(info.labels.begin(), info.labels.end(), label) != info.labels.end()) families.push_back(info.family);
    }
    return OneOf(families);
  }

  static std::string LabelValues(const std::string& families, const std::string& label) {
    return "label_values(" + AnyOf(families) + ", " + label + ")";
  }
  static std::string AnyOf(const std::string& families) { return "{__name__=~" + PromQuoted(families) + "," + kJobMatcher + "}"; }

  std::vector<Annotation> Annotations() const {
    std::vector<Annotation> annotations = {Restarts()};
    if (plan_.rules().empty()) return annotations;
    annotations.push_back({.name = "Breaches", .colour = "red",
                           .expr = OfJob("(tidemark_breach{} == 1)") + WithRule("kpi, window, severity, team"),
                           .title = "{{rule}} ({{severity}})", .text = "{{kpi}}, {{window}}; for {{team}}"});
    return annotations;
  }

  static void Put(std::optional<Panel> panel, Row* row) {
    if (panel) row->panels.push_back(*std::move(panel));
  }
  void Show(KpiId id, std::optional<Panel> panel, Row* row) {
    if (panel) shown_.insert(id.v);
    Put(std::move(panel), row);
  }

  Row Stats() {
    Row row{.title = "At a glance", .panels = {}};
    for (const std::string_view name : design_.stats) {
      const auto found = by_name_.find(std::string(name));
      if (found == by_name_.end()) continue;
      Show(found->second, panels_.Stat(found->second), &row);
    }
    return row;
  }

  Row Charts() {
    Row row{.title = "In detail", .panels = {}};
    for (const std::string_view chart : design_.charts) {
      const size_t end = std::min(chart.find(' '), chart.size());
      const auto found = by_name_.find(std::string(chart.substr(0, end)));
      if (found == by_name_.end()) continue;
      const KpiId id = found->second;
      if (end == chart.size()) {
        Show(id, panels_.Trend(id), &row);
      } else if (chart.ends_with(" funnel")) {
        Show(id, panels_.Funnel(id), &row);
      } else {
        Show(id, panels_.Bars(id, std::string(chart.substr(end + 4))), &row);
      }
    }
    return row;
  }

  // What has a target, first of all.
  Row Targets() {
    Row row{.title = "Against target", .panels = {}};
    for (const KpiId id : kpis_) Put(panels_.Attainment(id), &row);
    for (const KpiId id : kpis_) Put(panels_.TargetTable(id), &row);
    return row;
  }

  void AddOverview(std::vector<Row>* rows) {
    Row own{.title = "Your KPIs", .panels = {}};
    for (const KpiId id : kpis_) {
      if (!plan_.kpis()[id.v].info.subject.empty()) continue;
      own.panels.push_back(panels_.Any(id));
      if (own.panels.back().kind == Panel::Kind::kStat) Put(panels_.Bars(id, ""), &own);
      shown_.insert(id.v);
    }
    own.collapsed = own.panels.size() > kMaxOpenPanels;
    std::stable_sort(own.panels.begin(), own.panels.end(), [](const Panel& a, const Panel& b) { return a.height < b.height; });
    rows->push_back(std::move(own));
    if (!plan_.rules().empty()) rows->push_back(Rules());
    rows->push_back(AnyKpi());
  }

  // A line for each series that a rule looks at.
  Row Rules() const {
    Panel table{.kind = Panel::Kind::kTable, .title = "Rules", .description = "Every rule and what it looks at; those in breach first.",
                .width = 24, .height = 9, .queries = {}};
    const std::string of_rule = WithRule("kpi, unit, window, severity, team");
    table.queries = {{OfJob("tidemark_breach{}") + of_rule, "", true},
                     {OfJob("tidemark_breach_observed{}") + of_rule, "", true},
                     {OfJob("(tidemark_breach{} * 0 + on (job, rule) group_left () "
                            "max by (job, rule) (tidemark_breach_threshold{bound=\"enter\"}))") + of_rule, "", true},
                     {OfJob("tidemark_breach_started_timestamp_seconds{} * 1000") + of_rule, "", true}};
    table.columns = {{"rule", "Rule"}, {"Value #A", "State"}, {"Value #B", "Value"}, {"Value #C", "Limit"}, {"unit", "Unit"},
                     {"Value #D", "Since"}, {"kpi", "KPI"}, {"window", "Window"}, {"severity", "Severity"}, {"team", "Team"}};
    std::set<std::string> labels;
    for (const RulePlan& rule : plan_.rules()) labels.insert(rule.info.labels.begin(), rule.info.labels.end());
    for (const std::string& label : labels) table.columns.emplace_back(label, InWords(label));
    table.sort = "State";
    table.overrides = {{1, {{"mappings", R"([{"type":"value","options":{"0":{"text":"fine","color":"green","index":0},)"
                                         R"("1":{"text":"in breach","color":"red","index":1}}}])"},
                            {"custom.cellOptions", R"({"type":"color-text"})"}}},
                       {5, {{"unit", "\"dateTimeFromNow\""}}}};
    return {.title = "Rules and breaches", .panels = {std::move(table)}};
  }

  // Whatever the variable `kpi` names.
  Row AnyKpi() const {
    const KpiInfo& first = plan_.kpis()[kpis_.front().v].info;
    const std::string prefix = first.family.substr(0, first.family.size() - first.name.size());
    const std::string window = scope_.windows.empty() ? "" : ",window=~\"$window|now|lifetime\"";
    const std::string series = "{__name__=\"" + prefix + "${kpi}\"," + kJobMatcher + window + "}";
    const std::string without = "max without (__name__, instance, job, pod, namespace) (";
    Panel course{.kind = Panel::Kind::kTimeSeries, .title = "$kpi: its greatest series",
                 .description = "The ten greatest series of the KPI that is chosen above, as they are exposed.", .width = 12, .height = 10,
                 .queries = {{"topk(10, " + without + series + "))"}}};
    Panel table{.kind = Panel::Kind::kBarGauge, .title = "$kpi: now",
                .description = "The fifteen greatest series of the KPI that is chosen above.", .width = 12, .height = 10,
                .queries = {{"sort_desc(topk(15, " + without + series + ")))", "", true}}};
    return {.title = "Any KPI: $kpi", .collapsed = true, .panels = {std::move(course), std::move(table)}};
  }

  // All that is not shown yet, in closed rows by subject.
  void AddRest(std::vector<Row>* rows) {
    for (const std::string_view subject : design_.subjects) {
      Row row{.title = "More: " + InWords(subject), .collapsed = true, .panels = {}};
      for (const KpiId id : kpis_) {
        if (plan_.kpis()[id.v].info.subject == subject && !shown_.contains(id.v)) row.panels.push_back(panels_.Any(id));
      }
      std::stable_sort(row.panels.begin(), row.panels.end(), [](const Panel& a, const Panel& b) { return a.height < b.height; });
      rows->push_back(std::move(row));
    }
  }

  const Plan& plan_;
  const DashboardPlan& design_;
  const DashboardOptions& options_;
  Scope scope_;
  KpiQueries queries_;
  KpiPanels panels_;
  std::map<std::string, KpiId> by_name_;
  std::vector<KpiId> kpis_;
  std::set<uint32_t> shown_;
};

}  // namespace

std::vector<Dashboard> SalesDashboards(const Plan& plan, const DashboardOptions& options) {
  std::vector<Dashboard> dashboards;
  for (const DashboardPlan& design : DashboardPlans()) {
    Builder builder(plan, design, options);
    if (!builder.empty()) dashboards.push_back(builder.Build());
  }
  return dashboards;
}

}  // namespace tidemark
