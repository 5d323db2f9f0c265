#include "tests/simulation/simulation.h"

#include <algorithm>
#include <array>

#include "pipeline/store/bytes.h"
#include "pipeline/store/keys.h"
#include "tests/simulation/schemas.h"
#include "tests/simulation/tables.h"

namespace tidemark::simulation {
namespace {

constexpr int kMostPartitions = 5;
constexpr Duration kMostBehind = std::chrono::minutes(50);
constexpr Duration kRound = std::chrono::milliseconds(30);
constexpr uint64_t kLostAtOnce = 20;  // records

Duration Fraction(Duration whole, uint64_t part, uint64_t of) {
  return Duration(static_cast<int64_t>(static_cast<Int128>(whole.count()) * static_cast<int64_t>(part) / static_cast<int64_t>(of)));
}

}  // namespace

Simulation::Simulation(const Settings& settings)
    : settings_(settings), trace_(settings.trace), faults_(settings.seed * 2 + 1, settings.without), random_(settings.seed * 2),
      subject_(nullptr), ledger_(), disk_(&faults_, &trace_), backfill_(broker_, &faults_, &trace_) {
  Random what(settings.seed * 3 + 7);  // of its own: the other seeds' lives stay what they were
  key_.changes = what.OneIn(3);
  key_.held = key_.changes && what.OneIn(2);
  key_.avro = key_.changes && what.OneIn(2);
  key_.entities = random_.OneIn(2) && !key_.changes;
  key_.tables = what.OneIn(2) && !key_.entities && !key_.changes;
  key_.event_clock = random_.OneIn(4);
  key_.dedup = !random_.OneIn(3) || key_.entities || key_.changes;
  key_.only = settings.kpis;
  if (faults_.Has(Fault::kKpiAdded) || faults_.Has(Fault::kWindowsChanged)) key_.variant = Below(kVariants);
  const uint64_t of_subject = random_();
  subject_ = key_.entities ? MakeEntitySubject(of_subject) : key_.changes ? MakeChangesSubject(of_subject, key_.held, key_.avro) : MakePlainSubject(of_subject, key_.dedup, key_.tables);
  ledger_.Follow(subject_.get());
  rules_.Follow(subject_.get());
  disk_.Sabotage(settings.sabotage);
  on_data_loss_ = random_.OneIn(3) ? OnDataLoss::kHalt : OnDataLoss::kSkip;
  const std::array<uint64_t, 3> panes = {1, 16 << 10, 32 << 20};
  options_.open_panes_bytes = panes[Below(panes.size())];
  if (random_.OneIn(2)) options_.entity_cache_bytes = 1;
  if (random_.OneIn(2)) options_.sweep_interval = Duration(0);
  options_.keep_shown = random_.OneIn(2);

  const std::array<Duration, 4> spans = {std::chrono::minutes(3), std::chrono::hours(5), std::chrono::hours(24 * 4),
                                         std::chrono::hours(24 * 40)};
  span_ = spans[Below(spans.size())];
  if (span_ <= spans[key_.entities ? 1 : 2] && what.OneIn(3)) key_.rules = 1 + what.Below(kRuleSets);  // they look every 15 s: not for weeks
  if (key_.rules != 0) {
    options_.on_instant = [this](size_t, EventTime t) { LookWithRules(t); };
    disk_.Listen([this](const CommitBatch& batch) {
      const auto head = std::find_if(batch.puts.begin(), batch.puts.end(), [](const auto& put) { return put.family == Family::kMeta && put.key == HeadKey(); });
      if (head != batch.puts.end()) rules_.Save(ByteReader(head->value).Varint());
    });
  }
  Configure();
  outcome_.events = static_cast<int>(30 + Below(120));
  outcome_.steps = static_cast<int>(15 + Below(45));
  const std::array<uint64_t, 3> backlogs = {0, Below(100), 100};
  const Duration backlog = Fraction(span_, backlogs[Below(backlogs.size())], 100);
  const int partitions = static_cast<int>(1 + Below(3));
  for (const std::string& topic : subject_->topics()) {
    for (int p = 0; p < partitions; ++p) broker_.Create({topic, p});
  }
  for (int e = 0; e < outcome_.events; ++e) arrivals_.push_back({Fraction(span_, Below(1 << 20), 1 << 20), random_()});
  std::sort(arrivals_.begin(), arrivals_.end(), [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
  outcome_.events = std::min(outcome_.events, settings.events);
  arrivals_.resize(static_cast<size_t>(outcome_.events));
  outcome_.steps = steps_ = std::min(outcome_.steps, settings.steps);
  begin_ = WallTimeFromMicros(Micros(subject_->start()));
  true_now_ = begin_ + backlog;
}

// ---- the world ----

void Simulation::Produce() {
  for (; arrived_ < arrivals_.size() && begin_ + arrivals_[arrived_].at <= true_now_; ++arrived_) {
    const Arrival& arrival = arrivals_[arrived_];
    auto log = broker_.logs().begin();
    std::advance(log, static_cast<int64_t>(arrival.partition % broker_.logs().size()));
    const TopicPartition& tp = log->first;
    const WallTime at = begin_ + arrival.at;
    const EventTime made = EventTimeOfProof(at);
    std::string bytes = subject_->Make(tp.topic, made);
    broker_.Append(tp, at, std::move(bytes), RecordKind::kEvent, static_cast<int>(arrived_));
    if (faults_.Due(Fault::kDuplicate)) {
      const auto& records = log->second.records;
      const BrokerRecord again = records[faults_.Stream(Fault::kDuplicate).Below(records.size())];
      if (again.event >= 0) {
        broker_.Append(tp, at, again.value, again.kind, again.event);
        faults_.Happened(Fault::kDuplicate);
      }
    }
    if (faults_.Strikes(Fault::kPoison)) {
      const std::array<RecordKind, 3> kinds = {RecordKind::kUndecodable, RecordKind::kNoTime, RecordKind::kFuture};
      const RecordKind kind = kinds[faults_.Stream(Fault::kPoison).Below(kinds.size())];
      broker_.Append(tp, at, subject_->Poison(tp.topic, kind, made), kind, -1);
    }
    if (faults_.Strikes(Fault::kControlRecord)) broker_.AppendControlRecord(tp);
  }
}

void Simulation::LoseRecords() {
  for (const Fault fault : {Fault::kTruncation, Fault::kRetention, Fault::kRecreated}) {
    if (!faults_.Due(fault)) continue;
    Random& random = faults_.Stream(fault);
    auto log = broker_.logs().begin();
    std::advance(log, static_cast<int64_t>(random.Below(broker_.logs().size())));
    const auto& [tp, held] = *log;
    if (held.records.empty()) continue;
    const auto length = static_cast<uint64_t>(held.high.v - held.low.v);
    const auto lost = static_cast<int64_t>(1 + random.Below(fault == Fault::kTruncation ? std::min(length, kLostAtOnce) : length));
    if (fault == Fault::kTruncation) broker_.Truncate(tp, Offset{held.high.v - lost});
    if (fault == Fault::kRetention) broker_.DeleteBefore(tp, Offset{held.low.v + lost});
    if (fault == Fault::kRecreated) broker_.Recreate(tp);
    trace_.Say("  " + std::string(NameOf(fault)) + ": " + std::to_string(tp.partition) + " holds [" + std::to_string(held.low.v) + ", " +
               std::to_string(held.high.v) + ")");
    faults_.Happened(fault);
    lost_records_ = true;
  }
}

void Simulation::MoveClock() {
  const auto jump = [&](Fault fault, Duration most) { return Fraction(most, faults_.Stream(fault).Below(1 << 20), 1 << 20); };
  if (faults_.Strikes(Fault::kClockForward)) skew_ = std::min(kMostAhead, skew_ + jump(Fault::kClockForward, kMostAhead));
  if (faults_.Strikes(Fault::kClockBack)) skew_ = std::max(-kMostBehind, skew_ - jump(Fault::kClockBack, 2 * kMostAhead));
}

void Simulation::Step(Duration most) {
  Duration pause = std::chrono::milliseconds(150) + Fraction(most, Below(1 << 20), 1 << 20);
  if (faults_.Strikes(Fault::kStall)) pause *= 5;
  true_now_ += pause;
  MoveClock();
  trace_.Say("step +" + std::to_string(pause.count() / 1000) + " ms, the clock is off by " + std::to_string(skew_.count() / 1000) + " ms");
  const bool proofs_first = random_.OneIn(2);
  if (proofs_first && source_ != nullptr) source_->Tick(now());
  Produce();
  LoseRecords();
  const auto partitions = static_cast<int>(broker_.logs().size());
  if (partitions < kMostPartitions && faults_.Strikes(Fault::kNewPartition)) broker_.Create({kTopic, partitions});
  if (!proofs_first && source_ != nullptr) source_->Tick(now());
  disk_.Tick();
  EndProcess();
  if (key_.tables && faults_.Strikes(Fault::kTableChanged)) {
    table_ = faults_.Stream(Fault::kTableChanged).Below(kTables);
    trace_.Say("  the table's contents are " + std::to_string(table_));
    if (engine_ != nullptr) UseTable();
  }
  if (key_.avro) FetchSchemas();
  if (engine_ == nullptr) Open();
  if (engine_ != nullptr) RunEngine();
  LookForHalts();
}

// ---- the process ----

void Simulation::EndProcess() {
  if (faults_.Due(Fault::kFsyncLie)) {
    trace_.Say("  power fails");
    Close(true);
  }
  if (faults_.Due(Fault::kBackFillLost) && backfill_.Lose()) {
    trace_.Say("  the back-fill's state is lost");
    faults_.Happened(Fault::kBackFillLost);
    Close(false);
  }
  if (engine_ == nullptr) return;
  if (faults_.Strikes(Fault::kCrash)) {
    trace_.Say("  crash");
    Close(false);
    return;
  }
  const bool stops = faults_.Strikes(Fault::kStop);
  bool reconfigures = false;
  for (const Fault fault : {Fault::kKpiAdded, Fault::kKpiRemoved, Fault::kKpiChanged, Fault::kWindowsChanged}) {
    reconfigures |= faults_.Due(fault);
  }
  const bool other_rules = options_.on_instant && faults_.Due(Fault::kRulesChanged);
  if (!stops && !reconfigures && !other_rules) return;
  trace_.Say("  the engine stops");
  const Status stopped = engine_->Stop(now());
  if (stopped.ok()) Look(*engine_->view());
  if (!stopped.ok() && !disk_.broken() && !disk_.full()) Fail("the last commit: " + stopped.text());
  Close(false);
  if (reconfigures || other_rules) Reconfigure(reconfigures, other_rules);
}

void Simulation::Configure() {
  configuration_ = &ConfigurationOf(key_);
  const auto& windows = configuration_->windows;
  std::erase_if(always_, [&](const auto& w) { return configuration_->definitions.contains(w.first) && !windows.contains(w); });
  for (const auto& window : windows) {
    if (!configured_.contains(window.first)) always_.insert(window);
  }
  configured_.insert(configuration_->definitions.begin(), configuration_->definitions.end());
}

void Simulation::Reconfigure(bool kpis, bool rules) {
  const Configuration& before = *configuration_;
  PlanKey next = key_;
  if (kpis) next.variant = faults_.Stream(Fault::kKpiAdded).Below(kVariants);
  if (rules) next.rules = faults_.Stream(Fault::kRulesChanged).Below(kRuleSets + 1);
  if (next == key_) return;
  reconfigured_ |= next.variant != key_.variant;
  if (next.rules != key_.rules) faults_.Happened(Fault::kRulesChanged);
  key_ = next;
  Configure();
  const Configuration& after = *configuration_;
  const auto any_new = [](const std::set<std::string>& some, const std::set<std::string>& others) {
    return std::any_of(some.begin(), some.end(), [&](const std::string& name) { return !others.contains(name); });
  };
  if (any_new(after.definitions, before.definitions)) faults_.Happened(Fault::kKpiAdded);
  if (any_new(before.definitions, after.definitions)) faults_.Happened(Fault::kKpiRemoved);
  if (after.oracle_names != before.oracle_names) faults_.Happened(Fault::kKpiChanged);
  const auto new_window = [&](const auto& window) { return before.definitions.contains(window.first) && !before.windows.contains(window); };
  if (std::any_of(after.windows.begin(), after.windows.end(), new_window)) faults_.Happened(Fault::kWindowsChanged);
  trace_.Say("  configuration " + std::to_string(key_.variant) + ", rules " + std::to_string(key_.rules));
}

void Simulation::Close(bool power_lost) {
  engine_.reset();
  source_.reset();
  if (!power_lost) {
    backfill_.Close();
    return;
  }
  backfill_.LosePower();
  const size_t lost = disk_.LosePower();
  if (lost == 0) return;
  faults_.Happened(Fault::kFsyncLie);
  trace_.Say("  " + std::to_string(lost) + " commits are lost");
  seen_ = 0;
  t_ = kNoEventTime;
}

void Simulation::Open() {
  disk_.Reopen();
  if (key_.avro) {
    schemas_ = std::make_shared<WriterSchemas>();
    for (uint32_t number = 1; number <= kSchemas; ++number) {
      if (IsAtHand(number)) schemas_->Add(number, WriterSchemaOf(number));
    }
    options_.schemas = {{"crm_db", schemas_}};
  }
  source_ = std::make_unique<SimulatedSource>(broker_, &faults_, &trace_, on_data_loss_, &ledger_);
  const auto plan = backfill_.Begin(configuration_->plan, &disk_);
  Status status = plan.status();
  if (plan.ok()) {
    auto engine = Engine::Open(*plan, &disk_, source_.get(), now(), options_);
    status = engine.status();
    if (engine.ok()) engine_ = std::move(engine).value();
  }
  if (!status.ok()) {
    trace_.Say("  not opened: " + status.text());
    if (!disk_.broken() && !disk_.full()) Fail("opening: " + status.text());
    Close(false);
    return;
  }
  ++outcome_.restarts;
  trace_.Say("  opened at commit " + std::to_string(engine_->view()->sequence()));
  rules_.Open(*configuration_, **plan, engine_->view()->sequence(), AlwaysWhole(), key_.variant == 0 && !reconfigured_);
  stood_.clear();
  LookAfterOpening(*engine_->view());
  if (key_.tables) UseTable();
}

// As whoever asks the registry does it: not at once, and each by itself.
void Simulation::FetchSchemas() {
  Random& random = faults_.Stream(Fault::kRegistryAway);
  registry_away_ = registry_away_ ? !faults_.calm() && !random.OneIn(4) : faults_.Strikes(Fault::kRegistryAway);
  if (registry_away_ || schemas_ == nullptr) return;
  for (const uint32_t number : schemas_->wanted()) {
    if (schemas_->Find(number) != nullptr || (!faults_.calm() && random.OneIn(2))) continue;
    trace_.Say("  schema " + std::to_string(number) + " comes");
    schemas_->Add(number, WriterSchemaOf(number));
  }
}

void Simulation::UseTable() {
  ledger_.UseTable(table_, engine_->applied());
  engine_->SetTables({TableOf(table_)});
}

void Simulation::FinishBackFill() {
  const Status stopped = engine_->Stop(now());
  if (!stopped.ok()) {
    if (disk_.full() && !disk_.broken()) return;
    if (!disk_.broken()) Fail("the last commit before a back-fill: " + stopped.text());
    Close(false);
    return;
  }
  const std::shared_ptr<const View> view = engine_->view();
  Look(*view);
  engine_.reset();
  source_.reset();
  const Status finished = backfill_.Finish(*view, &disk_, now());
  if (!finished.ok()) trace_.Say("  the back-fill is not done yet: " + finished.text());
  if (disk_.broken()) {
    Close(false);
  } else {
    Open();
  }
}

void Simulation::RunEngine() {
  const int rounds = static_cast<int>(1 + Below(3));
  for (int round = 0; round < rounds && engine_ != nullptr && !failed(); ++round) {
    true_now_ += kRound;
    const auto wait = engine_->Step(now());
    if (!source_->misuse().empty()) Fail("the engine uses its source wrongly: " + source_->misuse());
    if (!wait.ok()) {
      trace_.Say("  step: " + wait.status().text());
      const bool ends = disk_.broken() || source_->failed();
      if (!ends && (!disk_.full() || wait.status().code() != Code::kNoSpace)) Fail("a step: " + wait.status().text());
      if (ends) Close(false);
      continue;
    }
    Look(*engine_->view());
    backfill_.Step(*engine_->view(), options_, now());
    if (backfill_.ends()) FinishBackFill();
  }
}

Outcome Simulation::Run() {
  const Duration left = span_ - (true_now_ - begin_);
  const Duration most = steps_ == 0 ? Duration(0) : std::max<Duration>(2 * left / steps_, std::chrono::seconds(1));
  Produce();
  for (int step = 0; step < steps_ && !failed(); ++step) Step(most);
  if (!failed()) Finish();
  outcome_.hash = trace_.hash();
  outcome_.faults = faults_.counts();
  return outcome_;
}

Outcome Simulate(const Settings& settings) { return Simulation(settings).Run(); }

}  // namespace tidemark::simulation
