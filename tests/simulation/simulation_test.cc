// The simulation itself: it repeats, it finds what is wrong, and makes that small.
#include <gtest/gtest.h>

#include "tests/simulation/shrink.h"

namespace tidemark::simulation {
namespace {

Settings Of(uint64_t seed) {
  Settings settings;
  settings.seed = seed;
  return settings;
}

TEST(Simulation, OneSeedGoesTheSameWayTwice) {
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome one = Simulate(Of(seed)), other = Simulate(Of(seed));
    EXPECT_EQ(one.hash, other.hash) << "seed " << seed;
    EXPECT_EQ(one.commits, other.commits) << "seed " << seed;
    hashes.insert(one.hash);
  }
  EXPECT_EQ(hashes.size(), 20u);
}

struct Broken {
  const char* name;
  bool (*drops)(const CommitBatch::Put&);
  uint64_t seeds = 20;  // within which it must be found
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

bool IsMeta(const CommitBatch::Put& put, char kind) { return put.family == Family::kMeta && put.key[0] == kind; }

// An engine that forgets to store something now and then.
class BrokenEngine : public testing::TestWithParam<Broken> {};
INSTANTIATE_TEST_SUITE_P(Simulation, BrokenEngine,
                         testing::Values(Broken{"offsets", [](const CommitBatch::Put& put) { return IsMeta(put, 'P'); }},
                                         Broken{"T", [](const CommitBatch::Put& put) { return IsMeta(put, 'C'); }},
                                         Broken{"counters", [](const CommitBatch::Put& put) { return IsMeta(put, 'K'); }},
                                         Broken{"accumulators", [](const CommitBatch::Put& put) { return put.family == Family::kRows; }},
                                         Broken{"panes", [](const CommitBatch::Put& put) { return put.family == Family::kPanes; }},
                                         Broken{"rules", [](const CommitBatch::Put& put) { return IsMeta(put, 'R'); }},
                                         Broken{"schemas", [](const CommitBatch::Put& put) { return IsMeta(put, 'W'); }, 60},  // one seed in six has any
                                         Broken{"ids", [](const CommitBatch::Put& put) { return put.family == Family::kIds; }},
                                         Broken{"entities", [](const CommitBatch::Put& put) { return put.family == Family::kEntities; }}));

TEST_P(BrokenEngine, IsFoundWithinSomeSeeds) {
  int found = 0;
  for (uint64_t seed = 1; seed <= GetParam().seeds && found == 0; ++seed) {
    Settings settings = Of(seed);
    int commits = 0;
    settings.sabotage = [&](CommitBatch* batch) {
      if (++commits % 3 == 0) std::erase_if(batch->puts, GetParam().drops);
    };
    const Outcome outcome = SimulateAside(settings);  // what the engine checks of itself ends the process
    found += outcome.failure.empty() ? 0 : 1;
  }
  EXPECT_EQ(found, 1);
}

TEST(Shrink, LeavesWhatMattersAndTheSeedFails) {
  const auto fails = [](const Settings& settings) {
    Outcome outcome;
    const bool crashes = !settings.without.contains(Fault::kCrash);
    if (settings.events >= 7 && settings.steps >= 3 && crashes) outcome.failure = "crashes lose the seventh event";
    return outcome;
  };
  Outcome first;
  first.failure = "crashes lose the seventh event";
  first.events = 120;
  first.steps = 50;
  const Settings small = Shrink(Of(5), first, fails, [](const std::string&) {});
  EXPECT_EQ(small.events, 7);
  EXPECT_EQ(small.steps, 3);
  EXPECT_EQ(small.without.size(), kFaults - 1);
  EXPECT_FALSE(small.without.contains(Fault::kCrash));
  EXPECT_FALSE(fails(small).failure.empty());
  EXPECT_NE(CommandFor(small).find("--seed=5"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::simulation
