// One life of the engine, from a seed: its logs, disk, clock, process and configuration, with everything that goes wrong.
#pragma once

#include <array>
#include <climits>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "pipeline/engine/engine.h"
#include "tests/simulation/backfill.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/plans.h"
#include "tests/simulation/rules.h"

namespace tidemark::simulation {

inline constexpr Duration kMostAhead = std::chrono::hours(6);  // of a wrong clock

struct Settings {
  uint64_t seed = 1;
  std::set<Fault> without;
  int events = INT_MAX;         // at most
  int steps = INT_MAX;          // with faults, at most
  std::set<std::string> kpis;   // by the oracle's names; empty: all
  bool trace = false;           // print what happens
  // Changes what is committed: a fault of the engine's that must be found.
  std::function<void(CommitBatch*)> sabotage = {};
};

struct Outcome {
  std::string failure;          // the first; "" when there was none
  std::string kpi;              // that it is about, if it is about one
  uint64_t hash = 0;            // of everything decided and shown
  int64_t commits = 0, values = 0, restarts = 0;  // looked at; compared; engines opened
  int events = 0, steps = 0;
  FaultCounts faults{};
};

Outcome Simulate(const Settings& settings);

// ---- the parts, for simulation*.cc ----

class Simulation {
 public:
  explicit Simulation(const Settings& settings);
  Outcome Run();

 private:
  using Windows = std::set<std::pair<std::string, std::string>>;
  struct Arrival {
    Duration at;
    uint64_t partition;  // modulo how many there are by then
  };

  // simulation.cc: what happens
  void Step(Duration most);
  void Produce();
  void LoseRecords();
  void MoveClock();
  void EndProcess();
  void Close(bool power_lost);
  void Open();
  void RunEngine();
  void Reconfigure(bool kpis, bool rules);
  void FinishBackFill();
  void UseTable();
  void FetchSchemas();
  void Configure();
  WallTime now() const { return true_now_ + skew_; }
  uint64_t Below(uint64_t n) { return random_.Below(n); }

  // checks.cc: what must hold
  void Look(const View& view);
  void LookWithRules(EventTime t);
  void CompareRules(const View& view);
  void CompareSchemas(const View& view);
  void LookAfterOpening(const View& view);
  void CompareValues(const View& view, const Answers& all);
  void CompareCoverage(const View& view);
  // KPI and window, by the oracle's names, of what the view shows and does not itself say to be incomplete.
  Windows WholeWindows(const View& view) const;
  // Those that always were, of KPIs that were never made of others.
  Windows AlwaysWhole() const;
  // What is shown, by the oracle's names, of these windows only.
  Answers Named(const Answers& shown, const Windows& windows) const;
  const std::string& OracleName(const std::string& kpi) const;
  std::string ConfigurationOfView(const View& view) const;
  // All that must be the same after a restart, a line each.
  static std::string TextOf(const View& view, const Answers& shown);
  void Finish();
  void LookForHalts();
  std::string CaughtUp(EventTime least) const;
  void CompareWithNoFaults(const View& view);
  void Fail(const std::string& why);
  bool failed() const { return !outcome_.failure.empty(); }

  const Settings settings_;
  Outcome outcome_;
  Trace trace_;
  Faults faults_;
  Random random_;
  std::unique_ptr<Subject> subject_;
  Broker broker_;
  Ledger ledger_;
  Rules rules_;
  std::vector<std::pair<TopicPartition, std::array<int64_t, 3>>> stood_;  // what was applied when rules looked last
  AppliedEvents applied_;
  uint64_t table_ = 0;                                     // its contents
  std::shared_ptr<WriterSchemas> schemas_;                 // what this process has of them
  bool registry_away_ = false;
  SimulatedDisk disk_;
  BackFill backfill_;

  PlanKey key_;
  const Configuration* configuration_ = nullptr;
  bool reconfigured_ = false;
  std::set<std::string> configured_;                       // definitions that there ever were
  Windows always_;                                         // windows that these always had
  EngineOptions options_;
  OnDataLoss on_data_loss_ = OnDataLoss::kHalt;
  std::vector<Arrival> arrivals_;
  size_t arrived_ = 0;
  int steps_ = 0;
  Duration span_{};

  WallTime true_now_, begin_;
  Duration skew_{};
  std::unique_ptr<SimulatedSource> source_;
  std::unique_ptr<Engine> engine_;
  bool lost_records_ = false;

  uint64_t seen_ = 0;                          // sequence of the last commit that was looked at
  EventTime t_ = kNoEventTime;
  int unsaid_ = 0;                             // steps for which a halt was not in the view
  std::map<uint64_t, std::pair<std::string, std::string>> shown_;  // by sequence: the configuration, and what it showed
};

}  // namespace tidemark::simulation
