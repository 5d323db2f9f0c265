#include "pipeline/window/table.h"

#include <algorithm>
#include <bit>

#include "pipeline/aggregate/cells.h"

namespace tidemark {

Table::Table(const TablePlan& plan, StoredTable number, std::vector<ColumnState> columns)
    : plan_(plan), number_(number), columns_(std::move(columns)), rows_(plan),
      hot_parity_bit_(std::countr_zero(static_cast<uint64_t>(PaneSize(plan.hot_tier).count()))), scratch_(plan.pane_words) {
  places_.resize(plan.windows.size());
  for (uint32_t c = 0; c < columns_.size(); ++c) {
    const ColumnPlan& column = plan.columns[c];
    for (uint32_t i = 0; i < column.windows.size(); ++i) {
      const uint32_t acc = column.acc + 1 + i * static_cast<uint32_t>(PaneWords(column.kind));
      places_[column.windows[i]].push_back({c, column.pane, acc, HasSum(column.kind)});
    }
    if (columns_[c].number == 0) continue;
    column_of_.resize(std::max<size_t>(column_of_.size(), columns_[c].number + 1), -1);
    column_of_[columns_[c].number] = static_cast<int>(c);
    by_number_.push_back(c);
  }
  for (size_t t = 0; t < kTierCount; ++t) tiers_.emplace_back(plan_, static_cast<Tier>(t));
  for (const WindowPlan& window : plan.windows) {
    edges_.push_back(EdgesOf(window, plan.calendar, kNoEventTime));
    window_numbers_.push_back(next_window_++);
  }
  runs_.resize(plan.windows.size());
  std::sort(by_number_.begin(), by_number_.end(), [&](uint32_t a, uint32_t b) { return columns_[a].number < columns_[b].number; });
  for (const ColumnPlan& column : plan.columns) rebuild_.emplace_back(column.windows.size(), false);
}

Table::HotMemo& Table::GrowMemo(size_t at) {
  hot_memo_.resize(std::max<size_t>(at + 1, size_t{2} * rows_.size()));
  return hot_memo_[at];
}

int64_t* Table::HotSlow(RowId row, EventTime pane) {
  HotMemo& memo = MemoOf(row, pane);
  const auto block = static_cast<uint32_t>(hot_words_.size());
  if (memo.epoch == hot_epoch_) {
    const auto [it, added] = hot_more_.try_emplace({row.v, Micros(pane)}, block);
    if (!added) return hot_words_.data() + it->second;
    // The memo follows the newest pane; the older one moves to the map.
    if (pane > memo.pane) {
      hot_more_.erase(it);
      hot_more_.emplace(std::pair(row.v, Micros(memo.pane)), memo.block);
      memo = {pane, block, hot_epoch_};
    }
  } else {
    memo = {pane, block, hot_epoch_};
  }
  hot_entries_.push_back({row, pane, block});
  hot_words_.resize(hot_words_.size() + plan_.hot_words);
  return hot_words_.data() + block;
}

void Table::Saw(RowId row, uint64_t columns, EventTime pane) {
  int64_t* words = rows_.Mutable(row);
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    int64_t& last = words[plan_.columns[c].acc];
    if ((columns >> c & 1) != 0) last = std::max(last, Micros(pane));
  }
}

void Table::Fold(FoldCounts* counts) {
  counts->counted.assign(plan_.columns.size(), 0);
  counts->overflowed.assign(plan_.columns.size(), 0);
  if (hot_entries_.empty()) return;
  changed_ = true;
  // Pane by pane, so that each page is looked up once.
  std::sort(hot_entries_.begin(), hot_entries_.end(), [](const HotEntry& a, const HotEntry& b) { return a.pane < b.pane; });
  for (const HotEntry& entry : hot_entries_) FoldEntry(entry, counts);
  hot_entries_.clear();
  hot_words_.clear();
  hot_more_.clear();
  ++hot_epoch_;
}

void Table::FoldEntry(const HotEntry& entry, FoldCounts* counts) {
  const int64_t* hot = hot_words_.data() + entry.block;
  int64_t* words = rows_.Mutable(entry.row);
  Extra* extras = plan_.extras > 0 ? rows_.MutableExtras(entry.row) : nullptr;
  std::fill(scratch_.begin(), scratch_.end(), 0);
  uint64_t touched = 0;
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    const ColumnPlan& column = plan_.columns[c];
    const int64_t* cell = hot + column.hot;
    if (IsZero(cell, HasSum(column.kind))) continue;
    touched |= uint64_t{1} << c;
    const bool has_sum = HasSum(column.kind);
    (entry.row == kOtherRow ? counts->overflowed : counts->counted)[c] += cell[0];
    if (HasExtreme(column.kind)) {
      Staircase& stairs = extras[column.extra].stairs;
      const bool maximum = column.kind == CellKind::kMax;
      const EventTime settled = SettledBefore(column);
      stairs.Settle(settled, maximum);
      stairs.Add(entry.pane, cell[1], maximum, settled);
      stairs.Expire(std::min(OldestEdge(column), settled), !column.keep);
    } else if (column.kind == CellKind::kLast) {
      extras[column.extra].last.Add({EventTimeFromMicros(cell[1]), static_cast<uint64_t>(cell[2]), cell[3]}, PaneSize(plan_.hot_tier), SettledBefore(column));
    }
    AddCell(scratch_.data() + column.pane, cell, has_sum);
    int64_t* acc = words + column.acc;
    acc[0] = std::max(acc[0], Micros(entry.pane));
    int64_t* window = acc + 1;
    for (const uint32_t w : column.windows) {
      if (edges_[w].Holds(entry.pane)) AddCell(window, cell, has_sum);
      window += PaneWords(column.kind);
    }
  }
  for (TierPages& tier : tiers_) {
    const uint64_t columns = plan_.tier_columns[static_cast<size_t>(tier.tier())];
    if ((columns & touched) != 0) tier.Add(FloorTo(entry.pane, PaneSize(tier.tier())), entry.row, scratch_.data());
  }
}

EventTime Table::OldestEdge(const ColumnPlan& column) const {
  EventTime oldest = EventTime::max();
  for (const uint32_t w : column.windows) {
    if (!plan_.windows[w].lifetime()) oldest = std::min(oldest, edges_[w].lower);
  }
  return oldest;
}

EventTime Table::SettledBefore(const ColumnPlan& column) const {
  EventTime settled = EventTime::max();
  for (const uint32_t w : column.windows) settled = std::min(settled, edges_[w].upper);
  return settled;
}

EventTime Table::SettledBefore(uint64_t columns) const {
  EventTime settled = EventTime::max();
  for (size_t c = 0; c < plan_.columns.size(); ++c) {
    if ((columns >> c & 1) != 0) settled = std::min(settled, SettledBefore(plan_.columns[c]));
  }
  return settled;
}

void Table::Account(size_t window, Pass pass, RowId row, const int64_t* pane_words) {
  int64_t* words = nullptr;
  for (const Place& place : places_[window]) {
    const int64_t* cell = pane_words + place.pane;
    if (IsZero(cell, place.has_sum)) continue;
    if (words == nullptr) words = rows_.Mutable(row);
    if (pass == Pass::kIn) {
      AddCell(words + place.acc, cell, place.has_sum);
    } else {
      SubtractCell(words + place.acc, cell, place.has_sum);
    }
  }
}

Status Table::PassOver(size_t window, Pass pass, EventTime from, EventTime to, const Store& store) {
  if (from >= to) return Status::Ok();
  TierPages& pages = tiers_[static_cast<size_t>(plan_.windows[window].tier)];
  if (from < pages.stored_end()) TM_RETURN_IF_ERROR(PassOverStored(window, pass, from, std::min(to, pages.stored_end()), store));
  pages.ForEach(from, to, [&](EventTime, const Page& page) {
    for (size_t i = 0; i < page.rows.size(); ++i) Account(window, pass, page.rows[i], pages.Words(page, i));
  });
  return Status::Ok();
}

Status Table::PassOverStored(size_t window, Pass pass, EventTime from, EventTime to, const Store& store) {
  const TierPages& pages = tiers_[static_cast<size_t>(plan_.windows[window].tier)];
  PaneRun& run = runs_[window][static_cast<size_t>(pass)];
  while (from < to) {
    if (from < run.from || from >= run.to) TM_RETURN_IF_ERROR(ReadAhead(window, from, pages.stored_end(), store, &run));
    for (; run.next < run.cells.size() && run.cells[run.next].pane < to; ++run.next) {
      const PaneRun::Cell& cell = run.cells[run.next];
      if (cell.pane < from) continue;  // the edge jumped over it
      int64_t* words = rows_.Mutable(cell.row) + cell.acc;
      words[0] += pass == Pass::kIn ? cell.count : -cell.count;
      if (cell.has_sum) AddToSum(words + 1, pass == Pass::kIn ? cell.sum : -cell.sum);
    }
    from = run.from = std::min(to, run.to);
  }
  return Status::Ok();
}

// A window that goes on from where it stood loses panes below and gains panes above; one that begins anew is emptied.
Status Table::MoveWindow(size_t window, const Edges& to, const Store& store) {
  const Edges from = edges_[window];
  if (plan_.windows[window].lifetime()) {  // back from the end of time where it is cut from now on
    TM_RETURN_IF_ERROR(PassOver(window, Pass::kOut, to.upper, from.upper, store));
    return PassOver(window, Pass::kIn, from.upper, to.upper, store);
  }
  const bool anew = to.lower >= from.upper || to.upper < from.upper;
  if (anew) Empty(window);
  if (!anew) TM_RETURN_IF_ERROR(PassOver(window, Pass::kOut, from.lower, to.lower, store));
  return PassOver(window, Pass::kIn, anew ? to.lower : from.upper, to.upper, store);
}

void Table::Empty(size_t window) {
  for (const Place& place : places_[window]) {
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      if (!IsZero(rows_.Words(RowId{r}) + place.acc, place.has_sum)) std::fill_n(rows_.Mutable(RowId{r}) + place.acc, place.has_sum ? 3 : 1, 0);
    }
  }
}

Status Table::Advance(EventTime t, const Store& store) {
  TM_CHECK(hot_entries_.empty());
  bool moved = false;
  for (size_t w = 0; w < plan_.windows.size(); ++w) {
    const Edges edges = EdgesOf(plan_.windows[w], plan_.calendar, t);
    if (edges == edges_[w] || edges.lower < edges_[w].lower) continue;
    TM_RETURN_IF_ERROR(MoveWindow(w, edges, store).In("moving a window"));
    edges_[w] = edges;
    moved = true;
  }
  if (!moved) return Status::Ok();
  changed_ = head_dirty_ = true;
  DropPanes();
  ExpireSeries(t);
  return Status::Ok();
}

Duration Table::KeptAfter(size_t window) const {
  const WindowPlan& plan = plan_.windows[window];
  const bool cut = plan.lifetime() && plan.complete;  // nothing leaves it; what entered it can be told
  if (!cut && (plan.kind != WindowPlan::Kind::kRolling || plan.level)) return Duration(0);
  Duration most = cut ? Duration::max() : plan.length;
  for (const ColumnPlan& column : plan_.columns) most = std::min(most, column.series_idle);
  return most + plan.step;
}

EventTime Table::KeptFrom(Tier tier) const {
  EventTime from = EventTime::max();
  for (size_t w = 0; w < plan_.windows.size(); ++w) {
    const WindowPlan& window = plan_.windows[w];
    if (!window.in_panes() || window.tier != tier) continue;
    const EventTime edge = window.level || window.lifetime() ? edges_[w].upper : edges_[w].lower;
    from = std::min(from, edge == kNoEventTime ? edge : edge - KeptAfter(w));
  }
  return from;
}

void Table::DropPanes() {
  for (TierPages& tier : tiers_) {
    const EventTime from = KeptFrom(tier.tier());
    if (from != EventTime::max()) tier.DropBefore(from);
  }
}

// Once an hour of T: series whose longest window has been empty for series_idle go.
void Table::ExpireSeries(EventTime t) {
  const EventTime hour = FloorTo(t, std::chrono::hours(1));
  if (hour <= series_swept_) return;
  series_swept_ = hour;
  Duration longest{};
  bool any = false;
  for (const ColumnPlan& column : plan_.columns) {
    if (!column.keep) continue;
    any = true;
    longest = std::max(longest, *column.keep);
  }
  if (!any) return;
  Duration after{};
  for (size_t w = 0; w < plan_.windows.size(); ++w) after = std::max(after, KeptAfter(w));
  longest += after;
  for (uint32_t r = 0; r < rows_.size(); ++r) {
    const RowId row{r};
    const uint64_t admitted = rows_.admitted(row);
    if (admitted == 0) continue;
    const int64_t* words = rows_.Words(row);
    uint64_t idle = 0;
    for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
      const ColumnPlan& column = plan_.columns[c];
      if ((admitted >> c & 1) == 0 || !column.keep || !column.declared.empty()) continue;
      // A row leaves only when no pane of it is kept for any column: its number may be used again.
      const Duration keep = std::max(*column.keep + column.series_idle, longest) + PaneSize(Tier::kDay);
      if (EventTimeFromMicros(words[column.acc]) + keep < t) idle |= uint64_t{1} << c;
    }
    if (idle != 0) rows_.Remove(row, idle);
  }
}

int64_t Table::PanesBytes() const {
  size_t entries = 0;
  for (const TierPages& tier : tiers_) entries += tier.entries();
  return static_cast<int64_t>(entries * (plan_.pane_words * 8 + 24) + hot_bytes());
}

}  // namespace tidemark
