#include "pipeline/engine/adopt_rows.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/rows.h"

namespace tidemark {
namespace {

constexpr size_t kBulkBytes = 4u << 20;  // a commit is synced: few, and of bounded memory

// All keys of a table in kRows or kPanes.
std::string Begin(StoredTable table) {
  std::string key;
  PutBigEndian(&key, table.v, 4);
  return key;
}
std::string End(StoredTable table) { return Begin(StoredTable{table.v + 1}); }

RowId RowOfKey(std::string_view key) { return RowId{static_cast<uint32_t>(ByteReader(key.substr(5)).BigEndian(4))}; }

// Labels of a row of a histogram name the row it is of, which has another number here.
std::string Labels(const TableMove& move, std::string_view packed) {
  if (move.tags == nullptr || packed.size() != 8) return std::string(packed);
  const uint64_t tag = ByteReader(packed).BigEndian(8);
  const auto row = move.tags->find(RowOfTag(tag).v);
  std::string out;
  PutBigEndian(&out, BucketTag(RowId{row == move.tags->end() ? RowOfTag(tag).v : row->second}, BucketOfTag(tag)), 8);
  return out;
}

// Copies a range, each pair as `as` makes it.
Status Copy(const Store& side, Family family, const std::string& from, const std::string& to, BulkWriter* out,
            const std::function<std::string(std::string_view key, std::string_view value)>& as) {
  Status status;
  TM_RETURN_IF_ERROR(side.Scan(family, from, to, [&](std::string_view key, std::string_view value) {
    status = out->Put(family, std::string(key), as(key, value));
    return status.ok();
  }));
  return status;
}

struct Sum {
  int64_t count = 0;
  Int128 sum = 0;
};
using Sums = std::map<std::pair<uint32_t, uint32_t>, Sum>;  // by row and column

// What a lifetime that ends at `from` there lacks of one that ends at `to`: both are held, each where it is complete.
Status AddPanes(const Store& side, StoredTable table, EventTime from, EventTime to, Sums* sums) {
  const int sign = from < to ? 1 : -1;
  bool ok = true;
  TM_RETURN_IF_ERROR(side.Scan(Family::kPanes, PanePrefix(table, Tier::kHour, std::min(from, to)), PanePrefix(table, Tier::kHour, std::max(from, to)),
                               [&](std::string_view, std::string_view value) {
                                 ok = ForEachFragmentCell(value, [&](const FragmentCell& cell) {
                                   Sum& sum = (*sums)[{cell.row, cell.number}];
                                   sum.count += sign * cell.count;
                                   sum.sum += sign * cell.sum;
                                 }, [](uint32_t) {});
                                 return ok;
                               }));
  return ok ? Status::Ok() : Corrupt("a pane of the back-fill cannot be read");
}

std::string Same(std::string_view, std::string_view value) { return std::string(value); }

// Panes of a table that is merged: rows by their numbers here, each pane's fragments numbered anew.
Status MovePanes(const Store& side, uint64_t sequence, const TableMove& move, BulkWriter* out) {
  Status status;
  std::string pane;  // table, tier and pane of the last key
  uint16_t part = 0;
  TM_RETURN_IF_ERROR(side.Scan(Family::kPanes, Begin(move.from), End(move.from), [&](std::string_view key, std::string_view value) {
    std::vector<FragmentCell> cells;
    const bool read = key.size() == kFragmentKeyBytes && ForEachFragmentCell(
        value, [&](FragmentCell cell) {
          const auto row = move.rows.find(cell.row);
          if (row == move.rows.end()) return;  // of a series that left: no window holds it
          cell.row = row->second;
          cells.push_back(cell);
        }, [](uint32_t) {});
    if (!read) {
      status = Corrupt("a pane of the back-fill cannot be read");
      return false;
    }
    std::sort(cells.begin(), cells.end());
    if (pane != key.substr(0, 13)) part = 0;
    pane = key.substr(0, 13);
    EncodeFragments(cells, [&](std::string fragment) {
      if (status.ok()) {
        status = out->Put(Family::kPanes, FragmentKey(move.to, static_cast<Tier>(pane[4]), PaneOfFragment(key), sequence, part++), std::move(fragment));
      }
    });
    return status.ok();
  }));
  return status;
}

}  // namespace

Status BulkWriter::Put(Family family, std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  batch_.puts.push_back({family, std::move(key), std::move(value)});
  return bytes_ < kBulkBytes ? Status::Ok() : Flush();
}

Status BulkWriter::Flush() {
  if (batch_.empty()) return Status::Ok();
  TM_RETURN_IF_ERROR(store_.Commit(batch_).In("moving the back-fill's state"));
  batch_.Clear();
  bytes_ = 0;
  return Status::Ok();
}

Status MoveBulk(const Store& side, uint64_t sequence, TableMove* move, BulkWriter* out) {
  if (move->merge) return MovePanes(side, sequence, *move, out);
  TM_CHECK(move->from == move->to);
  // Not 'H': what the side showed, it showed to nobody.
  for (const char kind : {'L', 'V'}) {
    const auto as = [&](std::string_view, std::string_view value) { return kind == 'L' ? Labels(*move, value) : std::string(value); };
    TM_RETURN_IF_ERROR(Copy(side, Family::kRows, RowKey(move->from, kind, RowId{0}),
                            RowKey(move->from, static_cast<char>(kind + 1), RowId{0}), out, as));
  }
  TM_RETURN_IF_ERROR(Copy(side, Family::kPanes, Begin(move->from), End(move->from), out, &Same));
  const std::string head = TableKey(move->from);
  return Copy(side, Family::kMeta, head, head + '\0', out, &Same);
}

Status MergeRows(const Store& store, const Store& side, TableMove* move, CommitBatch* batch) {
  // Rows here by their labels, and theirs beside them.
  std::map<std::string, uint32_t, std::less<>> known;
  uint32_t next = 1;
  TM_RETURN_IF_ERROR(store.Scan(Family::kRows, RowKey(move->to, 'L', RowId{0}), RowKey(move->to, 'L' + 1, RowId{0}),
                                [&](std::string_view key, std::string_view value) {
                                  if (RowOfKey(key) == kOtherRow) return true;
                                  known.emplace(value, RowOfKey(key).v);
                                  next = std::max(next, RowOfKey(key).v + 1);
                                  return true;
                                }));
  move->rows = {{kOtherRow.v, kOtherRow.v}};
  TM_RETURN_IF_ERROR(side.Scan(Family::kRows, RowKey(move->from, 'L', RowId{0}), RowKey(move->from, 'L' + 1, RowId{0}),
                               [&](std::string_view key, std::string_view value) {
                                 if (RowOfKey(key) == kOtherRow) return true;
                                 const std::string labels = Labels(*move, value);
                                 const auto [at, added] = known.emplace(labels, next);
                                 if (added) batch->puts.push_back({Family::kRows, RowKey(move->to, 'L', RowId{next++}), labels});
                                 move->rows[RowOfKey(key).v] = at->second;
                                 return true;
                               }));
  // Of its windows only lifetime can't be built from panes.
  TM_ASSIGN_OR_RETURN(TableHead here, LoadTableHead(store, move->to));
  TM_ASSIGN_OR_RETURN(const TableHead there, LoadTableHead(side, move->from));
  std::map<uint32_t, uint32_t> windows;
  Sums lacking;
  for (const HeadWindow& window : there.windows) {
    if (window.identity != "lifetime") continue;
    auto same = std::find_if(here.windows.begin(), here.windows.end(), [&](const HeadWindow& h) { return h.identity == window.identity; });
    if (same == here.windows.end()) {
      here.windows.push_back(window);
      same = here.windows.end() - 1;
      same->number = here.next_window++;
      same->columns.clear();
    }
    if (same->upper != window.upper) TM_RETURN_IF_ERROR(AddPanes(side, move->from, window.upper, same->upper, &lacking));
    same->columns.insert(same->columns.end(), window.columns.begin(), window.columns.end());
    windows[window.number] = same->number;
  }
  for (size_t t = 0; t < here.stored_end.size(); ++t) here.stored_end[t] = std::max(here.stored_end[t], there.stored_end[t]);
  std::string head;
  PutTableHead(&head, here);
  batch->puts.push_back({Family::kMeta, TableKey(move->to), std::move(head)});
  // Values: their columns after those of the row here.
  std::vector<std::pair<std::string, std::string>> added;
  Status bad;
  TM_RETURN_IF_ERROR(side.Scan(Family::kRows, RowKey(move->from, 'V', RowId{0}), RowKey(move->from, 'V' + 1, RowId{0}),
                               [&](std::string_view key, std::string_view value) {
                                 const auto row = move->rows.find(RowOfKey(key).v);
                                 if (row == move->rows.end()) {
                                   bad = Corrupt("a row of the back-fill has values but no labels");
                                   return false;
                                 }
                                 std::string columns;
                                 for (ByteReader reader(value); !reader.empty() && bad.ok();) {
                                   RowColumn column;
                                   std::string_view raw;
                                   bad = ReadRowColumn(&reader, &column, &raw);
                                   std::erase_if(column.windows, [&](const RowWindow& w) { return !windows.contains(w.number); });
                                   const auto lacks = lacking.find({RowOfKey(key).v, column.number});
                                   for (RowWindow& w : column.windows) {
                                     w.number = windows.at(w.number);
                                     if (lacks == lacking.end()) continue;
                                     w.count += lacks->second.count;
                                     w.sum += lacks->second.sum;
                                   }
                                   PutRowColumn(&columns, column);
                                 }
                                 added.emplace_back(RowKey(move->to, 'V', RowId{row->second}), std::move(columns));
                                 return bad.ok();
                               }));
  TM_RETURN_IF_ERROR(bad);
  std::sort(added.begin(), added.end());
  std::vector<std::string> keys;
  for (const auto& [key, value] : added) keys.push_back(key);
  std::vector<std::optional<std::string>> values(keys.size());
  TM_RETURN_IF_ERROR(store.MultiGet(Family::kRows, keys, values));
  for (size_t i = 0; i < added.size(); ++i) {
    batch->puts.push_back({Family::kRows, added[i].first, values[i].value_or("") + added[i].second});
  }
  return Status::Ok();
}

}  // namespace tidemark
