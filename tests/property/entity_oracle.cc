#include "tests/property/entity_oracle.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace tidemark {
namespace {

using Strings = std::vector<std::string>;
constexpr Duration kHour = std::chrono::hours(1), kDay = std::chrono::hours(24);

bool In(const std::string& word, const Strings& words) { return std::find(words.begin(), words.end(), word) != words.end(); }

struct Rolling {
  Duration length, step;
};
std::optional<Rolling> RollingOf(const std::string& window) {
  const std::map<std::string, Rolling> known = {{"1h", {kHour, kHour / 60}}, {"24h", {kDay, kHour / 6}}, {"7d", {7 * kDay, kHour}}, {"30d", {30 * kDay, kHour}}};
  const auto it = known.find(window);
  return it == known.end() ? std::nullopt : std::optional(it->second);
}

CalendarUnit UnitOf(const std::string& window) {
  if (window == "today" || window == "yesterday") return CalendarUnit::kDay;
  if (window.find("week") != std::string::npos) return CalendarUnit::kWeek;
  if (window.find("month") != std::string::npos) return CalendarUnit::kMonth;
  return window.find("quarter") != std::string::npos ? CalendarUnit::kQuarter : CalendarUnit::kYear;
}

// sum / count at scale 6, as the engine prints it: borrowed from a division of whole numbers.
std::string Average(Int128 sum, int64_t count) {
  const Value v = sum % count == 0 ? Value::Exact({sum / count, 6}) : Value::Real(NearestQuotient(sum, Int128{count} * 1'000'000));
  return v.ToString();
}
// amount * probability in micros, ties to even.
Int128 Weighted(const EntityEventMade& deal) {
  const int64_t quarters = deal.amount * deal.chance;  // of a micro; not negative
  const int64_t whole = quarters / 4, rest = quarters % 4;
  return whole + (rest == 3 || (rest == 2 && whole % 2 != 0) ? 1 : 0);
}
std::string Money(Int128 micros) { return ToString(Decimal{micros, 6}); }

}  // namespace

EntityOracle::EntityOracle() {
  CalendarSpec spec;
  spec.time_zone = "Europe/Berlin";
  spec.week_start = 7;
  spec.fiscal_year_start = 4;
  calendar_ = Calendar::Make(spec).value();
}

EntityOracle::Span EntityOracle::WindowAt(const std::string& window, const std::string& compare, EventTime t, Duration delay) const {
  if (window == "lifetime" || window == "now") return {EventTime::min(), EventTime::max()};
  const Calendar& c = *calendar_;
  const auto earlier = [&](EventTime at) {  // the same wall clock before; at is the beginning of a period
    if (compare == "1mo") return c.MonthsBefore(at, 1);
    if (compare == "1y") return c.MonthsBefore(at, 12);
    return compare == "1w" ? c.DaysBefore(at, 7) : at - 36 * kHour;
  };
  if (const auto rolling = RollingOf(window)) {
    Span now{FloorTo(t, rolling->step) + rolling->step - rolling->length, EventTime::max()};
    if (delay.count() != 0) now = {FloorTo(t - delay, rolling->step) - rolling->length, FloorTo(t - delay, rolling->step)};
    if (compare.empty()) return now;
    EventTime from = now.from - rolling->length;
    if (compare == "1w") from = now.from - 7 * kDay;
    if (compare == "36h") from = now.from - 36 * kHour;
    if (compare == "1mo" || compare == "1y") {
      const Period month = c.PeriodOf(CalendarUnit::kMonth, now.from);
      const Period other = c.PeriodOf(CalendarUnit::kMonth, earlier(month.begin));
      from = FloorTo(c.SameElapsed(CalendarUnit::kMonth, now.from, other).end, rolling->step);
    }
    return {from, from + rolling->length};
  }
  const CalendarUnit unit = UnitOf(window);
  const Period now = c.PeriodOf(unit, t);
  const auto other_of = [&](const Period& p) {
    return compare == "previous" ? c.PeriodBefore(unit, p.begin) : c.PeriodOf(unit, earlier(p.begin));
  };
  if (window.starts_with("last_") || window == "yesterday") {
    const Period closed = c.PeriodBefore(unit, t);
    const Period shown = compare.empty() ? closed : other_of(closed);
    return {shown.begin, shown.end};
  }
  if (compare.empty()) return {now.begin, now.end};
  const Period part = c.SameElapsed(unit, t, other_of(now));
  const Duration pane = unit == CalendarUnit::kDay ? kHour / 60 : unit == CalendarUnit::kWeek ? kHour / 6 : kHour;
  return {part.begin, FloorTo(part.end, pane)};
}

Answers EntityOracle::At(const std::map<TopicPartition, Offset>& through, EventTime t,
                         std::map<std::string, std::vector<Counted>>* everything) const {
  Answers answers;
  std::map<std::string, std::map<std::string, Events>> by;  // kind -> key -> events in the order of time
  std::set<std::string> seen;
  for (const auto& [tp, log] : logs) {
    const auto it = through.find(tp);
    for (int64_t o = 0; o < static_cast<int64_t>(log.size()); ++o) {
      const EntityEventMade& e = log[static_cast<size_t>(o)];
      if ((it == through.end() || o >= it->second.v) && e.time >= cut) continue;
      if (!seen.insert(e.id).second) continue;
      const std::string kind = e.type.substr(0, e.type.find('.'));
      by[kind][e.key].push_back(&e);
      if (kind == "deal" && !e.lead.empty()) by["lead+deal"][e.lead].push_back(&e);
      if (kind == "lead") by["lead+deal"][e.key].push_back(&e);
    }
  }
  for (auto& [kind, keys] : by) {
    for (auto& [key, events] : keys) std::sort(events.begin(), events.end(), [](auto* a, auto* b) { return a->time < b->time; });
  }
  // Of KPIs that take back whole ids.
  const auto revoked = [](const Events& events, const std::string& by_type) {
    return std::any_of(events.begin(), events.end(), [&](const auto* e) { return e->type == by_type; });
  };
  const Strings lead_types = {"lead.created", "lead.contacted"};
  // Every KPI: visits (labels, instant, sum) of what counts, and says what a window of it shows.
  const auto groups_of = [&](const std::vector<Counted>& all, const Span& span) {
    std::map<std::string, std::vector<const Counted*>> groups;
    for (const Counted& c : all) {
      auto& group = groups[c.labels];
      if (span.Holds(c.at)) group.push_back(&c);
    }
    return groups;
  };
  using Show = std::function<std::string(const std::vector<const Counted*>&)>;
  const Show count = [](const auto& group) { return std::to_string(group.size()); };
  const Show total = [](const auto& group) {
    Int128 sum = 0;
    for (const auto* c : group) sum += c->sum;
    return Money(sum);
  };
  const Show average = [](const auto& group) {
    Int128 sum = 0;
    for (const auto* c : group) sum += c->sum;
    return group.empty() ? "" : Average(sum, static_cast<int64_t>(group.size()));
  };
  const auto quantile = [](int64_t numerator) -> Show {
    return [numerator](const auto& group) {
      if (group.empty()) return std::string();
      std::vector<Int128> samples;
      for (const auto* c : group) samples.push_back(c->sum);
      std::sort(samples.begin(), samples.end());
      const auto n = static_cast<int64_t>(samples.size());
      return Money(samples[static_cast<size_t>((n * numerator + 99'999) / 100'000 - 1)]);
    };
  };
  const auto put = [&](const std::string& kpi, const std::vector<Counted>& all, const Strings& windows, const Strings& compares,
                       const std::map<std::string, Show>& stats, Duration delay = Duration(0)) {
    if (everything != nullptr) (*everything)[kpi] = all;
    for (const std::string& window : windows) {
      for (const std::string& compare : compares) {
        if (!compare.empty() && window == "lifetime") continue;
        for (const auto& [labels, group] : groups_of(all, WindowAt(window, compare, t, delay))) {
          for (const auto& [stat, show] : stats) {
            std::string text = labels;
            for (const std::string& more : {stat, compare}) text += more.empty() ? "" : "|" + more;
            answers[{kpi + (compare.empty() ? "" : "_compare"), text, window}] = show(group);
          }
        }
      }
    }
  };
  const std::map<std::string, Show> counts = {{"", count}}, sums = {{"", total}};

  // ---- ids ----
  const Strings visitor_windows = {"1h", "24h", "7d", "lifetime", "today", "month_to_date", "last_week"};
  for (const std::string& window : visitor_windows) {
    for (const std::string compare : {"", "previous", "1w", "1mo", "36h"}) {
      if (window == "lifetime" && !compare.empty()) continue;
      const Span span = WindowAt(window, compare, t);
      std::map<std::string, int64_t> ids, repeaters, kept;
      for (const auto& [key, events] : by["lead"]) {
        std::map<std::string, int64_t> times;
        for (const auto* e : events) {
          if (!In(e->type, lead_types)) continue;
          times[e->label] += span.Holds(e->time) ? 1 : 0;
        }
        const int64_t stays = revoked(events, "lead.merged") ? 0 : 1;
        for (const auto& [label, n] : times) ids[label] += n >= 1, repeaters[label] += n >= 2, kept[label] += n >= 1 ? stays : 0;
      }
      for (const auto& [label, n] : ids) {
        const std::string text = label + (compare.empty() ? "" : "|" + compare);
        if (In(compare, {"", "36h"}) && In(window, {"24h", "today"})) {
          answers[{compare.empty() ? "recent_visitors" : "recent_visitors_compare", text, window}] = std::to_string(n);
        }
        if (compare == "36h") continue;
        answers[{compare.empty() ? "visitors" : "visitors_compare", text, window}] = std::to_string(n);
        if (!In(compare, {"", "previous"}) || !In(window, {"24h", "month_to_date", "lifetime"})) continue;
        answers[{compare.empty() ? "kept_visitors" : "kept_visitors_compare", text, window}] = std::to_string(kept[label]);
      }
      if (compare.empty() && In(window, {"24h", "7d", "lifetime"})) {
        if (window == "24h") {
          for (const auto& [label, n] : repeaters) answers[{"recent_repeaters", label, window}] = std::to_string(n);
        }
        for (const auto& [label, n] : repeaters) answers[{"repeaters", label, window}] = std::to_string(n);
      }
    }
  }
  std::vector<Counted> firsts, lasts, top, kept_firsts, kept_lasts;
  if (everything != nullptr) {  // rolling windows hold an id where it was seen last, one that must come twice where it was before
    for (const auto& [key, events] : by["lead"]) {
      std::map<std::string, std::vector<EventTime>> times;
      for (const auto* e : events) {
        if (In(e->type, lead_types)) times[e->label].push_back(e->time);
      }
      for (const auto& [label, seen_at] : times) {
        (*everything)["visitors"].push_back({label, seen_at.back(), 0, key});
        if (seen_at.size() > 1) (*everything)["repeaters"].push_back({label, seen_at[seen_at.size() - 2], 0, key});
      }
    }
  }
  for (const auto& [key, events] : by["lead"]) {
    Events of_leads, created;
    for (const auto* e : events) {
      if (In(e->type, lead_types)) of_leads.push_back(e);
      if (e->type == "lead.created") created.push_back(e);
    }
    if (!of_leads.empty()) firsts.push_back({of_leads.front()->label, of_leads.front()->time, 0, key});
    if (!of_leads.empty()) lasts.push_back({of_leads.back()->label, of_leads.back()->time, 0, key});
    if (!of_leads.empty() && !revoked(events, "lead.merged")) kept_firsts.push_back(firsts.back()), kept_lasts.push_back(lasts.back());
    if (!created.empty()) top.push_back({created.front()->label, created.front()->time, 0, key});
  }
  put("newcomers", firsts, {"1h", "7d", "week_to_date", "year_to_date", "last_month", "lifetime"}, {"", "previous", "1y"}, counts);
  put("kept_newcomers", kept_firsts, {"7d", "lifetime"}, {""}, counts);
  put("recent_present", kept_lasts, {"1h", "24h"}, {""}, counts);
  put("kept_present", kept_lasts, {"7d", "lifetime"}, {""}, counts);
  put("present", lasts, {"1h", "7d", "lifetime"}, {""}, counts);
  for (const std::string window : {"1h", "7d"}) {
    for (const auto& [labels, group] : groups_of(lasts, WindowAt(window, "previous", t))) answers[{"gone", labels, window}] = count(group);
  }
  for (const std::string window : {"30d", "lifetime"}) {
    std::vector<std::pair<int64_t, std::string>> order;
    for (const auto& [labels, group] : groups_of(top, WindowAt(window, "", t))) order.emplace_back(-static_cast<int64_t>(group.size()), labels);
    std::sort(order.begin(), order.end());
    int64_t rest = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      if (i < 2) answers[{"top_channels", order[i].second, window}] = std::to_string(-order[i].first);
      if (i >= 2) rest -= order[i].first;
    }
    if (order.size() > 2) answers[{"top_channels", "__other__", window}] = std::to_string(rest);
  }

  // ---- steps ----
  std::vector<Counted> responses, funnel, ripe, kept_responses, kept_funnel;
  const auto chain_of = [](const Events& events, const std::vector<Strings>& steps, Duration within) {
    Events chain;
    for (const Strings& step : steps) {
      const auto next = std::find_if(events.begin(), events.end(), [&](auto* e) {
        return In(e->type, step) && (chain.empty() || (e->time >= chain.back()->time && e->time - chain.front()->time <= within));
      });
      if (next == events.end()) break;
      chain.push_back(*next);
    }
    return chain;
  };
  for (const auto& [key, events] : by["lead"]) {
    const Events chain = chain_of(events, {{"lead.created"}, {"lead.contacted"}}, 2 * kDay);
    // Leads carry channel and owner in one label here: the owner is "rep of " and the channel.
    if (chain.size() == 2) responses.push_back({chain[0]->label + "|rep of " + chain[1]->label, chain[1]->time,
        (chain[1]->time - chain[0]->time).count(), key});
    if (chain.size() == 2 && !revoked(events, "lead.merged")) kept_responses.push_back(responses.back());
  }
  const Strings names = {"1_lead.created", "2_lead.qualified|lead.contacted", "3_deal.created", "4_deal.won"};
  for (const auto& [key, events] : by["lead+deal"]) {
    const Events chain = chain_of(events, {{"lead.created"}, {"lead.qualified", "lead.contacted"}, {"deal.created"}, {"deal.won"}}, 3 * kDay);
    for (size_t k = 0; k < chain.size(); ++k) {
      funnel.push_back({chain[0]->label + "|" + names[k], chain[0]->time, 0, key});
      if (!revoked(events, "lead.merged")) kept_funnel.push_back(funnel.back());
    }
    const Events won = chain_of(events, {{"lead.created"}, {"deal.won"}}, 2 * kDay);
    const Strings ripe_names = {"1_lead.created", "2_deal.won"};
    for (size_t k = 0; k < won.size(); ++k) ripe.push_back({ripe_names[k], won[0]->time, 0, key});
  }
  put("response_seconds", responses, {"24h", "30d", "lifetime", "last_week"}, {"", "previous"},
      {{"count", count}, {"sum", total}, {"avg", average}, {"p50", quantile(50'000)}, {"p90", quantile(90'000)}});
  put("kept_response_seconds", kept_responses, {"30d", "lifetime"}, {""}, {{"count", count}, {"sum", total}, {"p50", quantile(50'000)}});
  put("kept_funnel", kept_funnel, {"7d", "lifetime"}, {""}, counts);
  put("lead_funnel", funnel, {"7d", "30d", "lifetime"}, {""}, counts);
  put("ripe_funnel", ripe, {"7d", "30d"}, {""}, counts, 2 * kDay);

  // ---- deals ----
  std::vector<Counted> stays, kept_stays, open, pipeline, weighted, likely, ageing, silent, stuck, booked, booked_weighted, wins;
  std::map<std::string, std::set<std::string>> owners;
  for (const auto& [key, events] : by["deal"]) {
    const EntityEventMade* since = nullptr;
    for (const auto* e : events) {
      const bool ends = In(e->type, {"deal.won", "deal.lost"});
      if (!ends && !In(e->type, {"deal.created", "deal.stage_changed"})) continue;
      if (since != nullptr && (ends || e->stage != since->stage)) {
        stays.push_back({since->stage, e->time, (e->time - since->time).count(), key});
        if (!revoked(events, "deal.deleted")) kept_stays.push_back(stays.back());
      }
      if (ends) since = nullptr;
      if (!ends && (since == nullptr || e->stage != since->stage)) since = e;
    }
    const auto merged = [&, &events = events](const Strings& types) {  // the latest value of each field
      EntityEventMade now;
      now.has_amount = false;
      for (const auto* e : events) {
        if (!In(e->type, types)) continue;
        if (!e->label.empty()) now.label = e->label;
        if (!e->stage.empty()) now.stage = e->stage;
        if (e->has_amount) now.amount = e->amount, now.has_amount = true;
        if (e->chance != 0) now.chance = e->chance;
        if (e->closes != kNoEventTime) now.closes = e->closes;
        now.time = e->time;
      }
      return now;
    };
    const Strings all = {"deal.created", "deal.stage_changed", "deal.updated", "deal.won", "deal.lost", "deal.reopened"};
    EventTime ended = EventTime::min(), reopened = EventTime::min();
    bool any = false;
    for (const auto* e : events) {
      any |= In(e->type, all);
      if (In(e->type, {"deal.won", "deal.lost"})) ended = e->time;
    }
    for (const auto* e : events) {
      if (e->type == "deal.reopened" && ended != EventTime::min() && e->time > ended && e->time - ended <= 90 * kDay) reopened = e->time;
    }
    if (any && (ended == EventTime::min() || reopened > ended)) {
      const EntityEventMade now = merged(all);
      if (now.label != "bot") open.push_back({now.stage, EventTime(), 0, key});
      pipeline.push_back({now.label, EventTime(), now.amount, key});
      if (!now.label.empty()) owners[now.stage].insert(now.label);
      const bool known = now.has_amount && now.chance != 0;
      weighted.push_back({now.label, EventTime(), known ? Weighted(now) : 0, key});
      if (!known || Weighted(now) > 50'000'000) likely.push_back({now.stage, EventTime(), 0, key});
      ageing.push_back({now.closes == kNoEventTime ? "" : std::to_string(FloorDiv((now.time - now.closes).count(), kDay.count())), EventTime(), 0, key});
      std::string stage;
      EventTime since = events.front()->time;
      for (const auto* e : events) {
        if (!In(e->type, all) || e->stage.empty() || e->stage == stage) continue;
        stage = e->stage;
        since = e->time;
      }
      if (stage.empty()) since = now.time;
      if (since < FloorTo(t - kDay, std::chrono::minutes(1))) stuck.push_back({now.stage, EventTime(), now.amount, key});
      if (now.time < FloorTo(t - kDay, std::chrono::minutes(1))) silent.push_back({"", EventTime(), 0, key});
    }
    const EntityEventMade* won = nullptr;
    EventTime revoked = EventTime::min();
    for (const auto* e : events) {
      if (In(e->type, {"deal.reopened", "deal.deleted"})) revoked = e->time;
    }
    for (const auto* e : events) {
      if (e->type == "deal.won" && e->time > revoked && won == nullptr) won = e;
    }
    if (won == nullptr) continue;
    const EntityEventMade now = merged({"deal.won", "deal.updated", "deal.reopened", "deal.deleted"});
    if (now.has_amount) booked.push_back({now.label, won->time, now.amount, key});
    if (now.has_amount && now.chance != 0) booked_weighted.push_back({now.label, won->time, Weighted(now), key});
    if (now.has_amount && now.amount > 100'000'000) wins.push_back({"", won->time, 0, key});
  }
  put("stage_seconds", stays, {"7d", "lifetime", "last_month"}, {""}, {{"count", count}, {"sum", total}, {"p50", quantile(50'000)}});
  put("kept_stage_seconds", kept_stays, {"7d", "lifetime"}, {""}, {{"count", count}, {"sum", total}});
  put("open_deals", open, {"now"}, {""}, counts);
  for (const auto& [stage, of_stage] : owners) answers[{"open_owners", stage, "now"}] = std::to_string(of_stage.size());
  put("pipeline", pipeline, {"now"}, {""}, sums);
  put("weighted_pipeline", weighted, {"now"}, {""}, sums);
  put("likely_deals", likely, {"now"}, {""}, counts);
  put("ageing_deals", ageing, {"now"}, {""}, counts);
  put("booked_weighted", booked_weighted, {"30d", "lifetime"}, {""}, sums);
  put("silent_deals", silent, {"now"}, {""}, counts);
  put("stuck_deals", stuck, {"now"}, {""}, sums);
  put("booked", booked, {"24h", "30d", "month_to_date", "lifetime"}, {"", "previous"}, sums);
  put("wins", wins, {"7d", "lifetime", "last_quarter"}, {""}, counts);

  // ---- orders ----
  std::vector<Counted> net, orders;
  for (const auto& [key, events] : by["order"]) {
    const EntityEventMade* paid = nullptr;
    EntityEventMade now;
    now.has_amount = false;
    Int128 refunds = 0;
    for (const auto* e : events) {
      if (e->type == "order.refunded") refunds += e->has_amount ? e->amount : 0;
      if (e->type != "order.paid") continue;
      if (paid == nullptr) paid = e;
      if (!e->label.empty()) now.label = e->label;
      if (e->has_amount) now.amount = e->amount, now.has_amount = true;
      orders.push_back({e->label, e->time, e->has_amount ? Int128{e->amount} : Int128{-1}, key});
    }
    if (paid != nullptr && now.has_amount) net.push_back({now.label, paid->time, now.amount + refunds, key});
  }
  put("paid_net", net, {"7d", "lifetime"}, {""}, sums);
  put("orders", orders, {"24h", "30d", "today", "month_to_date", "quarter_to_date", "last_week", "last_year", "lifetime"},
      {"", "previous", "1w", "36h", "1mo", "1y"}, counts);
  std::vector<Counted> sized;
  for (const Counted& c : orders) {
    if (c.sum != -1) sized.push_back(c);
  }
  put("order_size", sized, {"24h", "30d", "lifetime", "yesterday"}, {"", "previous"},
      {{"p50", quantile(50'000)}, {"p99", quantile(99'000)}, {"avg", average}, {"count", count}});
  return answers;
}

}  // namespace tidemark
