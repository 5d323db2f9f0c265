// Restoring: format, registry, tables, partitions, clocks, counters, rules, ids.
#include <algorithm>

#include "pipeline/engine/impl.h"
#include "pipeline/engine/registry.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr Duration kStateGrace = std::chrono::hours(7 * 24);

}  // namespace

Status Engine::Impl::CheckFormat() {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> format, store_.Get(Family::kMeta, FormatKey()));
  if (!format) {
    bool empty = true;
    TM_RETURN_IF_ERROR(store_.Scan(Family::kMeta, "", "\xff", [&](std::string_view, std::string_view) { return empty = false; }));
    if (!empty) return Corrupt("the directory holds data but no format mark; it isn't tidemark state, or was damaged");
    CommitBatch batch;
    std::string value;
    PutVarint(&value, kStoreFormat);
    batch.puts.push_back({Family::kMeta, FormatKey(), std::move(value)});
    return store_.Commit(batch);
  }
  ByteReader reader(*format);
  const uint64_t version = reader.Varint();
  if (!reader.Done() || version != kStoreFormat) {
    return Corrupt("the state has format " + std::to_string(version) + ", this program reads format " + std::to_string(kStoreFormat) +
                   "; use the version that wrote it, or start with an empty directory");
  }
  return Status::Ok();
}

Status Engine::Impl::LoadRegistry() {
  TM_ASSIGN_OR_RETURN(registry_, ReadRegistry(store_));
  if (registry_.next_table() == 0) {  // a new one
    registry_.set_next_table(1);
    registry_.set_next_kpi(1);
  }
  return Status::Ok();
}

// Events were applied beyond T, too.
EventTime Engine::Impl::WholeFromNow(size_t clock) const {
  EventTime from = clocks_[clock].t;
  for (const auto& [tp, partition] : partitions_) {
    const EventTime seen = partition->clock.stream_time();
    if (OfClock(*partition, clock) && seen != kNoEventTime) from = std::max(from, seen + Duration(1));
  }
  return from;
}

// Windows may reach back further than any did before: to where panes or ids are gone, or late events were dropped.
EventTime Engine::Impl::KeptFrom(const TablePlan& table, const ColumnPlan& column, const TableHead& head, uint32_t number, Tier tier) const {
  EventTime lower = EventTime::max();
  std::vector<std::string> had;
  for (const HeadWindow& window : head.windows) {
    if (std::find(window.columns.begin(), window.columns.end(), number) == window.columns.end()) continue;
    had.push_back(window.identity);
    if (window.tier == static_cast<uint8_t>(tier)) lower = std::min(lower, window.lower);
    // A lifetime that is cut keeps panes from its upper edge on.
    if (window.identity == "lifetime" && window.upper != EventTime::max() && tier == Tier::kHour) lower = std::min(lower, window.upper);
  }
  const bool grows = std::any_of(column.windows.begin(), column.windows.end(), [&](uint32_t w) {
    const WindowPlan& window = table.windows[w];
    return !window.lifetime() && window.tier == tier && std::find(had.begin(), had.end(), Identity(window, table.calendar->spec())) == had.end();
  });
  if (!grows || lower == EventTime::max()) return kNoEventTime;
  const bool panes_say_all = !table.folds && router_.counts()[column.kpi.v].late_dropped == 0;
  return panes_say_all ? head.edge[static_cast<size_t>(tier)] : lower;
}

ColumnState Engine::Impl::StateOf(const TablePlan& table, const ColumnPlan& column, const TableHead& head, uint32_t table_number, bool first_ever) {
  const EventTime now = first_ever ? kNoEventTime : WholeFromNow(table.clock);
  state::v1::StoredKpi* stored = nullptr;
  for (auto& kpi : *registry_.mutable_kpis()) {
    if (kpi.fingerprint() == column.fingerprint && kpi.table() == table_number) stored = &kpi;
  }
  ColumnState state;
  if (stored == nullptr) {
    stored = registry_.add_kpis();
    stored->set_fingerprint(column.fingerprint);
    stored->set_number(registry_.next_kpi());
    stored->set_table(table_number);
    registry_.set_next_kpi(registry_.next_kpi() + 1);
    for (size_t i = 0; i <= kTierCount; ++i) stored->add_whole_from(Micros(now));
    registry_dirty_ = true;
  } else if (stored->has_removed_at()) {
    // Events passed by while it was away: what it shows is whole again from now on.
    state.returning = true;
    stored->clear_removed_at();
    for (auto& from : *stored->mutable_whole_from()) from = Micros(now);
    registry_dirty_ = true;
  }
  const bool lifetime = std::any_of(column.windows.begin(), column.windows.end(), [&](uint32_t w) { return table.windows[w].lifetime(); });
  for (size_t t = 0; t <= kTierCount; ++t) {
    const auto slot = static_cast<int>(t);
    const bool kept = t < kTierCount ? column.tiers[t] : lifetime;
    // What is not kept now is whole from then on, should a window need it later.
    int64_t from = !kept ? INT64_MAX : stored->whole_from(slot) == INT64_MAX ? Micros(now) : stored->whole_from(slot);
    if (kept && t < kTierCount) from = std::max(from, Micros(KeptFrom(table, column, head, stored->number(), static_cast<Tier>(t))));
    if (stored->whole_from(slot) != from) registry_dirty_ = true;
    stored->set_whole_from(slot, from);
    (t < kTierCount ? state.tier_from[t] : state.lifetime_from) = EventTimeFromMicros(from);
  }
  state.number = stored->number();
  const std::string& name = plan_->kpis()[column.kpi.v].info.name;
  if (stored->name() != name) {
    stored->set_name(name);
    registry_dirty_ = true;
  }
  return state;
}

Status Engine::Impl::MakeTables() {
  const bool first_ever = sequence_ == 0;
  for (const TablePlan& plan : plan_->tables()) {
    const auto counted = [&](const ColumnPlan& column) { return plan_->kpis()[column.kpi.v].counted; };
    if (std::none_of(plan.columns.begin(), plan.columns.end(), counted)) {
      tables_.push_back(std::make_unique<Table>(plan, StoredTable{0}, std::vector<ColumnState>(plan.columns.size())));
      continue;
    }
    uint32_t number = 0;
    for (const auto& table : registry_.tables()) {
      if (table.fingerprint() == plan.fingerprint) number = table.number();
    }
    if (number == 0) {
      auto* table = registry_.add_tables();
      number = registry_.next_table();
      table->set_fingerprint(plan.fingerprint);
      table->set_number(number);
      for (const std::string& label : plan.labels) table->add_labels(label);
      registry_.set_next_table(number + 1);
      registry_dirty_ = true;
    }
    TM_ASSIGN_OR_RETURN(const TableHead head, LoadTableHead(store_, StoredTable{number}));
    std::vector<ColumnState> states;
    for (const ColumnPlan& column : plan.columns) {
      states.push_back(counted(column) ? StateOf(plan, column, head, number, first_ever) : ColumnState{});
    }
    tables_.push_back(std::make_unique<Table>(plan, StoredTable{number}, std::move(states)));
  }
  return Status::Ok();
}

void Engine::Impl::NumberFolds() {
  std::vector<uint32_t> numbers;
  for (size_t f = 0; f < plan_->folds().size(); ++f) {
    const FoldPlan& fold = plan_->folds()[f];
    numbers.push_back(tables_[fold.table.v]->state(fold.main_column).number);
    const auto& kpis = registry_.kpis();
    if (std::any_of(kpis.begin(), kpis.end(), [&](const auto& kpi) { return kpi.number() == numbers.back() && kpi.has_full_at(); })) {
      router_.folding().SetFull(f);
    }
  }
  std::vector<uint32_t> known;
  for (const auto& kpi : registry_.kpis()) known.push_back(kpi.number());
  std::sort(known.begin(), known.end());
  router_.folding().SetNumbers(std::move(numbers), std::move(known));
  entities_.SweepFrom(sequence_);
}

// KPIs that left the configuration keep their state for a while; then a table none of whose KPIs is left goes.
void Engine::Impl::ForgetRemoved() {
  EventTime now = kNoEventTime;
  for (const Clock& clock : clocks_) now = std::max(now, clock.t);
  std::vector<uint64_t> current;
  for (const TablePlan& table : plan_->tables()) {
    for (const ColumnPlan& column : table.columns) current.push_back(column.fingerprint);
  }
  for (auto& kpi : *registry_.mutable_kpis()) {
    if (std::find(current.begin(), current.end(), kpi.fingerprint()) != current.end() || kpi.has_removed_at()) continue;
    kpi.set_removed_at(Micros(now));
    registry_dirty_ = true;
  }
  auto* tables = registry_.mutable_tables();
  for (int t = tables->size() - 1; t >= 0; --t) {
    const uint32_t number = tables->Get(t).number();
    const auto alive = [&](const state::v1::StoredKpi& kpi) {
      return kpi.table() == number && (!kpi.has_removed_at() || EventTimeFromMicros(kpi.removed_at()) + kStateGrace > now);
    };
    if (now != kNoEventTime && std::none_of(registry_.kpis().begin(), registry_.kpis().end(), alive)) ForgetTable(t);
  }
}

void Engine::Impl::ForgetTable(int index) {
  const uint32_t number = registry_.tables(index).number();
  std::string from, to;
  PutBigEndian(&from, number, 4);
  PutBigEndian(&to, number + 1, 4);
  erase_at_open_.erase_ranges.push_back({Family::kRows, from, to});
  erase_at_open_.erase_ranges.push_back({Family::kPanes, from, to});
  erase_at_open_.erases.push_back({Family::kMeta, TableKey(StoredTable{number})});
  auto* kpis = registry_.mutable_kpis();
  for (int k = kpis->size() - 1; k >= 0; --k) {
    if (kpis->Get(k).table() == number) kpis->DeleteSubrange(k, 1);
  }
  registry_.mutable_tables()->DeleteSubrange(index, 1);
  registry_dirty_ = true;
}

void Engine::Impl::ForgetFull() {
  for (int t = registry_.tables_size() - 1; t >= 0; --t) {
    const auto anew = [&](const state::v1::StoredKpi& kpi) { return kpi.table() == registry_.tables(t).number() && CountsAnew(kpi, plan_->limits()); };
    if (std::any_of(registry_.kpis().begin(), registry_.kpis().end(), anew)) ForgetTable(t);
  }
}

Status Engine::Impl::LoadOne(std::string_view key, std::string_view value) {
  ByteReader reader(key.substr(1));
  ByteReader body(value);
  switch (key[0]) {
    case 'P': {
      TopicPartition tp;
      tp.topic = reader.Bytes();
      tp.partition = static_cast<int32_t>(reader.BigEndian(4));
      if (!reader.Done()) return Corrupt("a stored partition has no name");
      const bool known = tp == kImportPartition || std::any_of(plan_->topics().begin(), plan_->topics().end(), [&](const TopicPlan& t) { return t.name == tp.topic; });
      return known ? DecodePartition(value, FindOrAdd(tp)) : Status::Ok();
    }
    case 'C': {
      const uint64_t fingerprint = reader.BigEndian(8);
      if (!reader.Done()) return Corrupt("a stored clock has no name");
      for (Clock& clock : clocks_) {
        if (clock.fingerprint != fingerprint) continue;
        clock.t = body.Time();
        clock.evaluated = body.Time();
        clock.known = body.empty() ? clock.t : body.Time();
        return body.Done() && clock.evaluated <= clock.t && clock.t <= clock.known ? Status::Ok() : Corrupt("a stored clock cannot be read");
      }
      return Status::Ok();
    }
    case 'K': {
      const uint64_t fingerprint = reader.BigEndian(8);
      if (!reader.Done()) return Corrupt("stored counters have no name");
      for (size_t k = 0; k < plan_->kpis().size(); ++k) {
        if (plan_->kpis()[k].fingerprint != fingerprint || fingerprint == 0) continue;
        KpiCounts& c = router_.mutable_counts()[k];
        for (int64_t* n : {&c.routed, &c.counted, &c.filtered, &c.late_dropped, &c.overflowed, &c.unmatched}) *n = body.Count();
        if (!body.Done() || c.routed != c.counted + c.filtered + c.late_dropped + c.overflowed + c.unmatched) {
          return Corrupt("stored counters of KPI " + plan_->kpis()[k].info.name + " cannot be read");
        }
      }
      return Status::Ok();
    }
    case 'H':
      sequence_ = body.Varint();
      return body.Done() ? Status::Ok() : Corrupt("the head cannot be read");
    case 'I': {
      TM_ASSIGN_OR_RETURN(const std::optional<ImportMark> mark, ReadImport(store_));
      if (mark->done == options_.importing) {
        return Corrupt(mark->done ? "the state's import is done" : "an import into this state was not finished: run it again, or begin with an empty directory");
      }
      intake_.SetCut(mark->cut);
      return Status::Ok();
    }
    case 'S': {
      const uint64_t fingerprint = reader.BigEndian(8);
      if (!reader.Done()) return Corrupt("a stored source has no name");
      TM_ASSIGN_OR_RETURN(const bool known, sources_.Load(fingerprint, value));
      // It is judged anew should it come back: nobody listened meanwhile.
      if (!known) erase_at_open_.erases.push_back({Family::kMeta, std::string(key)});
      return Status::Ok();
    }
    case 'L':
      return letters_.Load(key, value);
    case 'W':
      return schemas_.Load(key, value);
    case 'R': {
      const uint64_t fingerprint = reader.BigEndian(8);
      for (size_t r = 0; r < rules_.size(); ++r) {
        if (plan_->rules()[r].fingerprint == fingerprint) return rules_[r].Restore(reader.rest(), value);
      }
      // It begins anew should it come back: nobody looked meanwhile, so nothing is known to have lasted.
      erase_at_open_.erases.push_back({Family::kMeta, std::string(key)});
      return Status::Ok();
    }
    default:
      return Status::Ok();
  }
}

Status Engine::Impl::LoadMeta() {
  Status bad;
  TM_RETURN_IF_ERROR(store_.Scan(Family::kMeta, "", "\xff", [&](std::string_view key, std::string_view value) {
    bad = key.empty() ? Corrupt("an empty key") : LoadOne(key, value);
    return bad.ok();
  }));
  return bad;
}

Status Engine::Impl::LoadRules() {
  for (const RulePlan& rule : plan_->rules()) {
    std::optional<ActiveHoursClock> active;
    if (rule.active) {
      TM_ASSIGN_OR_RETURN(active, ActiveHoursClock::Make(*rule.active));
    }
    rules_.emplace_back(rule, std::move(active));
  }
  return Status::Ok();
}

Status Engine::Impl::Open(WallTime now) {
  (void)now;
  TM_RETURN_IF_ERROR(CheckFormat());
  TM_RETURN_IF_ERROR(LoadRegistry());
  for (const ClockPlan& clock : plan_->clocks()) clocks_.push_back({ClockFingerprint(*plan_, clock)});
  TM_RETURN_IF_ERROR(LoadRules());
  TM_RETURN_IF_ERROR(LoadMeta());
  ForgetFull();
  TM_RETURN_IF_ERROR(MakeTables());
  ForgetRemoved();
  NumberFolds();
  TM_RETURN_IF_ERROR(entities_.Load());
  sources_.BeginOthers(LeastKnown());
  for (const auto& table : tables_) {
    TM_RETURN_IF_ERROR(table->Load(store_));
    const EventTime t = clocks_[table->plan().clock].t;
    if (t != kNoEventTime) TM_RETURN_IF_ERROR(table->Advance(t, store_));
    clocks_[table->plan().clock].read_at = t;
  }
  router_.Resize();
  Withhold();
  for (auto& dedup : intake_.dedups()) {
    if (dedup != nullptr) TM_RETURN_IF_ERROR(dedup->Load(store_));
  }
  const auto view = MakeSnapshot();
  for (size_t r = 0; r < rules_.size(); ++r) {
    if (view_plan_->kpis()[plan_->rules()[r].kpi.v].counted) rules_[r].Show(*view);
  }
  Publish(MakeSnapshot());
  return Status::Ok();
}

}  // namespace tidemark
