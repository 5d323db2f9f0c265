// What was added to the panes of one tier since the last commit, and how they lie in the store.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/base/ids.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Additions to one pane in the order in which they were folded; a row may occur more than once.
struct Page {
  std::vector<RowId> rows;
  std::vector<int64_t> words;  // rows x TablePlan::pane_words
};

// Committed cells of a run of panes that a window counts, read ahead of one of its edges.
struct PaneRun {
  struct Cell {
    EventTime pane;
    RowId row;
    uint32_t acc;                                    // of the window's cell, in the words of the row
    bool has_sum;
    int64_t count;
    Int128 sum;
  };
  EventTime from = kNoEventTime, to = kNoEventTime;  // [from, to) was read; from == to: nothing is held
  size_t next = 0;                                   // of cells, those before were used
  std::vector<Cell> cells;                           // by pane
  void Clear() {
    from = to = kNoEventTime;
    next = 0;
    cells.clear();
  }
};

// Invariant: every pane that was committed starts before stored_end(). Threads: confined to the engine.
class TierPages {
 public:
  TierPages(const TablePlan& plan, Tier tier) : plan_(plan), tier_(tier) {}

  // Adds cells (a pane block's words) to a pane. Panes before edge() are in no window: not kept.
  void Add(EventTime pane, RowId row, const int64_t* pane_words);
  // Pages with from <= pane < to.
  template <class F>
  void ForEach(EventTime from, EventTime to, F f) {
    for (auto it = pages_.lower_bound(from); it != pages_.end() && it->first < to; ++it) f(it->first, it->second);
  }
  const int64_t* Words(const Page& page, size_t entry) const { return page.words.data() + entry * plan_.pane_words; }

  // Panes before `edge` are in no window any more.
  void DropBefore(EventTime edge);

  // ---- the store's side ----
  // A pane is stored in fragments, one for each commit that touched it. True when there are so many since they were
  // last merged that merging costs less than was written since.
  bool WantsMerge(EventTime pane) const;
  // The next commit writes so much of this pane; merged: in place of all its fragments.
  void Wrote(EventTime pane, size_t bytes, bool merged) { writing_.push_back({pane, bytes, merged}); }
  void ForgetWriting() { writing_.clear(); }
  // The commit is on disk.
  void Committed();

  EventTime stored_end() const { return stored_end_; }
  EventTime edge() const { return edge_; }
  void Restore(EventTime stored_end) { stored_end_ = stored_end; }
  Tier tier() const { return tier_; }
  size_t entries() const { return entries_; }

 private:
  struct Writing {
    EventTime pane;
    size_t bytes;
    bool merged;
  };
  struct Stored {
    uint32_t fragments = 0;
    uint64_t bytes = 0, merged_bytes = 0;
  };

  const TablePlan& plan_;
  const Tier tier_;
  std::map<EventTime, Page> pages_;
  EventTime stored_end_ = kNoEventTime;
  EventTime edge_ = kNoEventTime;
  size_t entries_ = 0;
  std::vector<Writing> writing_;
  // Of panes written since the start, at most kMaxStored: when one is forgotten, merging it only comes later.
  std::map<EventTime, Stored> stored_;
  // The page used last: events come in time order.
  EventTime memo_pane_ = kNoEventTime;
  Page* memo_ = nullptr;
};

}  // namespace tidemark
