// A state that is only looked at.
#pragma once

#include "pipeline/store/store.h"

namespace tidemark {

// Takes no commit: an engine restores from it, and nothing else.
class FrozenStore final : public Store {
 public:
  explicit FrozenStore(const Store* store) : store_(store) {}
  Status Commit(const CommitBatch&) override { return Unavailable("the state is only looked at"); }
  Status Scan(Family family, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return store_->Scan(family, from, to, visit);
  }
  Status MultiGet(Family family, std::span<const std::string> keys,
                  std::span<std::optional<std::string>> values) const override {
    return store_->MultiGet(family, keys, values);
  }

 private:
  const Store* const store_;
};

}  // namespace tidemark
