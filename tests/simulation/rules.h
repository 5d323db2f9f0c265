// Rules over KPIs, and what they say by their definition: at each instant of the grid the oracle's own value, one look after the other.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan/spec.h"
#include "pipeline/view/view.h"
#include "tests/simulation/plans.h"
#include "tests/simulation/subject.h"

namespace tidemark::simulation {

// Follows one state, as Ledger does: what rules say is stored with the commits.
class Rules {
 public:
  using Windows = std::set<std::pair<std::string, std::string>>;

  // Before anything else; outlives it.
  void Follow(const Subject* subject) { subject_ = subject; }
  // An engine goes on from a commit. Of windows that are not `whole` the oracle can't tell. `from_the_first`: all KPIs are counted, and
  // always were.
  void Open(const Configuration& configuration, const Plan& plan, uint64_t sequence, Windows whole, bool from_the_first);
  // Rules look. What is wrong with the instant; "" when nothing.
  std::string Look(EventTime t, const AppliedEvents& applied, bool more_applied);
  // All that was looked at until now is in this commit, if it is one.
  void Save(uint64_t sequence) { saved_[sequence] = state_; }
  // A view that was committed, at its T. `no_room`: KPIs of which nobody can tell. What is wrong with it, and the KPI that it is about.
  std::pair<std::string, std::string> Check(const View& view, EventTime t, const std::set<std::string>& no_room);
  int64_t looks() const { return looks_; }

 private:
  struct Series {
    std::optional<EventTime> breaches_since, fires_since;
    int64_t transitions = 0;
    bool operator==(const Series&) const = default;
  };
  using Values = std::map<std::string, std::string>;  // by labels
  using Labels = std::pair<std::string, size_t>;      // and how many they are
  struct Rule {
    std::map<Labels, Series> series;
    bool unknown = false;                  // its KPI could not be told once
    EventTime looked = kNoEventTime;       // since the engine began
    std::shared_ptr<const Values> saw;     // then
  };
  struct State {
    std::map<std::string, Rule> rules;
    EventTime last = kNoEventTime;         // instant
    std::string of;                        // which rules and KPIs there were
    bool gap = false;                      // the next instant need not be the one after the last: nobody looked
  };
  void LookAt(const RuleSpec& spec, EventTime t, Rule* rule);
  static void Step(const RuleSpec& spec, EventTime t, const std::string& value, Series* series);
  static std::string CheckSeries(const BreachInfo& info, const std::string& labels, const Rule& rule);

  const Subject* subject_ = nullptr;
  const Configuration* configuration_ = nullptr;
  std::set<std::string> counted_;          // KPIs that the engine counts: others' rules hold
  Windows whole_;
  bool from_the_first_ = true;
  std::map<uint64_t, State> saved_;        // by sequence
  State state_;
  int64_t looks_ = 0;
};

// To `specs`, over KPIs that are there. `set`: which ones; 0: none.
void DrawRules(bool entities, bool changes, uint64_t set, Specs* specs);

}  // namespace tidemark::simulation
