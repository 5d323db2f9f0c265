#include "pipeline/window/pages.h"

#include <algorithm>

#include "pipeline/aggregate/cells.h"

namespace tidemark {

Page* TierPages::Find(EventTime pane) {
  const auto it = pages_.find(pane);
  return it == pages_.end() ? nullptr : &it->second;
}

void TierPages::Add(EventTime pane, RowId row, const int64_t* pane_words) {
  if (pane < edge_) return;
  if (memo_ == nullptr || memo_pane_ != pane) {
    const auto [it, added] = pages_.try_emplace(pane);
    if (added) it->second.complete = pane >= complete_from_;
    memo_ = &it->second;
    memo_pane_ = pane;
  }
  Page& page = *memo_;
  const auto [it, added] = page.index.try_emplace(row.v, static_cast<uint32_t>(page.blocks.size()));
  const uint32_t block = it->second;
  if (added) {
    page.blocks.push_back({row, page.complete, false});
    page.words.resize(page.words.size() + plan_.pane_words);
    ++blocks_;
  }
  if (!page.blocks[block].dirty) {
    page.blocks[block].dirty = true;
    page.dirty.push_back(block);
    ++dirty_blocks_;
  }
  int64_t* words = Words(page, block);
  const uint64_t columns = plan_.tier_columns[static_cast<size_t>(tier_)];
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    const ColumnPlan& column = plan_.columns[c];
    if ((columns >> c & 1) != 0 && pane_words[column.pane] != 0) {
      AddCell(words + column.pane, pane_words + column.pane, HasSum(column.kind));
    }
  }
}

void TierPages::DropBefore(EventTime edge) {
  edge_ = std::max(edge_, edge);
  while (!pages_.empty() && pages_.begin()->first < edge) {
    blocks_ -= pages_.begin()->second.blocks.size();
    pages_.erase(pages_.begin());
    memo_ = nullptr;
  }
  // What was dropped may have been stored once; from the edge on nothing changed.
}

void TierPages::Committed(size_t max_blocks) {
  const Duration size = PaneSize(tier_);
  for (auto& [pane, page] : pages_) {
    for (const uint32_t block : page.dirty) page.blocks[block].dirty = false;
    page.dirty.clear();
    stored_end_ = std::max(stored_end_, pane + size);
  }
  dirty_blocks_ = 0;
  constexpr size_t kKeepPanes = 3;
  memo_ = nullptr;
  auto it = pages_.begin();
  while (it != pages_.end()) {
    const bool crowded = blocks_ > max_blocks && pages_.size() > 1;
    const bool evict = !it->second.complete || crowded || pages_.size() > 64 * kKeepPanes;
    if (!evict) break;
    if (it->second.complete) complete_from_ = std::max(complete_from_, it->first + size);
    blocks_ -= it->second.blocks.size();
    it = pages_.erase(it);
  }
}

}  // namespace tidemark
