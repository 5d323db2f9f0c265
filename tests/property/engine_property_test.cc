// Random streams with disorder, lateness, duplicates, several partitions with different lags, restarts at random
// commits: at every commit every value equals the oracle's.
#include <gtest/gtest.h>

#include <random>

#include "tests/property/import.h"
#include "tests/property/oracle.h"

namespace tidemark {
namespace {

constexpr char kTopic[] = "crm";
const EventTime kStart = EventTimeFromMicros(1'700'000'000 * kMicrosPerSecond);

struct Stream {
  Oracle oracle;
  MemoryLogs logs;
};

// `span`: event time that the stream covers. Partition p lags behind by p * `lag`.
Stream MakeStream(std::mt19937_64& rng, int partitions, int events, Duration span, Duration lag) {
  Stream stream;
  int number = 0;
  for (int p = 0; p < partitions; ++p) {
    const TopicPartition tp{kTopic, p};
    auto& log = stream.oracle.logs[tp];
    EventTime now = kStart - lag * p;
    for (int i = 0; i < events; ++i) {
      // Mostly even, now and then a long silence.
      now += Duration(static_cast<int64_t>(rng() % static_cast<uint64_t>(2 * span.count() / events + 1)));
      if (rng() % 150 == 0) now += span / 10;
      OracleEvent e = RandomOracleEvent(rng, now, number++);
      if (rng() % 12 == 0 && !log.empty()) {
        const OracleEvent& before = log[rng() % log.size()];
        if (before.valid) e = before;  // a duplicate
      }
      std::string bytes = SerializeEvent(e);
      WallTime kafka_time = WallTimeFromMicros(Micros(now));
      switch (rng() % 60) {
        case 0:
          bytes = "\xff\xff\xff";
          e.valid = false;
          break;
        case 1:
          e.time = now + std::chrono::hours(24 * 365);  // a producer with a wrong clock
          e.valid = false;
          bytes = SerializeEvent(e);
          break;
        case 2:
          e.time = kNoEventTime;
          e.valid = false;
          bytes = SerializeEvent(e);
          break;
        default:
          break;
      }
      log.push_back(e);
      stream.logs[tp].Append(std::move(bytes), kafka_time);
    }
  }
  return stream;
}

std::shared_ptr<const Plan> CompilePlan(const Specs& specs) {
  Diagnostics diagnostics;
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

void ExpectEqual(const Oracle& oracle, const View& view) {
  std::map<TopicPartition, Offset> through;
  for (const PartitionView& p : view.partitions()) through[p.tp] = p.next_offset;
  const EventTime t = view.status(KpiId{0}).evaluated_at;
  ASSERT_EQ(Difference(oracle.At(through, t), AnswersOf(view)), "") << "at T " << FormatRfc3339(t);
}

struct Trial {
  std::mt19937_64 rng;
  Stream stream;
  bool event_clock = true;
  int restart_one_in = 0;  // commits
  size_t batch = 1000;
  uint64_t open_panes_bytes = 16 << 10;  // many commits in the middle of a backlog; little: a pane gets merged, too
};

// Reads the stream to its end, comparing at every commit; returns the last answers.
Answers Read(Trial* run, const Specs& specs, bool compare) {
  Answers last;
  const WallTime now = WallTimeFromMicros(Micros(kStart) + 400ll * 86400 * kMicrosPerSecond);
  ConsumeOptions options;
  options.restart_one_in = run->restart_one_in;
  options.batch = run->batch;
  options.open_panes_bytes = run->open_panes_bytes;
  Consume(CompilePlan(specs), &run->stream.logs, now, options, &run->rng, [&](const View& view) {
    if (compare) ExpectEqual(run->stream.oracle, view);
    last = AnswersOf(view);
  });
  return last;
}

Trial MakeTrial(uint64_t seed) {
  Trial run;
  run.rng.seed(seed);
  const int partitions = 1 + static_cast<int>(run.rng() % 5);
  const int events = 50 + static_cast<int>(run.rng() % 250);
  const std::vector<Duration> spans = {std::chrono::minutes(3), std::chrono::hours(5), std::chrono::hours(24 * 4), std::chrono::hours(24 * 90)};
  const std::vector<Duration> lags = {Duration(0), std::chrono::minutes(7), std::chrono::hours(8)};
  run.stream = MakeStream(run.rng, partitions, events, spans[run.rng() % spans.size()], lags[run.rng() % lags.size()]);
  run.batch = 1 + run.rng() % 300;
  run.restart_one_in = run.rng() % 2 == 0 ? 0 : 1 + static_cast<int>(run.rng() % 8);
  if (run.rng() % 3 == 0) run.open_panes_bytes = 1;
  return run;
}

TEST(EngineProperty, EveryValueAtEveryCommitEqualsTheOracle) {
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(60)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial run = MakeTrial(seed);
    Specs specs = OracleSpecs(kTopic);
    specs.time.event_clock = seed % 2 == 0;
    Read(&run, specs, true);
    if (HasFatalFailure()) return;
  }
}

TEST(EngineProperty, AnImportAndTheRestAreTheWhole) {
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(40)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial run = MakeTrial(seed);
    Specs specs = OracleSpecs(kTopic);
    specs.time.event_clock = seed % 2 == 0;
    const auto plan = CompilePlan(specs);
    TimedEvents all;
    for (const auto& [tp, log] : run.stream.oracle.logs) {
      for (const OracleEvent& e : log) {
        if (e.valid) all.emplace_back(e.time, SerializeEvent(e));
      }
    }
    const EventTime cut = all[run.rng() % all.size()].first + Duration(1);
    run.stream.oracle.cut = cut;
    std::erase_if(all, [&](const auto& e) { return e.first >= cut; });
    ConsumeOptions options;
    options.restart_one_in = run.restart_one_in;
    options.batch = run.batch;
    options.open_panes_bytes = run.open_panes_bytes;
    const WallTime now = WallTimeFromMicros(Micros(kStart) + 400ll * 86400 * kMicrosPerSecond);
    MemoryStore store;
    Import(plan, std::move(all), cut, now, options, &run.rng, &store);
    if (HasFatalFailure()) return;
    const auto time_of = [&](const TopicPartition& tp, Offset o) {
      const OracleEvent& e = run.stream.oracle.logs[tp][static_cast<size_t>(o.v)];
      return e.valid ? e.time : EventTime::max();
    };
    ForgetSome(cut, time_of, &run.rng, &run.stream.logs);
    Consume(plan, &run.stream.logs, now, options, &run.rng, [&](const View& view) { ExpectEqual(run.stream.oracle, view); }, &store);
    if (HasFatalFailure()) return;
  }
}

TEST(EngineProperty, TheEndDoesNotDependOnBatchesRestartsOrInterleaving) {
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(20)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Specs specs = OracleSpecs(kTopic);
    specs.time.event_clock = true;
    Trial one = MakeTrial(seed), other = MakeTrial(seed);
    one.batch = 1000;
    one.restart_one_in = 0;
    other.batch = 1 + seed % 7;
    other.restart_one_in = 2;
    ASSERT_EQ(Read(&one, specs, false), Read(&other, specs, false));
  }
}

}  // namespace
}  // namespace tidemark
