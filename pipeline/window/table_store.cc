// The table's way to and from stored bytes.
#include <algorithm>

#include "pipeline/aggregate/cells.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/table.h"

namespace tidemark {
namespace {

constexpr size_t kMaxOpenBlocks = 262'144;   // per table and tier, between commits
constexpr int64_t kErasePanes = 64;          // a range of panes is erased at once, not pane by pane
constexpr size_t kFetchKeys = 4096;          // one MultiGet

RowId RowOfPaneKey(std::string_view key) { return RowId{static_cast<uint32_t>(ByteReader(key.substr(13)).BigEndian(4))}; }

}  // namespace

int Table::ColumnOf(uint32_t number) const {
  const auto it = column_of_.find(number);
  return it == column_of_.end() ? -1 : static_cast<int>(it->second);
}

bool Table::DecodePane(std::string_view value, int64_t* words, std::string* opaque) const {
  std::fill_n(words, plan_.pane_words, 0);
  bool fits = true;
  const bool parsed = ForEachPaneCell(value, [&](const PaneCell& cell) {
    const int c = ColumnOf(cell.number);
    if (c < 0) {
      if (opaque != nullptr) opaque->append(cell.raw);
      return;
    }
    const ColumnPlan& column = plan_.columns[static_cast<size_t>(c)];
    fits = fits && HasSum(column.kind) == cell.has_sum;
    if (!fits) return;
    words[column.pane] = cell.count;
    if (cell.has_sum) StoreSum(words + column.pane + 1, cell.sum);
  });
  return parsed && fits;
}

std::string Table::EncodePane(Tier tier, const int64_t* words, std::string_view opaque) const {
  std::string value;
  const uint64_t columns = plan_.tier_columns[static_cast<size_t>(tier)];
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    const ColumnPlan& column = plan_.columns[c];
    const bool has_sum = HasSum(column.kind);
    if ((columns >> c & 1) == 0 || IsZero(words + column.pane, has_sum)) continue;
    PutPaneCell(&value, columns_[c].number, has_sum, words[column.pane], has_sum ? LoadSum(words + column.pane + 1) : 0);
  }
  value.append(opaque);
  return value;
}

Status Table::ScanPanes(const Store& store, Tier tier, EventTime from, EventTime to,
                        const std::function<void(EventTime, RowId, const int64_t*)>& visit) const {
  std::vector<int64_t> words(plan_.pane_words);
  Status bad;
  const Status scanned = store.Scan(Family::kPanes, PanePrefix(number_, tier, from), PanePrefix(number_, tier, to),
                                    [&](std::string_view key, std::string_view value) {
                                      if (key.size() != 17 || !DecodePane(value, words.data(), nullptr)) {
                                        bad = Corrupt("stored pane of table " + std::to_string(number_.v) + " cannot be read");
                                        return false;
                                      }
                                      const RowId row = RowOfPaneKey(key);
                                      if (row.v >= rows_.size()) return true;  // its row left; no window holds it
                                      visit(PaneFromOrder(ByteReader(key.substr(5)).BigEndian(8)), row, words.data());
                                      return true;
                                    });
  TM_RETURN_IF_ERROR(scanned);
  return bad;
}

Status Table::FetchBases(const Store& store) {
  struct Want {
    TierPages* tier;
    Page* page;
    uint32_t block;
  };
  std::vector<Want> wants;
  std::vector<std::string> keys;
  std::vector<std::optional<std::string>> values;
  std::vector<int64_t> words(plan_.pane_words);
  const auto fetch = [&]() -> Status {
    values.assign(keys.size(), std::nullopt);
    TM_RETURN_IF_ERROR(store.MultiGet(Family::kPanes, keys, values));
    for (size_t i = 0; i < wants.size(); ++i) {
      Page& page = *wants[i].page;
      page.blocks[wants[i].block].base_known = true;
      if (!values[i]) continue;
      std::string opaque;
      if (!DecodePane(*values[i], words.data(), &opaque)) return Corrupt("stored pane cannot be read");
      int64_t* to = wants[i].tier->Words(page, wants[i].block);
      for (const ColumnPlan& column : plan_.columns) AddCell(to + column.pane, words.data() + column.pane, HasSum(column.kind));
      if (!opaque.empty()) page.opaque[page.blocks[wants[i].block].row.v] = std::move(opaque);
    }
    wants.clear();
    keys.clear();
    return Status::Ok();
  };
  for (TierPages& tier : tiers_) {
    Status status;
    tier.ForEach(EventTime::min(), EventTime::max(), [&](EventTime pane, Page& page) {
      if (page.dirty.empty() || !status.ok()) return;
      // Sorted by row: keys ask to be in order, and the memtable likes it.
      std::sort(page.dirty.begin(), page.dirty.end(), [&](uint32_t a, uint32_t b) { return page.blocks[a].row < page.blocks[b].row; });
      if (page.complete) return;
      for (const uint32_t block : page.dirty) {
        if (page.blocks[block].base_known) continue;
        wants.push_back({&tier, &page, block});
        keys.push_back(PaneKey(number_, tier.tier(), pane, page.blocks[block].row));
        if (keys.size() >= kFetchKeys && status.ok()) status = fetch();
      }
    });
    TM_RETURN_IF_ERROR(status);
  }
  return keys.empty() ? Status::Ok() : fetch();
}

void Table::AppendPanes(CommitBatch* batch) {
  for (TierPages& tier : tiers_) {
    tier.ForEach(EventTime::min(), EventTime::max(), [&](EventTime pane, Page& page) {
      for (const uint32_t block : page.dirty) {
        const RowId row = page.blocks[block].row;
        const auto opaque = page.opaque.find(row.v);
        batch->puts.push_back({Family::kPanes, PaneKey(number_, tier.tier(), pane, row),
                               EncodePane(tier.tier(), tier.Words(page, block),
                                          opaque == page.opaque.end() ? std::string_view() : std::string_view(opaque->second))});
      }
    });
    EventTime& erased = erased_[static_cast<size_t>(tier.tier())];
    const EventTime edge = tier.edge();
    if (edge == kNoEventTime || tier.stored_end() == kNoEventTime) continue;
    if (erased == kNoEventTime || edge - erased >= PaneSize(tier.tier()) * kErasePanes) {
      batch->erase_ranges.push_back({Family::kPanes, PanePrefix(number_, tier.tier(), EventTime::min()), PanePrefix(number_, tier.tier(), edge)});
      erased = edge;
    }
  }
}

std::string Table::EncodeRow(RowId row) const {
  std::string value;
  const int64_t* words = rows_.Words(row);
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    if ((rows_.admitted(row) >> c & 1) == 0) continue;
    const ColumnPlan& column = plan_.columns[c];
    RowColumn stored;
    stored.number = columns_[c].number;
    stored.has_sum = HasSum(column.kind);
    stored.last_pane = EventTimeFromMicros(words[column.acc]);
    const int64_t* cell = words + column.acc + 1;
    for (const uint32_t w : column.windows) {
      const WindowPlan& window = plan_.windows[w];
      stored.windows.push_back({window.length, window.step, cell[0], stored.has_sum ? LoadSum(cell + 1) : 0});
      cell += PaneWords(column.kind);
    }
    if (column.extra != UINT32_MAX) {
      const Extra& extra = rows_.Extras(row)[column.extra];
      stored.steps = extra.stairs.steps();
      stored.last = extra.last;
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

Status Table::AppendTo(const Store& store, CommitBatch* batch) {
  TM_RETURN_IF_ERROR(FetchBases(store));
  AppendPanes(batch);
  AppendRows(batch);
  if (head_dirty_ || !rows_.dirty().empty()) {
    std::string head;
    PutVarint(&head, plan_.windows.size());
    for (size_t w = 0; w < plan_.windows.size(); ++w) {
      PutVarint(&head, static_cast<uint64_t>(plan_.windows[w].length.count()));
      PutVarint(&head, static_cast<uint64_t>(plan_.windows[w].step.count()));
      PutZigZag(&head, Micros(edges_[w]));
    }
    for (TierPages& tier : tiers_) {
      EventTime end = tier.stored_end();
      tier.ForEach(EventTime::min(), EventTime::max(), [&](EventTime pane, Page& page) {
        if (!page.dirty.empty()) end = std::max(end, pane + PaneSize(tier.tier()));
      });
      PutZigZag(&head, Micros(end));
      PutZigZag(&head, Micros(tier.edge()));
    }
    PutZigZag(&head, Micros(series_swept_));
    batch->puts.push_back({Family::kMeta, TableKey(number_), std::move(head)});
  }
  return Status::Ok();
}

void Table::Committed() {
  rows_.ClearDirty();
  for (TierPages& tier : tiers_) tier.Committed(kMaxOpenBlocks);
  head_dirty_ = false;
}

}  // namespace tidemark
