#include "pipeline/engine/verify.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "pipeline/engine/registry.h"
#include "pipeline/entity/entities.h"
#include "pipeline/store/keys.h"
#include "pipeline/window/codec.h"
#include "pipeline/window/table.h"

namespace tidemark {
namespace {

constexpr size_t kMostMismatches = 20;

struct Sum {
  int64_t count = 0;
  Int128 sum = 0;
  bool operator==(const Sum&) const = default;
};

// (row, KPI number, index of the window in the table's head) -> what it holds
using Windows = std::map<std::tuple<uint32_t, uint32_t, size_t>, Sum>;

class TableVerifier {
 public:
  TableVerifier(const Store& store, const state::v1::Registry& registry, StoredTable table, VerifyReport* report)
      : store_(store), table_(table), report_(*report) {
    for (const auto& kpi : registry.kpis()) {
      if (kpi.table() == table.v && !kpi.has_removed_at()) names_[kpi.number()] = kpi.name();
    }
  }

  Status Run() {
    TM_ASSIGN_OR_RETURN(TableHead head, LoadTableHead(store_, table_));
    head_ = std::move(head.windows);
    TM_RETURN_IF_ERROR(ReadRows());
    for (size_t tier = 0; tier < kTierCount; ++tier) TM_RETURN_IF_ERROR(ReadPanes(static_cast<Tier>(tier)));
    Compare();
    TM_ASSIGN_OR_RETURN(const uint64_t shown, Table::CheckShown(store_, table_));
    report_.shown += shown;
    return Status::Ok();
  }

 private:
  Status ReadRows() {
    Status bad;
    TM_RETURN_IF_ERROR(store_.Scan(Family::kRows, RowKey(table_, 'V', RowId{0}), RowKey(table_, 'V' + 1, RowId{0}),
                                   [&](std::string_view key, std::string_view value) {
                                     ++report_.rows;
                                     const auto row = static_cast<uint32_t>(ByteReader(key.substr(5)).BigEndian(4));
                                     rows_ = std::max(rows_, row + 1);
                                     bad = ReadRow(row, value);
                                     return bad.ok();
                                   }));
    return bad;
  }

  Status ReadRow(uint32_t row, std::string_view value) {
    for (ByteReader reader(value); !reader.empty();) {
      RowColumn column;
      std::string_view raw;
      TM_RETURN_IF_ERROR(ReadRowColumn(&reader, &column, &raw));
      if (!names_.contains(column.number)) continue;
      for (const RowWindow& w : column.windows) {
        for (size_t i = 0; i < head_.size(); ++i) {
          const auto& columns = head_[i].columns;
          if (head_[i].tier == kNoTier || head_[i].number != w.number || std::find(columns.begin(), columns.end(), column.number) == columns.end()) continue;
          stored_[{row, column.number, i}] = {w.count, w.sum};
          ++report_.windows;
        }
      }
    }
    return Status::Ok();
  }

  Status ReadPanes(Tier tier) {
    std::vector<size_t> windows;
    for (size_t i = 0; i < head_.size(); ++i) {
      if (head_[i].tier == static_cast<uint8_t>(tier)) windows.push_back(i);
    }
    Status bad;
    EventTime last = kNoEventTime;
    std::vector<bool> seen;  // rows of that pane: a row is in several of its fragments
    TM_RETURN_IF_ERROR(store_.Scan(Family::kPanes, PanePrefix(table_, tier, EventTime::min()), PanePrefix(table_, tier, EventTime::max()),
                                   [&](std::string_view key, std::string_view value) {
                                     const EventTime pane = PaneOfFragment(key);
                                     if (pane != last) seen.assign(rows_, false);
                                     last = pane;
                                     const auto cell = [&](const FragmentCell& c) {
                                       for (const size_t i : windows) Add(c, i, pane);
                                     };
                                     const auto end = [&](uint32_t row) {
                                       if (row >= rows_ || seen[row]) return;
                                       seen[row] = true;
                                       ++report_.panes;
                                     };
                                     const bool ok = key.size() == kFragmentKeyBytes && ForEachFragmentCell(value, cell, end);
                                     if (!ok) bad = Corrupt("a pane of table " + std::to_string(table_.v) + " cannot be read");
                                     return ok;
                                   }));
    return bad;
  }

  void Add(const FragmentCell& cell, size_t window, EventTime pane) {
    const auto it = stored_.find({cell.row, cell.number, window});
    if (it == stored_.end() || pane < head_[window].lower || pane >= head_[window].upper) return;
    Sum& sum = rebuilt_[{cell.row, cell.number, window}];
    sum.count += cell.count;
    sum.sum += cell.sum;
  }

  void Compare() {
    for (const auto& [key, sum] : stored_) {
      const auto it = rebuilt_.find(key);
      const Sum rebuilt = it == rebuilt_.end() ? Sum() : it->second;
      if (rebuilt == sum) continue;
      ++report_.mismatch_count;
      if (report_.mismatches.size() >= kMostMismatches) continue;
      const auto& [row, number, window] = key;
      report_.mismatches.push_back("KPI " + names_[number] + ", row " + std::to_string(row) + ", window " +
                                   head_[window].identity + ": stored count " + std::to_string(sum.count) + " sum " +
                                   ToString(sum.sum) + ", panes say " + std::to_string(rebuilt.count) + " and " + ToString(rebuilt.sum));
    }
  }

  const Store& store_;
  const StoredTable table_;
  VerifyReport& report_;
  std::map<uint32_t, std::string> names_;  // of KPIs in the configuration, by number
  std::vector<HeadWindow> head_;
  uint32_t rows_ = 0;  // one more than the greatest row
  Windows stored_, rebuilt_;
};

}  // namespace

Result<VerifyReport> VerifyState(const Store& store) {
  TM_ASSIGN_OR_RETURN(const state::v1::Registry registry, ReadRegistry(store));
  VerifyReport report;
  for (const auto& table : registry.tables()) {
    ++report.tables;
    TM_RETURN_IF_ERROR(TableVerifier(store, registry, StoredTable{table.number()}, &report).Run());
  }
  Status bad;
  EntityRow entity;
  TM_RETURN_IF_ERROR(store.Scan(Family::kEntities, "", std::string(32, '\xff'), [&](std::string_view, std::string_view value) {
    ++report.entities;
    bad = ReadEntityRow(value, &entity);
    return bad.ok();
  }));
  TM_RETURN_IF_ERROR(bad);
  return report;
}

}  // namespace tidemark
