// The panes of one tier that are in memory: open ones, and those that late events touch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pipeline/base/ids.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// The cells of one pane, by row. A block whose base is known holds the pane's whole value; otherwise it holds what was
// added since the last commit, and the store has the rest.
struct Page {
  struct Block {
    RowId row;
    bool base_known;
    bool dirty;
  };
  bool complete = false;  // nothing of this pane is only in the store
  absl::flat_hash_map<uint32_t, uint32_t> index;  // row -> block
  std::vector<Block> blocks;
  std::vector<int64_t> words;                     // blocks x TablePlan::pane_words
  std::vector<uint32_t> dirty;                    // blocks
  absl::flat_hash_map<uint32_t, std::string> opaque;  // row -> stored cells of columns this plan doesn't have
};

// Invariants: (1) panes that start at complete_from() or later are in memory or empty; (2) every pane with data that was
// committed starts before stored_end(). Threads: confined to the engine.
class TierPages {
 public:
  TierPages(const TablePlan& plan, Tier tier) : plan_(plan), tier_(tier) {}

  // Adds cells (a pane block's words) to a pane. `columns`: those that this tier keeps.
  void Add(EventTime pane, RowId row, const int64_t* pane_words);
  Page* Find(EventTime pane);
  // Pages with from <= pane < to.
  template <class F>
  void ForEach(EventTime from, EventTime to, F f) {
    for (auto it = pages_.lower_bound(from); it != pages_.end() && it->first < to; ++it) f(it->first, it->second);
  }
  int64_t* Words(Page& page, uint32_t block) { return page.words.data() + block * plan_.pane_words; }

  // Panes before `edge` are in no window any more.
  void DropBefore(EventTime edge);
  // Everything dirty was committed: keeps the newest panes, as far as `max_blocks` goes, and lets the others go.
  void Committed(size_t max_blocks);

  EventTime complete_from() const { return complete_from_; }
  EventTime stored_end() const { return stored_end_; }
  EventTime edge() const { return edge_; }
  void Restore(EventTime stored_end) {
    stored_end_ = stored_end;
    complete_from_ = stored_end;
  }
  Tier tier() const { return tier_; }
  size_t blocks() const { return blocks_; }
  size_t dirty_blocks() const { return dirty_blocks_; }

 private:
  const TablePlan& plan_;
  const Tier tier_;
  std::map<EventTime, Page> pages_;
  EventTime complete_from_ = kNoEventTime;
  EventTime stored_end_ = kNoEventTime;
  EventTime edge_ = kNoEventTime;
  size_t blocks_ = 0;
  size_t dirty_blocks_ = 0;  // at most: dropped pages may be among them
  // The page used last: events come in time order.
  EventTime memo_pane_ = kNoEventTime;
  Page* memo_ = nullptr;
};

}  // namespace tidemark
