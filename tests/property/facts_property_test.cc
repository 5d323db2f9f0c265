// Facts made of changes (`once`, `carry`): whatever the order in which a source's records come, however often, and with
// restarts in between, the KPIs are those of each deal's history as it was.
#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"
#include "tests/property/consume.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
time: {max_out_of_orderness: 24h, align: 1h}
sources:
  crm_db:
    topics: [{name: crm, dedup: {horizon: 1m}}]
    id: [row.deal, row.n]
    time: s(row.at)
    version: row.version
    events:
    - {emit: deal.created, when: row.is_new == true, once: [deal.id], carry: [deal.owner], within: 800s, set: &deal {deal.id: row.deal, deal.amount: row.amount, deal.owner: row.owner, deal.currency: row.currency}}
    - {emit: deal.updated, when: row.is_new == false, set: *deal}
    - {emit: deal.stage_changed, when: 'has(row.stage)', entity: deal.id, carry: [deal.owner], set: {deal.id: row.deal, deal.stage: row.stage}}  # the owner from the record's other event
    - {emit: deal.won, when: row.stage == "won", once: [deal.id], carry: [deal.amount, deal.owner, deal.currency],
       set: {deal.id: row.deal, deal.amount: row.amount, deal.owner: row.owner, deal.currency: row.currency, deal.units: row.n}}
    - {emit: deal.deleted, when: row.gone == true, set: {deal.id: row.deal, deal.owner: row.owner}}
kpis:
- {name: won, on: deal.won, count: true, by: {rep_id: deal.owner}, windows: [lifetime]}
- {name: opened, on: deal.created, count: true, by: {rep_id: deal.owner}, windows: [lifetime]}
- {name: value, on: deal.won, sum: deal.amount, by: {currency: deal.currency}, windows: [lifetime]}
- {name: large, on: deal.won, where: 'deal.amount > 50', count: true, windows: [lifetime]}
- {name: sizes, on: deal.won, quantiles: deal.amount, stats: [sum, count], windows: [lifetime]}
- {name: booked, key: deal.id, on: deal.won, sum: deal.amount, correct: {revoke: deal.deleted}, by: {rep_id: deal.owner}, windows: [lifetime]}
- {name: winners, first: deal.id, on: deal.won, by: {rep_id: deal.owner}, windows: [lifetime]}
- {name: cycle_seconds, key: deal.id, elapsed: {from: deal.created, to: deal.won}, stats: [sum, count], by: {rep_id: to.deal.owner}, windows: [lifetime]}
- {name: stages_seconds, key: deal.id, on: deal.stage_changed, dwell: deal.stage, until: deal.deleted, stats: [sum, count], by: {deal_stage: deal.stage, rep_id: deal.owner}, windows: [lifetime]}
)";

struct Change {
  int deal = 0, n = 0;
  int64_t at = 0;
  bool is_new = false, gone = false;
  std::optional<std::string> stage, owner, currency;
  std::optional<int> amount;

  std::string Json() const {
    std::string json = R"({"deal":)" + std::to_string(deal) + R"(,"n":)" + std::to_string(n) + R"(,"zero":0,"version":)" + std::to_string(n) + R"(,"at":)" + std::to_string(EngineRig::kStartSeconds + at);
    json += R"(,"is_new":)" + std::string(is_new ? "true" : "false") + R"(,"gone":)" + (gone ? "true" : "false");
    const auto text = [&](const char* name, const std::optional<std::string>& value) {
      if (value) json += ",\"" + std::string(name) + "\":\"" + *value + "\"";
    };
    text("stage", stage);
    text("owner", owner);
    text("currency", currency);
    if (amount) json += R"(,"amount":)" + std::to_string(*amount);
    return json + "}";
  }
};

using History = std::vector<Change>;  // of one deal, ascending
using Shown = std::map<std::string, int64_t>;

History Invent(int deal, std::mt19937* random) {
  const auto chance = [&](int percent) { return static_cast<int>((*random)() % 100) < percent; };
  const auto one_of = [&](std::vector<std::string> words) { return words[(*random)() % words.size()]; };
  History history;
  const int changes = 2 + static_cast<int>((*random)() % 7);
  int64_t at = 100 + static_cast<int64_t>((*random)() % 1000);
  for (int n = 0; n < changes; ++n) {
    Change change{deal, n, at, n == 0, n > 2 && chance(10), {}, {}, {}, {}};
    if (chance(50)) change.stage = one_of({"new", "talks", "won", "won"});
    if (chance(40)) change.owner = one_of({"ada", "ben"});
    if (chance(40)) change.currency = one_of({"EUR", "USD"});
    if (chance(50)) change.amount = 1 + static_cast<int>((*random)() % 100);
    history.push_back(change);
    at += static_cast<int64_t>((*random)() % 3) * 500;  // also at the same time, told apart by the version
  }
  return history;
}

// What was known of a field up to a change, its own value first.
template <class T>
std::optional<T> AsOf(const History& history, const Change& now, std::optional<T> Change::*field) {
  std::optional<T> known;
  for (const Change& change : history) {
    if (change.n <= now.n && (change.*field)) known = change.*field;
  }
  return known;
}

// The answer, from each deal's history as it was.
Shown Expected(const std::vector<History>& deals) {
  Shown shown;
  for (const History& deal : deals) {
    const auto created = deal.front().at;
    std::optional<std::string> opener;
    for (const Change& c : deal) {
      if (c.owner && (c.n == 0 || (!deal.front().owner && c.at <= created + 800))) opener = c.owner;
    }
    shown["opened{" + opener.value_or("") + "}"] += 1;
    const auto won = std::find_if(deal.begin(), deal.end(), [](const Change& c) { return c.stage == "won"; });
    int64_t deleted = -1;
    for (const Change& c : deal) deleted = c.gone ? c.at : deleted;
    if (won != deal.end()) {
      const std::string owner = AsOf(deal, *won, &Change::owner).value_or(""), currency = AsOf(deal, *won, &Change::currency).value_or("");
      const std::optional<int> amount = AsOf(deal, *won, &Change::amount);
      shown["won{" + owner + "}"] += 1;
      shown["winners{" + owner + "}"] += 1;
      shown["cycle_seconds{" + owner + "|sum}"] += won->at - created;
      shown["cycle_seconds{" + owner + "|count}"] += 1;
      if (amount) {
        shown["value{" + currency + "}"] += *amount;
        shown["large{}"] += *amount > 50 ? 1 : 0;
        shown["sizes{sum}"] += *amount;
        shown["sizes{count}"] += 1;
        if (deleted < won->at) shown["booked{" + owner + "}"] += *amount;
      }
    }
    const Change* stay = nullptr;
    for (const Change& c : deal) {
      if (stay != nullptr && (c.gone || (c.stage && c.stage != stay->stage))) {
        const std::string labels = *stay->stage + "|" + AsOf(deal, *stay, &Change::owner).value_or("");
        shown["stages_seconds{" + labels + "|sum}"] += c.at - stay->at;
        shown["stages_seconds{" + labels + "|count}"] += 1;
        stay = nullptr;
      }
      if (c.stage && !c.gone && (stay == nullptr || c.stage != stay->stage)) stay = &c;
    }
  }
  std::erase_if(shown, [](const auto& entry) { return entry.second == 0; });
  return shown;
}

Shown Read(const EngineRig& rig) {
  Shown shown;
  const auto view = rig.engine->view();
  for (uint32_t k = 0; k < view->kpis().size(); ++k) {
    view->ForEach(KpiId{k}, [&](const SeriesValue& series) {
      if (series.value.absent()) return;
      std::string labels;
      for (const auto& value : series.labels.values) labels += (labels.empty() && &value == &series.labels.values.front() ? "" : "|") + std::string(value);
      const std::string text = series.value.ToString();
      if (text != "0") shown[view->kpis()[k].name + "{" + labels + "}"] = std::stoll(text);
    });
  }
  return shown;
}

void RunTrial(uint32_t seed, const std::string& config) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<History> deals;
  std::vector<Change> records;
  for (int deal = 0; deal < 12; ++deal) {
    History history = Invent(deal, &random);
    // A change that both sets a stage and ends the deal would be two things at one instant; which comes first is nothing to test here.
    for (Change& c : history) {
      if (c.gone) c.stage.reset();
    }
    records.insert(records.end(), history.begin(), history.end());
    deals.push_back(std::move(history));
  }
  const size_t once = records.size();
  for (size_t r = 0; r < once; ++r) {
    if (random() % 3 == 0) records.push_back(records[r]);  // delivered again
  }
  std::shuffle(records.begin(), records.end(), random);
  EngineRig rig(3);
  Diagnostics diagnostics;
  ParseConfig("facts_property_test", config, &rig.specs, &diagnostics);
  ASSERT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  ASSERT_TRUE(rig.specs.left_out.empty());
  const Status started = rig.Start(10'000);
  ASSERT_TRUE(started.ok()) << started.text();
  for (const Change& change : records) {
    rig.logs.at({kRigTopic, (change.deal + change.n) % 3}).Append(change.Json(), WallTime::min());  // a repetition where it was
    if (random() % 20 != 0) continue;
    ASSERT_TRUE(rig.RunAt(10'000).ok());
    if (random() % 2 == 0) {
      ASSERT_TRUE(rig.Start(10'000).ok());
    }
  }
  ASSERT_TRUE(rig.RunAt(10'000).ok());
  for (size_t p = 0; p < 3; ++p) {
    EXPECT_TRUE(rig.Counts(p).AddUp());
    EXPECT_EQ(rig.Counts(p).rejected, 0);
  }
  EXPECT_EQ(Read(rig), Expected(deals));
}

TEST(Facts, AreWhatTheHistoriesSayInAnyOrder) {
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(60)); ++seed) {
    RunTrial(static_cast<uint32_t>(seed), kConfig);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Facts, AreToldApartByTheLastPartOfAVersion) {
  const std::string before = "version: row.version\n";
  std::string config = kConfig;
  ASSERT_NE(config.find(before), std::string::npos);
  config.replace(config.find(before), before.size(), "version: [row.zero, row.zero, row.version]\n");
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(20)); ++seed) {
    RunTrial(static_cast<uint32_t>(seed), config);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace tidemark
