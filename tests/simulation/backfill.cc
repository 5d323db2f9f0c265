#include "tests/simulation/backfill.h"

#include <algorithm>

#include "pipeline/engine/adopt.h"

namespace tidemark::simulation {
namespace {

constexpr int64_t kNear = 5;  // records
constexpr int kDrains = 20;

std::vector<TopicPartition> PartitionsOf(const View& view) {
  std::vector<TopicPartition> partitions;
  for (const PartitionView& p : view.partitions()) partitions.push_back(p.tp);
  return partitions;
}

}  // namespace

Result<std::shared_ptr<const Plan>> BackFill::Begin(const std::shared_ptr<const Plan>& plan, Store* store) {
  Close();
  plan_.reset();
  near_ = failed_ = waits_ = false;
  TM_ASSIGN_OR_RETURN(const std::vector<bool> known, KnownKpis(*plan, *store));
  if (std::find(known.begin(), known.end(), false) == known.end()) {
    side_.reset();
    return plan;
  }
  std::vector<bool> missing = known;
  missing.flip();
  plan_ = plan->Counting(missing, false);
  if (side_ != nullptr) {
    side_->Reopen();
    const auto goes_on = SideIsOf(*plan_, *store, *side_);
    if (!goes_on.ok() || !*goes_on) side_.reset();
  }
  if (side_ == nullptr) {
    trace_.Say("  a back-fill begins");
    side_ = std::make_unique<SimulatedDisk>(&faults_, &trace_);
    failed_ = !BeginSide(*plan_, store, side_.get()).ok();
  }
  return plan->Counting(known, true);
}

Status BackFill::Open(const View& view, const EngineOptions& options, WallTime now) {
  partitions_ = PartitionsOf(view);
  engine_.reset();
  source_ = std::make_unique<SimulatedSource>(broker_, &faults_, &trace_, OnDataLoss::kSkip, nullptr, partitions_);
  bounded_ = std::make_unique<BoundedSource>(source_.get());
  bounded_->Follow(view.partitions());
  EngineOptions own = options;
  own.keep_shown = false;
  own.on_instant = nullptr;
  TM_ASSIGN_OR_RETURN(engine_, Engine::Open(plan_, side_.get(), bounded_.get(), now, own));
  return Status::Ok();
}

void BackFill::Step(const View& view, const EngineOptions& options, WallTime now) {
  if (!wanted() || failed_ || view.partitions().empty()) return;
  side_->Tick();
  Status status;
  if (engine_ == nullptr || PartitionsOf(view) != partitions_) status = Open(view, options, now);
  if (status.ok()) {
    if (bounded_->FollowOn(view.partitions(), waits_)) near_ = bounded_->left().now <= kNear;
    source_->Tick(now);
    const auto wait = engine_->Step(now);
    waits_ = wait.ok() && *wait > Duration(0);
    status = wait.status();
  }
  if (status.ok() || (side_->full() && !side_->broken())) return;
  trace_.Say("  the back-fill fails: " + status.text());
  Close();
  failed_ = true;
}

Status BackFill::Finish(const View& view, Store* store, WallTime now) {
  if (failed_) return Unavailable("it failed");
  bounded_->Follow(view.partitions());
  bool there = false;
  for (int drain = 0; drain < kDrains && !there; ++drain) {
    now += std::chrono::milliseconds(100);
    source_->Tick(now);
    TM_ASSIGN_OR_RETURN(const bool more, engine_->Drain(now));
    there = !more && bounded_->reached();
  }
  if (!there) return Unavailable("the last records could not be read in time");
  TM_RETURN_IF_ERROR(engine_->Stop(now));
  engine_.reset();
  TM_RETURN_IF_ERROR(Adopt(*plan_, store, side_.get()));
  trace_.Say("  the back-fill is adopted");
  side_.reset();
  return Status::Ok();
}

void BackFill::Close() {
  engine_.reset();
  bounded_.reset();
  source_.reset();
}

void BackFill::LosePower() {
  Close();
  // What is lost of one directory says nothing of the other.
  if (side_ != nullptr && faults_.Stream(Fault::kFsyncLie).OneIn(2)) side_->LosePower();
}

bool BackFill::Lose() {
  if (side_ == nullptr) return false;
  Close();
  side_.reset();
  return true;
}

}  // namespace tidemark::simulation
