#include "daemon/backfill.h"

#include <algorithm>
#include <exception>
#include <filesystem>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "pipeline/engine/adopt.h"
#include "pipeline/kafka/kafka_source.h"

namespace tidemark {
namespace {

constexpr Duration kLongestWait = std::chrono::milliseconds(100);
constexpr Duration kAgainAfter = std::chrono::seconds(30);
constexpr Duration kFinishWithin = std::chrono::seconds(5);
constexpr Duration kSayEvery = std::chrono::seconds(10);
constexpr int64_t kNear = 20'000;  // records that are counted in a fraction of a second

std::vector<TopicPartition> PartitionsOf(const View& view) {
  std::vector<TopicPartition> partitions;
  for (const PartitionView& p : view.partitions()) partitions.push_back(p.tp);
  std::sort(partitions.begin(), partitions.end());
  return partitions;
}

std::vector<std::string> NamesOf(const Plan& plan) {
  std::vector<std::string> names;
  for (const KpiPlan& kpi : plan.kpis()) {
    if (kpi.counted && kpi.measure != Measure::kFormula && kpi.derived == Derived::kNone) names.push_back(kpi.info.name);
  }
  return names;
}

std::string PathOf(const Specs& specs) { return specs.storage.path + "/backfill"; }

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " ") + name;
  return joined;
}

}  // namespace

BackFill::BackFill(std::shared_ptr<const Configuration> configuration, std::shared_ptr<const Plan> rest, std::shared_ptr<const Plan> plan,
                   const MemoryPlan& memory, SchemaBook schemas, OwnMetrics* own)
    : configuration_(std::move(configuration)), rest_(std::move(rest)), plan_(std::move(plan)), memory_(memory), schemas_(std::move(schemas)),
      path_(PathOf(configuration_->specs)), names_(NamesOf(*plan_)), own_(own) {}

Result<std::unique_ptr<BackFill>> BackFill::Begin(std::shared_ptr<const Configuration> configuration, Store* store,
                                                  const MemoryPlan& memory, SchemaBook schemas, OwnMetrics* own) {
  std::unique_ptr<BackFill> backfill;
  TM_ASSIGN_OR_RETURN(const std::vector<bool> known, KnownKpis(*configuration->plan, *store));
  if (!configuration->specs.kafka.backfill || std::find(known.begin(), known.end(), false) == known.end()) {
    std::error_code ignored;  // what an earlier configuration wanted
    std::filesystem::remove_all(PathOf(configuration->specs), ignored);
    return backfill;
  }
  std::vector<bool> missing = known;
  missing.flip();
  const Plan& plan = *configuration->plan;
  backfill.reset(new BackFill(configuration, plan.Counting(known, true), plan.Counting(missing, false), memory, std::move(schemas), own));  // NOLINT: private
  backfill->status_ = backfill->OpenSide(store).In("the back-fill's state");
  backfill->thread_ = std::thread([self = backfill.get()] { self->Main(); });
  return backfill;
}

Status BackFill::OpenSide(Store* store) {
  RocksOptions options;
  options.memory_bytes = memory_.rocksdb;
  options.min_free_disk_bytes = configuration_->specs.limits.min_free_disk_bytes;
  auto opened = RocksStore::Open(path_, options);
  if (opened.ok()) {
    side_ = std::move(opened).value();
    TM_ASSIGN_OR_RETURN(const bool goes_on, SideIsOf(*plan_, *store, *side_));
    if (goes_on) {
      Log(LogLevel::kInfo, "back-fill goes on", {{"kpis", Joined(names_)}});
      return Status::Ok();
    }
  }
  Log(LogLevel::kInfo, "back-fill begins", {{"kpis", Joined(names_)}});
  side_.reset();
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) return Unavailable(path_ + ": " + error.message());
  TM_ASSIGN_OR_RETURN(side_, RocksStore::Open(path_, options));
  return BeginSide(*plan_, store, side_.get());
}

BackFill::~BackFill() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  own_->SetBackFill({});
}

void BackFill::UseTables(LookupTables tables) {
  const std::lock_guard lock(mu_);
  tables_ = std::move(tables);
}

void BackFill::Follow(std::shared_ptr<const View> view) {
  const std::lock_guard lock(mu_);
  view_ = std::move(view);
}

std::shared_ptr<const View> BackFill::followed() const {
  const std::lock_guard lock(mu_);
  return view_;
}

void BackFill::Main() {
  try {
    if (status_.ok()) status_ = Count();
  } catch (const std::exception& error) {
    status_ = Internal(error.what());
  }
  if (status_.ok()) return;
  Log(LogLevel::kError, "the back-fill failed; it will be tried again", {{"reason", status_.text()}});
  for (const Duration again = SteadyNow() + kAgainAfter; SteadyNow() < again && !stop_ && !finish_;) {
    std::this_thread::sleep_for(kLongestWait);
  }
  failed_ = true;
}

// Partitions that come up later are read by another client, which goes on where this one ends.
Status BackFill::Count() {
  while (!stop_) {
    const std::shared_ptr<const View> view = followed();
    const std::vector<TopicPartition> partitions = view == nullptr ? std::vector<TopicPartition>() : PartitionsOf(*view);
    if (partitions.empty()) {
      std::this_thread::sleep_for(kLongestWait);
      continue;
    }
    KafkaSpec kafka = configuration_->specs.kafka;
    kafka.auto_offset_reset = OffsetReset::kEarliest;
    kafka.on_data_loss = OnDataLoss::kSkip;  // retention may overtake it; what it missed is in no coverage
    KafkaSource::Options options;
    options.fetch_memory_bytes = memory_.fetch;
    options.partitions = partitions;
    TM_ASSIGN_OR_RETURN(const auto source, KafkaSource::Open(kafka, configuration_->specs.topics, std::move(options)));
    TM_RETURN_IF_ERROR(CountFrom(source.get(), partitions));
    if (finish_) return Status::Ok();
  }
  return Status::Ok();
}

// Until told to stop or to finish, or until there are other partitions.
Status BackFill::CountFrom(RecordSource* kafka, const std::vector<TopicPartition>& partitions) {
  BoundedSource source(kafka);
  source.Follow(followed()->partitions());
  EngineOptions options = OptionsFor(memory_);
  options.stopwatch = &WallNow;
  options.schemas = schemas_;
  options.keep_shown = false;
  TM_ASSIGN_OR_RETURN(const auto engine, Engine::Open(plan_, side_.get(), &source, WallNow(), std::move(options)));
  {
    const std::lock_guard lock(mu_);
    engine->SetTables(tables_);
  }
  bool waits = false;
  for (std::shared_ptr<const View> last; !stop_ && !finish_;) {
    if (std::shared_ptr<const View> view = followed(); view != last) {
      if (PartitionsOf(*view) != partitions) break;
      last = std::move(view);
    }
    if (source.FollowOn(last->partitions(), waits)) near_ = source.left().now <= kNear;
    const Result<Duration> wait = engine->Step(WallNow());
    const bool passes = wait.status().code() == Code::kNoSpace || wait.status().code() == Code::kUnavailable;
    if (!wait.ok() && (!passes || side_->failed())) return wait.status();
    Say(source.left());
    waits = !wait.ok() || *wait > Duration::zero();
    if (waits) source.Wait(kLongestWait);
  }
  if (finish_) TM_RETURN_IF_ERROR(CatchUp(&source, engine.get()));
  return engine->Stop(WallNow());
}

Status BackFill::CatchUp(BoundedSource* source, Engine* engine) {
  source->Follow(followed()->partitions());
  for (const Duration until = SteadyNow() + kFinishWithin; SteadyNow() < until && !stop_;) {
    TM_ASSIGN_OR_RETURN(const bool more, engine->Drain(WallNow()));
    if (!more && source->reached()) return Status::Ok();
    if (!more) source->Wait(kLongestWait);
  }
  return Unavailable("the last records could not be read in time");
}

void BackFill::Say(const BoundedSource::Left& left) {
  const Duration now = SteadyNow();
  const double done = left.total == 0 ? 1.0 : 1.0 - static_cast<double>(left.now) / static_cast<double>(left.total);
  const bool first = said_ == Duration();
  if (first || now - said_ >= kSayEvery) {
    said_ = now;
    if (!first) Log(LogLevel::kInfo, "back-fill", {{"done", std::to_string(static_cast<int>(100 * done)) + "%"}, {"records_left", std::to_string(left.now)}});
  }
  own_->SetBackFill({names_, done, left.now});
}

Status BackFill::Finish(std::shared_ptr<const View> view, Store* store) {
  Follow(std::move(view));
  finish_ = true;
  thread_.join();
  if (!status_.ok()) return status_;
  TM_RETURN_IF_ERROR(Adopt(*plan_, store, side_.get()));
  side_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  Log(LogLevel::kInfo, "back-fill done", {{"kpis", Joined(names_)}});
  return Status::Ok();
}

}  // namespace tidemark
