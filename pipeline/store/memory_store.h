// A Store without a disk: for replay, which computes and throws away, and for tests.
#pragma once

#include <array>
#include <map>

#include "pipeline/store/store.h"

namespace tidemark {

// Keeps everything in ordered maps.
// Invariants: (1) a commit is applied whole, and never fails; (2) a scan sees keys in unsigned byte order.
// Threads: one at a time, like every Store. Scan's visitor must not commit.
class MemoryStore : public Store {
 public:
  using Tables = std::array<std::map<std::string, std::string, std::less<>>, kFamilyCount>;

  Status Commit(const CommitBatch& batch) override;
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const override;
  Status MultiGet(Family family, std::span<const std::string> keys,
                  std::span<std::optional<std::string>> values) const override;

  // A copy of the content, and back to one: what a crash and a restart look like to a test.
  Tables Snapshot() const { return tables_; }
  void Restore(Tables tables) { tables_ = std::move(tables); }

 private:
  Tables tables_;
};

}  // namespace tidemark
