// One table: rows, open panes and rolling windows. Takes events' cells, moves with T, writes itself into commits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pipeline/plan/plan.h"
#include "pipeline/store/keys.h"
#include "pipeline/store/store.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/pages.h"
#include "pipeline/window/rows.h"

namespace tidemark {

// Events counted by column since the last fold: what the second conservation law balances.
struct FoldCounts {
  std::vector<int64_t> counted;     // by column
  std::vector<int64_t> overflowed;  // of them, into __other__
};

// How one KPI's stored state stands against this plan's.
struct ColumnState {
  uint32_t number = 0;      // in the registry; names its cells in stored bytes. 0: another engine counts it, nothing is here
  bool returning = false;   // was gone from the configuration: its rolling windows are built anew from panes
  // From which event time the panes of a tier, and the lifetime, are whole. kNoEventTime: from the log's beginning.
  EventTime lifetime_from = kNoEventTime;
  std::array<EventTime, kTierCount> tier_from{kNoEventTime, kNoEventTime, kNoEventTime, kNoEventTime};
};

// Invariant: after Advance(t) and a Fold, each window's accumulator of each row equals the sum of the panes that start at
// the window's lower edge or later. Threads: confined to the engine, except for what ShareRows() hands out.
class Table {
 public:
  Table(const TablePlan& plan, StoredTable number, std::vector<ColumnState> columns);

  const TablePlan& plan() const { return plan_; }
  StoredTable number() const { return number_; }
  // False when all of its columns are counted by another engine.
  bool counted() const { return !by_number_.empty(); }
  const ColumnState& state(uint32_t column) const { return columns_[column]; }
  Rows& rows() { return rows_; }
  const Rows& rows() const { return rows_; }

  // The block of (row, pane) since the last fold, for adding cells. Valid until the next call.
  int64_t* Hot(RowId row, EventTime pane) {
    HotMemo& memo = MemoOf(row, pane);
    if (memo.epoch == hot_epoch_ && memo.pane == pane) [[likely]] return hot_words_.data() + memo.block;
    return HotSlow(row, pane);
  }
  size_t hot_bytes() const { return hot_words_.size() * 8 + hot_entries_.size() * 24; }

  // The row had an event that counts only when more follow: its series lives on meanwhile.
  void Saw(RowId row, uint64_t columns, EventTime pane);

  // Folds what is hot into windows and panes.
  void Fold(FoldCounts* counts);
  // Moves all windows to T. REQUIRES: folded; t never decreases.
  Status Advance(EventTime t, const Store& store);
  const std::vector<Edges>& edges() const { return edges_; }  // by window
  // Panes of a tier are kept from there on; max(): none are.
  EventTime KeptFrom(Tier tier) const;
  // True when something a view shows changed since the last ShareRows().
  bool changed() const { return changed_; }
  std::vector<std::shared_ptr<const RowChunk>> ShareRows() {
    changed_ = false;
    return rows_.Share();
  }

  // Rows as absolute values, and what was added to panes as fragments of this commit. Reads the store for panes whose
  // fragments it merges.
  Status AppendTo(uint64_t sequence, const Store& store, CommitBatch* batch);
  // Panes before it are on disk no more, and none come there again: the least over its tiers.
  EventTime erased() const;
  // The batch is on disk.
  void Committed();
  // Reads rows and edges back; builds windows that the stored state doesn't have from panes.
  Status Load(const Store& store);

  // ---- what was shown at whole hours (table_shown.cc) ----
  // Appends what a view of this hour shows: all rows at UTC midnights and where there is nothing to go on from, else those
  // that changed since the last hour. REQUIRES: folded, and at T = hour.
  Status AppendShown(EventTime hour, const Store& store, std::vector<CommitBatch::Put>* out);
  // This hour is not kept, nor are later ones up to a midnight.
  void SkipShown(EventTime hour, std::vector<CommitBatch::Put>* out);
  // Rows and edges as they were shown then, into a table that holds nothing yet; nullopt when that isn't known.
  struct Shown {
    TableHead head;                  // windows and columns that were there
    std::vector<FragmentCell> ahead; // by row and column: what was counted then of panes from that hour on
  };
  Result<std::optional<Shown>> LoadShown(EventTime hour, const Store& store);
  // Hours from a midnight on where something new begins: with the head, all rows were kept; without, nothing is known from
  // there on. `visit` returns false to end.
  static Status ForEachShown(const Store& store, StoredTable table, EventTime midnight,
                             const std::function<bool(EventTime hour, const TableHead* head)>& visit);
  // Reads all that is kept of it; how many parts there are. kCorrupt when one cannot be read.
  static Result<uint64_t> CheckShown(const Store& store, StoredTable table);
  // What waits for a commit.
  int64_t PanesBytes() const;
  // All windows of these columns that hold a pane before it hold all from there to it, now and later.
  EventTime SettledBefore(uint64_t columns) const;

 private:
  struct HotMemo {
    EventTime pane = kNoEventTime;
    uint32_t block = 0;
    uint32_t epoch = 0;
  };
  struct HotEntry {
    RowId row;
    EventTime pane;
    uint32_t block;
  };

  // Of a window: one of the columns that it counts.
  struct Place {
    uint32_t column;
    uint32_t pane, acc;                // of its cell, in the words of a pane and of a row
    bool has_sum;
  };

  // Partitions are read in turn, so that two neighbouring panes are open at a time: even and odd ones have places apart.
  HotMemo& MemoOf(RowId row, EventTime pane) {
    const size_t at = size_t{row.v} * 2 + (static_cast<uint64_t>(Micros(pane)) >> hot_parity_bit_ & 1);
    return at < hot_memo_.size() ? hot_memo_[at] : GrowMemo(at);
  }
  HotMemo& GrowMemo(size_t at);
  int64_t* HotSlow(RowId row, EventTime pane);
  void FoldEntry(const HotEntry& entry, FoldCounts* counts);
  // An edge of a window moves over [from, to): its panes come in or go out.
  enum class Pass : uint8_t { kOut, kIn };
  Status PassOver(size_t window, Pass pass, EventTime from, EventTime to, const Store& store);
  // The same for committed panes, reading ahead.
  Status PassOverStored(size_t window, Pass pass, EventTime from, EventTime to, const Store& store);
  void Account(size_t window, Pass pass, RowId row, const int64_t* pane_words);
  Status MoveWindow(size_t window, const Edges& to, const Store& store);
  void Empty(size_t window);
  // Panes that have left a rolling window are kept as long again, at most as long as an idle series: so `explain` can say
  // what left.
  Duration KeptAfter(size_t window) const;
  void DropPanes();
  EventTime OldestEdge(const ColumnPlan& column) const;
  // All windows of the column that hold a pane before it hold all from there to it, now and later.
  EventTime SettledBefore(const ColumnPlan& column) const;
  void ExpireSeries(EventTime t);
  Status ReadAhead(size_t window, EventTime from, EventTime to, const Store& store, PaneRun* run) const;
  // Visits committed cells of a tier in [from, to), of columns that are here: pane(EventTime) at each fragment, false to end there;
  // cell(column, FragmentCell); end(row) after each row, false to end. In table_store.cc.
  template <class Pane, class Cell, class End>
  Status ScanCells(const Store& store, Tier tier, EventTime from, EventTime to, Pane pane, Cell cell, End end) const;
  // Visits committed cells of a tier in [from, to) as pane words of this plan; a row and pane may come in several
  // parts. `visit` returns false to end.
  Status ScanPanes(const Store& store, Tier tier, EventTime from, EventTime to,
                   const std::function<bool(EventTime pane, RowId row, const int64_t* words)>& visit) const;
  std::vector<FragmentCell> CellsOf(const TierPages& tier, const Page& page) const;
  Status AppendPanes(uint64_t sequence, const Store& store, CommitBatch* batch);
  Status AppendPane(uint64_t sequence, const Store& store, EventTime pane, const Page& page, bool merge, TierPages* tier,
                    CommitBatch* batch);
  void EraseOldPanes(TierPages* tier, CommitBatch* batch);
  void AppendRows(CommitBatch* batch);
  std::string EncodeRow(RowId row) const;
  Status LoadRow(RowId row, std::string_view value);
  void UseHead(const TableHead& head);
  Status AddAhead(EventTime hour, const Store& store, std::vector<FragmentCell>* cells);
  TableHead MakeHead();
  Status Rebuild(const Store& store);
  int ColumnOf(uint32_t number) const { return number < column_of_.size() ? column_of_[number] : -1; }

  const TablePlan& plan_;
  const StoredTable number_;
  const std::vector<ColumnState> columns_;
  std::vector<int> column_of_;         // by number, -1: none
  Rows rows_;
  std::vector<TierPages> tiers_;       // by Tier
  std::vector<std::vector<Place>> places_;    // by window
  std::vector<std::array<PaneRun, 2>> runs_;  // by window and Pass
  std::vector<uint32_t> by_number_;    // columns in the order of their numbers
  std::vector<Edges> edges_;           // by window
  std::vector<uint32_t> window_numbers_;
  uint32_t next_window_ = 0;
  std::array<EventTime, kTierCount> erased_{kNoEventTime, kNoEventTime, kNoEventTime, kNoEventTime};
  const int hot_parity_bit_;           // of a pane's start: the lowest bit of the pane's size
  std::vector<HotMemo> hot_memo_;      // by row and whether the pane is an odd one
  std::vector<HotEntry> hot_entries_;
  std::vector<int64_t> hot_words_;
  absl::flat_hash_map<std::pair<uint32_t, int64_t>, uint32_t> hot_more_;  // (row, pane) beside a row's memo
  uint32_t hot_epoch_ = 1;
  std::vector<int64_t> scratch_;
  absl::flat_hash_map<uint32_t, std::string> opaque_;  // row -> stored columns that this plan doesn't have
  std::vector<std::vector<bool>> rebuild_;             // [column][position among its windows]
  EventTime series_swept_ = kNoEventTime;
  bool changed_ = true;
  bool head_dirty_ = true;
  enum class LastShown : uint8_t {
    kElsewhere,                        // by whoever had the state before
    kKept,                             // the next hour needs only what changed
    kSkipped,
  } last_shown_ = LastShown::kElsewhere;
};

}  // namespace tidemark
