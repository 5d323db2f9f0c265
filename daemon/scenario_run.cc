#include "daemon/scenario_run.h"

#include <algorithm>

#include "daemon/record_counts.h"

namespace tidemark {
namespace {

constexpr Duration kRound = std::chrono::milliseconds(30);  // more than the engine lets pass between looks at log ends
constexpr int kIdleRounds = 3;                              // after which nothing more happens at this instant

// Everything of one scenario. Wall-clock time is the scenario's, plus what the engine's rounds at one moment take.
class World {
 public:
  World(std::shared_ptr<const Plan> plan, const Scenario& scenario) : plan_(std::move(plan)) {
    for (const TopicPlan& topic : plan_->topics()) logs_[{topic.name, 0}];
    for (const ScenarioStep& step : scenario.steps) {
      for (const ScenarioEvent& event : step.events) {
        for (int32_t p = 0; p <= event.tp.partition; ++p) logs_[{event.tp.topic, p}];
      }
    }
    now_ = WallOf(scenario.start);
  }

  Status Open() {
    engine_.reset();  // without a word, as in a crash: all that counts is stored
    source_ = std::make_unique<MemorySource>(&logs_);
    TM_ASSIGN_OR_RETURN(engine_, Engine::Open(plan_, &store_, source_.get(), now_));
    return Status::Ok();
  }

  Status Do(const ScenarioStep& step) {
    // What arrives at a moment finds event time known up to just before it, and rules are evaluated at it afterwards.
    now_ = std::max(now_, WallOf(step.moment) - 2 * kIdleRounds * kRound);
    if (engine_ == nullptr || step.restart) TM_RETURN_IF_ERROR(Open());
    TM_RETURN_IF_ERROR(Settle(WallOf(step.moment) - Duration(1)));
    now_ = std::max(now_, WallOf(step.moment));  // they are heard at the moment at which the ends are proven
    for (const ScenarioEvent& event : step.events) logs_.at(event.tp).Append(event.record, WallOf(step.moment), event.headers);
    return Settle(WallOf(step.moment));
  }

  std::shared_ptr<const View> view() const { return engine_->view(); }

 private:
  static WallTime WallOf(EventTime t) { return WallTimeFromMicros(Micros(t)); }

  // Log ends are proven at this instant, and the engine runs until it has nothing more to do.
  Status Settle(WallTime proof) {
    source_->ProveAt(proof);
    for (int idle = 0; idle < kIdleRounds; now_ += kRound) {
      TM_ASSIGN_OR_RETURN(const Duration wait, engine_->Step(now_));
      idle = wait.count() == 0 ? 0 : idle + 1;
    }
    return engine_->Commit(now_);
  }

  const std::shared_ptr<const Plan> plan_;
  MemoryLogs logs_;
  MemoryStore store_;
  std::unique_ptr<MemorySource> source_;
  std::unique_ptr<Engine> engine_;
  WallTime now_{};
};

}  // namespace

ScenarioOutcome RunScenario(std::shared_ptr<const Plan> plan, const Scenario& scenario,
                            const std::function<void(size_t)>& step) {
  ScenarioOutcome outcome;
  World world(std::move(plan), scenario);
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    step(i);
    outcome.status = world.Do(scenario.steps[i]);
    if (!outcome.status.ok()) return outcome;
    if (scenario.steps[i].expect.empty()) continue;
    for (Difference& difference : Compare(scenario.steps[i].expect, Shown(*world.view()))) {
      outcome.differences.push_back({&scenario.steps[i], std::move(difference)});
    }
  }
  outcome.records = DescribeRecords(*world.view());
  return outcome;
}

Result<std::shared_ptr<const View>> EmptyView(std::shared_ptr<const Plan> plan) {
  const Scenario nothing{.name = "", .start = EventTimeFromMicros(kMicrosPerSecond), .steps = {}, .place = {}};
  World world(std::move(plan), nothing);
  TM_RETURN_IF_ERROR(world.Open());
  return world.view();
}

}  // namespace tidemark
