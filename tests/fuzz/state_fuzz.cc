// The engine on a state that something went over: either kCorrupt, or an engine that shows, counts on, commits, and finds
// what it committed again.
//
// Byte 1: what reads it. Byte 2: of which KPIs it is. Then up to four changes: byte 1 what is done, bytes 2 and 3 to which of
// the stored pairs, byte 4 where in it, byte 5 how many bytes follow; and these.
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "config/config.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/memory_source.h"
#include "pipeline/engine/verify.h"
#include "pipeline/explain/explain.h"
#include "pipeline/explain/history.h"
#include "pipeline/store/keys.h"
#include "pipeline/store/memory_store.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;
using testing::Expect;

constexpr int64_t kStartSeconds = 19'700 * 86'400, kHour = 3600;
// The stored state holds kStored events, half an hour apart, of runs of kRun; the engine goes on with ten more. A small state
// has all kinds of pairs, and few of each: more would be the same again, and slower. So would be all KPIs at once.
constexpr int64_t kStored = 24, kRun = 6;
using Names = std::vector<std::string_view>;
WallTime WallAt(int64_t seconds) { return WallTimeFromMicros((kStartSeconds + seconds) * kMicrosPerSecond); }

struct World {
  explicit World(const Names& names) {
    std::ifstream in(TIDEMARK_FUZZ_STATE);
    std::stringstream text;
    text << in.rdbuf();
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("state.yaml", text.str(), &specs, &diagnostics);
    const auto is_left_out = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) == names.end(); };
    std::erase_if(specs.kpis, [&](const KpiSpec& kpi) { return is_left_out(kpi.name); });
    std::erase_if(specs.rules, [&](const RuleSpec& rule) { return is_left_out(rule.kpi); });
    plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    Expect(plan != nullptr, diagnostics.ToString());
    for (int64_t n = 0; n < kStored; ++n) Append(n);
    for (int64_t n = 0; n < kStored; n += kRun) MakeState(n);
    state = store.Snapshot();
    for (int64_t n = kStored; n < kStored + 10; ++n) Append(n);
    for (size_t family = 0; family < kFamilyCount; ++family) {
      for (const auto& [key, value] : state[family]) pairs.emplace_back(family, key);
    }
  }

  // The last ones lie close together: rules are evaluated every 15 seconds of event time.
  static int64_t SecondsOf(int64_t n) { return n < kStored ? n * kHour / 2 : kStored * kHour / 2 + (n - kStored) * 20; }

  // About every third event is of a lead, an order, a deal.
  void Append(int64_t n) {
    events::v1::Event e;
    e.set_id("e" + std::to_string(n % 13 == 12 ? n - 1 : n));
    e.set_source("shop");
    e.mutable_time()->set_seconds(kStartSeconds + SecondsOf(n) - (n % 11 == 10 ? 3 * kHour : 0));
    const std::string id = "i" + std::to_string(n / 9);
    const auto fill_deal = [&](auto* deal) {
      deal->set_id(id);
      deal->set_lead(id);
      deal->set_amount_micros(n * 1'000'000);
      deal->set_stage(n % 2 == 0 ? "offer" : "talk");
      deal->set_owner("o" + std::to_string(n % 3));
    };
    if (n % 9 < 2) {
      auto* lead = n % 9 == 0 ? e.mutable_lead_created()->mutable_lead() : e.mutable_lead_contacted()->mutable_lead();
      lead->set_id(id);
      lead->set_channel(n % 4 == 0 ? "web" : "ads");
    } else if (n % 9 < 5) {
      auto* order = e.mutable_order_paid()->mutable_order();
      order->set_id(id + "o");
      order->set_amount_micros(n * 123'456);
      order->set_currency("USD");
      order->set_region(n % 2 == 0 ? "emea" : "apac");
    } else if (n % 9 == 5) {
      fill_deal(e.mutable_deal_created()->mutable_deal());
    } else if (n % 9 == 6) {
      fill_deal(e.mutable_deal_stage_changed()->mutable_deal());
    } else if (n % 9 == 7 && n % 2 == 0) {
      fill_deal(e.mutable_deal_won()->mutable_deal());
    } else if (n % 9 == 7) {
      fill_deal(e.mutable_deal_lost()->mutable_deal());
    } else {
      fill_deal(e.mutable_deal_reopened()->mutable_deal());
    }
    logs[{"crm", 0}].Append(e.SerializeAsString());
  }

  // In several runs with several commits, so that panes have more than one fragment.
  void MakeState(int64_t from) {
    MemoryLogs part;
    part[{"crm", 0}];
    for (int64_t n = 0; n < from + kRun; ++n) part[{"crm", 0}].Append(logs[{"crm", 0}].records[static_cast<size_t>(n)].value);
    MemorySource source(&part);
    WallTime now = WallAt((from + kRun) * kHour / 2);
    source.ProveAt(now);
    auto engine = Engine::Open(plan, &store, &source, now, Options());
    Expect(engine.ok(), engine.status().text());
    for (int step = 0; step < 4; ++step) Expect((*engine)->Step(now += std::chrono::milliseconds(500)).ok(), "a step");
    Expect((*engine)->Stop(now).ok(), "a stop");
  }

  static EngineOptions Options() {
    EngineOptions options;
    options.min_commit_interval = Duration(0);
    options.sweep_interval = Duration(0);  // all entities are looked at
    return options;
  }

  std::shared_ptr<const Plan> plan;
  MemoryLogs logs;
  MemoryStore store;
  MemoryStore::Tables state;
  std::vector<std::pair<size_t, std::string>> pairs;  // family and key of all that is stored
};

std::vector<std::unique_ptr<World>> Worlds() {
  std::vector<std::unique_ptr<World>> worlds;
  for (const Names& names : {Names{"leads", "visitors", "share"}, Names{"revenue", "largest"}, Names{"latest", "size"}, Names{"newcomers", "present"},
                             Names{"response_seconds"}, Names{"way"}, Names{"stage_seconds"}, Names{"pipeline"}, Names{"owners", "stuck"}, Names{"booked"}}) {
    worlds.push_back(std::make_unique<World>(names));
  }
  return worlds;
}

// Rows that lie far apart cost memory, and time that has long passed is gone through step by step: neither is a fault, and
// both would only slow this down.
bool IsCostly(const MemoryStore::Tables& state) {
  constexpr uint64_t kMostRows = 1'000;
  for (const auto& [key, value] : state[static_cast<size_t>(Family::kRows)]) {
    if (key.size() < 5) continue;
    if (key[4] != 'H' && ByteReader(std::string_view(key).substr(5)).BigEndian(4) > kMostRows) return true;
    if (key[4] != 'H' || value.empty() || value[0] > 1) continue;
    ByteReader rows(std::string_view(value).substr(1));
    if (value[0] == 0) rows.Bytes();
    for (; !rows.empty(); rows.Bytes(), rows.Bytes()) {
      if (static_cast<uint32_t>(rows.Varint()) > kMostRows) return true;
    }
  }
  const auto far = [](int64_t micros, int64_t back) {
    const int64_t since = micros / kMicrosPerSecond - kStartSeconds;
    return micros != Micros(kNoEventTime) && (since < kStored * kHour / 2 - back || since > 4 * 24 * kHour);
  };
  for (const auto& [key, value] : state[static_cast<size_t>(Family::kMeta)]) {
    ByteReader reader(value);
    const bool clock = key.starts_with('C');
    if (!clock && !key.starts_with('P')) continue;
    if (!clock) reader.ZigZag(), reader.ZigZag(), reader.BigEndian(8);
    const int64_t first = reader.ZigZag(), second = reader.ZigZag(), back = clock ? 2 * kHour : 60 * kHour;
    if (reader.ok() && (far(first, back) || far(second, back))) return true;
  }
  return false;
}

void Damage(const World& world, testing::Bytes* input, MemoryStore::Tables* state) {
  const uint8_t what = input->Byte();
  const auto& [family, key] = world.pairs[input->Word() % world.pairs.size()];
  const uint8_t at = input->Byte();
  const std::string bytes(input->Take(input->Byte()));
  auto& table = (*state)[family];
  const auto pair = table.find(key);
  if (pair == table.end()) return;
  std::string& value = pair->second;
  const size_t place = std::min<size_t>(at, value.size());
  std::string other = key;
  switch (what % 8) {
    case 0: value.replace(place, std::min(bytes.size(), value.size() - place), bytes); break;
    case 1: value.insert(place, bytes); break;
    case 2: value.erase(place, 1 + bytes.size()); break;
    case 3: value.resize(place); break;
    case 4: value = bytes; break;
    case 5: table.erase(pair); break;
    case 6: {  // the value of another key of its family
      const auto from = world.state[family].lower_bound(bytes);
      if (from != world.state[family].end()) value = from->second;
      break;
    }
    default: {  // under another key
      if (key.empty()) break;
      other.replace(std::min<size_t>(at, key.size() - 1), std::min(bytes.size(), key.size()), bytes);
      table[other] = value;
      break;
    }
  }
}

using Values = std::map<std::string, std::string>;

// Everything that can be seen.
Values Look(const View& view) {
  Values values;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& kpi = view.kpis()[k];
    view.ForEach(KpiId{k}, [&](const SeriesValue& s) { values[kpi.name + " " + kpi.windows[s.window] + " " + s.labels.escaped] = s.value.ToString(); });
    FormatRfc3339(view.status(KpiId{k}).evaluated_at);
  }
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    for (const BreachInfo& breach : view.breaches(RuleId{r})) values[view.rules()[r].name + " " + breach.labels->escaped] = std::to_string(static_cast<int>(breach.state));
  }
  for (const PartitionView& p : view.partitions()) FormatRfc3339(p.watermark);
  return values;
}

void ExpectSound(const Status& status, const char* what) {
  Expect(status.ok() || status.code() == Code::kCorrupt, [&] { return std::string(what) + ": " + status.text(); });
}

// What is asked of the state beside the engine.
void AskHistory(const World& world, const MemoryStore& store, KpiId kpi) {
  const auto history = History::Open(world.plan, &store);
  ExpectSound(history.status(), "history");
  if (!history.ok()) return;
  const std::vector<KpiId> kpis = {kpi};
  int left = 3;
  for (const EventTime t : history->Instants(kpis)) {
    if (left-- == 0) break;
    ExpectSound(history->ForEachAt(t, kpis, [](KpiId, const SeriesValue& s) { s.value.ToString(); }), "history at an hour");
  }
}

void AskWhy(const World& world, const MemoryStore& store, KpiId kpi) {
  ExplainRequest request;
  request.kpi = world.plan->kpi_infos()[kpi.v].name;
  request.ids = true;
  const auto explained = Explain(world.plan, store, request, [] { return true; });
  if (!explained.ok()) Expect(explained.status().code() != Code::kInternal, [&] { return "explain: " + explained.status().text(); });
}

// The engine goes on, and finds again what it showed.
void GoOn(World& world, MemoryStore* store, bool erase) {
  MemorySource source(&world.logs);
  WallTime now = WallAt(kStored * kHour / 2 + kHour / 10);
  source.ProveAt(now);
  auto engine = Engine::Open(world.plan, store, &source, now, World::Options());
  ExpectSound(engine.status(), "open");
  if (!engine.ok()) return;
  Look(*(*engine)->view());
  for (int step = 0; step < 3; ++step) {
    const auto wait = (*engine)->Step(now += std::chrono::milliseconds(500));
    ExpectSound(wait.status(), "step");
    if (!wait.ok()) return;
  }
  const std::vector<std::string> ids = {"i1"};
  if (erase) ExpectSound((*engine)->Erase(ids, std::nullopt).status(), "erase");
  const Status stopped = (*engine)->Stop(now);
  ExpectSound(stopped, "stop");
  if (!stopped.ok()) return;
  const Values shown = Look(*(*engine)->view());
  const auto again = Engine::Open(world.plan, store, &source, now, World::Options());
  Expect(again.ok(), [&] { return "what was committed is opened: " + again.status().text(); });
  const Values found = Look(*(*again)->view());
  for (const auto& one : shown) {
    const auto at = found.find(one.first);
    Expect(at != found.end() && at->second == one.second, [&] {
      return "what was shown is there again: " + one.first + " " + one.second + ", now " + (at == found.end() ? "nothing" : at->second);
    });
  }
  Expect(found.size() == shown.size(), "nothing else is shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto worlds = Worlds();
  testing::Bytes input(data, size);
  const uint8_t reader = input.Byte(), which = input.Byte();
  World& world = *worlds[which % worlds.size()];
  MemoryStore store;
  MemoryStore::Tables state = world.state;
  for (int n = 0; n < 4 && !input.empty(); ++n) Damage(world, &input, &state);
  if (IsCostly(state)) return 0;
  store.Restore(std::move(state));
  const KpiId kpi{static_cast<uint32_t>(which / worlds.size() % world.plan->kpi_infos().size())};
  switch (reader % 8) {
    case 0: ExpectSound(VerifyState(store).status(), "verify"); break;
    case 1: AskWhy(world, store, kpi); break;
    case 2: AskHistory(world, store, kpi); break;
    default: GoOn(world, &store, reader % 8 == 3); break;
  }
  return 0;
}
