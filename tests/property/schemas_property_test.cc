// That partitions waited for schemas changes nothing of what is stored and shown in the end: random records of random schemas,
// which come in any order, before restarts and after.
#include <gtest/gtest.h>

#include <map>

#include "config/config.h"
#include "pipeline/engine/verify.h"
#include "pipeline/store/memory_store.h"
#include "tests/fakes/avro_records.h"
#include "tests/fakes/faulty_store.h"
#include "tests/fakes/log_source.h"
#include "tests/property/consume.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
registry: {url: "http://none"}
topics: [plain]
time: {max_hold: 20s}
sources:
  crm:
    topics: [{name: crm, dedup: {horizon: 6h, max_ids: 1000}}]
    format: avro
    framing: confluent
    id: [row.id]
    time: ms(row.at)
    events: [{emit: lead.created, set: {lead.id: row.id, lead.channel: row.channel}}]
kpis:
- {name: leads, count: true, on: lead.created, by: {channel: lead.channel}, windows: [1h, 24h, lifetime]}
- {name: ids, distinct: lead.id, on: lead.created, windows: [1h, 24h]}
- {name: first_leads, first: lead.id, on: lead.created, by: {channel: lead.channel}, windows: [24h, lifetime]}
)";
constexpr int64_t kStartSeconds = 19'700 * 86'400;
constexpr uint32_t kSchemas = 5;

WallTime WallAt(int64_t seconds) { return WallTimeFromMicros((kStartSeconds + seconds) * kMicrosPerSecond); }

struct Trial {
  explicit Trial(uint64_t seed) : rng(seed) {
    Diagnostics diagnostics;
    ParseConfig("schemas_property_test", kConfig, &specs, &diagnostics);
    plan = diagnostics.empty() ? Plan::Compile(specs, Schema::Canonical(), &diagnostics) : nullptr;
    EXPECT_NE(plan, nullptr) << diagnostics.ToString();
    const int partitions = 1 + Below(3);
    logs[{"plain", 0}];
    for (int p = 0; p < partitions; ++p) {
      MemoryLog& log = logs[{"crm", p}];
      int64_t at = 0;
      std::vector<std::pair<int, int64_t>> sent;  // id and time
      for (int n = Below(120); n > 0; --n) {
        at += Below(5) == 0 ? Below(4'000) : Below(60);
        if (sent.empty() || Below(5) != 0) {
          sent.emplace_back(++ids, std::max<int64_t>(1, at - (Below(4) == 0 ? Below(8'000) : 0)));
        } else {
          sent.push_back(sent[sent.size() - 1 - static_cast<size_t>(Below(static_cast<int>(std::min<size_t>(sent.size(), 3))))]);  // again, within the horizon
        }
        const auto& [id, time] = sent.back();
        last = std::max(last, time);
        const auto schema = 1 + static_cast<uint32_t>(Below(Below(3) == 0 ? kSchemas : 2));
        log.Append(AvroLead(schema, std::to_string(id), id % 3 == 0 ? "web" : "ads", (kStartSeconds + time) * 1000), WallTime::min());
      }
    }
  }
  int Below(int n) { return static_cast<int>(rng() % static_cast<uint64_t>(n)); }

  std::mt19937_64 rng;
  Specs specs;
  std::shared_ptr<const Plan> plan;
  MemoryLogs logs;
  int ids = 0;
  int64_t last = 0;                    // time of an event, seconds after the start
};

using Seen = std::map<std::string, std::string>;

Seen Look(const View& view) {
  Seen seen;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& kpi = view.kpis()[k];
    view.ForEach(KpiId{k}, [&](const SeriesValue& s) { seen[kpi.name + " " + kpi.windows[s.window] + " " + s.labels.escaped] = s.value.ToString() + " of " + std::to_string(s.samples); });
    const KpiCounts& c = view.status(KpiId{k}).counts;
    seen[kpi.name] = std::to_string(c.routed) + " " + std::to_string(c.counted) + " " + std::to_string(c.late_dropped) + " " + std::to_string(Micros(view.status(KpiId{k}).evaluated_at));
  }
  for (const PartitionView& p : view.partitions()) {
    const RecordCounts& c = p.counts;
    seen[p.tp.topic + std::to_string(p.tp.partition)] = std::to_string(p.next_offset.v) + " " + std::to_string(c.read) + " " + std::to_string(c.events) + " " + std::to_string(c.accepted) + " " +
                                                       std::to_string(c.duplicate) + " " + std::to_string(c.conflict) + " " + std::to_string(c.late) + " " + std::to_string(Micros(p.watermark));
  }
  return seen;
}

struct Life {
  explicit Life(Trial* of) : trial(*of), now(of->last + 60) { Begin(); }
  // From what is stored; of the schemas that came only some are at hand.
  void Begin() {
    engine.reset();
    faulty.Reopen();
    schemas = std::make_shared<WriterSchemas>();
    source = std::make_unique<LogSource>(&trial.logs);
    source->BatchSize(1 + static_cast<size_t>(trial.Below(trial.Below(2) == 0 ? 3 : 50)));
    EngineOptions options;
    options.min_commit_interval = std::chrono::milliseconds(trial.Below(300));
    options.schemas = {{"crm", schemas}};
    auto opened = Engine::Open(trial.plan, &faulty, source.get(), WallAt(now), options);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    engine = std::move(opened).value();
  }
  void Arrive(uint32_t schema) { schemas->Add(schema, AvroLeadSchema()); }
  // The broker proves log ends at `seconds`.
  void Run(int64_t seconds, int steps) {
    now = seconds;
    source->ProveAt(WallAt(now));
    for (int step = 0; step < steps; ++step) {
      const auto wait = engine->Step(WallAt(now) + std::chrono::milliseconds(25 * step));
      if (!wait.ok()) return Begin();
    }
  }

  Trial& trial;
  int64_t now;
  MemoryStore store;
  FaultyStore faulty{&store};
  std::shared_ptr<WriterSchemas> schemas;
  std::unique_ptr<LogSource> source;
  std::unique_ptr<Engine> engine;
};

TEST(SchemasProperty, WaitingChangesNothing) {
  uint64_t waits = 0, held_out = 0, restarts = 0;
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(150)); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial trial(seed);
    const int64_t end = trial.last + 700;
    Life calm(&trial);
    for (uint32_t schema = 1; schema <= kSchemas; ++schema) calm.Arrive(schema);
    calm.Run(end, 400);
    ASSERT_TRUE(calm.engine->Stop(WallAt(end)).ok());
    const Seen wanted = Look(*calm.engine->view());

    Life life(&trial);
    for (int round = 0; round < 40; ++round) {
      if (trial.Below(4) == 0) life.Arrive(1 + static_cast<uint32_t>(trial.Below(kSchemas)));
      if (trial.Below(30) == 0) life.faulty.FailNextCommit();
      if (trial.Below(30) == 0) life.faulty.FailNextCommitAfterApplying();
      if (trial.Below(10) == 0) life.Begin(), ++restarts;
      life.Run(life.now + trial.Below(15), 4);
      if (HasFatalFailure()) return;
      for (const PartitionView& p : life.engine->view()->partitions()) {
        waits += p.health == PartitionHealth::kWaiting ? 1 : 0;
        held_out += p.health == PartitionHealth::kWaiting && !p.holds_time ? 1 : 0;
        ASSERT_TRUE(p.counts.AddUp());
      }
    }
    life.Begin();
    for (uint32_t schema = 1; schema <= kSchemas; ++schema) life.Arrive(schema);
    life.Run(end, 400);
    ASSERT_TRUE(life.engine->Stop(WallAt(end)).ok());
    const Seen seen = Look(*life.engine->view());
    for (const auto& [what, value] : wanted) {
      const auto found = seen.find(what);
      ASSERT_TRUE(found != seen.end()) << what;
      ASSERT_EQ(found->second, value) << what;
    }
    ASSERT_EQ(seen.size(), wanted.size());
    const auto report = VerifyState(life.store);
    ASSERT_TRUE(report.ok()) << report.status().text();
    ASSERT_EQ(report->mismatch_count, 0u) << (report->mismatches.empty() ? "" : report->mismatches[0]);
  }
  if (Seeds(150) < 150) return;  // one that is looked at again
  EXPECT_GT(waits, 100u) << "nothing waited: this shows nothing";
  EXPECT_GT(held_out, 10u);
  EXPECT_GT(restarts, 50u);
}

}  // namespace
}  // namespace tidemark
