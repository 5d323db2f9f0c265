// A disk under a Store: what it holds for good, and what it only said it does.
#pragma once

#include <deque>

#include "pipeline/store/memory_store.h"
#include "tests/fakes/faulty_store.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/trace.h"

namespace tidemark::simulation {

// Commits are seen at once, and, where the disk lies about fsync, are safe only some commits later.
class LyingStore final : public Store {
 public:
  explicit LyingStore(bool lies) : lies_(lies) {}
  Status Commit(const CommitBatch& batch) override;
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const override;
  Status MultiGet(Family family, std::span<const std::string> keys, std::span<std::optional<std::string>> values) const override;

  // The newest `n` commits that are not safe are gone.
  void LosePower(size_t n);
  size_t unsafe() const { return unsafe_.size(); }
  // The read after `n` more fails.
  void FailReadAfter(int n) { reads_left_ = n; }
  bool read_failed() const { return read_failed_; }
  void ReadAgain() { reads_left_ = -1, read_failed_ = false; }

 private:
  Status MayRead() const;

  const bool lies_;
  MemoryStore seen_, safe_;
  std::deque<CommitBatch> unsafe_;
  mutable int reads_left_ = -1;
  mutable bool read_failed_ = false;
};

// One directory of one disk. Faults come with the commits.
class SimulatedDisk final : public Store {
 public:
  SimulatedDisk(Faults* faults, Trace* trace);
  Status Commit(const CommitBatch& batch) override;
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const override {
    return faulty_.Scan(family, from, to, visit);
  }
  Status MultiGet(Family family, std::span<const std::string> keys, std::span<std::optional<std::string>> values) const override {
    return faulty_.MultiGet(family, keys, values);
  }

  void Tick();
  // The process is gone and another opens the directory; what was refused for want of space may be again.
  void Reopen();
  // The machine is gone. Returns how many commits are.
  size_t LosePower();
  // The store was refused for want of space only: it may be tried again.
  bool full() const { return full_; }
  // An error was to be expected: the process ends, and is started again.
  bool broken() const { return broken_ || lying_.read_failed(); }
  // Changes what is to be committed: a fault that must be found.
  void Sabotage(std::function<void(CommitBatch*)> sabotage) { sabotage_ = std::move(sabotage); }
  // Is told of what is to be committed, whatever becomes of it.
  void Listen(std::function<void(const CommitBatch&)> listener) { listener_ = std::move(listener); }

 private:
  Faults& faults_;
  Trace& trace_;
  LyingStore lying_;
  FaultyStore faulty_{&lying_};
  bool full_ = false, broken_ = false;
  std::function<void(CommitBatch*)> sabotage_;
  std::function<void(const CommitBatch&)> listener_;
};

}  // namespace tidemark::simulation
