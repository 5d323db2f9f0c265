#include "pipeline/explain/cells.h"

#include <algorithm>

#include "pipeline/aggregate/cells.h"

namespace tidemark {
namespace {

// Event time that a window holds when it is read at an instant. What is ahead of the instant belongs to later.
struct Held {
  EventTime lower, upper;
  bool open = false;  // the upper edge is the instant: events ahead of it are in the window, too
};

Held HeldAt(const Edges& edges, EventTime at) { return {edges.lower, std::min(edges.upper, at), edges.upper > at}; }

class Changes {
 public:
  Changes(const StateReader& reader, const KpiPlan& kpi, size_t window, const StateAt& from, const StateAt& to, bool to_hour,
          const std::function<bool()>& go_on)
      : reader_(reader), kpi_(kpi), table_(reader.plan().tables()[kpi.table.v]), ref_(kpi.cells[0][window]),
        column_(table_.columns[ref_.column]), window_(table_.windows[column_.windows[ref_.position]]), from_(from), to_(to),
        to_hour_(to_hour), go_on_(go_on) {}

  Result<CellChanges> Run() {
    Read(from_, [](CellChange* c, const CellSum& cell) { c->was = true, c->from = cell; });
    Read(to_, [](CellChange* c, const CellSum& cell) { c->is = true, c->to = cell; });
    TM_RETURN_IF_ERROR(FindParts());
    return std::move(changes_);
  }

 private:
  const Table& TableOf(const StateAt& state) const { return *state.tables.at(kpi_.table.v); }

  void Read(const StateAt& state, const std::function<void(CellChange*, const CellSum&)>& put) {
    const Rows& rows = TableOf(state).rows();
    for (uint32_t r = 0; r < rows.size(); ++r) {
      if ((rows.admitted(RowId{r}) >> kpi_.column & 1) == 0) continue;
      const int64_t* cell = rows.Words(RowId{r}) + column_.acc + 1 + ref_.position * PaneWords(column_.kind);
      put(&changes_.series[std::string(rows.packed(RowId{r}))], {cell[0], HasSum(column_.kind) ? LoadSum(cell + 1) : Int128{0}});
    }
  }

  // From when on panes of a tier hold all that was counted.
  Result<EventTime> WholeFrom(Tier tier, const Table& now) const {
    TM_ASSIGN_OR_RETURN(const TableHead head, LoadTableHead(reader_.store(), now.number()));
    return std::max(head.edge[static_cast<size_t>(tier)], now.KeptFrom(tier));
  }

  // Of lifetime, the coarsest tier that can be cut at `from`: it is kept for longest.
  std::optional<Tier> TierOfWindow() const {
    if (window_.in_panes()) return window_.tier;
    for (size_t t = kTierCount; t-- > 0;) {
      if (column_.tiers[t] && FloorTo(from_.at, PaneSize(static_cast<Tier>(t))) == from_.at) return static_cast<Tier>(t);
    }
    return std::nullopt;
  }

  // Where no part of the one window is in the other, all left and all entered.
  void AllNew() {
    for (auto& [labels, c] : changes_.series) c.left = c.from, c.entered = c.to;
  }

  Status FindParts() {
    if (kpi_.measure == Measure::kOpen) {
      changes_.no_parts = "what is open lies in no panes; its ids tell what entered and left";
      return Status::Ok();
    }
    const Edges& to_edges = TableOf(to_).edges()[column_.windows[ref_.position]];
    const Held from = HeldAt(TableOf(from_).edges()[column_.windows[ref_.position]], from_.at);
    Held to{to_edges.lower, to_edges.upper, false};
    if (to_hour_) to = HeldAt(to_edges, to_.at);
    if (std::max(from.lower, to.lower) >= std::min(from.upper, to.upper)) {
      AllNew();
      return Status::Ok();
    }
    const std::optional<Tier> tier = TierOfWindow();
    if (!tier) {
      changes_.no_parts = "no panes are kept for its only window, lifetime";
      return Status::Ok();
    }
    if (to_hour_) {
      TM_ASSIGN_OR_RETURN(StateAt now, reader_.Now({kpi_.table.v}));
      now_ = std::move(now.tables.at(kpi_.table.v));
    }
    const Table& now = to_hour_ ? *now_ : TableOf(to_);
    TM_ASSIGN_OR_RETURN(const EventTime whole, WholeFrom(*tier, now));
    if ((from.lower != to.lower && from.lower < whole) || from.upper < whole) {
      changes_.no_parts = "panes that left its window are kept from " + FormatRfc3339(whole) + " on, so a later `from` has parts";
      return Status::Ok();
    }
    if (from.open && FloorTo(from.upper, PaneSize(*tier)) != from.upper) {
      changes_.no_parts = "its panes are days, and `from` is not a midnight in UTC";
      return Status::Ok();
    }
    TM_RETURN_IF_ERROR(AddPanes(now, *tier, from.lower, to.lower, &CellChange::left));
    TM_RETURN_IF_ERROR(AddPanes(now, *tier, from.upper, to.upper, &CellChange::entered));
    if (from.open) AddAhead(from_, -1);
    if (to.open) AddAhead(to_, 1);
    return Status::Ok();
  }

  void Add(const Table& table, uint32_t row, const CellSum& sum, CellSum CellChange::* part) {
    const Rows& rows = table.rows();
    if ((sum.count == 0 && sum.sum == 0) || row >= rows.size() || (rows.admitted(RowId{row}) >> kpi_.column & 1) == 0) return;
    changes_.series[std::string(rows.packed(RowId{row}))].*part += sum;
  }

  void AddAhead(const StateAt& state, int sign) {
    const uint32_t number = *reader_.NumberOf(table_, column_);
    for (const FragmentCell& cell : state.shown.at(kpi_.table.v).ahead) {
      if (cell.number == number) Add(TableOf(state), cell.row, {sign * cell.count, sign * cell.sum}, &CellChange::entered);
    }
  }

  // What panes hold now. Rows go by their numbers now: of a series that left no pane is kept.
  Status AddPanes(const Table& now, Tier tier, EventTime lower, EventTime upper, CellSum CellChange::* part) {
    if (lower >= upper) return Status::Ok();
    const uint32_t number = *reader_.NumberOf(table_, column_);
    const StoredTable stored = now.number();
    std::vector<CellSum> sums(now.rows().size());
    Status bad;
    TM_RETURN_IF_ERROR(reader_.store().Scan(
        Family::kPanes, PanePrefix(stored, tier, lower), PanePrefix(stored, tier, upper), [&](std::string_view, std::string_view value) {
          const auto add = [&](const FragmentCell& cell) {
            if (cell.number == number && cell.row < sums.size()) sums[cell.row] += {cell.count, cell.sum};
          };
          if (!ForEachFragmentCell(value, add, [](uint32_t) {})) bad = Corrupt("a stored pane cannot be read");
          if (bad.ok() && !go_on_()) bad = Unavailable("there was not enough time to read its panes");
          return bad.ok();
        }));
    for (uint32_t row = 0; row < sums.size(); ++row) Add(now, row, sums[row], part);
    return bad;
  }

  const StateReader& reader_;
  const KpiPlan& kpi_;
  const TablePlan& table_;
  const CellRef ref_;
  const ColumnPlan& column_;
  const WindowPlan& window_;
  const StateAt &from_, &to_;
  const bool to_hour_;
  const std::function<bool()>& go_on_;
  std::unique_ptr<Table> now_;
  CellChanges changes_;
};

}  // namespace

Result<CellChanges> ChangesOf(const StateReader& reader, const KpiPlan& kpi, size_t window, const StateAt& from, const StateAt& to,
                              bool to_hour, const std::function<bool()>& go_on) {
  return Changes(reader, kpi, window, from, to, to_hour, go_on).Run();
}

}  // namespace tidemark
