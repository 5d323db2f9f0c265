// The table of event ids against a plain map, through growth, whole runs going and their room being used again.
#include "pipeline/engine/id_set.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace tidemark {
namespace {

struct Reference {
  IdSet::Run run;
  std::vector<std::pair<uint64_t, uint64_t>> ids;
};

TEST(IdSet, HoldsWhatAMapHolds) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  IdSet set;
  std::map<std::pair<uint64_t, uint64_t>, uint32_t> known;
  std::deque<Reference> runs(1);
  for (int i = 0; i < 200'000; ++i) {
    const Hash128 id{random() % 150'000, random() % 2};
    const auto payload = static_cast<uint32_t>(random() % 3);
    const auto [it, added] = known.try_emplace({id.lo, id.hi}, payload);
    Reference& run = runs[random() % runs.size()];
    const IdEntry* seen = set.FindOrAdd(id, payload, &run.run);
    ASSERT_EQ(seen == nullptr, added);
    if (added) {
      run.ids.emplace_back(id.lo, id.hi);
    } else {
      ASSERT_EQ(seen->payload_hash, it->second);
    }
    if (i % 5'000 == 0) runs.emplace_back();
    if (i % 20'000 == 19'999) {
      set.Drop(&runs.front().run);
      for (const auto& gone : runs.front().ids) known.erase(gone);
      runs.pop_front();
    }
    ASSERT_EQ(set.size(), known.size());
  }
  for (Reference& run : runs) {
    std::vector<std::pair<uint64_t, uint64_t>> ids;
    set.ForEachBlock(run.run, 0, [&](std::span<const IdEntry> entries) {
      for (const IdEntry& entry : entries) ids.emplace_back(entry.hash().lo, entry.hash().hi);
    });
    EXPECT_EQ(ids, run.ids);
    set.Drop(&run.run);
  }
  EXPECT_EQ(set.size(), 0u);
  IdSet::Run run;
  for (const auto& [id, payload] : known) EXPECT_EQ(set.FindOrAdd({id.first, id.second}, payload, &run), nullptr);
}

TEST(IdSet, ForEachBlockStartsAnywhere) {
  IdSet set;
  IdSet::Run run;
  for (uint64_t i = 0; i < 1000; ++i) set.FindOrAdd({i, i}, 0, &run);
  for (const size_t from : {0, 1, 255, 256, 257, 999, 1000}) {
    uint64_t next = from;
    set.ForEachBlock(run, from, [&](std::span<const IdEntry> entries) {
      for (const IdEntry& entry : entries) EXPECT_EQ(entry.hash().lo, next++);
    });
    EXPECT_EQ(next, 1000u);
  }
}

TEST(IdSet, MemoryOfAMillionIdsIsKnown) {
  IdSet set;
  IdSet::Run run;
  for (uint64_t i = 0; i < 1'000'000; ++i) set.FindOrAdd({i * 0x9e3779b97f4a7c15, i}, 0, &run);
  EXPECT_NEAR(static_cast<double>(set.MemoryBytes()), 20.0 * 1'000'000 + 8.0 * (1 << 21), 6000.0);
  const int64_t before = set.MemoryBytes();
  set.Drop(&run);
  for (uint64_t i = 0; i < 1'000'000; ++i) set.FindOrAdd({i, ~i}, 0, &run);
  EXPECT_EQ(set.MemoryBytes(), before);
}

}  // namespace
}  // namespace tidemark
