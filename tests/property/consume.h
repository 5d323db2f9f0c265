// The real engine over logs in memory, stopped and opened again now and then, looked at after every commit.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "pipeline/engine/engine.h"
#include "pipeline/engine/verify.h"
#include "pipeline/store/memory_store.h"
#include "tests/fakes/log_source.h"

namespace tidemark {

struct ConsumeOptions {
  int restart_one_in = 0;                // commits; 0: never
  size_t batch = 1000;                   // records taken at once
  uint64_t open_panes_bytes = 16 << 10;  // little: many commits in the middle of a backlog
  uint64_t entity_cache_bytes = 1 << 20;
  Duration sweep_interval = std::chrono::hours(1);
};

// Reads the logs to their ends; `look` is called with the view of every commit, also right after opening. `now` is
// after all event times. `begun`: a state to go on from. Ends early when `look` failed a test fatally.
inline void Consume(std::shared_ptr<const Plan> plan, MemoryLogs* logs, WallTime now, const ConsumeOptions& options,
                    std::mt19937_64* rng, const std::function<void(const View&)>& look, MemoryStore* begun = nullptr) {
  MemoryStore fresh;
  MemoryStore& store = begun != nullptr ? *begun : fresh;
  for (bool done = false; !done;) {
    LogSource source(logs);
    source.BatchSize(options.batch);
    source.ProveAt(now);
    EngineOptions engine_options;
    engine_options.open_panes_bytes = options.open_panes_bytes;
    engine_options.entity_cache_bytes = options.entity_cache_bytes;
    engine_options.sweep_interval = options.sweep_interval;
    auto engine = Engine::Open(plan, &store, &source, now, engine_options);
    ASSERT_TRUE(engine.ok()) << engine.status().text();
    uint64_t seen = (*engine)->view()->sequence();
    if (seen > 0) look(*(*engine)->view());
    for (int idle = 0; idle < 4 && !::testing::Test::HasFatalFailure();) {
      now += std::chrono::milliseconds(150);
      const auto wait = (*engine)->Step(now);
      ASSERT_TRUE(wait.ok()) << wait.status().text();
      idle = wait->count() == 0 ? 0 : idle + 1;
      const auto view = (*engine)->view();
      if (view->sequence() == seen) continue;
      seen = view->sequence();
      look(*view);
      if (options.restart_one_in > 0 && (*rng)() % static_cast<uint64_t>(options.restart_one_in) == 0) break;
    }
    if (::testing::Test::HasFatalFailure()) return;
    now += std::chrono::seconds(1);
    done = !(*engine)->view()->partitions().empty();
    for (const PartitionView& p : (*engine)->view()->partitions()) done &= p.next_offset == logs->at(p.tp).end;
    if (!done) continue;
    ASSERT_TRUE((*engine)->Stop(now).ok());
    look(*(*engine)->view());
    int64_t entities = 0;
    ASSERT_TRUE(store.Scan(Family::kEntities, "", "", [&](std::string_view, std::string_view) { return ++entities > 0; }).ok());
    EXPECT_EQ((*engine)->view()->stats().entities, entities);
    const auto report = VerifyState(store);
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->mismatch_count, 0u) << (report->mismatches.empty() ? "" : report->mismatches[0]);
  }
}

inline uint64_t FirstSeed() {
  const char* text = std::getenv("TIDEMARK_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}
inline int Seeds(int usual) {
  const char* text = std::getenv("TIDEMARK_SEEDS");
  return text != nullptr ? std::atoi(text) : usual;
}

}  // namespace tidemark
