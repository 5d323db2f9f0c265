// KPIs that come into a configuration later, again and again: counted beside the running ones over the whole history,
// with restarts of both engines, then adopted. From then on every value at every commit equals the oracle's.
#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <sstream>

#include "config/config.h"
#include "pipeline/engine/adopt.h"
#include "pipeline/engine/bounded_source.h"
#include "tests/property/entity_specs.h"
#include "tests/property/entity_trial.h"

namespace tidemark {
namespace {

std::shared_ptr<const Plan> CompilePlan(const std::string& config, bool event_clock) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("entity_specs.h", config, &specs, &diagnostics);
  specs.time.event_clock = event_clock;
  specs.topics[0].dedup.horizon = std::chrono::hours(24 * 3650);
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

// The configuration without some of its KPIs, and without what is made of them.
std::string SomeKpis(std::mt19937_64* rng) {
  std::istringstream lines{std::string(kEntityConfig)};
  std::string config, line;
  const uint64_t keep = 1 + (*rng)() % 4;
  bool orders = true, any = false;
  while (std::getline(lines, line)) {
    const bool kpi = line.starts_with("  - {name: ") && line.find("dedup") == std::string::npos;
    const bool of_orders = line.find("order_share") != std::string::npos || line.find("order_change") != std::string::npos;
    const bool dropped = kpi && ((*rng)() % 5 > keep || (of_orders && !orders));
    if (dropped && line.find("name: orders,") != std::string::npos) orders = false;
    if (dropped) continue;
    any |= kpi;
    config += line + '\n';
  }
  return any ? config : std::string(kEntityConfig);
}

// One life: a log that grows while engines come and go.
class Life {
 public:
  explicit Life(Trial* trial) : trial_(*trial), rng_(trial->rng) {
    for (const auto& [tp, log] : trial_.logs) logs_[tp];
  }

  void Grow(uint64_t percent) {
    for (const auto& [tp, whole] : trial_.logs) {
      MemoryLog& log = logs_[tp];
      const size_t to = std::min(whole.records.size(), log.records.size() + 1 + whole.records.size() * (rng_() % (percent + 1)) / 100);
      for (size_t i = log.records.size(); i < to; ++i) log.Append(whole.records[i].value, whole.records[i].kafka_time);
    }
  }

  // One engine over what is there, to its end, looked at after each commit.
  void Run(const std::shared_ptr<const Plan>& plan, bool compare) {
    LogSource source(&logs_);
    Open(plan, &store_, &source);
    if (engine_ == nullptr) return;
    const auto look = [&] {
      if (compare && engine_->view()->sequence() > 0) ExpectEqual(trial_.oracle, *engine_->view());
    };
    look();
    Step(engine_.get(), look);
    ASSERT_TRUE(engine_->Stop(now_).ok());
    look();
    engine_.reset();
    Verify();
  }

  // Counts what the state doesn't have beside it, while the log grows; then adopts it.
  void BackFill(const std::shared_ptr<const Plan>& plan) {
    const auto known = KnownKpis(*plan, store_);
    ASSERT_TRUE(known.ok());
    std::vector<bool> missing = *known;
    missing.flip();
    const auto here = plan->Counting(*known, true), there = plan->Counting(missing, false);
    MemoryStore side_store, unreserved, unopened;
    unreserved.Restore(store_.Snapshot());
    ASSERT_TRUE(BeginSide(*there, &store_, &side_store).ok());
    unopened.Restore(side_store.Snapshot());
    std::vector<PartitionView> at;
    for (int round = 1 + static_cast<int>(rng_() % 3); round > 0 && !::testing::Test::HasFatalFailure(); --round) {
      LogSource source(&logs_);
      Open(here, &store_, &source);
      ASSERT_TRUE(engine_ != nullptr);
      Step(engine_.get(), [] {}, rng_() % 2 == 0 ? INT_MAX : static_cast<int>(rng_() % 4));  // not always to the logs' ends
      ASSERT_TRUE(engine_->Stop(now_).ok());
      at.assign(engine_->view()->partitions().begin(), engine_->view()->partitions().end());
      engine_.reset();
      RunSide(there, &side_store, at, round == 1);
      Grow(30);
    }
    MemoryStore before;
    before.Restore(side_store.Snapshot());
    EXPECT_FALSE(*SideIsOf(*there, unreserved, before)) << "a disk that lies may have lost that numbers are taken";
    EXPECT_FALSE(*SideIsOf(*there, unreserved, unopened)) << "also when none of them is used yet";
    ASSERT_TRUE(Adopt(*there, &store_, &side_store).ok());
    EXPECT_FALSE(*SideIsOf(*there, store_, side_store));
    EXPECT_FALSE(*SideIsOf(*there, store_, before)) << "a disk that lies may have lost that it was adopted";
    const auto all = KnownKpis(*plan, store_);
    ASSERT_TRUE(all.ok());
    EXPECT_EQ(std::count(all->begin(), all->end(), false), 0);
    Verify();
  }

 private:
  // The state against itself.
  void Verify() {
    const auto report = VerifyState(store_);
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->mismatch_count, 0u) << (report->mismatches.empty() ? "" : report->mismatches[0]);
  }

  void Open(const std::shared_ptr<const Plan>& plan, Store* store, RecordSource* source) {
    if (auto* logs = dynamic_cast<LogSource*>(source)) {
      logs->BatchSize(trial_.options.batch);
      logs->ProveAt(now_);
    }
    EngineOptions options;
    options.open_panes_bytes = trial_.options.open_panes_bytes;
    options.entity_cache_bytes = trial_.options.entity_cache_bytes;
    auto opened = Engine::Open(plan, store, source, now_, options);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    engine_ = std::move(opened).value();
  }

  template <class Look>
  void Step(Engine* engine, Look look, int most = INT_MAX) {
    for (int idle = 0, step = 0; idle < 4 && step < most && !::testing::Test::HasFatalFailure(); ++step) {
      now_ += std::chrono::milliseconds(150);
      const auto wait = engine->Step(now_);
      ASSERT_TRUE(wait.ok()) << wait.status().text();
      idle = wait->count() == 0 ? 0 : idle + 1;
      look();
    }
  }

  void RunSide(const std::shared_ptr<const Plan>& plan, MemoryStore* store, const std::vector<PartitionView>& at, bool last) {
    ASSERT_TRUE(*SideIsOf(*plan, store_, *store));
    LogSource source(&logs_);
    source.BatchSize(trial_.options.batch);
    BoundedSource bounded(&source);
    bounded.Follow(at);
    Open(plan, store, &bounded);
    ASSERT_TRUE(engine_ != nullptr);
    if (rng_() % 2 == 0) Step(engine_.get(), [] {});
    while (last) {
      const auto more = engine_->Drain(now_);
      ASSERT_TRUE(more.ok()) << more.status().text();
      if (!*more && bounded.reached()) break;
      now_ += std::chrono::milliseconds(150);
    }
    ASSERT_TRUE(engine_->Stop(now_).ok());
    if (last) {
      for (const PartitionView& p : engine_->view()->partitions()) {
        const auto same = std::find_if(at.begin(), at.end(), [&](const PartitionView& o) { return o.tp == p.tp; });
        EXPECT_EQ(p.next_offset, same->next_offset);
        EXPECT_LE(p.known_through, std::max(same->known_through, p.watermark));
      }
    }
    engine_.reset();
  }

  Trial& trial_;
  std::mt19937_64& rng_;
  MemoryLogs logs_;
  MemoryStore store_;
  std::unique_ptr<Engine> engine_;
  WallTime now_ = WallTimeFromMicros(Micros(kTrialStart + kAfterAll));
};

TEST(BackFillProperty, WhatIsAdoptedIsWhatWasThereFromTheBeginning) {
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(40)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    const bool event_clock = seed % 4 != 0;
    const auto whole = CompilePlan(kEntityConfig, event_clock);
    const auto some = CompilePlan(SomeKpis(&trial.rng), event_clock);
    ASSERT_TRUE(whole != nullptr && some != nullptr);
    Life life(&trial);
    life.Grow(60);
    if (seed % 3 == 0) {  // a KPI that comes back
      life.Run(whole, true);
      life.Grow(20);
    }
    life.Run(some, false);
    life.BackFill(whole);
    if (HasFatalFailure()) return;
    life.Run(whole, true);
    life.Grow(100);
    life.Run(whole, true);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tidemark
