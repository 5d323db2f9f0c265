// The state machine over breaches of one rule: inactive, pending, firing, per series.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/plan/plan.h"
#include "pipeline/view/view.h"

namespace tidemark {

// Local time of active hours. Loads its time zone once.
class ActiveHoursClock {
 public:
  static Result<ActiveHoursClock> Make(const ActiveHours& hours);
  bool Active(EventTime t) const;

 private:
  struct Zone;
  ActiveHours hours_;
  std::shared_ptr<const Zone> zone_;
};

// Invariants: (1) evaluated at instants of T in rising order; (2) its state is a function of what it was evaluated on,
// so going on from stored state gives what going on without a stop would have given.
// Threads: confined to the engine; breaches() may be shared.
class RuleState {
 public:
  RuleState(const RulePlan& plan, std::optional<ActiveHoursClock> active) : plan_(plan), active_(std::move(active)) {}

  // Evaluates every series of the rule's KPI and window at t. `coverage`: of the window.
  void Evaluate(EventTime t, const View& view, double coverage) {
    covered_ = coverage >= plan_.min_coverage;
    Visit(&t, view);
  }
  // Shows values and restored states without evaluating: after a restart.
  void Show(const View& view) { Visit(nullptr, view); }
  // True when the outcome at t may be another although no value changed since the last evaluation.
  bool time_matters(EventTime t, double coverage) const {
    return t >= due_ || active_.has_value() || (coverage >= plan_.min_coverage) != covered_;
  }

  // All series with their states; shared until the next Evaluate changes something.
  std::shared_ptr<const std::vector<BreachInfo>> breaches() const { return infos_; }

  // Stored form of what changed since the last call: (packed labels, value); an empty value erases.
  std::vector<std::pair<std::string, std::string>> TakeChanges();
  // The changes taken are stored; or they are not, and will be taken again.
  void Told();
  void TellAgain();
  Status Restore(std::string_view packed_labels, std::string_view value);

 private:
  struct Series {
    std::shared_ptr<const SeriesLabels> labels;
    BreachState state = BreachState::kInactive;
    EventTime since = kNoEventTime;
    int64_t transitions = 0;
    Value observed;
    int64_t samples = 0;
    uint64_t seen = 0;      // evaluation that saw it last
    bool changed = false;
    bool taken = false;
  };

  bool Breaching(const Series& series, const Value& value) const;
  void Visit(const EventTime* t, const View& view);
  void Step(Series* series, EventTime t, const SeriesValue& now);
  static void Move(Series* series, BreachState state, EventTime t);
  void NoteDue(const Series& series);

  const RulePlan& plan_;
  std::optional<ActiveHoursClock> active_;
  std::map<std::string, Series> series_;  // by packed labels
  std::vector<std::string> gone_, gone_taken_;
  uint64_t evaluation_ = 0;
  bool covered_ = true;               // enough, at this evaluation
  EventTime due_ = EventTime::max();  // the first at which one that is pending fires
  std::shared_ptr<const std::vector<BreachInfo>> infos_ = std::make_shared<std::vector<BreachInfo>>();
};

}  // namespace tidemark
