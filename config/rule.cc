#include <absl/time/time.h>

#include <algorithm>
#include <array>

#include "config/names.h"
#include "config/sections.h"
#include "config/time_zone.h"

namespace tidemark::config {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// 1..7, or nothing.
std::optional<int> DayOf(std::string_view text) {
  const auto found = std::find(kDays.begin(), kDays.end(), text);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<int>(found - kDays.begin()) + 1;
}

// Minutes after midnight of "08:00" or "24:00".
std::optional<int> MinuteOf(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (size_t i : {0u, 1u, 3u, 4u}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int minute = ((text[0] - '0') * 10 + (text[1] - '0')) * 60 + (text[3] - '0') * 10 + (text[4] - '0');
  if (text[3] > '5' || minute > 1440) return std::nullopt;
  return minute;
}

void ReadHours(const Value& value, ActiveHours* active) {
  const std::optional<std::string> text = value.Text();
  if (!text) return;
  const size_t dash = text->find('-');
  const std::optional<int> from = MinuteOf(text->substr(0, dash));
  const std::optional<int> to = dash == std::string::npos ? std::nullopt : MinuteOf(text->substr(dash + 1));
  if (!from || !to) {
    value.Fail(Quoted(*text) + " is not a span of hours like \"08:00-18:00\"");
  } else if (*from >= *to) {
    value.Fail(Quoted(*text) + " ends before it starts; a span lies within one day, from 00:00 to 24:00");
  } else {
    active->from_minute = *from;
    active->to_minute = *to;
  }
}

void ReadTimeZone(const Value& value, ActiveHours* active) {
  const std::optional<std::string> text = value.Text();
  if (!text) return;
  absl::TimeZone zone;
  // The loader would take a path of the file system too.
  if (IsTimeZoneName(*text) && *text != "localtime" && absl::LoadTimeZone(*text, &zone)) {
    active->time_zone = *text;
    return;
  }
  value.Fail(Quoted(*text) + " is no time zone of this machine; write an IANA name like Europe/Berlin" +
             NearestTimeZone(*text));
}

void ReadLevels(const Value& value, RuleSpec* rule) {
  if (!value.is_map()) {
    if (const auto level = value.Number()) rule->enter = rule->exit = *level;
    return;
  }
  Map map = *Map::Open(value);
  const std::optional<Value> enter = map.Require("enter");
  const std::optional<Decimal> enter_level = enter ? enter->Number() : std::nullopt;
  const std::optional<Value> exit = map.Take("exit");
  const std::optional<Decimal> exit_level = exit ? exit->Number() : enter_level;
  map.Finish();
  if (!enter_level || !exit_level) return;
  rule->enter = *enter_level;
  rule->exit = *exit_level;
  const int order = Compare(rule->exit, rule->enter);
  if (rule->direction == RuleSpec::Direction::kBelow && order < 0) {
    exit->Fail(ToString(rule->exit) + " is below enter (" + ToString(rule->enter) +
               "); a breach below is left at enter or higher; nearest: " + ToString(rule->enter));
  }
  if (rule->direction == RuleSpec::Direction::kAbove && order > 0) {
    exit->Fail(ToString(rule->exit) + " is above enter (" + ToString(rule->enter) +
               "); a breach above is left at enter or lower; nearest: " + ToString(rule->enter));
  }
}

void ReadRuleLabels(const Value& value, RuleSpec* rule) {
  const std::optional<Map> map = Map::Open(value);
  if (!map) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    rule->at["labels." + entry.key] = value.PlaceOf(entry);
    rule->at["value of labels." + entry.key] = child.place();
    if (const auto text = child.Text()) rule->labels[entry.key] = *text;
  }
}

void ReadThreshold(Map* map, RuleSpec* rule) {
  const std::optional<Value> above = map->Take("above");
  const std::optional<Value> below = map->Take("below");
  if (above && below) {
    below->Fail("a rule has above or below, not both; write two rules");
  } else if (!above && !below && !rule->at.contains("above") && !rule->at.contains("below")) {
    map->value().Fail("has no threshold: above or below");
  }
  if (!above && !below) return;
  rule->direction = above ? RuleSpec::Direction::kAbove : RuleSpec::Direction::kBelow;
  ReadLevels(above ? *above : *below, rule);
}

void ReadCoverage(const Value& value, RuleSpec* rule) {
  const std::optional<Decimal> least = value.Number();
  if (!least) return;
  const bool low = Compare(*least, {0, 0}) < 0;
  if (low || Compare(*least, {1, 0}) > 0) return value.Fail(ToString(*least) + " is not from 0 to 1; nearest: " + (low ? "0" : "1"));
  rule->min_coverage = *least;
}

}  // namespace

void ReadDays(const Value& value, std::vector<int>* days) {
  for (const Value& item : value.Items()) {
    const std::optional<std::string> text = item.Text();
    if (!text) continue;
    const size_t dash = text->find('-');
    const std::optional<int> first = DayOf(text->substr(0, dash));
    const std::optional<int> last = dash == std::string::npos ? first : DayOf(text->substr(dash + 1));
    if (!first || !last) {
      item.Fail(Quoted(*text) + " is no day; there are mon, tue, wed, thu, fri, sat, sun and ranges like mon-fri");
      continue;
    }
    for (int day = *first;; day = day % 7 + 1) {
      if (std::find(days->begin(), days->end(), day) == days->end()) days->push_back(day);
      if (day == *last) break;
    }
  }
  std::sort(days->begin(), days->end());
  if (value.is_list() && value.node().items.empty()) value.Fail("is empty; leave it out for every day");
}

void ReadActive(const Value& value, ActiveHours* active) {
  active->place = value.place();
  active->time_zone = "UTC";
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto zone = map->Take("time_zone")) ReadTimeZone(*zone, active);
  if (const auto days = map->Take("days")) ReadDays(*days, &active->weekdays);
  if (const auto hours = map->Take("hours")) ReadHours(*hours, active);
  map->Finish();
}

void ReadRule(const Value& value, RuleSpec* rule) {
  rule->place = value.place();
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  for (const Node::Entry& entry : value.node().entries) rule->at[entry.key] = value.Child(entry).place();
  const auto name_of = [](const Value& v) -> std::optional<std::string> {
    const std::optional<std::string> text = v.Text();
    const std::string why = text ? WhyNotName(*text) : "";
    if (!why.empty()) v.Fail(why);
    return text;
  };
  if (const auto name = map->Require("name")) {
    rule->place = name->place();
    rule->name = name_of(*name).value_or("");
  }
  if (const auto kpi = map->Require("kpi")) rule->kpi = kpi->Text().value_or("");
  map->Set("window", &rule->window, [](const Value& v) { return v.Text(); });
  ReadThreshold(&*map, rule);
  map->Set("for", &rule->hold_for, [](const Value& v) { return v.Time(Duration(0), std::chrono::hours(24 * 90)); });
  map->Set("min_samples", &rule->min_samples, [](const Value& v) { return v.Whole(0, 1'000'000'000); });
  if (const auto coverage = map->Take("min_coverage")) ReadCoverage(*coverage, rule);
  map->Set("absent", &rule->absent, [](const Value& v) { return v.Choice({"hold", "clear", "breach"}); });
  if (const auto active = map->Take("active")) ReadActive(*active, &rule->active.emplace());
  if (const auto labels = map->Take("labels")) ReadRuleLabels(*labels, rule);
  map->Set("severity", &rule->severity, name_of);
  map->Set("team", &rule->team, [](const Value& v) { return v.Text(); });
  map->Set("help", &rule->help, [](const Value& v) { return v.Text(); });
  map->Refuse("target", "a rule over the KPI's _attainment_ratio or _pace_ratio says that");
  map->Refuse("sources", "min_coverage says that, for every source that feeds the KPI");
  map->Refuse({"compare"});
  map->Finish();
}

}  // namespace tidemark::config
