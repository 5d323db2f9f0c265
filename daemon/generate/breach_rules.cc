// An alert for each rule of the configuration. The daemon has judged already: levels, hysteresis, `for`, samples, hours. What is
// left to Prometheus is to carry a breach over restarts, and to say it in words.
#include <algorithm>

#include "daemon/generate/rule.h"
#include "daemon/generate/text.h"
#include "daemon/generate/units.h"

namespace tidemark {
namespace {

constexpr const char* kBreach = "tidemark_breach";
constexpr const char* kObserved = "tidemark_breach_observed";
constexpr const char* kSamples = "tidemark_breach_samples";
constexpr const char* kFirst = ". | first | value";
constexpr const char* kStarted = "tidemark_breach_started_timestamp_seconds";

// Sets $m to matchers of all labels of the series but `rule`. Values go through %q, so they can't leave their string.
constexpr const char* kMatchers =
    R"({{ $m := "" }}{{ range $k, $v := $labels }}{{ if and (ne $k "__name__") (ne $k "rule") }}{{ $m = printf "%s%s=%q," $m $k $v }}{{ end }}{{ end }})";

// Labels that the program sets; they choose no series of the KPI that events made.
bool IsOwnLabel(const std::string& label) { return label == "stat" || label == "step" || label == "compare"; }

class BreachAlert {
 public:
  BreachAlert(const Plan& plan, const RulePlan& rule, const RuleOptions& options)
      : plan_(plan), rule_(rule), info_(rule.info), options_(options) {}

  PrometheusRule Make() const {
    PrometheusRule alert;
    alert.alert = AlertName(info_.name);
    alert.expr = BridgedName(kBreach) + "{rule=\"" + info_.name + "\"} == 1";
    alert.labels = {{"severity", info_.severity}, {"team", info_.team}, {"kpi", info_.kpi}, {"window", info_.window}};
    if (!info_.unit.empty()) alert.labels.emplace_back("unit", info_.unit);
    alert.annotations = Annotations();
    alert.tests.push_back(Test());
    return alert;
  }

 private:
  std::string Side() const { return info_.above ? "above" : "below"; }

  // Digits after the point that tell a value from the limit.
  int Digits() const {
    const std::string limit = ToString(info_.enter);
    const size_t point = limit.find('.');
    return std::max(2, point == std::string::npos ? 0 : static_cast<int>(limit.size() - point - 1));
  }

  // What a query finds of the rule's own series, as `then` has it of `.`; `otherwise` where it finds nothing. %s in `promql` stands
  // for the matchers, which $m must have.
  static std::string Query(const std::string& promql, const std::string& then, const std::string& otherwise) {
    return "{{ with query (printf `" + promql + "` $m) }}" + then + "{{ else }}" + otherwise + "{{ end }}";
  }
  std::string Own(const char* metric) const { return BridgedName(metric) + "{rule=\"" + info_.name + "\",%s}"; }

  std::string ValueText() const { return Query(Own(kObserved), ShownByTemplate(info_.unit, kFirst, Digits()), "no value"); }

  std::string LimitText() const {
    std::string text = Side() + " " + ShownNow(info_.unit, info_.enter);
    if (Compare(info_.enter, info_.exit) != 0) text += ", until " + ShownNow(info_.unit, info_.exit);
    return text;
  }

  // How far it is from the limit.
  std::string Distance() const {
    const std::string limit = ToString(info_.enter);
    const std::string where = " " + Side() + " the limit";
    const std::string number = std::string("{{ ") + kFirst + " | printf \"%.3g\" }}";
    if (KindOfUnit(info_.unit) == UnitKind::kRatio) return Query("abs(100 * (" + Own(kObserved) + " - " + limit + "))", number + " points" + where, "");
    if (info_.enter.mantissa == 0) return Query("abs(" + Own(kObserved) + ")", ShownByTemplate(info_.unit, kFirst, Digits()) + where, "");
    return Query("abs(100 * (" + Own(kObserved) + " / " + limit + " - 1))", number + "%" + where, "");
  }

  // Against another time where the KPI is compared with one, else against the limit.
  std::string ChangeText() const {
    for (const KpiPlan& growth : plan_.kpis()) {
      if (growth.derived != Derived::kGrowth || growth.base.v != rule_.kpi.v) continue;
      const std::string& other = plan_.others()[growth.compare.front()].name;
      const std::string promql = std::string("100 * max ") + kWithoutProcess + " (" + growth.info.family + "{window=\"" + info_.window +
                                 "\",compare=\"" + other + "\",%s})";
      return Query(promql, std::string("{{ ") + kFirst + " | printf \"%+.1f\" }}% against " + (other == "previous" ? "the period before" : other + " before"),
                   Distance());
    }
    return Distance();
  }

  // "channel: web, sales_region: emea".
  std::string SeriesText() const {
    std::string text;
    for (const std::string& label : info_.labels) {
      text += (text.empty() ? "" : ", ") + label + ": {{ or $labels." + label + " \"(none)\" }}";
    }
    return text;
  }

  // The KPI in words: what HELP says of it.
  std::string InWords() const {
    std::string help = plan_.kpis()[rule_.kpi.v].info.help;
    while (!help.empty() && (help.back() == '.' || help.back() == ' ' || help.back() == '\n')) help.pop_back();
    return TemplateText(help.empty() ? info_.kpi : help);
  }

  TextPairs Annotations() const {
    const std::string m = kMatchers;
    const std::string series = SeriesText();
    const std::string change = ChangeText();
    TextPairs all = {
        {"summary", InWords() + " (" + info_.window + "): " + Side() + " " + ShownNow(info_.unit, info_.enter) + "."},
        {"description", m + (series.empty() ? "" : series + ". ") + "Now " + ValueText() + ", " + change + "; limit: " + LimitText() + "."},
        {"value", m + ValueText()},
        {"limit", LimitText()},
        {"change", m + change},
        {"since", m + Query(Own(kStarted), std::string("{{ (") + kFirst + " | toTime).UTC.Format \"2006-01-02 15:04\" }} UTC", "")},
        {"samples", m + Query(Own(kSamples), std::string("{{ ") + kFirst + " | printf \"%.0f\" }}", "")},
    };
    if (!series.empty()) all.emplace_back("series", series);
    if (!info_.help.empty()) all.emplace_back("action", TemplateText(info_.help));
    Links(&all);
    return all;
  }

  void Links(TextPairs* all) const {
    std::string dashboard_labels, explain_labels;
    for (const std::string& label : info_.labels) {
      dashboard_labels += "&var-" + label + "={{ $labels." + label + " | urlquery }}";
      if (!IsOwnLabel(label)) explain_labels += "&label=" + label + "%3D{{ $labels." + label + " | urlquery }}";
    }
    if (!options_.dashboard_url.empty()) {
      all->emplace_back("dashboard_url", TemplateText(options_.dashboard_url) + "/d/tidemark-sales-overview?var-kpi=" + info_.kpi + "&var-window=" +
                                             info_.window + dashboard_labels);
    }
    if (!options_.external_url.empty()) {
      const KpiPlan& kpi = plan_.kpis()[rule_.kpi.v];
      const std::string& explained = kpi.derived == Derived::kNone ? info_.kpi : plan_.kpis()[kpi.base.v].info.name;
      all->emplace_back("explain_url", TemplateText(options_.external_url) + "/kpi/" + explained + "?window=" + info_.window +
                                           explain_labels);
    }
    AddRunbook(options_, "sales-alerts", all);
  }

  // Fires, resolves, flaps; a restart as another instance; back at 0: the live value wins; gone for good.
  RuleTest Test() const {
    RuleTest test;
    test.name = "fires, resolves, flaps, survives a restart, ends an hour after the last that was heard";
    test.labels = {{"job", options_.job}, {"rule", info_.name}};
    for (size_t i = 0; i < info_.labels.size(); ++i) {
      std::string value = "v" + std::to_string(i);
      for (const auto& [label, wanted] : rule_.label_match) {
        if (label == i) value = wanted;
      }
      test.labels.emplace_back(info_.labels[i], value);
    }
    std::string series = std::string(kBreach) + "{";
    for (const auto& [name, value] : test.labels) series += name + "=" + PromQuoted(value) + ",";
    // Minutes 0 0, 5 1, 10 0, 15 1, 16 0, 17 to 19 1, then nothing.
    test.series.emplace_back(series + "instance=\"a\"}", Repeated("0", 5) + " " + Repeated("1", 5) + " " + Repeated("0", 5) + " 1 0 1 1 1 stale");
    // Minutes 26 1, 30 0, 35 1, then nothing.
    test.series.emplace_back(series + "instance=\"b\"}", Repeated("_", 26) + " " + Repeated("1", 4) + " " + Repeated("0", 5) + " 1 stale");
    test.firing = {{3, false},  {5, true},   {9, true},  {10, false}, {15, true},  {16, false}, {17, true}, {20, true},
                   {25, true},  {26, true},  {29, true}, {30, false}, {34, false}, {35, true},  {36, true}, {94, true},
                   {97, false}};
    return test;
  }

  const Plan& plan_;
  const RulePlan& rule_;
  const RuleInfo& info_;
  const RuleOptions& options_;
};

}  // namespace

RuleGroup BreachRules(const Plan& plan, const RuleOptions& options) {
  RuleGroup group{"tidemark-breaches", {}};
  if (plan.rules().empty()) return group;
  const auto record = [&](const char* metric, const std::string& expr) { group.rules.push_back({.record = BridgedName(metric), .expr = expr}); };
  record(kBreach, Bridged(kBreach));
  // A value that is absent while the breach is there is absent, not what it was.
  for (const char* metric : {kObserved, kSamples, kStarted}) {
    const std::string live = std::string("max ") + kWithoutProcess + " (";
    record(metric, live + metric + ") or (" + live + "last_over_time(" + metric + "[1h])) unless " + live + kBreach + "))");
  }
  for (const RulePlan& rule : plan.rules()) group.rules.push_back(BreachAlert(plan, rule, options).Make());
  return group;
}

}  // namespace tidemark
