// Health alerts as rules, with a test that puts each through the same six hours.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "daemon/generate/health.h"
#include "daemon/generate/text.h"

namespace tidemark {
namespace {

constexpr const char* kTeam = "platform";
constexpr const char* kKeep = "5m";

void ReplaceAll(const std::string& from, const std::string& to, std::string* text) {
  for (size_t at = text->find(from); at != std::string::npos; at = text->find(from, at + to.size())) text->replace(at, from.size(), to);
}

// The minutes of a test. A flap is shorter than any `for`; a gap is a restart while it fires.
constexpr int kBadFrom = 30, kGoodFrom = 90, kFlap = 200, kGoneFrom = 240, kBadAgain = 300, kGapFrom = 350, kGapTo = 352, kEnd = 370;
bool IsBad(int minute) { return (minute >= kBadFrom && minute < kGoodFrom) || minute == kFlap || minute >= kBadAgain; }
bool IsGone(int minute) { return (minute >= kGoneFrom && minute < kBadAgain) || (minute >= kGapFrom && minute < kGapTo); }

std::string ValuesOf(const HealthInput& input) {
  std::string values;
  long long count = 0;
  for (int minute = 0; minute < kEnd; ++minute) {
    const std::string pattern = IsBad(minute) ? input.bad : input.good;
    std::string value = pattern;
    if (pattern[0] == '+') {
      count += std::atoll(pattern.c_str() + 1);
      value = std::to_string(count);
    } else if (pattern[0] == 't') {
      value = std::to_string(minute * 60 - (pattern.size() > 1 ? std::atoll(pattern.c_str() + 2) : 0));
    }
    if (IsGone(minute)) value = IsGone(minute - 1) ? "_" : "stale";
    values += (minute == 0 ? "" : " ") + value;
  }
  return values;
}

// "15m" -> 15.
int Minutes(const std::string& hold) { return hold.empty() ? 0 : std::atoi(hold.c_str()); }

RuleTest TestOf(const HealthRow& row, const RuleOptions& options) {
  RuleTest test;
  test.name = "fires, resolves, flaps, is absent, keeps firing over a restart";
  test.labels = {{"job", options.job}, {"instance", "a"}};
  test.labels.insert(test.labels.end(), row.labels.begin(), row.labels.end());
  for (const HealthInput& input : row.inputs) {
    std::string series = input.series;
    ReplaceAll("LABELS", "job=" + PromQuoted(options.job) + ",instance=\"a\"", &series);
    test.series.emplace_back(series, ValuesOf(input));
  }
  const int hold = Minutes(row.hold);
  test.firing = {{kBadFrom - 1, false}};
  if (hold > 0) test.firing.emplace_back(kBadFrom + hold - 1, false);
  test.firing.emplace_back(kGoodFrom - 1, true);
  test.firing.emplace_back(kGoodFrom + 75, false);  // beyond the longest range and what it is kept for
  test.firing.emplace_back(kFlap + 1, row.at_once);
  for (const auto& [minute, fires] : {std::pair{kBadAgain - 1, false}, {kGapFrom - 1, true}, {kGapTo - 1, true}, {kGapTo + 1, true}}) {
    test.firing.emplace_back(minute, fires);
  }
  return test;
}

// Needs nothing of the daemon, so it has a form of its own: absence makes it fire, and nothing is left to keep it firing.
HealthAlert Down(const RuleOptions& options) {
  const std::string up = "up{job=" + PromQuoted(options.job) + "}";
  HealthAlert down{{.alert = "TidemarkDown", .expr = up + " == 0 or absent(" + up + ")", .hold = "3m"}, Doubt::kAll};
  down.rule.labels = {{"severity", "critical"}, {"team", kTeam}};
  down.rule.annotations = {
      {"summary", "tidemark does not answer."},
      {"description", "{{ with $labels.instance }}{{ . }} has{{ else }}Prometheus knows of no instance that has{{ end }} not answered for 3 minutes. "
                      "KPIs and breaches stand still; once it runs again it goes on where it was, and nothing is lost."}};
  AddRunbook(options, down.rule.alert, &down.rule.annotations);
  const std::string series = "up{job=" + PromQuoted(options.job) + ",instance=\"a\"}";
  down.rule.tests.push_back({"fires, resolves, and a restart of two minutes is none of its business",
                             {{series, Repeated("1", 5) + " " + Repeated("0", 10) + " " + Repeated("1", 10) + " 0 0 " + Repeated("1", 10)}},
                             {{"job", options.job}, {"instance", "a"}},
                             {{4, false}, {7, false}, {8, true}, {14, true}, {15, false}, {26, false}, {30, false}}});
  down.rule.tests.push_back({"fires where there is no daemon to scrape",
                             {{series, Repeated("1", 5) + " stale " + Repeated("_", 10)}},
                             {{"job", options.job}},
                             {{4, false}, {7, false}, {8, true}, {12, true}}});
  return down;
}

}  // namespace

std::vector<HealthAlert> HealthAlerts(const Plan& plan, const RuleOptions& options) {
  std::vector<HealthAlert> alerts = {Down(options)};
  for (const HealthRow& row : HealthRows()) {
    if (row.when != nullptr && !row.when(plan)) continue;
    HealthAlert alert{{.alert = row.name, .expr = row.expr, .hold = row.hold, .keep = kKeep}, row.doubt};
    ReplaceAll("{J", "{job=" + PromQuoted(options.job), &alert.rule.expr);
    // Where only events move time, quiet hours are no fault.
    ReplaceAll("STALE", plan.time().event_clock ? "7200" : "900", &alert.rule.expr);
    alert.rule.labels = {{"severity", row.severity}, {"team", kTeam}};
    alert.rule.annotations = {{"summary", row.summary}, {"description", row.description}};
    AddRunbook(options, row.name, &alert.rule.annotations);
    alert.rule.tests.push_back(TestOf(row, options));
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

RuleGroup HealthRules(const Plan& plan, const RuleOptions& options) {
  RuleGroup group{"tidemark-health", {}};
  for (HealthAlert& alert : HealthAlerts(plan, options)) group.rules.push_back(std::move(alert.rule));
  return group;
}

}  // namespace tidemark
