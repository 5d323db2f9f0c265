// The table's way to and from stored bytes.
#include <algorithm>

#include "pipeline/aggregate/cells.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/table.h"

namespace tidemark {
namespace {

constexpr int64_t kErasePanes = 64;          // a range of panes is erased at once, not pane by pane

}  // namespace

template <class Pane, class Cell, class End>
Status Table::ScanCells(const Store& store, Tier tier, EventTime from, EventTime to, Pane pane, Cell cell, End end) const {
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(
      Family::kPanes, PanePrefix(number_, tier, from), PanePrefix(number_, tier, to), [&](std::string_view key, std::string_view value) {
        bool fits = key.size() == kFragmentKeyBytes, more = true;
        if (fits && !pane(PaneOfFragment(key))) return false;
        const auto one = [&](const FragmentCell& c) {
          const int column = ColumnOf(c.number);
          if (column < 0) return;  // of a KPI that left
          fits &= HasSum(plan_.columns[static_cast<size_t>(column)].kind) == c.has_sum;
          if (fits) cell(static_cast<size_t>(column), c);
        };
        const auto row_end = [&](uint32_t row) { more = more && fits && end(row); };
        if (!fits || !ForEachFragmentCell(value, one, row_end) || !fits) {
          bad = Corrupt("stored pane of table " + std::to_string(number_.v) + " cannot be read");
        }
        return bad.ok() && more;
      }));
  return bad;
}

Status Table::ScanPanes(const Store& store, Tier tier, EventTime from, EventTime to,
                        const std::function<bool(EventTime, RowId, const int64_t*)>& visit) const {
  std::vector<int64_t> words(plan_.pane_words);
  EventTime at{};
  const auto pane = [&](EventTime its) {
    at = its;
    return true;
  };
  const auto cell = [&](size_t column, const FragmentCell& c) {
    int64_t* const its = words.data() + plan_.columns[column].pane;
    its[0] = c.count;
    if (c.has_sum) StoreSum(its + 1, c.sum);
  };
  const auto end = [&](uint32_t row) {
    const bool more = row >= rows_.size() || visit(at, RowId{row}, words.data());  // of a row that left no window holds anything
    std::fill(words.begin(), words.end(), 0);
    return more;
  };
  return ScanCells(store, tier, from, to, pane, cell, end);
}

// An iterator costs more than the panes of a minute: whole panes are read until these are enough rows.
Status Table::ReadAhead(size_t window, EventTime from, EventTime to, const Store& store, PaneRun* run) const {
  constexpr size_t kEnough = 4096;
  run->Clear();
  run->from = from;
  run->to = to;
  std::vector<const Place*> place_of(columns_.size());
  for (const Place& place : places_[window]) place_of[place.column] = &place;
  size_t rows = 0;
  EventTime at = kNoEventTime;
  const auto pane = [&](EventTime its) {
    const bool enough = rows >= kEnough && its != at;
    if (enough) run->to = its;
    at = its;
    return !enough;
  };
  const auto cell = [&](size_t column, const FragmentCell& c) {
    const Place* place = place_of[column];
    if (place == nullptr || c.row >= rows_.size()) return;
    run->cells.push_back({at, RowId{c.row}, place->acc, c.has_sum, c.count, c.sum});
  };
  const auto end = [&](uint32_t) { return ++rows > 0; };
  return ScanCells(store, plan_.windows[window].tier, from, to, pane, cell, end);
}

// The page's cells of the columns that its tier keeps, sorted by row and number; entries of one row added up.
std::vector<FragmentCell> Table::CellsOf(const TierPages& tier, const Page& page) const {
  struct Kept {
    uint32_t pane, number;
    bool has_sum;
  };
  std::vector<Kept> columns;
  for (const uint32_t c : by_number_) {
    if ((plan_.tier_columns[static_cast<size_t>(tier.tier())] >> c & 1) == 0) continue;
    columns.push_back({plan_.columns[c].pane, columns_[c].number, HasSum(plan_.columns[c].kind)});
  }
  std::vector<uint64_t> order(page.rows.size());  // row, entry
  for (size_t i = 0; i < order.size(); ++i) order[i] = uint64_t{page.rows[i].v} << 32 | i;
  if (!std::is_sorted(order.begin(), order.end())) std::sort(order.begin(), order.end());
  const auto words_of = [&](size_t at) { return tier.Words(page, static_cast<uint32_t>(order[at])); };
  std::vector<FragmentCell> cells;
  cells.reserve(order.size());
  std::vector<int64_t> sum;
  for (size_t i = 0, end; i < order.size(); i = end) {
    const auto row = static_cast<uint32_t>(order[i] >> 32);
    const int64_t* words = words_of(i);
    for (end = i + 1; end < order.size() && order[end] >> 32 == row; ++end) {
      if (end == i + 1) sum.assign(words, words + plan_.pane_words);
      for (const Kept& column : columns) AddCell(sum.data() + column.pane, words_of(end) + column.pane, column.has_sum);
      words = sum.data();
    }
    for (const auto& [pane, number, has_sum] : columns) {
      if (IsZero(words + pane, has_sum)) continue;
      cells.push_back({row, number, has_sum, words[pane], has_sum ? LoadSum(words + pane + 1) : Int128{0}});
    }
  }
  return cells;
}

Status Table::AppendPane(uint64_t sequence, const Store& store, EventTime pane, const Page& page, bool merge, TierPages* tier,
                         CommitBatch* batch) {
  std::vector<FragmentCell> cells = CellsOf(*tier, page);
  if (merge) {
    // Whatever KPI they are of, also those that this configuration doesn't have.
    bool ok = true;
    TM_RETURN_IF_ERROR(store.Scan(Family::kPanes, PanePrefix(number_, tier->tier(), pane),
                                  PanePrefix(number_, tier->tier(), pane + PaneSize(tier->tier())),
                                  [&](std::string_view key, std::string_view value) {
                                    batch->erases.push_back({Family::kPanes, std::string(key)});
                                    ok = ForEachFragmentCell(value, [&](const FragmentCell& c) { cells.push_back(c); }, [](uint32_t) {});
                                    return ok;
                                  }));
    if (!ok) return Corrupt("stored pane of table " + std::to_string(number_.v) + " cannot be read");
    std::sort(cells.begin(), cells.end());
  }
  size_t bytes = 0;
  uint16_t part = 0;
  EncodeFragments(cells, [&](std::string value) {
    bytes += value.size() + kFragmentKeyBytes;
    batch->puts.push_back({Family::kPanes, FragmentKey(number_, tier->tier(), pane, sequence, part++), std::move(value)});
  });
  tier->Wrote(pane, bytes, merge);
  return Status::Ok();
}

Status Table::AppendPanes(uint64_t sequence, const Store& store, CommitBatch* batch) {
  bool merged = false;  // one pane a commit, so that no commit takes much longer than the others
  for (TierPages& tier : tiers_) {
    tier.ForgetWriting();
    Status status;
    tier.ForEach(EventTime::min(), EventTime::max(), [&](EventTime pane, const Page& page) {
      if (!status.ok()) return;
      const bool merge = !merged && tier.WantsMerge(pane);
      merged |= merge;
      status = AppendPane(sequence, store, pane, page, merge, &tier, batch);
    });
    TM_RETURN_IF_ERROR(status);
    EraseOldPanes(&tier, batch);
  }
  return Status::Ok();
}

void Table::EraseOldPanes(TierPages* tier, CommitBatch* batch) {
  EventTime& erased = erased_[static_cast<size_t>(tier->tier())];
  const EventTime edge = tier->edge();
  if (edge == kNoEventTime || tier->stored_end() == kNoEventTime) return;
  if (erased != kNoEventTime && edge - erased < PaneSize(tier->tier()) * kErasePanes) return;
  batch->erase_ranges.push_back({Family::kPanes, PanePrefix(number_, tier->tier(), EventTime::min()), PanePrefix(number_, tier->tier(), edge)});
  erased = edge;
}

EventTime Table::erased() const {
  EventTime least = EventTime::max();
  for (size_t t = 0; t < kTierCount; ++t) {
    if (plan_.tier_columns[t] != 0) least = std::min(least, erased_[t]);
  }
  return least == EventTime::max() ? kNoEventTime : least;
}

std::string Table::EncodeRow(RowId row) const {
  std::string value;
  const int64_t* words = rows_.Words(row);
  RowColumn stored;
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    if ((rows_.admitted(row) >> c & 1) == 0 || columns_[c].number == 0) continue;
    const ColumnPlan& column = plan_.columns[c];
    stored.windows.clear();
    stored.steps.clear();
    stored.last.clear();
    stored.number = columns_[c].number;
    stored.has_sum = HasSum(column.kind);
    stored.last_pane = EventTimeFromMicros(words[column.acc]);
    const int64_t* cell = words + column.acc + 1;
    for (const uint32_t w : column.windows) {
      stored.windows.push_back({window_numbers_[w], cell[0], stored.has_sum ? LoadSum(cell + 1) : 0});
      cell += PaneWords(column.kind);
    }
    if (column.extra != UINT32_MAX) {
      const Extra& extra = rows_.Extras(row)[column.extra];
      stored.steps = extra.stairs.steps();
      const std::span<const LastValue> last = extra.last.values();
      stored.last.assign(last.begin(), last.end());
    }
    PutRowColumn(&value, stored);
  }
  if (const auto it = opaque_.find(row.v); it != opaque_.end()) value.append(it->second);
  return value;
}

void Table::AppendRows(CommitBatch* batch) {
  for (const RowId row : rows_.erased()) {
    if (rows_.admitted(row) != 0) continue;  // taken again by another series
    opaque_.erase(row.v);
    batch->erases.push_back({Family::kRows, RowKey(number_, 'L', row)});
    batch->erases.push_back({Family::kRows, RowKey(number_, 'V', row)});
  }
  for (const RowId row : rows_.new_labels()) {
    if (rows_.admitted(row) != 0) batch->puts.push_back({Family::kRows, RowKey(number_, 'L', row), std::string(rows_.packed(row))});
  }
  for (const RowId row : rows_.dirty()) {
    if (rows_.admitted(row) != 0) batch->puts.push_back({Family::kRows, RowKey(number_, 'V', row), EncodeRow(row)});
  }
}

Status Table::AppendTo(uint64_t sequence, const Store& store, CommitBatch* batch) {
  if (!counted()) return Status::Ok();
  TM_RETURN_IF_ERROR(AppendPanes(sequence, store, batch));
  AppendRows(batch);
  changed_ |= !rows_.dirty().empty();  // a series that is new shows nothing yet, and is there
  if (head_dirty_ || !rows_.dirty().empty()) {
    std::string head;
    PutTableHead(&head, MakeHead());
    batch->puts.push_back({Family::kMeta, TableKey(number_), std::move(head)});
  }
  return Status::Ok();
}

TableHead Table::MakeHead() {
  TableHead head;
  for (size_t w = 0; w < plan_.windows.size(); ++w) {
    const WindowPlan& window = plan_.windows[w];
    const uint8_t tier = window.lifetime() || window.level ? kNoTier : static_cast<uint8_t>(window.tier);
    head.windows.push_back({Identity(window, plan_.calendar->spec()), window_numbers_[w], edges_[w].lower, edges_[w].upper, tier, {}});
    for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
      const auto& windows = plan_.columns[c].windows;
      if (columns_[c].number == 0 || std::find(windows.begin(), windows.end(), w) == windows.end()) continue;
      head.windows.back().columns.push_back(columns_[c].number);
    }
  }
  head.next_window = next_window_;
  for (TierPages& tier : tiers_) {
    const auto t = static_cast<size_t>(tier.tier());
    head.stored_end[t] = tier.stored_end();
    tier.ForEach(EventTime::min(), EventTime::max(),
                 [&](EventTime pane, const Page&) { head.stored_end[t] = std::max(head.stored_end[t], pane + PaneSize(tier.tier())); });
    head.edge[t] = erased_[t];
  }
  head.swept = series_swept_;
  return head;
}

void Table::Committed() {
  rows_.ClearDirty();
  for (size_t w = 0; w < runs_.size(); ++w) {
    // What was read ahead lacks what was committed now.
    TierPages& tier = tiers_[static_cast<size_t>(plan_.windows[w].tier)];
    for (PaneRun& run : runs_[w]) tier.ForEach(run.from, run.to, [&](EventTime, const Page&) { run.Clear(); });
  }
  for (TierPages& tier : tiers_) tier.Committed();
  head_dirty_ = false;
}

}  // namespace tidemark
