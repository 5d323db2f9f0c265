// What a table showed at whole hours: kept for two days, and of UTC midnights for longer (pipeline/store/README.md).
#include <algorithm>
#include <map>

#include "pipeline/aggregate/cells.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/table.h"

namespace tidemark {
namespace {

constexpr Duration kDay = std::chrono::hours(24);
// Rows x windows. A table with more is kept at midnights only, one with still more not at all.
constexpr size_t kMostHourly = 200'000, kMostDaily = 1'000'000;

// What a part begins with.
enum class Part : char {
  kWhole,    // bytes(head), then rows: all there are
  kRows,     // rows that differ from the hour before; and the rest of kWhole
  kUnknown,  // nothing is known from here to the next kWhole
  kAhead,    // cells of panes from that hour on, as in a fragment
};

class PartWriter {
 public:
  PartWriter(StoredTable table, EventTime hour, std::vector<CommitBatch::Put>* out) : table_(table), hour_(hour), out_(*out) {}
  void Begin(Part kind) { value_.assign(1, static_cast<char>(kind)); }
  std::string& value() { return value_; }
  void End() { out_.push_back({Family::kRows, ShownKey(table_, hour_, part_++), std::move(value_)}); }

 private:
  const StoredTable table_;
  const EventTime hour_;
  std::vector<CommitBatch::Put>& out_;
  uint32_t part_ = 0;
  std::string value_;
};

struct StoredRow {
  std::string labels, columns;
};

// Calls visit(row, labels, columns) for each row of a part; one without columns has gone.
template <class Visit>
Status ForEachRow(ByteReader* reader, Visit visit) {
  while (!reader->empty()) {
    const auto row = static_cast<uint32_t>(reader->Varint());
    const std::string_view labels = reader->Bytes(), columns = reader->Bytes();
    if (!reader->ok()) return Corrupt("a part is truncated");
    TM_RETURN_IF_ERROR(visit(row, labels, columns));
  }
  return Status::Ok();
}

Status CheckPart(std::string_view value) {
  if (value.empty()) return Corrupt("an empty part");
  const auto kind = static_cast<Part>(value[0]);
  if (kind == Part::kAhead) {
    const bool ok = ForEachFragmentCell(value.substr(1), [](const FragmentCell&) {}, [](uint32_t) {});
    return ok ? Status::Ok() : Corrupt("cells ahead of their hour cannot be read");
  }
  ByteReader reader(value.substr(1));
  TableHead head;
  if (kind == Part::kWhole) TM_RETURN_IF_ERROR(ReadTableHead(reader.Bytes(), &head));
  return ForEachRow(&reader, [](uint32_t, std::string_view, std::string_view columns) -> Status {
    RowColumn column;
    std::string_view raw;
    for (ByteReader row(columns); !row.empty();) TM_RETURN_IF_ERROR(ReadRowColumn(&row, &column, &raw));
    return Status::Ok();
  });
}

}  // namespace

void Table::SkipShown(EventTime hour, std::vector<CommitBatch::Put>* out) {
  if (!counted() || last_shown_ == LastShown::kSkipped) return;
  last_shown_ = LastShown::kSkipped;
  PartWriter writer(number_, hour, out);
  writer.Begin(Part::kUnknown);
  writer.End();
}

Status Table::AppendShown(EventTime hour, const Store& store, std::vector<CommitBatch::Put>* out) {
  if (!counted()) return Status::Ok();
  size_t windows = 0;
  for (const ColumnPlan& column : plan_.columns) windows += column.windows.size();
  const bool midnight = FloorTo(hour, kDay) == hour;
  if (rows_.size() * windows > (midnight ? kMostDaily : kMostHourly)) {
    SkipShown(hour, out);
    return Status::Ok();
  }
  const bool whole = midnight || last_shown_ != LastShown::kKept;
  PartWriter writer(number_, hour, out);
  writer.Begin(whole ? Part::kWhole : Part::kRows);
  if (whole) {
    std::string head;
    PutTableHead(&head, MakeHead());
    PutBytes(&writer.value(), head);
  }
  bool any = whole;
  const auto put = [&](RowId row) {
    const bool there = rows_.admitted(row) != 0;
    if (whole && !there) return;
    any = true;
    PutVarint(&writer.value(), row.v);
    PutBytes(&writer.value(), there ? rows_.packed(row) : std::string_view());
    PutBytes(&writer.value(), there ? EncodeRow(row) : std::string());
    if (writer.value().size() < kFragmentBytes) return;
    writer.End();
    writer.Begin(Part::kRows);
  };
  if (whole) {
    for (uint32_t r = 0; r < rows_.size(); ++r) put(RowId{r});
  } else {
    for (const RowId row : rows_.stale()) put(row);
  }
  if (any) writer.End();
  rows_.ClearStale();
  last_shown_ = LastShown::kKept;
  std::vector<FragmentCell> ahead;
  TM_RETURN_IF_ERROR(AddAhead(hour, store, &ahead));
  std::sort(ahead.begin(), ahead.end());
  EncodeFragments(ahead, [&](const std::string& cells) {
    writer.Begin(Part::kAhead);
    writer.value() += cells;
    writer.End();
  });
  return Status::Ok();
}

// Events ahead of T are in what is shown, but of the time to come: what panes hold from the hour on. Of each column in its
// finest tier; one that has only panes of a day is asked for at midnights only.
Status Table::AddAhead(EventTime hour, const Store& store, std::vector<FragmentCell>* cells) {
  uint64_t done = 0;
  for (TierPages& tier : tiers_) {
    const uint64_t columns = plan_.tier_columns[static_cast<size_t>(tier.tier())] & ~done;
    done |= columns;
    if (columns == 0 || FloorTo(hour, PaneSize(tier.tier())) != hour) continue;
    const auto add = [&](RowId row, const int64_t* words) {
      for (uint32_t c = 0; c < plan_.columns.size(); ++c) {
        const ColumnPlan& column = plan_.columns[c];
        const bool has_sum = HasSum(column.kind);
        if ((columns >> c & 1) == 0 || columns_[c].number == 0 || IsZero(words + column.pane, has_sum)) continue;
        cells->push_back({row.v, columns_[c].number, has_sum, words[column.pane], has_sum ? LoadSum(words + column.pane + 1) : Int128{0}});
      }
    };
    if (hour < tier.stored_end()) {
      TM_RETURN_IF_ERROR(ScanPanes(store, tier.tier(), hour, tier.stored_end(), [&](EventTime, RowId row, const int64_t* words) {
        add(row, words);
        return true;
      }));
    }
    tier.ForEach(hour, EventTime::max(), [&](EventTime, const Page& page) {
      for (size_t i = 0; i < page.rows.size(); ++i) add(page.rows[i], tier.Words(page, i));
    });
  }
  return Status::Ok();
}

Status Table::ForEachShown(const Store& store, StoredTable table, EventTime midnight,
                           const std::function<bool(EventTime hour, const TableHead* head)>& visit) {
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(Family::kRows, ShownKey(table, midnight), RowKey(table, 'H' + 1, RowId{0}),
                                [&](std::string_view key, std::string_view value) {
    const Part kind = value.empty() ? Part::kRows : static_cast<Part>(value[0]);
    if (kind == Part::kUnknown) return visit(HourOfShown(key), nullptr);
    if (kind != Part::kWhole) return true;
    TableHead head;
    bad = ReadTableHead(ByteReader(value.substr(1)).Bytes(), &head);
    return bad.ok() && visit(HourOfShown(key), &head);
  }));
  return bad;
}

Result<uint64_t> Table::CheckShown(const Store& store, StoredTable table) {
  uint64_t parts = 0;
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(Family::kRows, ShownKey(table, EventTime::min()), RowKey(table, 'H' + 1, RowId{0}),
                                [&](std::string_view key, std::string_view value) {
    ++parts;
    bad = CheckPart(value).In("what table " + std::to_string(table.v) + " showed at " + FormatRfc3339(HourOfShown(key)));
    return bad.ok();
  }));
  TM_RETURN_IF_ERROR(bad);
  return parts;
}

Result<std::optional<Table::Shown>> Table::LoadShown(EventTime hour, const Store& store) {
  std::map<uint32_t, StoredRow> rows;
  Shown shown;
  bool known = false;
  Status bad;
  // A midnight before the hour has all rows.
  TM_RETURN_IF_ERROR(store.Scan(
      Family::kRows, ShownKey(number_, FloorTo(hour, kDay)), ShownKey(number_, hour + std::chrono::hours(1)),
      [&](std::string_view key, std::string_view value) {
        if (value.empty()) bad = Corrupt("an empty part");
        if (!bad.ok()) return false;
        const auto kind = static_cast<Part>(value[0]);
        ByteReader reader(value.substr(1));
        if (kind == Part::kWhole || kind == Part::kUnknown) {
          rows.clear();
          known = kind == Part::kWhole;
        }
        if (kind == Part::kWhole) bad = ReadTableHead(reader.Bytes(), &shown.head);
        if (kind == Part::kAhead) {
          if (HourOfShown(key) != hour) return true;
          const bool ok = ForEachFragmentCell(value.substr(1), [&](const FragmentCell& c) { shown.ahead.push_back(c); }, [](uint32_t) {});
          if (!ok) bad = Corrupt("cells ahead of their hour cannot be read");
          return ok;
        }
        if (bad.ok()) {
          bad = ForEachRow(&reader, [&](uint32_t row, std::string_view labels, std::string_view columns) {
            rows[row] = {std::string(labels), std::string(columns)};
            if (columns.empty()) rows.erase(row);
            return Status::Ok();
          });
        }
        return bad.ok();
      }));
  TM_RETURN_IF_ERROR(bad.In("what table " + std::to_string(number_.v) + " showed at " + FormatRfc3339(hour)));
  if (!known) return std::optional<Shown>();
  UseHead(shown.head);
  for (size_t w = 0; w < plan_.windows.size(); ++w) edges_[w] = EdgesOf(plan_.windows[w], plan_.calendar, hour);
  for (const auto& [row, stored] : rows) {
    if (!rows_.Place(RowId{row}, stored.labels)) return Corrupt("what was shown has the same series twice");
    TM_RETURN_IF_ERROR(LoadRow(RowId{row}, stored.columns));
  }
  return std::optional<Shown>(std::move(shown));
}

}  // namespace tidemark
