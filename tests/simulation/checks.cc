// What must hold of every view, and at the end.
#include <algorithm>
#include <sstream>

#include "pipeline/engine/verify.h"
#include "tests/fakes/log_source.h"
#include "tests/property/entity_trial.h"
#include "tests/simulation/schemas.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/tables.h"

namespace tidemark::simulation {
namespace {

constexpr int kMostQuietSteps = 300;
constexpr Duration kQuietStep = std::chrono::seconds(1);
constexpr int kMostUnsaidSteps = 12;  // longer than commits are apart
constexpr size_t kMostWithoutRoom = 6;  // KPIs

// Where two texts begin to differ; "" when they don't.
std::string FirstNewLine(const std::string& one, const std::string& other) {
  std::istringstream a(one), b(other);
  for (std::string x, y;;) {
    const bool more_a = static_cast<bool>(std::getline(a, x)), more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a && !more_b) return "";
    if (!more_a || !more_b || x != y) return (more_a ? x : "nothing") + " became " + (more_b ? y : "nothing");
  }
}

}  // namespace

void Simulation::Fail(const std::string& why) {
  if (failed()) return;
  outcome_.failure = why;
  trace_.Say("FAILED: " + why);
}

const std::string& Simulation::OracleName(const std::string& kpi) const {
  const auto alias = configuration_->oracle_names.find(kpi);
  return alias == configuration_->oracle_names.end() ? kpi : alias->second;
}

Simulation::Windows Simulation::WholeWindows(const View& view) const {
  Windows whole;
  const std::set<std::string> no_room = FoundNoRoom(view);
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& info = view.kpis()[k];
    const KpiStatus& status = view.status(KpiId{k});
    if (!status.counted || status.withheld || no_room.contains(info.name)) continue;
    // A formula is as whole as what it is made of.
    const bool formula = configuration_->plan->kpis()[k].measure == Measure::kFormula;
    for (size_t w = 0; w < info.windows.size(); ++w) {
      const std::pair<std::string, std::string> window{OracleName(info.name), info.windows[w]};
      if (status.coverage[w] >= 1 || (always_.contains(window) && !(formula && reconfigured_))) whole.insert(window);
    }
  }
  return whole;
}

Simulation::Windows Simulation::AlwaysWhole() const {
  Windows windows = always_;
  for (const KpiPlan& kpi : configuration_->plan->kpis()) {
    const bool formula = kpi.measure == Measure::kFormula;
    if (formula && reconfigured_) std::erase_if(windows, [&](const auto& w) { return w.first == OracleName(kpi.info.name); });
  }
  return windows;
}

std::string Simulation::ConfigurationOfView(const View& view) const {
  std::string text = std::to_string(key_.variant) + "/" + std::to_string(key_.rules) + ":";
  for (uint32_t k = 0; k < view.kpis().size(); ++k) text += view.status(KpiId{k}).counted ? '+' : '-';
  return text;
}

std::string Simulation::TextOf(const View& view, const Answers& shown) {
  std::string text;
  for (const auto& [key, value] : shown) {
    text += std::get<0>(key) + "{" + std::get<1>(key) + "} " + std::get<2>(key) + " " + value + "\n";
  }
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiStatus& status = view.status(KpiId{k});
    const KpiCounts& c = status.counts;
    text += "T and counters of " + view.kpis()[k].name;
    for (const int64_t n : {Micros(status.evaluated_at), c.routed, c.counted, c.filtered, c.late_dropped, c.overflowed, c.unmatched}) {
      text += " " + std::to_string(n);
    }
    text += "\n";
  }
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    for (const BreachInfo& info : view.breaches(RuleId{r})) {
      if (info.state == BreachState::kInactive && info.transitions == 0) continue;  // there, or not looked at yet
      text += "rule " + view.rules()[r].name + "{" + info.labels->escaped + "} " + std::to_string(static_cast<int>(info.state)) + " since " +
              std::to_string(Micros(info.since)) + " after " + std::to_string(info.transitions) + " transitions\n";
    }
  }
  for (const PartitionView& p : view.partitions()) {
    if (p.next_offset == kNoOffset && p.counts.read == 0) continue;
    text += "partition " + std::to_string(p.tp.partition);
    for (const int64_t n : {p.next_offset.v, p.counts.read, p.counts.accepted, p.counts.late, Micros(p.stream_time)}) {
      text += " " + std::to_string(n);
    }
    text += "\n";
  }
  return text;
}

Answers Simulation::Named(const Answers& shown, const Windows& windows) const {
  Answers named;
  for (const auto& [key, value] : shown) {
    const auto& [kpi, labels, window] = key;
    const std::string& name = OracleName(kpi);
    if (windows.contains({name, window})) named.emplace_hint(named.end(), std::tuple{name, labels, window}, value);
  }
  return named;
}

void Simulation::CompareValues(const View& view, const Answers& all) {
  if (FoundNoRoom(view).size() > kMostWithoutRoom) return Fail("too many KPIs found no room");
  const Windows windows = WholeWindows(view);
  Answers shown = Named(all, windows), expected = subject_->Expected(ledger_.Applied(view.partitions()), t_);
  std::erase_if(expected, [&](const auto& entry) { return !windows.contains({std::get<0>(entry.first), std::get<2>(entry.first)}); });
  outcome_.values += static_cast<int64_t>(expected.size());
  // Without a lifetime a series may go, or never come: it would show nothing.
  if (key_.variant != 0 || reconfigured_) {
    std::erase_if(shown, [](const auto& entry) { return IsNothing(entry.second); });
    std::erase_if(expected, [](const auto& entry) { return IsNothing(entry.second); });
  }
  const std::string difference = subject_->FirstDifference(expected, shown);
  if (difference.empty()) return;
  outcome_.kpi = difference.substr(0, difference.find('{'));
  Fail(difference + " at T " + FormatRfc3339(t_));
}

// What was lost is in no window that says to be whole.
void Simulation::CompareCoverage(const View& view) {
  if (!ledger_.Lost(view)) return;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& info = view.kpis()[k];
    for (size_t w = 0; w < info.windows.size(); ++w) {
      if (info.windows[w] != "lifetime" || view.status(KpiId{k}).coverage[w] == 0) continue;
      return Fail(info.name + " lacks records, and says that its lifetime is covered");
    }
  }
}

void Simulation::Look(const View& view) {
  if (failed() || view.sequence() == seen_ || view.kpis().empty()) return;
  if (view.sequence() < seen_) return Fail("commit " + std::to_string(view.sequence()) + " came after " + std::to_string(seen_));
  seen_ = view.sequence();
  ++outcome_.commits;
  const bool always_the_same = key_.variant == 0 && !reconfigured_;
  const std::string wrong = ledger_.Check(view, *configuration_->plan, key_.dedup, always_the_same);
  if (!wrong.empty()) return Fail(wrong);
  const EventTime t = view.status(KpiId{0}).evaluated_at;
  if (t < t_) return Fail("T fell from " + FormatRfc3339(t_) + " to " + FormatRfc3339(t));
  if (t > subject_->HeldAt()) return Fail("T is at " + FormatRfc3339(t) + ", where its source isn't complete yet");
  t_ = t;
  const Answers answers = AnswersOf(view);
  std::string shown = TextOf(view, answers);
  std::string text = "  commit " + std::to_string(seen_) + " T " + FormatRfc3339(t);
  for (const PartitionView& p : view.partitions()) {
    text += " " + std::to_string(p.tp.partition) + ":" + std::to_string(p.next_offset.v) + (p.owned ? "" : "-");
  }
  trace_.Say(text);
  trace_.Mix(shown);
  shown_[seen_] = {ConfigurationOfView(view), std::move(shown)};
  if (t == kNoEventTime) return;
  CompareValues(view, answers);
  CompareCoverage(view);
  CompareRules(view);
  CompareSchemas(view);
}

// Nothing is counted while its schema isn't here, and no schema that a record was read with is forgotten by a restart.
void Simulation::CompareSchemas(const View& view) {
  if (failed() || !key_.avro) return;
  for (const auto& [tp, events] : ledger_.Applied(view.partitions())) {
    for (const AppliedEvent& a : events) {
      const uint32_t number = subject_->schema(a.event);
      if (number != 0 && schemas_->Find(number) == nullptr) return Fail("a record is counted whose schema is not here: " + std::to_string(number));
    }
  }
}

void Simulation::LookWithRules(EventTime t) {
  if (failed()) return;
  const std::vector<PartitionView> partitions = engine_->applied();
  decltype(stood_) stand;
  for (const PartitionView& p : partitions) stand.push_back({p.tp, {p.next_offset.v, p.counts.read, p.counts.skipped_offsets}});
  const bool more = stand != stood_;
  if (more) applied_ = ledger_.Applied(partitions);
  stood_ = std::move(stand);
  if (const std::string wrong = rules_.Look(t, applied_, more); !wrong.empty()) Fail(wrong);
}

void Simulation::CompareRules(const View& view) {
  if (failed() || view.rules().empty()) return;
  auto [wrong, kpi] = rules_.Check(view, t_, FoundNoRoom(view));
  if (wrong.empty()) return;
  if (!kpi.empty()) outcome_.kpi = OracleName(kpi);
  Fail(wrong + " at T " + FormatRfc3339(t_));
}

// A restart shows nothing: a state that goes on is the commit that was made, and no newer one is gone.
void Simulation::LookAfterOpening(const View& view) {
  if (failed()) return;
  if (const std::string wrong = ledger_.Rewind(view); !wrong.empty()) return Fail(wrong);
  CompareSchemas(view);
  shown_.erase(shown_.upper_bound(view.sequence()), shown_.end());
  const auto it = shown_.find(view.sequence());
  if (it != shown_.end() && it->second.first == ConfigurationOfView(view)) {  // and was compared with the oracle then
    const std::string line = FirstNewLine(it->second.second, TextOf(view, AnswersOf(view)));
    if (!line.empty()) return Fail("after a restart commit " + std::to_string(view.sequence()) + " shows something else: " + line);
  }
  if (view.sequence() < seen_) {
    return Fail("commit " + std::to_string(seen_) + " is gone; the state is that of " + std::to_string(view.sequence()));
  }
  if (view.sequence() == 0) return;
  seen_ = view.sequence();
  if (it != shown_.end() && it->second.first == ConfigurationOfView(view)) {
    t_ = view.status(KpiId{0}).evaluated_at;
    return;
  }
  --seen_;  // not looked at yet with this configuration
  Look(view);
}

// Though nothing moves any more, views say why.
void Simulation::LookForHalts() {
  const bool unsaid = engine_ != nullptr && !disk_.full() && source_->halted() && engine_->view()->complete();
  unsaid_ = unsaid ? unsaid_ + 1 : 0;
  if (unsaid_ > kMostUnsaidSteps) Fail("a partition is halted, and the view says that it is complete");
}

std::string Simulation::CaughtUp(EventTime least) const {
  if (engine_ == nullptr) return "the engine is down";
  if (backfill_.wanted()) return "KPIs are not counted yet";
  const std::shared_ptr<const View> view = engine_->view();
  size_t owned = 0;
  for (const PartitionView& p : view->partitions()) {
    const BrokerLog& log = broker_.log(p.tp);
    owned += p.owned ? 1 : 0;
    if (!log.records.empty() && p.next_offset <= log.records.back().offset) {
      return "records of partition " + std::to_string(p.tp.partition) + " are not applied";
    }
  }
  if (owned != broker_.logs().size()) return "a partition is not read";
  least = std::min(least, subject_->HeldAt());
  if (!key_.event_clock && !(key_.held && lost_records_) && t_ < least) return "T stands at " + FormatRfc3339(t_);
  return view->complete() && view->caught_up() ? "" : "it is not complete";
}

// Faults end: then everything is read, and all is as if there had been none.
void Simulation::Finish() {
  trace_.Say("no more faults");
  faults_.Calm();
  true_now_ = std::max(true_now_, begin_ + span_);
  skew_ = Duration(0);
  if (key_.held) true_now_ += kMostAhead;  // what a source said counts once log ends are confirmed after it was heard, by whatever clock
  Produce();
  const EventTime least = EventTimeOfProof(true_now_);
  if (source_ != nullptr) source_->Settle();
  std::string lacks = "it did not run";
  for (int step = 0; step < kMostQuietSteps && !lacks.empty() && !failed(); ++step) {
    if (source_ != nullptr && source_->halted() && on_data_loss_ == OnDataLoss::kHalt) {
      trace_.Say("somebody decides to go on without what was lost");
      on_data_loss_ = OnDataLoss::kSkip;
      Close(false);
    }
    Step(kQuietStep);
    lacks = CaughtUp(least);
  }
  if (failed()) return;
  if (!lacks.empty()) return Fail("without faults it does not catch up: " + lacks);
  const Status stopped = engine_->Stop(now());
  if (!stopped.ok()) return Fail("the last commit: " + stopped.text());
  const std::shared_ptr<const View> view = engine_->view();
  Look(*view);
  Close(false);
  if (failed()) return;
  disk_.Reopen();
  int64_t entities = 0;
  TM_CHECK(disk_.Scan(Family::kEntities, "", "", [&](std::string_view, std::string_view) { return ++entities > 0; }).ok());
  if (view->stats().entities != entities) {
    return Fail("there are " + std::to_string(entities) + " entities, not " + std::to_string(view->stats().entities));
  }
  const auto report = VerifyState(disk_);
  if (!report.ok()) return Fail("the state cannot be verified: " + report.status().text());
  if (report->mismatch_count > 0) return Fail("the state contradicts itself: " + report->mismatches[0]);
  if (!lost_records_) CompareWithNoFaults(*view);
}

void Simulation::CompareWithNoFaults(const View& view) {
  MemoryLogs logs;
  for (const auto& [tp, log] : broker_.logs()) {
    MemoryLog& copy = logs[tp];
    for (const BrokerRecord& record : log.records) {
      copy.end = record.offset;
      copy.Append(record.value, record.kafka_time);
    }
  }
  MemoryStore store;
  LogSource source(&logs);
  EngineOptions options;
  options.keep_shown = false;
  const auto schemas = std::make_shared<WriterSchemas>();
  for (uint32_t number = 1; number <= kSchemas; ++number) schemas->Add(number, WriterSchemaOf(number));
  options.schemas = {{"crm_db", schemas}};
  auto engine = Engine::Open(configuration_->plan, &store, &source, now(), options);
  if (!engine.ok()) return Fail("the run without faults: " + engine.status().text());
  for (bool more = true; more;) {
    const auto any = (*engine)->Drain(now());
    if (!any.ok()) return Fail("the run without faults: " + any.status().text());
    more = *any;
  }
  const Status advanced = (*engine)->AdvanceTo(t_, now());
  if (!advanced.ok()) return Fail("the run without faults: " + advanced.text());
  Windows windows = WholeWindows(view);
  // What was counted with one table is not counted anew with another.
  if (faults_.counts()[static_cast<size_t>(Fault::kTableChanged)] > 0) std::erase_if(windows, [](const auto& w) { return LooksIntoTable(w.first); });
  const Windows windows_there = WholeWindows(*(*engine)->view());
  Answers with = Named(AnswersOf(view), windows), without = Named(AnswersOf(*(*engine)->view()), windows);
  const auto no_matter = [&](const auto& entry) {
    return IsNothing(entry.second) || !windows_there.contains({std::get<0>(entry.first), std::get<2>(entry.first)});
  };
  std::erase_if(with, no_matter);
  std::erase_if(without, no_matter);
  const std::string difference = Difference(without, with);
  if (!difference.empty()) Fail("unlike the run without faults: " + difference);
}

}  // namespace tidemark::simulation
