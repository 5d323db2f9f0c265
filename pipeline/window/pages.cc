#include "pipeline/window/pages.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr uint32_t kMergeFragments = 64;
constexpr size_t kMaxStored = 4096;

}  // namespace

void TierPages::Add(EventTime pane, RowId row, const int64_t* pane_words) {
  if (pane < edge_) return;
  if (memo_ == nullptr || memo_pane_ != pane) {
    memo_ = &pages_[pane];
    memo_pane_ = pane;
  }
  memo_->rows.push_back(row);
  memo_->words.insert(memo_->words.end(), pane_words, pane_words + plan_.pane_words);
  ++entries_;
}

void TierPages::DropBefore(EventTime edge) {
  edge_ = std::max(edge_, edge);
  while (!pages_.empty() && pages_.begin()->first < edge) {
    entries_ -= pages_.begin()->second.rows.size();
    pages_.erase(pages_.begin());
    memo_ = nullptr;
  }
  stored_.erase(stored_.begin(), stored_.lower_bound(edge));
}

bool TierPages::WantsMerge(EventTime pane) const {
  const auto it = stored_.find(pane);
  return it != stored_.end() && it->second.fragments >= kMergeFragments && it->second.bytes >= it->second.merged_bytes;
}

void TierPages::Committed() {
  for (const Writing& w : writing_) {
    Stored& stored = stored_[w.pane];
    stored = w.merged ? Stored{0, 0, w.bytes} : Stored{stored.fragments + 1, stored.bytes + w.bytes, stored.merged_bytes};
    stored_end_ = std::max(stored_end_, w.pane + PaneSize(tier_));
  }
  writing_.clear();
  while (stored_.size() > kMaxStored) stored_.erase(stored_.begin());
  pages_.clear();
  memo_ = nullptr;
  entries_ = 0;
}

}  // namespace tidemark
