#include "daemon/generate/alertmanager.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

#include "config/yaml_quoted.h"
#include "daemon/generate/health.h"
#include "daemon/generate/text.h"

namespace tidemark {
namespace {

constexpr const char* kPlatform = "platform";
constexpr const char* kBusinessHours = "business-hours";
constexpr const char* kHolidays = "holidays";
constexpr std::array<const char*, 7> kWeekdays = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

std::string Clock(int minute) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d", minute / 60, minute % 60);
  return text.data();
}

// For file names and addresses, of a team's name.
std::string Plain(const std::string& name) {
  std::string plain;
  for (const char c : name) {
    const bool keeps = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    plain.push_back(keeps ? c : '_');
  }
  return plain;
}

std::string Matcher(const std::string& label, const char* op, const std::string& value) { return YamlQuoted(label + op + PromQuoted(value)); }

// Whether what the KPI shows depends on a stored KPI like this.
bool DependsOn(const Plan& plan, const KpiPlan& kpi, const std::function<bool(const KpiPlan&)>& like) {
  if (kpi.derived != Derived::kNone) return DependsOn(plan, plan.kpis()[kpi.base.v], like);
  if (kpi.measure != Measure::kFormula) return like(kpi);
  return std::any_of(kpi.formula.begin(), kpi.formula.end(), [&](const FormulaNode& node) {
    return node.kind == Formula::Kind::kKpi && DependsOn(plan, plan.kpis()[node.kpi.v], like);
  });
}

class Writer {
 public:
  Writer(const Plan& plan, const CalendarSpec& calendar, const AlertmanagerOptions& options)
      : plan_(plan), calendar_(calendar), options_(options) {
    teams_.insert("sales-ops");  // whose the alerts about goals are
    for (const RulePlan& rule : plan.rules()) {
      teams_.insert(rule.info.team);
      if (rule.active) IntervalOf(*rule.active, "hours-of-" + rule.info.name);
    }
  }

  std::string Write() {
    Head();
    Routes();
    Inhibitions();
    Intervals();
    Receivers();
    return std::move(out_);
  }

 private:
  void Line(int indent, const std::string& text) { out_ += std::string(static_cast<size_t>(indent), ' ') + text + "\n"; }

  void Head() {
    out_ = "# Written by tidemark generate alertmanager. Put in your addresses; secrets stay in files that only Alertmanager reads.\n";
    if (options_.email) {
      Line(0, "global:");
      Line(2, "smtp_smarthost: \"mail.example.com:587\"");
      Line(2, "smtp_from: \"tidemark@example.com\"");
      Line(2, "smtp_auth_username: \"tidemark@example.com\"");
      Line(2, "smtp_auth_password_file: /etc/alertmanager/secrets/smtp-password");
    }
    Line(0, "templates: [tidemark.tmpl]");
  }

  static std::string Hours(const ActiveHours& hours) {
    std::string days;
    for (const int day : hours.weekdays) days += std::string(days.empty() ? "" : ", ") + kWeekdays[static_cast<size_t>(day - 1)];
    return "times: [{start_time: \"" + Clock(hours.from_minute) + "\", end_time: \"" + Clock(hours.to_minute) + "\"}]" +
           (days.empty() ? "" : ", weekdays: [" + days + "]") + ", location: " + YamlQuoted(hours.time_zone.empty() ? "UTC" : hours.time_zone);
  }
  // The interval of these hours, which becomes one of this name if there is none.
  const std::string& IntervalOf(const ActiveHours& hours, const std::string& name) {
    const std::string text = Hours(hours);
    const auto is = [&](const auto& interval) { return interval.second == text; };
    const auto it = std::find_if(intervals_.begin(), intervals_.end(), is);
    return it == intervals_.end() ? intervals_.emplace_back(name, text).first : it->first;
  }

  bool HasHolidays() const { return plan_.holidays() != UINT32_MAX && plan_.lookups()[plan_.holidays()].contents != nullptr; }

  struct Route {
    std::vector<std::string> matchers;
    std::string receiver;
    std::string repeat;     // "": as above it
    std::string active;     // interval; "": at all times
    std::string group_by = "[rule, kpi, job]";
  };
  void Add(const Route& route) {
    std::string matchers;
    for (const std::string& matcher : route.matchers) matchers += (matchers.empty() ? "" : ", ") + matcher;
    Line(4, "- matchers: [" + matchers + "]");
    Line(6, "receiver: " + YamlQuoted(route.receiver));
    Line(6, "group_by: " + route.group_by);
    if (!route.repeat.empty()) Line(6, "repeat_interval: " + route.repeat);
    if (!route.active.empty()) Line(6, "active_time_intervals: [" + route.active + "]");
    if (route.active == kBusinessHours && HasHolidays()) Line(6, std::string("mute_time_intervals: [") + kHolidays + "]");
  }

  void Routes() {
    Line(0, "route:");
    Line(2, "receiver: platform");
    Line(2, "group_by: [alertname, job]");
    Line(2, "group_wait: 30s");
    Line(2, "group_interval: 5m");
    Line(2, "repeat_interval: 12h");
    Line(2, "routes:");
    const std::string of_daemon = Matcher("alertname", "=~", "Tidemark.+");
    const std::string critical = Matcher("severity", "=", "critical");
    Add({{Matcher("severity", "=", "none")}, "nobody", "", "", "[alertname, job]"});
    Add({{of_daemon, Matcher("team", "=", kPlatform), critical}, "platform-critical", "1h", "", "[alertname, job]"});
    Add({{of_daemon, Matcher("team", "=", kPlatform)}, kPlatform, "", "", "[alertname, job]"});
    for (const std::string& team : teams_) RoutesOf(team, critical);
  }

  void RoutesOf(const std::string& team, const std::string& critical) {
    const std::string of_team = Matcher("team", "=", team);
    // A rule's own hours go before those of the business.
    std::map<std::string, std::vector<std::string>> rules;
    for (const RulePlan& rule : plan_.rules()) {
      if (rule.active && rule.info.team == team) rules[IntervalOf(*rule.active, rule.info.name)].push_back(rule.info.name);
    }
    for (const auto& [interval, names] : rules) {
      const std::string of_rules = Matcher("rule", "=~", OneOf(names));
      Add({{of_team, of_rules, critical}, team + "-critical", "4h", interval});
      Add({{of_team, of_rules}, team, "", interval});
    }
    Add({{of_team, critical}, team + "-critical", "4h", ""});
    // All that is only good to know comes as one, and not again for a week.
    Add({{of_team, Matcher("severity", "=", "info")}, team, "7d", kBusinessHours, "[team, job]"});
    Add({{of_team}, team, "24h", kBusinessHours});
  }

  void Inhibit(const std::string& why, const std::string& source, const std::string& target, const std::string& equal) {
    Line(2, "# " + why);
    Line(2, "- source_matchers: [" + source + "]");
    Line(4, "target_matchers: [" + target + "]");
    Line(4, "equal: [" + equal + "]");
  }

  // KPIs that alerts are about and that depend on a stored one like this.
  std::vector<std::string> Doubtful(const std::function<bool(const KpiPlan&)>& like) const {
    std::set<std::string> names;
    for (const KpiPlan& kpi : plan_.kpis()) {
      const bool has_rule = std::any_of(plan_.rules().begin(), plan_.rules().end(), [&](const RulePlan& rule) { return rule.info.kpi == kpi.info.name; });
      const bool has_goal = kpi.derived == Derived::kPace;
      if ((has_rule || has_goal) && DependsOn(plan_, kpi, like)) names.insert(has_rule ? kpi.info.name : plan_.kpis()[kpi.base.v].info.name);
    }
    return {names.begin(), names.end()};
  }

  void Inhibitions() {
    // Alerts about KPIs have a window, those about the daemon have none.
    const std::string sales = Matcher("window", "=~", ".+");
    std::map<Doubt, std::vector<std::string>> names;
    for (const HealthAlert& alert : HealthAlerts(plan_, {})) names[alert.doubt].push_back(alert.rule.alert);
    const auto one_of = [&](Doubt doubt) { return Matcher("alertname", "=~", OneOf(names[doubt])); };
    Line(0, "inhibit_rules:");
    Inhibit("A daemon that is down is the reason for all else.", Matcher("alertname", "=", "TidemarkDown"),
            Matcher("alertname", "=~", "Tidemark.+") + ", " + Matcher("alertname", "!=", "TidemarkDown"), "job");
    Inhibit("Numbers that nobody should act on: of all KPIs,", one_of(Doubt::kAll), sales, "job");
    Inhibit("of one,", one_of(Doubt::kKpi), sales, "job, kpi");
    for (const TopicPlan& topic : plan_.topics()) {
      const auto kpis = Doubtful([&](const KpiPlan& kpi) {
        const auto& topics = plan_.clocks()[plan_.tables()[kpi.table.v].clock].topics;
        return std::any_of(topics.begin(), topics.end(), [&](TopicId id) { return plan_.topics()[id.v].name == topic.name; });
      });
      if (kpis.empty()) continue;
      Inhibit("of those that read a topic,", one_of(Doubt::kTopic) + ", " + Matcher("topic", "=", topic.name),
              sales + ", " + Matcher("kpi", "=~", OneOf(kpis)), "job");
    }
    for (uint32_t s = 0; s < plan_.sources().size(); ++s) {
      const auto kpis = Doubtful([&](const KpiPlan& kpi) {
        const auto& sources = plan_.source_sets()[kpi.source_set];
        return std::find(sources.begin(), sources.end(), s) != sources.end();
      });
      if (kpis.empty()) continue;
      Inhibit("of those that a source feeds.", one_of(Doubt::kSource) + ", " + Matcher("source", "=", plan_.sources()[s].name),
              sales + ", " + Matcher("kpi", "=~", OneOf(kpis)), "job");
    }
    std::set<std::string> labels = {"job", "kpi", "window"};
    for (const RulePlan& rule : plan_.rules()) labels.insert(rule.info.labels.begin(), rule.info.labels.end());
    std::string equal;
    for (const std::string& label : labels) equal += (equal.empty() ? "" : ", ") + label;
    Inhibit("Of two rules over the same number the more severe one is enough.", sales + ", " + Matcher("severity", "=", "critical"),
            sales + ", " + Matcher("severity", "=~", "warning|info"), equal);
  }

  void Intervals() {
    Line(0, "time_intervals:");
    ActiveHours business{.time_zone = calendar_.time_zone, .weekdays = {}, .from_minute = options_.from_minute, .to_minute = options_.to_minute, .place = {}};
    for (int day = 1; day <= 7 && calendar_.business_days != 0x7f; ++day) {
      if ((calendar_.business_days >> (day - 1) & 1) != 0) business.weekdays.push_back(day);
    }
    intervals_.emplace_back(kBusinessHours, Hours(business));
    for (const auto& [name, text] : intervals_) {
      Line(2, "- name: " + name);
      Line(4, "time_intervals: [{" + text + "}]");
    }
    if (HasHolidays()) Holidays(*plan_.lookups()[plan_.holidays()].contents);
  }

  // The keys are dates, as the configuration made sure of: 2026-12-25.
  void Holidays(const LookupTable& table) {
    std::set<std::string> dates;
    for (uint32_t row = 0; row < table.rows(); ++row) dates.emplace(table.key(row));
    Line(2, std::string("- name: ") + kHolidays);
    Line(4, dates.empty() ? "time_intervals: []" : "time_intervals:");
    for (const std::string& date : dates) {
      Line(6, "- {years: [\"" + date.substr(0, 4) + "\"], months: [\"" + std::to_string(std::stoi(date.substr(5, 2))) + "\"], days_of_month: [\"" +
                  std::to_string(std::stoi(date.substr(8, 2))) + "\"], location: " + YamlQuoted(calendar_.time_zone) + "}");
    }
  }

  void Receivers() {
    Line(0, "receivers:");
    Line(2, "- name: nobody");
    std::set<std::string> names = teams_;
    names.insert(kPlatform);
    for (const std::string& team : names) {
      Receiver(team, team);
      Receiver(team + "-critical", team);
    }
  }

  void Receiver(const std::string& name, const std::string& team) {
    Line(2, "- name: " + YamlQuoted(name));
    if (options_.email) {
      Line(4, "email_configs:");
      Line(6, "- to: " + YamlQuoted(Plain(team) + "@example.com"));
      Line(8, "send_resolved: true");
      Line(8, R"(headers: {Subject: '{{ template "tidemark.subject" . }}'})");
      Line(8, R"(html: '{{ template "tidemark.email" . }}')");
      Line(8, R"(text: '{{ template "tidemark.text" . }}')");
    }
    if (options_.slack) {
      Line(4, "slack_configs:");
      Line(6, "- api_url_file: /etc/alertmanager/secrets/" + Plain(team) + "-slack-url");
      Line(8, "channel: " + YamlQuoted("#" + Plain(name)));
      Line(8, "send_resolved: true");
      Line(8, R"(color: '{{ template "tidemark.color" . }}')");
      Line(8, R"(title: '{{ template "tidemark.slack.subject" . }}')");
      Line(8, R"(title_link: '{{ template "tidemark.link" . }}')");
      Line(8, R"(text: '{{ template "tidemark.slack" . }}')");
      Line(8, R"(fallback: '{{ template "tidemark.slack.subject" . }}')");
    }
    if (options_.webhook) {
      Line(4, "webhook_configs:");
      Line(6, "- url: " + YamlQuoted("https://hooks.example.com/" + Plain(name)));
      Line(8, "send_resolved: true");
      Line(8, "http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/" + Plain(team) + "-webhook-token}}");
    }
  }

  const Plan& plan_;
  const CalendarSpec& calendar_;
  const AlertmanagerOptions& options_;
  std::set<std::string> teams_;
  std::vector<std::pair<std::string, std::string>> intervals_;  // name, hours
  std::string out_;
};

}  // namespace

std::string AlertmanagerFile(const Plan& plan, const CalendarSpec& calendar, const AlertmanagerOptions& options) {
  return Writer(plan, calendar, options).Write();
}

}  // namespace tidemark
