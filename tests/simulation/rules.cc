#include "tests/simulation/rules.h"

#include <algorithm>
#include <array>

#include "tests/property/entity_trial.h"
#include "tests/simulation/random.h"

namespace tidemark::simulation {
namespace {

constexpr Duration kGrid = std::chrono::seconds(15);
constexpr std::array<const char*, 3> kNames = {"first", "second", "third"};

// What moves the edge of a window, at most so often.
EventTime EdgeOf(const std::string& window, EventTime t) {
  const Duration step = window == "1h" ? Duration(std::chrono::minutes(1)) : window == "24h" ? Duration(std::chrono::minutes(10)) : Duration(std::chrono::hours(1));
  return FloorTo(t, step);
}

// By the calendar of 1970, which began on a Thursday; in UTC.
bool IsActive(const ActiveHours& hours, EventTime t) {
  const int64_t minutes = FloorDiv(Micros(t), kMicrosPerMinute);
  const int64_t minute = minutes % 1440, weekday = (minutes / 1440 + 3) % 7 + 1;
  const bool day = hours.weekdays.empty() || std::count(hours.weekdays.begin(), hours.weekdays.end(), weekday) > 0;
  return day && hours.from_minute <= minute && minute < hours.to_minute;
}

bool IsBeyond(const RuleSpec& spec, const std::string& value, const Decimal& level) {
  const auto decimal = ParseDecimal(value);
  const bool above = spec.direction == RuleSpec::Direction::kAbove;
  // One that was divided is never at a level that is written with so few digits.
  const double side = decimal.ok() ? static_cast<double>(Compare(*decimal, level)) : std::strtod(value.c_str(), nullptr) - ToDouble(level);
  return above ? side > 0 : side < 0;
}

std::string Joined(const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) joined += (&value == &values[0] ? "" : "|") + value;
  return joined;
}

std::vector<std::string> Split(const std::string& labels) {
  std::vector<std::string> values(1);
  for (const char c : labels) {
    if (c == '|') {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  return values;
}

}  // namespace

void Rules::Open(const Configuration& configuration, const Plan& plan, uint64_t sequence, Windows whole, bool from_the_first) {
  saved_.erase(saved_.upper_bound(sequence), saved_.end());
  const auto saved = saved_.find(sequence);
  state_ = saved == saved_.end() ? State() : saved->second;
  configuration_ = &configuration;
  counted_.clear();
  std::string of = std::to_string(configuration.rules.size());
  for (const KpiPlan& kpi : plan.kpis()) {
    of += kpi.counted ? " " + kpi.info.name : "";
    if (kpi.counted) counted_.insert(kpi.info.name);
  }
  // What was counted beside it stands where it stands, and without rules there are no instants.
  state_.gap |= of != std::exchange(state_.of, of) || configuration.rules.empty();
  whole_ = std::move(whole);
  from_the_first_ = from_the_first;
  for (auto& [name, rule] : state_.rules) rule.looked = kNoEventTime;
  saved_[sequence] = state_;
  // One that left is forgotten with the next commit: nobody looks meanwhile.
  std::erase_if(state_.rules, [&](const auto& entry) {
    return std::none_of(configuration.rules.begin(), configuration.rules.end(), [&](const RuleSpec& spec) { return spec.name == entry.first; });
  });
}

void Rules::Step(const RuleSpec& spec, EventTime t, const std::string& value, Series* series) {
  const bool unknown = value.empty() || (spec.min_samples > 0 && std::stoll(value) < spec.min_samples);
  if ((spec.active && !IsActive(*spec.active, t)) || (unknown && spec.absent == Absent::kHold)) return;
  const bool breaches = unknown ? spec.absent == Absent::kBreach : IsBeyond(spec, value, series->breaches_since ? spec.exit : spec.enter);
  if (!breaches) {
    series->transitions += series->fires_since ? 1 : 0;
    series->breaches_since = series->fires_since = std::nullopt;
    return;
  }
  if (!series->breaches_since) series->breaches_since = t;
  if (series->fires_since || t - *series->breaches_since < spec.hold_for) return;
  series->fires_since = t;
  ++series->transitions;
}

void Rules::LookAt(const RuleSpec& spec, EventTime t, Rule* rule) {
  const std::vector<std::string>& names = configuration_->labels.at(spec.kpi);
  const auto matches = [&](const std::string& labels) {
    const std::vector<std::string> values = Split(labels);
    return std::all_of(spec.labels.begin(), spec.labels.end(), [&](const auto& wanted) {
      return values[static_cast<size_t>(std::find(names.begin(), names.end(), wanted.first) - names.begin())] == wanted.second;
    });
  };
  std::erase_if(rule->series, [&](const auto& entry) {
    const auto& [labels, of] = entry.first;
    return of != names.size() || !matches(labels) || (subject_->knows_series() && !rule->saw->contains(labels));
  });
  for (auto& [key, series] : rule->series) {
    if (!rule->saw->contains(key.first)) Step(spec, t, "0", &series);
  }
  for (const auto& [labels, value] : *rule->saw) {
    if (matches(labels)) Step(spec, t, value, &rule->series[{labels, names.size()}]);
  }
}

std::string Rules::Look(EventTime t, const AppliedEvents& applied, bool more_applied) {
  ++looks_;
  const bool next = state_.last == kNoEventTime || t == state_.last + kGrid || (state_.gap && t > state_.last);
  if (!next || FloorTo(t, kGrid) != t) return "rules look at " + FormatRfc3339(t) + ", after " + FormatRfc3339(state_.last);
  state_.gap = false;
  state_.last = t;
  std::optional<Answers> of_all;  // windows and KPIs, where they are worked out together
  for (const RuleSpec& spec : configuration_->rules) {
    if (!counted_.contains(spec.kpi)) continue;
    const auto alias = configuration_->oracle_names.find(spec.kpi);
    const std::string& kpi = alias == configuration_->oracle_names.end() ? spec.kpi : alias->second;
    Rule& rule = state_.rules[spec.name];
    // A series that shows nothing need not be there, unless everything was counted from the first on.
    const bool of_nothing = spec.direction == RuleSpec::Direction::kBelow || spec.absent == Absent::kBreach;
    rule.unknown |= !whole_.contains({kpi, spec.window}) || (of_nothing && !from_the_first_);
    if (rule.unknown) continue;
    if (more_applied || rule.looked == kNoEventTime || EdgeOf(spec.window, t) != EdgeOf(spec.window, rule.looked)) {
      auto saw = std::make_shared<Values>();
      if (!of_all || subject_->knows_series()) of_all = subject_->ExpectedOf(kpi, spec.window, applied, t);
      for (const auto& [key, value] : *of_all) {
        const auto& [of, labels, window] = key;
        if (of == kpi && window == spec.window) saw->emplace(labels, value);
      }
      rule.saw = std::move(saw);
    }
    rule.looked = t;
    LookAt(spec, t, &rule);
  }
  return "";
}

std::string Rules::CheckSeries(const BreachInfo& info, const std::string& labels, const Rule& rule) {
  const auto known = rule.series.find({labels, info.labels->values.size()});
  const Series want = known == rule.series.end() ? Series() : known->second;
  Series got;
  if (info.state == BreachState::kFiring) got.fires_since = info.since;
  if (info.state == BreachState::kPending) got.breaches_since = info.since;
  const auto text = [](const Series& s) {
    return (s.fires_since ? "firing since " + FormatRfc3339(*s.fires_since) : s.breaches_since ? "pending since " + FormatRfc3339(*s.breaches_since) : "inactive") +
           " after " + std::to_string(s.transitions) + " transitions";
  };
  got.transitions = info.transitions;
  if (text(got) != text(want)) return "is " + text(got) + ", should be " + text(want);
  if (rule.looked == kNoEventTime) return "";  // what it shows was read for it, not looked at
  const auto saw = rule.saw->find(labels);
  const std::string value = info.observed.ToString();
  const bool same = saw == rule.saw->end() ? IsNothing(value) : value == saw->second;
  return same ? "" : "saw " + value + ", should have seen " + (saw == rule.saw->end() ? "nothing" : saw->second);
}

std::pair<std::string, std::string> Rules::Check(const View& view, EventTime t, const std::set<std::string>& no_room) {
  if (configuration_->rules.empty() || t == kNoEventTime) return {};
  // It may have gone on since.
  const auto saved = saved_.find(view.sequence());
  State& state = saved == saved_.end() ? state_ : saved->second;
  if (state.last != FloorTo(t, kGrid) && !state.gap) return {"rules looked until " + FormatRfc3339(state.last) + ", T is " + FormatRfc3339(t), ""};
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    const RuleSpec& spec = configuration_->rules[r];
    Rule& rule = state.rules[spec.name];
    if (no_room.contains(spec.kpi)) rule.unknown = state_.rules[spec.name].unknown = true;
    if (rule.unknown) continue;
    std::set<Labels> shown;
    const auto fail = [&](const std::string& labels, const std::string& why) {
      return std::pair{"rule " + spec.name + " over " + spec.kpi + "{" + labels + "} " + spec.window + " " + why, spec.kpi};
    };
    for (const BreachInfo& info : view.breaches(RuleId{r})) {
      const std::string labels = Joined(info.labels->values);
      shown.emplace(labels, info.labels->values.size());
      if (const std::string wrong = CheckSeries(info, labels, rule); !wrong.empty()) return fail(labels, wrong);
    }
    if (rule.looked == kNoEventTime) continue;
    for (auto& [labels, series] : rule.series) {
      if (shown.contains(labels)) continue;
      if ((subject_->knows_series() && from_the_first_) || series.breaches_since) return fail(labels.first, "is not shown");
      series = {};
    }
  }
  return {};
}

// ---- which there are ----

namespace {

struct Candidate {
  const char* kpi;
  std::vector<int64_t> levels;
  bool counts = true;  // its value is the number of its samples
};
const std::vector<Candidate> kPlain = {{"leads", {0, 1, 2, 4}},
                                       {"leads_total_count", {0, 3, 8, 20}},
                                       {"revenue", {0, 400'000, 2'000'000}, false},
                                       {"order_value", {0, 300'000, 450'000}, false},
                                       {"largest_order", {0, 500'000, 800'000}, false},
                                       {"smallest_order", {-10, 0, 100'000}, false},
                                       {"revenue_per_lead", {0, 200'000, 500'000}, false},
                                       {"team_leads", {0, 1, 3}},
                                       {"team_value", {0, 500'000, 2'000'000}, false}};
const std::vector<Candidate> kEntities = {{"visitors", {0, 2, 4}, false}, {"newcomers", {0, 1, 3}, false}, {"orders", {0, 1, 3}},
                                          {"paid_net", {0, 100, 300}, false}, {"wins", {0, 1, 2}, false}, {"booked", {0, 100, 300}, false},
                                          {"kept_newcomers", {0, 1, 3}, false}};
const std::vector<Candidate> kChanges = {{"won", {0, 1, 3}}, {"opened", {0, 2, 5}}, {"value", {0, 50, 150}, false}, {"booked", {0, 50, 150}, false},
                                         {"updates", {0, 5, 15}}, {"touched", {0, 2, 5}, false}, {"cycle_seconds", {0}, false}};
const std::map<std::string, std::string> kSomeLabels = {{"sales_region", "emea"}, {"channel", "web"}, {"rep_id", "ada"}};

}  // namespace

void DrawRules(bool entities, bool changes, uint64_t set, Specs* specs) {
  if (set == 0) return;
  Random random(set * 7 + (entities ? 1 : changes ? 2 : 0));
  const std::vector<Candidate>& candidates = entities ? kEntities : changes ? kChanges : kPlain;
  const std::array<Duration, 4> fors = {Duration(0), std::chrono::seconds(45), std::chrono::minutes(10), std::chrono::hours(2)};
  for (const char* name : kNames) {
    const Candidate& of = candidates[random.Below(candidates.size())];
    RuleSpec rule;
    rule.name = name;
    rule.kpi = of.kpi;
    const uint64_t window = random();
    const bool plain = !entities && !changes;
    // What the oracle knows nothing of is 0, or isn't there.
    if (plain && random.OneIn(3)) rule.direction = RuleSpec::Direction::kBelow;
    const int64_t level = of.levels[random.Below(of.levels.size())];
    const int64_t apart = random.OneIn(2) ? 0 : of.levels.back() / 4;
    rule.enter = {level, 0};
    rule.exit = {rule.direction == RuleSpec::Direction::kAbove ? level - (level >= apart ? apart : 0) : level + apart, 0};
    rule.hold_for = fors[random.Below(fors.size())];
    rule.absent = static_cast<Absent>(random.Below(3));
    if (of.counts && random.OneIn(3)) rule.min_samples = static_cast<int64_t>(1 + random.Below(3));
    if (!plain && rule.absent == Absent::kBreach) rule.min_samples = 0;
    if (random.OneIn(4)) rule.active = ActiveHours{"UTC", {2, 4, 6}, 8 * 60, 18 * 60, {}};
    const bool labels = random.OneIn(3), leaves = random.OneIn(4);
    const auto kpi = std::find_if(specs->kpis.begin(), specs->kpis.end(), [&](const KpiSpec& spec) { return spec.name == rule.kpi; });
    if (leaves || kpi == specs->kpis.end()) continue;
    const auto some = labels && !kpi->by.empty() ? kSomeLabels.find(kpi->by[0].name) : kSomeLabels.end();
    if (some != kSomeLabels.end()) rule.labels.insert(*some);
    std::vector<std::string> windows;
    for (const WindowSpec& w : kpi->windows) {
      const bool rolls = w.kind == WindowSpec::Kind::kRolling && (plain || w.name != "1h");  // of others the oracle takes its time
      if (rolls || w.kind == WindowSpec::Kind::kLifetime) windows.push_back(w.name);
    }
    if (windows.empty()) continue;
    rule.window = windows[window % windows.size()];
    specs->rules.push_back(std::move(rule));
  }
}

}  // namespace tidemark::simulation
