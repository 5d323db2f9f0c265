#include "pipeline/explain/state_at.h"

#include <algorithm>

#include "pipeline/engine/registry.h"
#include "pipeline/engine/shown.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

}  // namespace

Result<StateReader> StateReader::Open(std::shared_ptr<const Plan> plan, const Store* store) {
  StateReader reader(std::move(plan), store);
  TM_ASSIGN_OR_RETURN(reader.registry_, ReadRegistry(*store));
  for (const ClockPlan& clock : reader.plan_->clocks()) {
    Clock& read = reader.clocks_.emplace_back();
    TM_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                        store->Get(Family::kMeta, ClockKey(ClockFingerprint(*reader.plan_, clock))));
    if (!value) continue;
    ByteReader bytes(*value);
    read.t = bytes.Time();
    read.evaluated = bytes.Time();
    if (!bytes.empty()) bytes.Time();  // what it would be if no source held it
    if (!bytes.Done()) return Corrupt("a stored clock cannot be read");
  }
  return reader;
}

std::optional<StoredTable> StateReader::NumberOf(const TablePlan& table) const {
  for (const auto& stored : registry_.tables()) {
    if (stored.fingerprint() == table.fingerprint) return StoredTable{stored.number()};
  }
  return std::nullopt;
}

std::optional<uint32_t> StateReader::NumberOf(const TablePlan& table, const ColumnPlan& column) const {
  const auto number = NumberOf(table);
  for (const auto& kpi : registry_.kpis()) {
    const bool shown = !kpi.has_removed_at() && !kpi.has_full_at();
    if (shown && number && kpi.table() == number->v && kpi.fingerprint() == column.fingerprint) return kpi.number();
  }
  return std::nullopt;
}

std::set<uint32_t> StateReader::TablesOf(KpiId id) const {
  const KpiPlan& kpi = plan_->kpis()[id.v];
  if (kpi.derived != Derived::kNone) return TablesOf(kpi.base);
  std::set<uint32_t> tables;
  if (kpi.measure != Measure::kFormula) {
    tables.insert(kpi.table.v);
    if (kpi.buckets) tables.insert(kpi.buckets->v);
  }
  for (const FormulaNode& node : kpi.formula) {
    if (node.kind == Formula::Kind::kKpi) tables.merge(TablesOf(node.kpi));
  }
  return tables;
}

Result<std::unique_ptr<Table>> StateReader::Make(uint32_t t) const {
  const TablePlan& plan = plan_->tables()[t];
  const auto number = NumberOf(plan);
  std::vector<ColumnState> columns;
  bool any = false;
  for (const ColumnPlan& column : plan.columns) {
    columns.emplace_back().number = NumberOf(plan, column).value_or(0);
    any |= columns.back().number != 0;
  }
  if (!number || !any) return NotFound("the state does not have it (yet)");
  return std::make_unique<Table>(plan, *number, std::move(columns));
}

void StateReader::Finish(StateAt* state, const std::vector<EventTime>& read_at) const {
  SnapshotData data;
  data.plan = plan_;
  data.read_at = read_at;
  data.lookups = lookups_;
  data.tables.resize(plan_->tables().size());
  data.lookups.resize(plan_->lookups().size());
  for (const auto& [t, table] : state->tables) {
    auto view = std::make_shared<TableView>();
    view->plan = &table->plan();
    view->edges = table->edges();
    view->chunks = table->ShareRows();
    data.tables[t] = std::move(view);
  }
  state->view = std::make_shared<Snapshot>(std::move(data));
}

Result<StateAt> StateReader::Now(const std::set<uint32_t>& tables) const {
  StateAt state;
  state.at = EventTime::max();
  for (const uint32_t t : tables) {
    TM_ASSIGN_OR_RETURN(std::unique_ptr<Table> table, Make(t));
    TM_RETURN_IF_ERROR(table->Load(*store_));
    state.at = std::min(state.at, clocks_[table->plan().clock].t);
    state.tables[t] = std::move(table);
  }
  std::vector<EventTime> read_at;
  for (const Clock& clock : clocks_) read_at.push_back(clock.t);
  Finish(&state, read_at);
  return state;
}

// Of older days only midnights are whole.
bool StateReader::IsKept(const Clock& clock, EventTime hour) const {
  if (clock.evaluated == kNoEventTime || hour > clock.evaluated) return false;
  return clock.evaluated - hour <= kHoursShown || FloorTo(hour, kDay) == hour;
}

Result<std::optional<EventTime>> StateReader::ShownHour(uint32_t t, uint32_t column, uint32_t window, EventTime asked) const {
  std::optional<EventTime> best;
  const TablePlan& plan = plan_->tables()[t];
  const auto table = NumberOf(plan);
  const auto number = NumberOf(plan, plan.columns[column]);
  const Clock& clock = clocks_[plan.clock];
  if (!table || !number || clock.evaluated == kNoEventTime) return best;
  const std::string identity = Identity(plan.windows[window], plan.calendar->spec());
  EventTime hour = std::min(FloorTo(asked, kShownGrid), FloorTo(clock.evaluated, kShownGrid));
  if (!IsKept(clock, hour)) hour = FloorTo(hour, kDay);
  TM_RETURN_IF_ERROR(Table::ForEachShown(*store_, *table, FloorTo(hour, kDay), [&](EventTime at, const TableHead* head) {
    if (head == nullptr && at <= hour && best) best = at - kShownGrid;
    if (head == nullptr) return at <= hour;
    const bool has = std::any_of(head->windows.begin(), head->windows.end(), [&](const HeadWindow& w) {
      return w.identity == identity && std::find(w.columns.begin(), w.columns.end(), *number) != w.columns.end();
    });
    if (at > hour && best) return false;
    if (at <= hour) best = has ? std::optional(hour) : std::nullopt;
    if (at > hour && has && IsKept(clock, at)) best = at;
    return at <= hour || !best;
  }));
  return best;
}

Result<StateAt> StateReader::KnownAt(EventTime hour, const std::set<uint32_t>& tables) const {
  StateAt state;
  state.at = hour;
  for (const uint32_t t : tables) {
    if (!IsKept(clocks_[plan_->tables()[t].clock], hour)) continue;
    Result<std::unique_ptr<Table>> table = Make(t);
    if (table.status().code() == Code::kNotFound) continue;
    TM_RETURN_IF_ERROR(table.status());
    TM_ASSIGN_OR_RETURN(std::optional<Table::Shown> shown, (*table)->LoadShown(hour, *store_));
    if (!shown) continue;
    state.shown[t] = *std::move(shown);
    state.tables[t] = *std::move(table);
  }
  Finish(&state, std::vector<EventTime>(clocks_.size(), hour));
  return state;
}

Result<std::optional<StateAt>> StateReader::At(EventTime hour, const std::set<uint32_t>& tables) const {
  for (const uint32_t t : tables) TM_RETURN_IF_ERROR(Make(t).status());
  TM_ASSIGN_OR_RETURN(StateAt state, KnownAt(hour, tables));
  return state.tables.size() == tables.size() ? std::optional(std::move(state)) : std::nullopt;
}

}  // namespace tidemark
