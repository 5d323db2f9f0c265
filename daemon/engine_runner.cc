#include "daemon/engine_runner.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <exception>

#include "daemon/clock.h"
#include "daemon/dead_letters.h"
#include "daemon/log.h"
#include "daemon/view_log.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/stored_schemas.h"

namespace tidemark {
namespace {

constexpr Duration kLongestWait = std::chrono::milliseconds(200);  // so long a request to stop may go unseen
constexpr Duration kStatsEvery = std::chrono::seconds(1);
constexpr auto kLettersWithin = std::chrono::milliseconds(500);  // dead letters on their way when the engine stops

uint64_t FreeDiskBytes(const std::string& path) {
  struct statvfs disk {};
  return statvfs(path.c_str(), &disk) == 0 ? static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize : 0;
}

// librdkafka's lines among ours, with its syslog levels.
void LogKafka(int level, std::string_view text) {
  const LogLevel ours = level <= 3   ? LogLevel::kError
                        : level <= 5 ? LogLevel::kWarn
                        : level == 6 ? LogLevel::kInfo
                                     : LogLevel::kDebug;
  Log(ours, "kafka client", {{"text", std::string(text)}});
}

void LogRocks(bool error, std::string_view text) { Log(error ? LogLevel::kError : LogLevel::kWarn, "rocksdb", {{"text", std::string(text)}}); }

AdapterStats ReadAdapters(const RocksStore& store, const KafkaSource& source) {
  AdapterStats stats;
  stats.rocksdb = store.Stats();
  const KafkaProbe& probe = source.probe();
  const auto read = [&](const char* name, const std::atomic<uint64_t>& counter) {
    stats.kafka_counters[name] = static_cast<double>(counter.load(std::memory_order_relaxed));
  };
  read("fetch_errors", probe.fetch_errors);
  read("broker_errors", probe.broker_errors);
  read("refusals", probe.refusals);
  read("rebalances", probe.rebalances);
  read("log_end_proofs", probe.proofs);
  read("log_end_proof_failures", probe.proof_failures);
  read("log_rechecks", probe.rechecks);
  read("unrecognised_starts", probe.unrecognised_starts);
  read("progress_report_failures", probe.progress_failures);
  read("records", probe.records);
  read("record_bytes", probe.record_bytes);
  stats.kafka_queued_bytes = static_cast<double>(source.queued_bytes());
  return stats;
}

AdapterStats WithDisk(AdapterStats stats, const Specs& specs, const Lifecycle& lifecycle) {
  stats.storage_free_bytes = static_cast<double>(FreeDiskBytes(specs.storage.path));
  stats.storage_min_free_bytes = static_cast<double>(specs.limits.min_free_disk_bytes);
  stats.paused = !lifecycle.paused().empty();
  return stats;
}

// Why ingestion pauses; "": it goes on.
void SetPaused(Lifecycle* lifecycle, const std::string& why) {
  const std::string before = lifecycle->paused();
  if (before == why) return;
  if (why.empty()) {
    Log(LogLevel::kInfo, "ingestion goes on");
  } else if (before.empty()) {
    Log(LogLevel::kError, "ingestion pauses", {{"reason", why}});
  }
  lifecycle->SetPaused(why);
}

}  // namespace

// What happens beside the engine's own round: progress, the new view, and once a second what the adapters say.
class EngineRunner::Round {
 public:
  Round(const RocksStore& store, const KafkaSource& source, const LetterWriter* letters, const Specs& specs, Lifecycle* lifecycle, OwnMetrics* own)
      : store_(store), source_(source), letters_(letters), specs_(specs), lifecycle_(lifecycle), own_(own) {}

  // A commit was refused. For want of disk space: ingestion pauses, goes on by itself once there is room, and Ok is
  // returned. Any other refusal is final: a store that failed to write knows no more what it holds.
  Status Refused(const Status& why) {
    if (why.code() != Code::kNoSpace || store_.failed()) return why;
    SetPaused(lifecycle_, why.text());
    return Status::Ok();
  }

  // `stays`: the partitions of the engine before go on with this one, which has none of them yet; until it commits with them,
  // what was shown last is still what is known.
  void Begin(std::shared_ptr<const View> first, bool stays) {
    if (stays) last_ = first;
    After(std::move(first));
  }

  void After(std::shared_ptr<const View> view) {
    const Duration now = SteadyNow();
    lifecycle_->Progress(now);
    if (view != last_) {
      lifecycle_->Publish(view);
      SetPaused(lifecycle_, "");
    }
    last_ = std::move(view);
    if (now - stats_at_ < kStatsEvery) return;
    stats_at_ = now;
    own_->SetAdapterStats(WithDisk(ReadAdapters(store_, source_), specs_, *lifecycle_));
    SayLetters();
    SayTrouble();
    const std::shared_ptr<const View> shown = lifecycle_->view();
    told_.Tell(*shown, now);
    SayReady(*shown);
  }

 private:
  void SayTrouble() {
    std::string trouble = source_.broker_trouble();
    if (trouble == trouble_) return;
    if (trouble.empty()) {
      Log(LogLevel::kInfo, "the trouble is over");
    } else {
      Log(LogLevel::kWarn, "in trouble", {{"reason", trouble}});
    }
    trouble_ = trouble;
    lifecycle_->SetTrouble(std::move(trouble));
  }
  void SayLetters() {
    if (letters_ == nullptr) return own_->SetDeadLetters(std::nullopt);
    own_->SetDeadLetters(StateOf(letters_->stats()));
    SayLetterTrouble(letters_->stats(), &letters_trouble_);
  }
  void SayReady(const View& shown) {
    const ProbeAnswer ready = Ready(lifecycle_->phase(), &shown, "", lifecycle_->paused());
    if (said_ && ready.ok == was_ready_) return;
    Log(LogLevel::kInfo, ready.ok ? "ready" : "not ready", {{"reason", ready.reason}});
    was_ready_ = ready.ok;
    said_ = true;
  }

  const RocksStore& store_;
  const KafkaSource& source_;
  const LetterWriter* const letters_;
  const Specs& specs_;
  Lifecycle* const lifecycle_;
  OwnMetrics* const own_;
  std::shared_ptr<const View> last_;
  Duration stats_at_ = -kStatsEvery;
  std::string trouble_, letters_trouble_;
  ViewLog told_;
  bool was_ready_ = false, said_ = false;
};

EngineRunner::EngineRunner(std::shared_ptr<const Configuration> configuration, const MemoryPlan& memory,
                           Lifecycle* lifecycle, OwnMetrics* own, StateOffer* offer, BackupService* backup)
    : configuration_(std::move(configuration)), memory_(memory), shared_(ShareMemory(memory)), lifecycle_(lifecycle), own_(own), offer_(offer), backup_(backup) {
  thread_ = std::thread([this] { Main(); });
}

void EngineRunner::Use(std::shared_ptr<const Configuration> configuration) {
  const std::lock_guard lock(mu_);
  next_ = std::move(configuration);
  changed_ = true;
}

// *same_input: what is read, and how, stays the same.
bool EngineRunner::TakeUpNext(bool* same_input) {
  const std::lock_guard lock(mu_);
  if (next_ == nullptr) return false;
  const Specs &from = configuration_->specs, &to = next_->specs;
  *same_input = from.kafka.brokers == to.kafka.brokers && from.kafka.group == to.kafka.group && from.kafka.properties == to.kafka.properties &&
                from.kafka.auto_offset_reset == to.kafka.auto_offset_reset && from.kafka.on_data_loss == to.kafka.on_data_loss &&
                std::equal(from.topics.begin(), from.topics.end(), to.topics.begin(), to.topics.end(),
                           [](const TopicSpec& a, const TopicSpec& b) { return a.name == b.name; });
  configuration_ = std::move(next_);
  changed_ = false;
  return true;
}

EngineRunner::~EngineRunner() {
  RequestStop();
  Join();
}

void EngineRunner::Join() {
  if (thread_.joinable()) thread_.join();
}

void EngineRunner::Main() {
  try {
    status_ = Serve();
  } catch (const std::exception& error) {  // out of memory: state is as of the last commit
    status_ = Internal(error.what());
  }
  if (!status_.ok()) {
    lifecycle_->SetPhase(Phase::kFailed);
    Log(LogLevel::kError, "the engine stopped", {{"reason", status_.text()}});
  }
  done_ = true;
}

Result<std::unique_ptr<KafkaSource>> EngineRunner::OpenSource() const {
  KafkaSource::Options options;
  options.fetch_memory_bytes = shared_.engine.fetch;
  options.log = &LogKafka;
  return KafkaSource::Open(configuration_->specs.kafka, configuration_->specs.topics, std::move(options));
}

Result<std::unique_ptr<RocksStore>> EngineRunner::OpenStore() {
  RocksOptions options;
  options.memory_bytes = shared_.engine.rocksdb;
  options.min_free_disk_bytes = configuration_->specs.limits.min_free_disk_bytes;
  options.log = &LogRocks;
  const std::string& path = configuration_->specs.storage.path;
  const bool again = lifecycle_->view() != nullptr;
  while (true) {
    auto store = RocksStore::Open(path, options);
    if (store.ok()) {
      Log(LogLevel::kInfo, "state opened", {{"path", path}});
      backup_->Offer((*store)->Checkpointer(), path + "/backups");
      return store;
    }
    // A question or a backup may still hold what was open before.
    const bool held = again && store.status().code() == Code::kLocked;
    if (store.status().code() != Code::kNoSpace && !held) return store;
    if (!held) SetPaused(lifecycle_, store.status().text());
    if (!AwaitSpace()) return store;
  }
}

bool EngineRunner::AwaitSpace() {
  const Specs& specs = configuration_->specs;
  do {
    own_->SetAdapterStats(WithDisk({}, specs, *lifecycle_));
    for (const Duration until = SteadyNow() + kStatsEvery; SteadyNow() < until && !stop_;) std::this_thread::sleep_for(kLongestWait);
  } while (!stop_ && FreeDiskBytes(specs.storage.path) <= specs.limits.min_free_disk_bytes);
  return !stop_;
}

Status EngineRunner::OpenAgain(const Status& why, std::unique_ptr<RocksStore>* store) {
  SetPaused(lifecycle_, why.text());
  lifecycle_->SetPhase(Phase::kRestoring);
  backfill_.reset();
  offer_->Offer(nullptr, nullptr);
  backup_->Withdraw();
  store->reset();
  if (!AwaitSpace()) return why;
  TM_ASSIGN_OR_RETURN(*store, OpenStore());
  return Status::Ok();
}

Status EngineRunner::Serve() {
  TM_ASSIGN_OR_RETURN(std::unique_ptr<RocksStore> store, OpenStore());
  struct Offered {
    StateOffer* offer;
    BackupService* backup;
    ~Offered() {
      offer->Withdraw();
      backup->Withdraw();
    }
  } const offered{offer_, backup_};
  lifecycle_->SetPhase(Phase::kRestoring);
  TM_ASSIGN_OR_RETURN(std::unique_ptr<KafkaSource> source, OpenSource());
  const auto follow = [this] {
    tables_ = std::make_unique<TableWatch>(configuration_->specs, *configuration_->plan, own_);
    schemas_ = std::make_unique<SchemaWatch>(configuration_->specs, *configuration_->plan, own_);
  };
  follow();
  bool goes_on = false;
  while (true) {
    const Status ran = Run(store.get(), source.get(), goes_on);
    // What the last commit of an engine would have had is read again by the next one.
    if (ran.code() != Code::kNoSpace || stop_) TM_RETURN_IF_ERROR(ran);
    if (stop_) break;
    if (store->failed()) {
      TM_RETURN_IF_ERROR(OpenAgain(ran, &store));
      goes_on = source->HandOver();
      continue;
    }
    bool same_input = true;
    const std::shared_ptr<const Configuration> before = configuration_;  // what follows its tables borrows it
    if (TakeUpNext(&same_input)) {
      follow();
      backfill_.reset();  // another one begins where this one is, if it is to count the same
    } else if (backfill_ != nullptr) {
      EndBackFill(store.get());
    }
    if (same_input) {
      goes_on = source->HandOver();
    } else {
      goes_on = false;
      source.reset();  // leaves the group, before another member joins it
      TM_ASSIGN_OR_RETURN(source, OpenSource());
    }
  }
  committed_ = true;
  Log(LogLevel::kInfo, "last commit made");
  backfill_.reset();
  return Status::Ok();
}

void EngineRunner::EndBackFill(RocksStore* store) {
  if (!backfill_->failed()) {
    lifecycle_->SetPhase(Phase::kRestoring);  // a large state takes longer than a round may
    committed_ = true;                        // until an engine is there again
    const Status status = backfill_->Finish(lifecycle_->view(), store);
    committed_ = false;
    if (!status.ok()) Log(LogLevel::kError, "the back-fill is not done yet", {{"reason", status.text()}});
  }
  backfill_.reset();
}

Status EngineRunner::Run(RocksStore* store, KafkaSource* source, bool goes_on) {
  const std::shared_ptr<const Configuration> configuration = configuration_;
  const Specs& specs = configuration->specs;
  std::shared_ptr<const Plan> plan = configuration->plan;
  const SchemaBook& schemas = schemas_->book();
  TM_RETURN_IF_ERROR(StoredSchemas::Read(*store, schemas).In("restoring the state"));
  if (backfill_ == nullptr) {
    TM_ASSIGN_OR_RETURN(backfill_, BackFill::Begin(configuration, store, shared_.backfill, schemas, own_));
  }
  if (backfill_ != nullptr) plan = backfill_->rest();
  MemoryPlan memory = shared_.engine;
  if (backfill_ == nullptr) {
    memory.rows = memory_.rows;
    memory.entities = memory_.entities;
  }
  EngineOptions options = OptionsFor(memory);
  options.stopwatch = &WallNow;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<LetterWriter> letters, OpenLetters(specs));
  options.letters = letters.get();
  options.schemas = schemas;
  const Duration begin = SteadyNow();
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                      Engine::Open(plan, store, source, WallNow(), std::move(options)));
  Log(LogLevel::kInfo, "state restored", {{"seconds", std::to_string(Seconds(SteadyNow() - begin))}});

  Round round(*store, *source, letters.get(), specs, lifecycle_, own_);
  lifecycle_->Progress(SteadyNow());
  lifecycle_->SetPhase(Phase::kRunning);
  round.Begin(engine->view(), goes_on && lifecycle_->view() != nullptr);
  offer_->Offer([store] { return store->Snapshot(); }, configuration->plan);
  bool tables_known = false;
  const auto backfill_ends = [this] { return backfill_ != nullptr && (backfill_->near() || backfill_->failed()); };
  while (!stop_ && !changed_ && !backfill_ends()) {
    if (!tables_known) {
      // What was counted is shown; events wait until they can be counted with the tables they belong to.
      const std::optional<LookupTables> tables = tables_->contents();
      lifecycle_->Progress(SteadyNow());
      if (!tables) {
        source->Wait(kLongestWait);
        continue;
      }
      tables_known = true;
      engine->SetTables(*tables);
      if (backfill_ != nullptr) backfill_->UseTables(*tables);
    }
    if (std::optional<LookupTables> changed = tables_->Take()) engine->SetTables(*std::move(changed));
    const Result<Duration> wait = engine->Step(WallNow());
    if (!wait.ok()) TM_RETURN_IF_ERROR(round.Refused(wait.status()));
    // Another try would push out the other one of two that have a name in common; so who was pushed out ends, and says so.
    if (const std::string fatal = source->fatal(); !fatal.empty()) return Unavailable("the Kafka client can't go on: " + fatal);
    round.After(engine->view());
    if (backfill_ != nullptr) backfill_->Follow(engine->view());
    if (!wait.ok()) {
      source->Wait(kLongestWait);
    } else if (*wait > Duration::zero()) {
      source->Wait(std::min(*wait, kLongestWait));
    }
  }
  if (letters != nullptr) letters->Flush(kLettersWithin);
  TM_RETURN_IF_ERROR(engine->Stop(WallNow()).In("last commit"));
  lifecycle_->Publish(engine->view());
  return Status::Ok();
}

}  // namespace tidemark
