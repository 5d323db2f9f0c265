#include "tests/simulation/changes.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace tidemark::simulation {
namespace {

constexpr int64_t kMostChanges = 8;  // of a deal: more than are kept of it are another story
constexpr int64_t kWithin = 800;     // seconds
constexpr int64_t kHour = 3600;

constexpr char kRules[] = R"(
    id: [row.deal, row.n]
    time: s(row.at)
    version: row.n
    words: {stages: {n: new, t: talks, w: won}}
    events:
    - {emit: deal.created, when: row.is_new == true, once: [deal.id], carry: [deal.owner], within: 800s, set: &deal {deal.id: row.deal, deal.amount: row.amount, deal.owner: row.owner, deal.currency: row.currency}}
    - {emit: deal.updated, when: row.is_new == false, set: *deal}
    - {emit: deal.stage_changed, when: 'has(row.stage)', entity: deal.id, carry: [deal.owner], set: {deal.id: row.deal, deal.stage: 'lookup(stages, row.stage)', deal.owner: row.owner}}
    - {emit: deal.won, when: 'lookup(stages, row.stage) == "won"', once: [deal.id], carry: [deal.amount, deal.owner, deal.currency], set: *deal}
    - {emit: deal.deleted, when: row.gone == true, set: {deal.id: row.deal, deal.owner: row.owner}}
    - {emit: heartbeat, when: has(row.through), set: {complete_through: s(row.through)}}
)";

constexpr char kKpis[] = R"(
kpis:
- {name: won, on: deal.won, count: true, by: {rep_id: deal.owner}, windows: [24h, lifetime]}
- {name: opened, on: deal.created, count: true, by: {rep_id: deal.owner}, windows: [24h, lifetime]}
- {name: value, on: deal.won, sum: deal.amount, by: {currency: deal.currency}, windows: [24h, lifetime]}
- {name: booked, key: deal.id, on: deal.won, sum: deal.amount, correct: {revoke: deal.deleted}, by: {rep_id: deal.owner}, windows: [24h, lifetime]}
- {name: winners, first: deal.id, on: deal.won, by: {rep_id: deal.owner}, windows: [24h, lifetime]}
- {name: cycle_seconds, key: deal.id, elapsed: {from: deal.created, to: deal.won}, stats: [sum, count], by: {rep_id: to.deal.owner}, windows: [24h, lifetime]}
- {name: stages_seconds, key: deal.id, on: deal.stage_changed, dwell: deal.stage, until: deal.deleted, stats: [sum, count], by: {deal_stage: deal.stage, rep_id: deal.owner}, windows: [24h, lifetime]}
- {name: updates, on: deal.updated, count: true, windows: [24h, lifetime]}
- {name: touched, distinct: deal.id, on: deal.updated, windows: [24h, lifetime]}
- {name: greatest, max: deal.amount, on: deal.updated, windows: [24h, lifetime]}
- {name: least, min: deal.amount, on: deal.updated, windows: [24h, lifetime]}
- {name: latest_order, last: deal.amount, on: deal.updated, windows: [24h, lifetime]}
)";

using History = std::vector<const Change*>;  // of one deal, ascending

// Event time that a window holds, in seconds.
struct Span {
  int64_t from, to;
  bool Holds(int64_t at) const { return at >= from && at < to; }
};

Span SpanOf(const std::string& window, EventTime t, bool held) {
  const int64_t now = FloorDiv(Micros(t), kMicrosPerSecond);
  const auto floor = [&](int64_t step) { return FloorDiv(now, step) * step; };
  if (window == "lifetime") return {INT64_MIN, held ? floor(kHour) : INT64_MAX};
  constexpr int64_t kStep = 600;
  return held ? Span{floor(kStep) - 24 * kHour, floor(kStep)} : Span{floor(kStep) + kStep - 24 * kHour, INT64_MAX};
}

// What was known of a field by a change, its own value first.
template <class T>
std::optional<T> AsOf(const History& history, const Change& now, std::optional<T> Change::*field) {
  if (now.*field) return now.*field;
  std::optional<T> known;
  for (const Change* c : history) {
    if (std::tie(c->at, c->n) <= std::tie(now.at, now.n) && (c->*field)) known = c->*field;
  }
  return known;
}

// Counts one deal's facts, each at its time.
void CountDeal(const History& deal, const std::function<void(const std::string& kpi, const std::string& labels, int64_t at, int64_t n)>& count) {
  const auto find = [&](auto is) {
    const auto found = std::find_if(deal.begin(), deal.end(), [&](const Change* c) { return is(*c); });
    return found == deal.end() ? nullptr : *found;
  };
  const Change* created = find([](const Change& c) { return c.is_new; });
  const Change* won = find([](const Change& c) { return c.stage == "won"; });
  if (created != nullptr) {
    std::optional<std::string> owner = created->owner;
    for (const Change* c : deal) {
      if (!created->owner && c->owner && c->at <= created->at + kWithin) owner = c->owner;
    }
    count("opened", owner.value_or(""), created->at, 1);
  }
  int64_t deleted = INT64_MIN;
  for (const Change* c : deal) deleted = c->gone ? c->at : deleted;
  if (won != nullptr) {
    const std::string owner = AsOf(deal, *won, &Change::owner).value_or("");
    const std::optional<int64_t> amount = AsOf(deal, *won, &Change::amount);
    count("won", owner, won->at, 1);
    count("winners", owner, won->at, 1);
    if (amount) count("value", AsOf(deal, *won, &Change::currency).value_or(""), won->at, *amount);
    if (amount && deleted < won->at) count("booked", owner, won->at, *amount);
    if (created != nullptr && created->at <= won->at) {
      count("cycle_seconds", owner + "|sum", won->at, won->at - created->at);
      count("cycle_seconds", owner + "|count", won->at, 1);
    }
  }
  const Change* stay = nullptr;
  for (const Change* c : deal) {
    if (stay != nullptr && (c->gone || (c->stage && c->stage != stay->stage))) {
      const std::string labels = *stay->stage + "|" + AsOf(deal, *stay, &Change::owner).value_or("");
      count("stages_seconds", labels + "|sum", c->at, c->at - stay->at);
      count("stages_seconds", labels + "|count", c->at, 1);
      stay = nullptr;
    }
    if (c->stage && (stay == nullptr || c->stage != stay->stage)) stay = c;
  }
}

}  // namespace

std::string Change::Json(const std::string& topic) const {
  std::string json = "{\"deal\":" + std::to_string(deal);
  const auto put = [&](const char* name, const std::string& value) { json.append(",\"").append(name).append("\":").append(value); };
  const auto text = [&](const char* name, const std::optional<std::string>& value) {
    if (value) put(name, "\"" + *value + "\"");
  };
  put("n", std::to_string(n));
  put("at", std::to_string(at));
  if (through) {
    put("through", std::to_string(*through));
  } else {
    put("is_new", is_new ? "true" : "false");
    put("gone", gone ? "true" : "false");
  }
  if (stage) put("stage", "\"" + stage->substr(0, 1) + "\"");
  text("owner", owner);
  text("currency", currency);
  if (amount) put("amount", std::to_string(*amount));
  json += "}";
  return topic == kDesk ? R"({"op":"u","before":null,"after":)" + json + "}" : json;
}

std::string ChangesConfig(bool held, bool avro) {
  std::string text = "kafka: {brokers: none}\n";
  if (avro) text += "registry: {url: \"http://none\"}\n";
  text += "sources:\n  crm_db:\n    topics: [crm]\n    expect_every: 31d\n";
  if (held) text.append("    complete_after: " + FormatDuration(kCompleteAfter) + "\n");
  if (avro) text += "    format: avro\n    framing: confluent\n";
  text.append(kRules).append("  desk:\n    topics: [desk]\n    shape: debezium\n");
  std::string again = kRules;
  again.replace(again.find("&deal {"), 7, "&desk {");
  for (size_t at = 0; (at = again.find("*deal", at)) != std::string::npos;) again.replace(at, 5, "*desk");
  return text.append(again).append(kKpis);
}

Change Company::Next(std::mt19937_64* random, EventTime now) {
  const auto below = [&](uint64_t n) { return static_cast<int64_t>((*random)() % n); };
  const auto chance = [&](int64_t percent) { return below(100) < percent; };
  const auto one_of = [&](const std::vector<std::string>& words) { return words[static_cast<size_t>(below(words.size()))]; };
  Change change;
  int64_t age = below(6);
  if (chance(10)) age = below(2 * kHour);
  if (chance(2)) age = below(30 * 24 * kHour);
  // Even seconds, at which several things may happen to a deal; of what ends it odd ones.
  change.at = FloorDiv(Micros(now), 2 * kMicrosPerSecond) * 2 - age / 2 * 2;
  if (chance(10)) {
    change.deal = -1;
    change.n = heartbeats_++;
    change.through = change.at - (chance(50) ? 0 : below(6 * kHour));
    return change;
  }
  size_t deal = changes_.empty() ? 0 : static_cast<size_t>(below(changes_.size() + 1));
  if (deal == changes_.size() || changes_[deal] == kMostChanges) {
    deal = changes_.size();
    changes_.push_back(0);
  }
  change.deal = static_cast<int>(deal);
  change.n = changes_[deal]++;
  change.is_new = change.n == 0;
  change.gone = change.n > 1 && chance(12);
  if (change.gone) --change.at;
  if (!change.gone && chance(50)) change.stage = one_of({"new", "talks", "won"});
  if (chance(40)) change.owner = one_of({"ada", "ben"});
  if (chance(40)) change.currency = one_of({"EUR", "USD"});
  if (chance(50)) change.amount = 1 + below(100);
  return change;
}

Answers AnswersOfChanges(const std::vector<const Change*>& changes, EventTime t, bool held) {
  std::map<int, std::map<std::pair<int64_t, int64_t>, const Change*>> deals;  // by time and version
  for (const Change* c : changes) {
    if (!c->through) deals[c->deal][{c->at, c->n}] = c;
  }
  Answers answers;
  for (const std::string window : {"24h", "lifetime"}) {
    const Span span = SpanOf(window, t, held);
    std::map<std::pair<std::string, std::string>, int64_t> sums;
    const auto count = [&](const std::string& kpi, const std::string& labels, int64_t at, int64_t n) {
      if (span.Holds(at)) sums[{kpi, labels}] += n;
    };
    std::optional<int64_t> least, greatest;
    std::map<int64_t, std::vector<int64_t>> latest;
    for (const auto& [deal, sorted] : deals) {
      History history;
      for (const auto& [at, c] : sorted) history.push_back(c);
      CountDeal(history, count);
      bool touched = false;
      for (const Change* c : history) {
        if (c->is_new || !span.Holds(c->at)) continue;
        touched = true;
        sums[{"updates", ""}] += 1;
        if (!c->amount) continue;
        least = std::min(least.value_or(*c->amount), *c->amount);
        greatest = std::max(greatest.value_or(*c->amount), *c->amount);
        latest[c->at].push_back(*c->amount);
      }
      if (touched) sums[{"touched", ""}] += 1;
    }
    for (const auto& [key, n] : sums) answers[{key.first, key.second, window}] = std::to_string(n);
    if (least) answers[{"least", "", window}] = std::to_string(*least);
    if (greatest) answers[{"greatest", "", window}] = std::to_string(*greatest);
    // Of one instant's the engine takes whichever it likes.
    if (!latest.empty() && latest.rbegin()->second.size() == 1) answers[{"latest_order", "", window}] = std::to_string(latest.rbegin()->second[0]);
  }
  return answers;
}

}  // namespace tidemark::simulation
