// Event ids at their limit, and through a restart.
#include "pipeline/engine/dedup.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "pipeline/store/memory_store.h"

namespace tidemark {
namespace {

constexpr uint64_t kMost = 64'000;

EventTime At(int64_t second) { return EventTimeFromMicros((1'700'000'400 + second) * kMicrosPerSecond); }

struct Fixture {
  DedupSpec spec = [] {
    DedupSpec s;
    s.enabled = true;
    s.horizon = std::chrono::hours(24);
    s.max_ids = kMost;
    return s;
  }();
  MemoryStore store;
  uint64_t sequence = 0;
  std::unique_ptr<Dedup> dedup = std::make_unique<Dedup>(spec, "t");

  Dedup::Verdict Check(uint64_t id, EventTime time) { return dedup->Check({id * 0x9e3779b97f4a7c15, id}, 1, time, kNoEventTime); }
  void Commit(EventTime t) {
    CommitBatch batch;
    dedup->Expire(t);
    dedup->AppendTo(++sequence, &batch);
    ASSERT_TRUE(store.Commit(batch).ok());
    dedup->Committed();
  }
  void Restart() {
    dedup = std::make_unique<Dedup>(spec, "t");
    ASSERT_TRUE(dedup->Load(store).ok());
  }
  size_t StoredBytes() {
    size_t bytes = 0;
    const MemoryStore::Tables tables = store.Snapshot();
    for (const auto& [key, value] : tables[static_cast<size_t>(Family::kIds)]) bytes += value.size();
    return bytes;
  }
};

TEST(Dedup, TheLimitHoldsWithinOnePaneToo) {
  Fixture f;
  // 300 ids a second, all within ten minutes of event time.
  for (int64_t second = 0; second < 590; ++second) {
    for (uint64_t n = 0; n < 300; ++n) f.Check(static_cast<uint64_t>(second) * 300 + n, At(second));
    if (second % 2 == 0) f.Commit(At(second));
    ASSERT_LE(f.dedup->size(), kMost + kMost / 64 + 2 * 600) << second;
  }
  f.Commit(At(590));
  EXPECT_GT(f.dedup->size(), kMost - kMost / 32);
  EXPECT_NEAR(f.dedup->HorizonSeconds(), static_cast<double>(kMost) / 300, 15.0);
  EXPECT_LE(f.StoredBytes(), (kMost + kMost / 64 + 1200) * 21) << "what is forgotten is erased";
  for (const bool restarted : {false, true}) {
    SCOPED_TRACE(restarted);
    if (restarted) f.Restart();
    EXPECT_EQ(f.Check(589 * 300, At(589)), Dedup::Verdict::kDuplicate);
    EXPECT_EQ(f.Check(450 * 300, At(450)), Dedup::Verdict::kDuplicate);
    EXPECT_EQ(f.Check(100 * 300, At(100)), Dedup::Verdict::kTooOld) << "forgotten, and it says so";
    EXPECT_EQ(f.Check(1'000'000'000 + (restarted ? 1 : 0), At(589)), Dedup::Verdict::kNew);
  }
}

TEST(Dedup, ADuplicateAloneInItsPaneDoesNotShortenTheHorizon) {
  Fixture f;
  f.Check(1, At(0));
  f.Commit(At(0));
  EXPECT_EQ(f.dedup->HorizonSeconds(), 86400);
  EXPECT_EQ(f.Check(1, At(1200)), Dedup::Verdict::kDuplicate);
  f.Commit(At(1200));
  EXPECT_EQ(f.dedup->HorizonSeconds(), 86400 - 1200);
}

TEST(Dedup, AnIdTakesNoMoreMemoryThanIsPlannedForIt) {
  Fixture f;
  f.spec.max_ids = 1'000'000;
  f.dedup = std::make_unique<Dedup>(f.spec, "t");
  for (uint64_t n = 1; n <= 400'000; ++n) {
    f.Check(n, At(static_cast<int64_t>(n / 400)));
    if (n < 20'000 || n % 1'000 != 0) continue;
    ASSERT_LE(f.dedup->MemoryBytes(), n * Dedup::kMemoryPerId + 10'000) << n;
  }
}

TEST(Dedup, EveryIdFromTheFloorOnIsKnownAfterAnyRestart) {
  Fixture f;
  std::vector<std::pair<uint64_t, EventTime>> all;
  uint64_t id = 0;
  for (int64_t second = 0; second < 3'000; second += 3) {
    for (int n = 0; n < 50; ++n) {
      // Disorder of up to a minute.
      ++id;
      all.emplace_back(id, At(second - static_cast<int64_t>(id * 7919 % 60)));
      f.Check(all.back().first, all.back().second);
    }
    if (second % 21 == 0) f.Commit(At(second));
    if (second % 630 == 0) f.Restart();  // just after a commit
  }
  f.Commit(At(3'000));
  f.Restart();
  size_t known = 0;
  for (const auto& [n, time] : all) {
    if (time < f.dedup->floor()) continue;
    ++known;
    ASSERT_EQ(f.Check(n, time), Dedup::Verdict::kDuplicate) << n;
  }
  EXPECT_GT(known, 40'000u);
}

}  // namespace
}  // namespace tidemark
