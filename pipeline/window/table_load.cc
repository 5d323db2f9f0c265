// Reading a table back, and building windows that the stored state doesn't have.
#include <algorithm>

#include "pipeline/aggregate/cells.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/table.h"

namespace tidemark {
namespace {

constexpr size_t kRowKeyBytes = 9;

}  // namespace

void Table::UseHead(const TableHead& head) {
  if (head.windows.empty()) return;  // a new table
  next_window_ = head.next_window;
  head_dirty_ = false;
  for (size_t w = 0; w < plan_.windows.size(); ++w) {
    const auto stored = std::find_if(head.windows.begin(), head.windows.end(),
                                     [&](const HeadWindow& h) { return h.identity == Identity(plan_.windows[w], plan_.calendar->spec()); });
    if (stored == head.windows.end()) {
      // New to this table: moving it to T reads all of its panes. What rows hold of lifetime windows is never thrown away.
      window_numbers_[w] = next_window_++;
      if (!plan_.windows[w].lifetime()) edges_[w] = Edges{};
      head_dirty_ = true;
      continue;
    }
    window_numbers_[w] = stored->number;
    edges_[w] = {stored->lower, stored->upper};
    for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
      const auto& windows = plan_.columns[c].windows;
      const auto at = std::find(windows.begin(), windows.end(), w);
      if (at == windows.end() || !plan_.windows[w].in_panes() || columns_[c].number == 0) continue;
      const bool has = std::find(stored->columns.begin(), stored->columns.end(), columns_[c].number) != stored->columns.end();
      if (!has || (columns_[c].returning && !plan_.windows[w].lifetime())) rebuild_[c][static_cast<size_t>(at - windows.begin())] = head_dirty_ = true;
    }
  }
  for (TierPages& tier : tiers_) {
    const auto t = static_cast<size_t>(tier.tier());
    tier.Restore(head.stored_end[t]);
    erased_[t] = head.edge[t];
  }
  series_swept_ = head.swept;
}

Status Table::LoadRow(RowId row, std::string_view value) {
  ByteReader reader(value);
  int64_t* words = rows_.Mutable(row);
  Extra* extras = rows_.MutableExtras(row);
  uint64_t columns = 0;
  std::string opaque;
  while (!reader.empty()) {
    RowColumn stored;
    std::string_view raw;
    TM_RETURN_IF_ERROR(ReadRowColumn(&reader, &stored, &raw));
    const int c = ColumnOf(stored.number);
    if (c < 0) {
      opaque.append(raw);
      continue;
    }
    const ColumnPlan& column = plan_.columns[static_cast<size_t>(c)];
    if (stored.has_sum != HasSum(column.kind)) return Corrupt("row " + std::to_string(row.v) + ": a column of another kind");
    columns |= uint64_t{1} << c;
    words[column.acc] = Micros(stored.last_pane);
    for (const RowWindow& w : stored.windows) {
      for (size_t i = 0; i < column.windows.size(); ++i) {
        if (window_numbers_[column.windows[i]] != w.number || rebuild_[static_cast<size_t>(c)][i]) continue;
        int64_t* cell = words + column.acc + 1 + i * PaneWords(column.kind);
        cell[0] = w.count;
        if (HasSum(column.kind)) StoreSum(cell + 1, w.sum);
      }
    }
    if (column.extra != UINT32_MAX) extras[column.extra] = {Staircase::FromSteps(std::move(stored.steps)), LastValues::FromValues(stored.last)};
  }
  if (row == kOtherRow) {
    rows_.AdmitOther(columns);
  } else if (rows_.packed(row).empty() && !plan_.labels.empty()) {
    return Corrupt("row " + std::to_string(row.v) + " of table " + std::to_string(number_.v) + " has values but no labels");
  } else if (rows_.Force(rows_.packed(row), columns) != row) {
    return Corrupt("row " + std::to_string(row.v) + " of table " + std::to_string(number_.v) + " has the labels of another");
  }
  if (!opaque.empty()) opaque_[row.v] = std::move(opaque);
  return Status::Ok();
}

// Windows that a KPI took up, or has again: their panes are there as far back as they were kept.
Status Table::Rebuild(const Store& store) {
  for (size_t w = 0; w < plan_.windows.size(); ++w) {
    std::vector<std::pair<uint32_t, size_t>> wanted;  // (column, position of the window in it)
    for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
      for (size_t i = 0; i < plan_.columns[c].windows.size(); ++i) {
        if (plan_.columns[c].windows[i] == w && rebuild_[c][i]) wanted.emplace_back(c, i);
      }
    }
    if (wanted.empty()) continue;
    TM_RETURN_IF_ERROR(ScanPanes(store, plan_.windows[w].tier, edges_[w].lower, edges_[w].upper, [&](EventTime, RowId row, const int64_t* pane) {
      for (const auto& [c, i] : wanted) {
        const ColumnPlan& column = plan_.columns[c];
        const bool has_sum = HasSum(column.kind);
        if ((rows_.admitted(row) >> c & 1) == 0 || IsZero(pane + column.pane, has_sum)) continue;
        AddCell(rows_.Mutable(row) + column.acc + 1 + i * PaneWords(column.kind), pane + column.pane, has_sum);
      }
      return true;
    }));
  }
  return Status::Ok();
}

Status Table::Load(const Store& store) {
  if (!counted()) return Status::Ok();
  TM_ASSIGN_OR_RETURN(const TableHead head, LoadTableHead(store, number_));
  UseHead(head);
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(Family::kRows, RowKey(number_, 'L', RowId{0}), RowKey(number_, 'L' + 1, RowId{0}),
                                [&](std::string_view key, std::string_view value) {
                                  const RowId row{static_cast<uint32_t>(ByteReader(key.substr(5)).BigEndian(4))};
                                  if (key.size() != kRowKeyBytes || !rows_.Place(row, value)) bad = Corrupt("labels of row " + std::to_string(row.v) + " contradict others");
                                  return bad.ok();
                                }));
  TM_RETURN_IF_ERROR(bad);
  TM_RETURN_IF_ERROR(store.Scan(Family::kRows, RowKey(number_, 'V', RowId{0}), RowKey(number_, 'V' + 1, RowId{0}),
                                [&](std::string_view key, std::string_view value) {
                                  const RowId row{static_cast<uint32_t>(ByteReader(key.substr(5)).BigEndian(4))};
                                  bad = key.size() == kRowKeyBytes && row.v < rows_.size() ? LoadRow(row, value) : Corrupt("values of a row without labels");
                                  return bad.ok();
                                }));
  TM_RETURN_IF_ERROR(bad);
  TM_RETURN_IF_ERROR(Rebuild(store));
  for (size_t w = 0; w < plan_.windows.size(); ++w) {  // no T is needed to know that nothing holds it any more
    if (plan_.windows[w].in_panes() || edges_[w] == kAllTime) continue;
    TM_RETURN_IF_ERROR(MoveWindow(w, kAllTime, store).In("moving a window"));
    edges_[w] = kAllTime;
    head_dirty_ = true;
  }
  const bool rebuilt = head_dirty_;
  if (!rebuilt) rows_.ClearDirty();
  for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
    if (columns_[c].number == 0) continue;
    for (const auto& values : plan_.columns[c].declared) {
      std::string packed;
      for (const std::string& value : values) PutBytes(&packed, value);
      rows_.Force(packed, uint64_t{1} << c);
    }
  }
  changed_ = true;
  return Status::Ok();
}

}  // namespace tidemark
