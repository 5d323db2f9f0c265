// The engine over a faulty disk: whatever fails, it goes on from what it shows, and ends with the numbers of a run without faults.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/disk/trial.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr int kSteps = 12;
constexpr int64_t kStepSeconds = 1'500;

void Describe(EngineRig* rig) {
  rig->Kpi("leads", Measure::kCount, "lead.created", {{"channel", "lead.channel"}}, {"1h", "24h", "lifetime"});
  rig->Kpi("revenue", Measure::kSum, "order.paid", {{"sales_region", "order.region"}}, {"1h", "lifetime"});
  rig->Kpi("largest", Measure::kMax, "order.paid", {}, {"1h", "24h"});
  KpiSpec& buyers = rig->Kpi("buyers", Measure::kDistinct, "order.paid", {}, {"24h"});
  buyers.key = {"order.region"};
  rig->Rule("many", "leads", "lifetime", 20'000'000, 20'000'000);
  rig->Rule("busy", "revenue", "1h", 40'000'000, 10'000'000);
}

// What happens in one step: disorder, a late event, a duplicate.
void Append(EngineRig* rig, int step) {
  static const std::vector<std::string> kChannels = {"web", "ads", "partner"};
  const int64_t begin = step * kStepSeconds;
  for (int i = 0; i < 12; ++i) {
    const int64_t at = begin + (i * 7919 + step * 104'729) % kStepSeconds;
    rig->Lead(at, kChannels[static_cast<size_t>(i + step) % 3], i % 2, "l" + std::to_string(step) + "-" + std::to_string(i));
    if (i % 3 == 0) rig->Order(at, 1'000'000 * (1 + (i + step) % 9), i % 2 == 0 ? "emea" : "apac", i % 2);
  }
  if (step > 1) rig->Lead(begin - 2'000, "late", 0, "late" + std::to_string(step));
  rig->Lead(begin, "web", 0, "l" + std::to_string(step) + "-0");
}

// All that a view says.
std::string TextOf(const View& view) {
  std::ostringstream out;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& info = view.kpis()[k];
    const KpiStatus& status = view.status(KpiId{k});
    out << info.name << " at " << Micros(status.evaluated_at) << " routed " << status.counts.routed << " counted " << status.counts.counted << "\n";
    view.ForEach(KpiId{k}, [&](const SeriesValue& series) {
      out << info.name << "{" << series.labels.escaped << "," << info.windows[series.window] << "} " << series.value.ToString() << " of " << series.samples << "\n";
    });
  }
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    for (const BreachInfo& breach : view.breaches(RuleId{r})) {
      out << "rule " << r << "{" << breach.labels->escaped << "} " << static_cast<int>(breach.state) << " since " << Micros(breach.since) << " after "
          << breach.transitions << "\n";
    }
  }
  for (const PartitionView& p : view.partitions()) {
    out << "partition " << p.tp.partition << " next " << p.next_offset.v << " read " << p.counts.read << " duplicate " << p.counts.duplicate << " late "
        << p.counts.late << "\n";
  }
  return out.str();
}

// How far the logs have been read, over all partitions: grows with each step.
int64_t Read(const View& view) {
  int64_t read = 0;
  for (const PartitionView& p : view.partitions()) read += std::max<int64_t>(p.next_offset.v, 0);
  return read;
}

struct Reference {
  std::vector<std::string> texts;       // after each step
  std::map<int64_t, int> step_of_read;  // which step ended there
};

Status Start(EngineRig* rig, Store* store, int64_t now) {
  Diagnostics diagnostics;
  const auto plan = Plan::Compile(rig->specs, Schema::Canonical(), &diagnostics);
  if (plan == nullptr) return Invalid(diagnostics.ToString());
  rig->source = std::make_unique<LogSource>(&rig->logs);
  rig->source->ProveAt(WallTime::min());
  TM_ASSIGN_OR_RETURN(rig->engine, Engine::Open(plan, store, rig->source.get(), EngineRig::WallAt(now), rig->options));
  return Status::Ok();
}

// The logs are those of all steps from the start; a step reads to where it ends because nothing behind has come yet.
const Reference& Expected() {
  static const auto& kReference = *new Reference([] {  // never destroyed
    Reference reference;
    EngineRig rig(2);
    Describe(&rig);
    MemoryStore store;
    EXPECT_TRUE(Start(&rig, &store, 0).ok());
    reference.texts.push_back(TextOf(*rig.engine->view()));
    reference.step_of_read[0] = 0;
    for (int step = 1; step <= kSteps; ++step) {
      Append(&rig, step);
      EXPECT_TRUE(rig.RunAt((step + 1) * kStepSeconds).ok());
      reference.texts.push_back(TextOf(*rig.engine->view()));
      reference.step_of_read[Read(*rig.engine->view())] = step;
    }
    return reference;
  }());
  return kReference;
}

class EngineTrial : public Trial {
 public:
  EngineTrial(const FaultPoint& point, bool power, unsigned seed) : Trial(point, power, seed), rig_(2) { Describe(&rig_); }

 private:
  int last() const override { return kSteps; }

  void Live(int until) override {
    const std::unique_ptr<RocksStore> store = Open();
    if (store == nullptr) return;
    Run(store.get(), until);
    rig_.engine.reset();
  }

  void Run(RocksStore* store, int until) {
    const Status started = Start(&rig_, store, appended_ * kStepSeconds);
    if (!started.ok()) return Failed(started);
    // Steps are acknowledged as a whole here; a commit within one is shown with a number of records of its own.
    const int64_t read = Read(*rig_.engine->view());
    const auto at = Expected().step_of_read.find(read);
    if (at != Expected().step_of_read.end()) Found(at->second);
    EXPECT_GE(read, excused() ? 0 : acknowledged_read_) << "what was shown is lost";
    for (int step = std::max(appended_, 1); step <= until; ++step) {
      if (step > appended_) Append(&rig_, appended_ = step);
      attempted_ = step;
      const Status status = rig_.RunAt((step + 1) * kStepSeconds);
      if (!status.ok()) return Failed(status);
      EXPECT_EQ(TextOf(*rig_.engine->view()), Expected().texts.at(static_cast<size_t>(step)));
      acknowledged_ = step;
      acknowledged_read_ = Read(*rig_.engine->view());
      if (step % 4 == 3) {
        const Status purged = store->Purge(Family::kPanes, std::vector<std::string>{"p"});
        if (!purged.ok()) return Failed(purged);
      }
    }
  }

  bool excused() const { return point_.fault == Fault::kLie || point_.fault == Fault::kFlip; }
  void Finish() override { EXPECT_EQ(acknowledged_, kSteps); }

  EngineRig rig_;
  int appended_ = 0;
  int64_t acknowledged_read_ = 0;
};

// To RocksDB it is the manifest's end: tables that are in force would be deleted.
TEST(DiskFaults, AShortReadOfTheManifestLosesNothing) {
  int struck = 0;
  for (int n = 1; n <= 8 && !HasFailure(); ++n) {
    const FaultPoint point{FileKind::kManifest, FileOp::kRead, n, Fault::kShort};
    const std::unique_ptr<Trial> trial = std::make_unique<EngineTrial>(point, false, 1);
    trial->Run();
    struck += trial->struck() ? 1 : 0;
  }
  EXPECT_GT(struck, 0);
}

TEST(DiskFaults, TheEngineEndsWithTheNumbersOfARunWithoutFaults) {
  RunTrials([](const FaultPoint& point, bool power, unsigned seed) { return std::make_unique<EngineTrial>(point, power, seed); });
}

}  // namespace
}  // namespace tidemark
