#include "tests/simulation/disk.h"

#include <algorithm>
#include <utility>

namespace tidemark::simulation {
namespace {

constexpr size_t kMostUnsafe = 8;  // commits that a disk says are on it, and are not
constexpr uint64_t kReadsAhead = 6;

}  // namespace

Status LyingStore::Commit(const CommitBatch& batch) {
  TM_RETURN_IF_ERROR(seen_.Commit(batch));
  if (!lies_) return Status::Ok();
  unsafe_.push_back(batch);
  if (unsafe_.size() <= kMostUnsafe) return Status::Ok();
  const Status safe = safe_.Commit(unsafe_.front());
  unsafe_.pop_front();
  return safe;
}

Status LyingStore::MayRead() const {
  if (read_failed_) return Unavailable("the disk cannot be read");
  if (reads_left_ < 0 || reads_left_-- > 0) return Status::Ok();
  read_failed_ = true;
  return Unavailable("the disk cannot be read");
}

Status LyingStore::Scan(Family family, std::string_view from, std::string_view to,
                        const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  TM_RETURN_IF_ERROR(MayRead());
  return seen_.Scan(family, from, to, visit);
}

Status LyingStore::MultiGet(Family family, std::span<const std::string> keys, std::span<std::optional<std::string>> values) const {
  TM_RETURN_IF_ERROR(MayRead());
  return seen_.MultiGet(family, keys, values);
}

void LyingStore::LosePower(size_t n) {
  unsafe_.resize(unsafe_.size() - n);
  for (const CommitBatch& batch : unsafe_) TM_CHECK(safe_.Commit(batch).ok());
  unsafe_.clear();
  seen_.Restore(safe_.Snapshot());
}

SimulatedDisk::SimulatedDisk(Faults* faults, Trace* trace) : faults_(*faults), trace_(*trace), lying_(faults->Has(Fault::kFsyncLie)) {}

void SimulatedDisk::Tick() {
  if (full_ ? faults_.calm() || faults_.Stream(Fault::kFullDisk).OneIn(3) : faults_.Due(Fault::kFullDisk)) full_ = !full_;
  if (faults_.calm() && !lying_.read_failed()) lying_.ReadAgain();
  if (faults_.Due(Fault::kReadError)) lying_.FailReadAfter(static_cast<int>(faults_.Stream(Fault::kReadError).Below(kReadsAhead)));
}

Status SimulatedDisk::Commit(const CommitBatch& batch) {
  if (listener_) listener_(batch);
  if (full_ && !broken_) {
    faults_.Happened(Fault::kFullDisk);
    trace_.Say("  a commit is refused: the disk is full");
    faulty_.RefuseNextCommit();
  } else if (!broken_ && faults_.Strikes(Fault::kTornCommit)) {
    trace_.Say("  a commit fails");
    faulty_.FailNextCommit();
    broken_ = true;
  } else if (!broken_ && faults_.Strikes(Fault::kLostAnswer)) {
    trace_.Say("  a commit is there, but reported as failed");
    faulty_.FailNextCommitAfterApplying();
    broken_ = true;
  }
  if (!sabotage_) return faulty_.Commit(batch);
  CommitBatch changed = batch;
  sabotage_(&changed);
  return faulty_.Commit(changed);
}

void SimulatedDisk::Reopen() {
  if (lying_.read_failed()) faults_.Happened(Fault::kReadError);
  lying_.ReadAgain();
  faulty_.Reopen();
  broken_ = false;
}

size_t SimulatedDisk::LosePower() {
  const size_t lost = lying_.unsafe() == 0 ? 0 : 1 + faults_.Stream(Fault::kFsyncLie).Below(lying_.unsafe());
  lying_.LosePower(lost);
  return lost;
}

}  // namespace tidemark::simulation
