// A Store with the faults a test asks for.
#pragma once

#include <functional>

#include "pipeline/store/store.h"

namespace tidemark {

// Passes everything on to another store, which must outlive it. Like every store, it takes no commits after one that
// failed, until Reopen().
// Threads: one at a time.
class FaultyStore : public Store {
 public:
  explicit FaultyStore(Store* inner) : inner_(inner) {}

  // The next commit fails and leaves nothing behind.
  void FailNextCommit() { next_ = Fault::kBeforeApplying; }
  // The next commit is on disk, but reported as failed: what a crash between the two looks like to the caller.
  void FailNextCommitAfterApplying() { next_ = Fault::kAfterApplying; }
  // The next commit is refused, as for want of disk space: nothing is written, and later ones may succeed.
  void RefuseNextCommit() { next_ = Fault::kRefused; }
  // Called with every batch before it goes on, also with one that will fail.
  void BeforeCommit(std::function<void(const CommitBatch&)> hook) { hook_ = std::move(hook); }
  void Reopen() { failed_ = false; }

  int64_t attempts() const { return attempts_; }  // calls of Commit
  int64_t commits() const { return commits_; }    // batches that reached the inner store

  Status Commit(const CommitBatch& batch) override;
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const override {
    return inner_->Scan(family, from, to, visit);
  }
  Status MultiGet(Family family, std::span<const std::string> keys,
                  std::span<std::optional<std::string>> values) const override {
    return inner_->MultiGet(family, keys, values);
  }

 private:
  enum class Fault { kNone, kBeforeApplying, kAfterApplying, kRefused };
  Store* const inner_;
  std::function<void(const CommitBatch&)> hook_;
  Fault next_ = Fault::kNone;
  bool failed_ = false;
  int64_t attempts_ = 0, commits_ = 0;
};

}  // namespace tidemark
