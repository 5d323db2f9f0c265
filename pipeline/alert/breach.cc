#include "pipeline/alert/breach.h"

#include <algorithm>

#include "absl/time/time.h"
#include "pipeline/store/bytes.h"

namespace tidemark {

struct ActiveHoursClock::Zone {
  absl::TimeZone zone;
};

Result<ActiveHoursClock> ActiveHoursClock::Make(const ActiveHours& hours) {
  ActiveHoursClock clock;
  clock.hours_ = hours;
  auto zone = std::make_shared<Zone>();
  const std::string name = hours.time_zone.empty() ? "UTC" : hours.time_zone;
  if (!absl::LoadTimeZone(name, &zone->zone)) {
    return Invalid("there is no time zone \"" + name + "\"; write it like Europe/Berlin (is the package tzdata installed?)");
  }
  clock.zone_ = std::move(zone);
  return clock;
}

bool ActiveHoursClock::Active(EventTime t) const {
  const auto local = zone_->zone.At(absl::FromUnixMicros(Micros(t))).cs;
  const int weekday = static_cast<int>(absl::GetWeekday(local)) + 1;  // absl: Monday is 0
  if (!hours_.weekdays.empty() && std::find(hours_.weekdays.begin(), hours_.weekdays.end(), weekday) == hours_.weekdays.end()) {
    return false;
  }
  const int minute = local.hour() * 60 + local.minute();
  return minute >= hours_.from_minute && minute < hours_.to_minute;
}

bool RuleState::Breaching(const Series& series, const Value& value) const {
  const Decimal& level = series.state == BreachState::kInactive ? plan_.enter : plan_.exit;
  if (value.exact()) {
    const int order = Compare(value.decimal(), level);
    return plan_.above ? order > 0 : order < 0;
  }
  return plan_.above ? value.real() > ToDouble(level) : value.real() < ToDouble(level);
}

void RuleState::Move(Series* series, BreachState state, EventTime t) {
  if (series->state == state) return;
  if (series->state == BreachState::kFiring || state == BreachState::kFiring) ++series->transitions;
  series->state = state;
  series->since = state == BreachState::kInactive ? kNoEventTime : t;
  series->changed = true;
}

void RuleState::NoteDue(const Series& series) {
  if (series.state == BreachState::kPending) due_ = std::min(due_, series.since + plan_.hold_for);
}

void RuleState::Step(Series* series, EventTime t, const SeriesValue& now) {
  const bool unknown = !covered_ || now.value.absent() || now.samples < plan_.min_samples;
  if (active_ && !active_->Active(t)) return;
  if (unknown && plan_.absent == Absent::kHold) return;
  const bool breaching = unknown ? plan_.absent == Absent::kBreach : Breaching(*series, now.value);
  if (!breaching) {
    Move(series, BreachState::kInactive, t);
    return;
  }
  if (series->state == BreachState::kInactive) Move(series, BreachState::kPending, t);
  if (series->state == BreachState::kPending && t - series->since >= plan_.hold_for) Move(series, BreachState::kFiring, t);
}

void RuleState::Visit(const EventTime* t, const View& view) {
  ++evaluation_;
  std::string key;
  view.ForEach(plan_.kpi, [&](const SeriesValue& now) {
    if (now.window != plan_.window) return;
    for (const auto& [label, value] : plan_.label_match) {
      if (now.labels.values[label] != value) return;
    }
    key.clear();
    for (const std::string& value : now.labels.values) PutBytes(&key, value);
    Series& series = series_[key];
    if (series.labels == nullptr) series.labels = std::make_shared<SeriesLabels>(now.labels);
    series.seen = evaluation_;
    series.observed = now.value;
    series.samples = now.samples;
    if (t != nullptr) Step(&series, *t, now);
  });
  auto infos = std::make_shared<std::vector<BreachInfo>>();
  due_ = EventTime::max();
  for (auto it = series_.begin(); it != series_.end();) {
    Series& series = it->second;
    if (series.seen != evaluation_) {  // the series left the KPI
      if (t == nullptr) {
        NoteDue(series);
        ++it;
        continue;
      }
      gone_.push_back(it->first);
      it = series_.erase(it);
      continue;
    }
    NoteDue(series);
    infos->push_back({series.labels, series.state, series.observed, series.samples, series.since, series.transitions});
    ++it;
  }
  infos_ = std::move(infos);
}

std::vector<std::pair<std::string, std::string>> RuleState::TakeChanges() {
  std::vector<std::pair<std::string, std::string>> changes;
  gone_taken_.insert(gone_taken_.end(), gone_.begin(), gone_.end());
  gone_.clear();
  for (const std::string& key : gone_taken_) {
    const auto back = series_.find(key);
    if (back == series_.end()) {
      changes.emplace_back(key, "");
    } else {
      back->second.changed = true;  // what is stored is of the one that left
    }
  }
  for (auto& [key, series] : series_) {
    if (!series.changed) continue;
    series.changed = false;
    series.taken = true;
    std::string value;
    PutVarint(&value, static_cast<uint64_t>(series.state));
    PutZigZag(&value, Micros(series.since));
    PutZigZag(&value, series.transitions);
    changes.emplace_back(key, std::move(value));
  }
  return changes;
}

void RuleState::Told() {
  gone_taken_.clear();
  for (auto& [key, series] : series_) series.taken = false;
}

void RuleState::TellAgain() {
  for (auto& [key, series] : series_) series.changed |= series.taken;
}

Status RuleState::Restore(std::string_view packed_labels, std::string_view value) {
  ByteReader reader(value);
  Series series;
  const uint64_t state = reader.Varint();
  series.since = reader.Time();
  series.transitions = reader.Count();
  const bool begun = state != static_cast<uint64_t>(BreachState::kInactive);
  if (!reader.Done() || state > 2 || begun != (series.since != kNoEventTime)) return Corrupt("stored state of rule " + plan_.info.name + " cannot be read");
  series.state = static_cast<BreachState>(state);
  NoteDue(series);
  series_[std::string(packed_labels)] = std::move(series);
  return Status::Ok();
}

}  // namespace tidemark
