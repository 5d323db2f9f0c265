// Rounds: what is taken from whom, and how time moves.
#include "pipeline/engine/impl.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

constexpr size_t kRoundRecords = 16'384;  // applied before the engine looks up from taking
constexpr size_t kMaxBatch = 500;          // decoded at once: records, rows and slots stay in the L2 cache
constexpr size_t kHotBytes = 4u << 20;     // cells of events are folded before they outgrow the caches
constexpr Duration kStatusInterval = std::chrono::milliseconds(20);
constexpr Duration kBlockedFor = std::chrono::seconds(5);  // then it is told of
constexpr Duration kIdleCommitInterval = std::chrono::seconds(1);

}  // namespace

Engine::Impl::Impl(std::shared_ptr<const Plan> plan, Store* store, RecordSource* source, EngineOptions options)
    : plan_(std::move(plan)), view_plan_(plan_), withheld_(plan_->folds().size()), store_(*store), source_(*source), options_(std::move(options)),
      entities_(store, options_.entity_cache_bytes, plan_->limits().max_entities), router_(*plan_, &entities_, &tables_),
      sources_(*plan_), letters_(options_.letters), schemas_(*plan_, options_.schemas), intake_(*plan_, options_.dedup_bytes, schemas_, &router_, &sources_, &letters_) {}

Partition* Engine::Impl::FindOrAdd(const TopicPartition& tp) {
  auto& slot = partitions_[tp];
  if (slot == nullptr) {
    TopicId topic{0};
    for (uint32_t t = 0; t < plan_->topics().size(); ++t) {
      if (plan_->topics()[t].name == tp.topic) topic = TopicId{t};
    }
    slot = std::make_unique<Partition>(tp, topic, plan_->time().max_out_of_orderness);
  }
  return slot.get();
}

StartAt Engine::Impl::Own(const TopicPartition& tp) {
  Partition* partition = FindOrAdd(tp);
  if (!partition->owned) owned_.push_back(partition);
  partition->owned = true;
  partition->id = PartitionId{next_partition_id_++};
  partition->pending.Clear();
  partition->held_out = partition->at_end = false;
  return {partition->id, tp, partition->next_offset, partition->last_offset, partition->last_digest};
}

void Engine::Impl::Revoke(const TopicPartition& tp) {
  const auto it = partitions_.find(tp);
  if (it == partitions_.end()) return;
  it->second->owned = false;
  it->second->pending.Clear();
  owned_.erase(std::remove(owned_.begin(), owned_.end(), it->second.get()), owned_.end());
}

void Engine::Impl::FollowClock(WallTime now) {
  if (now < now_) {
    const Duration back = now_ - now;
    for (WallTime* at : {&last_commit_, &last_status_, &last_report_}) {
      if (*at != WallTime::min()) *at -= back;
    }
    for (Partition* partition : owned_) {
      partition->last_progress -= back;
      if (partition->waits_since != WallTime::min()) partition->waits_since -= back;
    }
  }
  now_ = now;
}

Status Engine::Impl::ServeGroup(WallTime now) {
  const AssignmentChange change = source_.Poll();
  if (change.assigned.empty() && change.revoked.empty()) return Status::Ok();
  ++stats_.rebalances;
  if (!change.revoked.empty()) {
    // On a full disk the next commit has it, too; the change itself comes only once.
    if (const Status committed = Commit(now); !committed.ok() && committed.code() != Code::kNoSpace) return committed;
  }
  for (const TopicPartition& tp : change.revoked) Revoke(tp);
  if (change.assigned.empty()) return Status::Ok();
  std::vector<StartAt> starts;
  for (const TopicPartition& tp : change.assigned) starts.push_back(Own(tp));
  for (Partition* partition : owned_) partition->last_progress = now;
  moved_since_commit_ = true;
  return source_.Assign(starts).In("starting the assigned partitions");
}

void Engine::Impl::Refresh(Partition* partition, WallTime now) {
  partition->status = source_.status(partition->id);
  PartitionStatus& status = partition->status;
  const EventTime before = partition->clock.known_through();
  if (status.gap) {
    partition->counts.skipped_offsets += status.gap->second.v - status.gap->first.v;
    partition->next_offset = std::max(partition->next_offset, status.gap->second);
    BeginLoss(partition);
    partition->dirty = true;
  }
  if (status.restarted) {
    partition->next_offset = partition->last_offset = kNoOffset;
    BeginLoss(partition);
    partition->dirty = true;
  }
  // It holds event time as if it could not be read: what the record holds may be of any time.
  const bool waits = partition->pending.waits();
  if (waits && status.health == PartitionHealth::kOk) {
    status.health = PartitionHealth::kWaiting;
    status.reason = intake_.WhyWaiting(*partition);
  }
  if (waits != (partition->waits_since != WallTime::min())) partition->waits_since = waits ? now : WallTime::min();
  // A proof counts once everything before its end was applied. Position passes control records, which are never records.
  const bool drained = partition->pending.empty() && !source_.ready(partition->id);
  const Offset applied = drained ? std::max(partition->next_offset, status.position) : partition->next_offset;
  const bool proven = status.proof && status.health == PartitionHealth::kOk && applied >= status.proof->end;
  partition->at_end = proven && drained;
  if (proven && !plan_->time().event_clock && status.proof->at > WallTimeFromMicros(Micros(partition->clock.proven()))) {
    partition->clock.Proved(status.proof->at);
    partition->dirty = true;
    moved_since_commit_ = true;
  }
  // Or it goes on once its time comes.
  if (partition->clock.known_through() > before || partition->at_end || (!partition->pending.empty() && !partition->blocked && !waits)) {
    partition->last_progress = now;
    partition->held_out = false;
  }
  if (partition->blocked && now - partition->last_progress > kBlockedFor && status.health == PartitionHealth::kOk) {
    status.health = PartitionHealth::kUnreadable;
    status.reason = "its dead letters can't be written, and there is room for no more";
  }
}

void Engine::Impl::RefreshStatus(WallTime now) {
  if (last_status_ != WallTime::min() && now - last_status_ < kStatusInterval) return;
  last_status_ = now;
  for (Partition* partition : owned_) Refresh(partition, now);
  HoldOut(now);
  if (StandingNow() != shown_standing_) moved_since_commit_ = true;
}

// A partition that can't be read while others can leaves the minimum after max_hold. When none can be read, time stands.
void Engine::Impl::HoldOut(WallTime now) {
  const Duration max_hold = plan_->time().max_hold;
  const bool any_lives = std::any_of(owned_.begin(), owned_.end(), [&](const Partition* p) {
    return p->status.health == PartitionHealth::kOk && now - p->last_progress < max_hold;
  });
  for (Partition* partition : owned_) {
    if (any_lives && now - partition->last_progress >= max_hold && !partition->held_out) {
      partition->held_out = true;
      moved_since_commit_ = true;
    }
  }
}

bool Engine::Impl::OfClock(const Partition& partition, size_t clock) const {
  if (clock == SIZE_MAX || partition.imported()) return true;
  const auto& topics = plan_->clocks()[clock].topics;
  return std::find(topics.begin(), topics.end(), partition.topic) != topics.end();
}

EventTime Engine::Impl::KnownThrough(size_t clock, bool all) const {
  EventTime least = EventTime::max();
  EventTime greatest = kNoEventTime;
  bool any = false;
  for (const Partition* partition : owned_) {
    if (!OfClock(*partition, clock) || (partition->held_out && !all)) continue;
    any = true;
    const EventTime known = partition->clock.known_through();
    greatest = std::max(greatest, known);
    // Of a finished history nothing more is to come: its end doesn't hold back the others.
    if (plan_->time().event_clock && partition->at_end) continue;
    least = std::min(least, known);
  }
  if (!any) return kNoEventTime;
  return least == EventTime::max() ? greatest : least;
}

bool Engine::Impl::Strict(WallTime now) const {
  if (plan_->time().event_clock) return true;
  const EventTime known = KnownThrough(SIZE_MAX);
  return known == kNoEventTime || Micros(known) < Micros(now) - plan_->time().align.count();
}

// Event times from here on must wait. Behind: the next instant of the grid, which every partition reaches before any
// passes it, so that what rules see doesn't depend on who was read first. Caught up: `align` past T.
EventTime Engine::Impl::Limit(WallTime now) const {
  const EventTime known = KnownThrough(SIZE_MAX);
  if (known == kNoEventTime) return kNoEventTime;
  if (!Strict(now)) return known + plan_->time().align;
  const Duration grid = plan_->rules().empty() ? plan_->time().align : std::min(kRuleGrid, plan_->time().align);
  return FloorTo(known, grid) + grid;
}

Result<size_t> Engine::Impl::TakeFrom(Partition* partition, EventTime limit, WallTime now) {
  size_t applied = 0;
  const size_t batch_size = std::clamp<size_t>(kRoundRecords / std::max<size_t>(owned_.size(), 1), 64, kMaxBatch);
  while (applied < kRoundRecords) {
    if (partition->pending.waits()) {
      TM_ASSIGN_OR_RETURN(const bool goes_on, intake_.GoOn(partition));
      if (!goes_on) break;
    } else if (partition->pending.empty()) {
      if (!source_.ready(partition->id)) break;
      auto batch = source_.Take(partition->id, batch_size);
      if (!batch.ok()) return batch.status();
      if (batch->empty()) break;
      TM_RETURN_IF_ERROR(intake_.Decode(std::move(batch).value(), partition));
      partition->at_end = false;
    }
    TM_ASSIGN_OR_RETURN(const size_t more, intake_.ApplyBefore(limit, now, partition));
    applied += more;
    if (router_.hot_bytes() > kHotBytes) router_.Fold();
    if (!partition->pending.empty() && (more == 0 || !partition->pending.waits())) break;
    if (partition->pending.empty()) partition->pending.Clear();
  }
  if (applied > 0) partition->last_progress = now;
  return applied;
}

Result<bool> Engine::Impl::TakeRound(EventTime limit, WallTime now) {
  bool any = false;
  for (Partition* partition : owned_) {
    const EventTime before = partition->clock.known_through();
    TM_ASSIGN_OR_RETURN(const size_t applied, TakeFrom(partition, limit, now));
    if (applied > 0) {
      applied_since_commit_ = true;
      for (Clock& clock : clocks_) clock.changed = true;
    }
    any |= applied > 0 || partition->clock.known_through() > before;
  }
  return any;
}

// Targets and holidays are looked up when a view is read: it is another one now.
void Engine::Impl::SetTables(LookupTables tables) {
  intake_.SetTables(std::move(tables));
  for (Clock& clock : clocks_) clock.changed = true;
  moved_since_commit_ = true;
}

void Engine::Impl::MoveClocks() {
  for (size_t c = 0; c < clocks_.size(); ++c) {
    Clock& clock = clocks_[c];
    const EventTime known = std::max(clock.known, KnownThrough(c));
    const EventTime t = plan_->clocks()[c].held ? std::min(known, HeldAt(c)) : known;
    moved_since_commit_ |= known > clock.known || t > clock.t;
    clock.known = known;
    clock.t = std::max(clock.t, t);
  }
}

EventTime Engine::Impl::HeldAt(size_t clock) {
  const std::vector<uint32_t>& sources = plan_->clocks()[clock].sources;
  if (sources.empty()) return kNoEventTime;
  EventTime held = EventTime::max();
  for (const uint32_t source : sources) {
    EventTime proven = EventTime::max();  // of a history that is read by its events alone: it comes in their order
    for (const Partition* partition : owned_) {
      const bool its = !partition->imported() && plan_->topics()[partition->topic.v].batches == source && !partition->held_out;
      if (its && !plan_->time().event_clock) proven = std::min(proven, partition->clock.proven());
    }
    held = std::min(held, sources_.CompleteThrough(source, proven, options_.stopwatch ? options_.stopwatch() : now_));
  }
  return held;
}

Status Engine::Impl::AdvanceTables(size_t clock, EventTime t) {
  clocks_[clock].read_at = t;
  for (const auto& table : tables_) {
    if (table->plan().clock != clock) continue;
    TM_RETURN_IF_ERROR(table->Advance(t, store_));
    clocks_[clock].changed |= table->changed();
  }
  return Status::Ok();
}

Status Engine::Impl::EvaluateAt(size_t clock, EventTime t) {
  if (options_.on_instant && !rules_.empty()) options_.on_instant(clock, t);
  router_.Fold();
  Withhold();
  TM_RETURN_IF_ERROR(AdvanceTables(clock, t));
  const bool changed = std::any_of(clocks_.begin(), clocks_.end(), [](const Clock& c) { return c.changed; });
  std::shared_ptr<const Snapshot> view;
  unobserved_.clear();
  for (size_t r = 0; r < rules_.size(); ++r) {
    const RulePlan& rule = plan_->rules()[r];
    const KpiPlan& kpi = view_plan_->kpis()[rule.kpi.v];
    if (!kpi.counted) continue;  // held until it is
    const KpiPlan& stored = kpi.derived == Derived::kNone ? kpi : plan_->kpis()[kpi.base.v];
    if (stored.measure != Measure::kFormula && plan_->tables()[stored.table.v].clock != clock) continue;
    const double coverage = rule.min_coverage > 0 ? Coverage(kpi, rule.window) : 1;
    // What moves by itself is looked at on a grid of its own, and only there: a look more, after a restart, could find more.
    const bool due = MovesWithTime(kpi.derived) ? FloorTo(t, kPaceGrid) == t : changed || rules_[r].time_matters(t, coverage);
    if (!due) continue;
    if (view == nullptr) view = std::make_shared<Snapshot>(Values());
    rules_[r].Evaluate(t, *view, coverage);
  }
  clocks_[clock].changed = false;
  return FloorTo(t, kShownGrid) == t ? KeepShown(clock, t) : Status::Ok();
}

// Tables never go back. What they went by without being looked at (a back-fill that was adopted knew a later T, a Drain was
// committed) no rule sees, and what was shown there isn't known.
void Engine::Impl::PassOver(size_t clock) {
  Clock& c = clocks_[clock];
  if (c.read_at == kNoEventTime) return;
  const EventTime passed = FloorTo(c.read_at - Duration(1), kRuleGrid);
  if (passed <= c.evaluated) return;
  const EventTime hour = FloorTo(c.evaluated, kShownGrid) + kShownGrid;
  c.evaluated = passed;
  if (hour > passed || !options_.keep_shown) return;
  for (const auto& table : tables_) {
    if (table->plan().clock == clock) table->SkipShown(hour, &shown_.puts);
  }
}

Status Engine::Impl::EvaluateThrough() {
  if (rules_.empty() && !options_.keep_shown) return Status::Ok();
  const Duration grid = rules_.empty() ? kShownGrid : kRuleGrid;
  for (size_t c = 0; c < clocks_.size(); ++c) {
    Clock& clock = clocks_[c];
    if (clock.t == kNoEventTime) continue;
    const EventTime last = FloorTo(clock.t, kRuleGrid);
    if (clock.evaluated == kNoEventTime) clock.shown_from = clock.evaluated = last - kRuleGrid;  // nothing was shown before
    PassOver(c);
    while (clock.evaluated < last) {
      clock.evaluated = std::min(FloorTo(clock.evaluated, grid) + grid, last);
      if (FloorTo(clock.evaluated, grid) != clock.evaluated) continue;
      const bool looked_at = !rules_.empty() || IsShownKept(clock.evaluated, Arrival(clock));
      TM_RETURN_IF_ERROR(looked_at ? EvaluateAt(c, clock.evaluated) : KeepShown(c, clock.evaluated));
    }
  }
  return Status::Ok();
}

Result<Duration> Engine::Impl::Step(WallTime now) {
  FollowClock(now);
  TM_RETURN_IF_ERROR(ServeGroup(now));
  if (letters_.TakeDelivered()) moved_since_commit_ = true;
  RefreshStatus(now);
  MoveClocks();
  TM_RETURN_IF_ERROR(EvaluateThrough());
  bool any = false;
  for (int64_t before = stats_.commits; stats_.commits == before;) {
    TM_ASSIGN_OR_RETURN(const bool more, TakeRound(Limit(now), now));
    any |= more;
    MoveClocks();
    TM_RETURN_IF_ERROR(EvaluateThrough());
    // In order: time that has come is evaluated before more is applied. A long backlog is left to the next Step.
    if (!more || OpenBytes() > options_.open_panes_bytes || ++stats_.rounds % 64 == 0) break;
  }
  if (CommitDue(now)) TM_RETURN_IF_ERROR(Commit(now));
  if (any) return Duration(0);
  return kStatusInterval;
}

Result<bool> Engine::Impl::Drain(WallTime now) {
  FollowClock(now);
  TM_RETURN_IF_ERROR(ServeGroup(now));
  TM_ASSIGN_OR_RETURN(const bool any, TakeRound(EventTime::max(), now));
  last_status_ = WallTime::min();
  RefreshStatus(now);
  MoveClocks();
  if (OpenBytes() > options_.open_panes_bytes) TM_RETURN_IF_ERROR(Commit(now));
  return any;
}

Status Engine::Impl::AdvanceTo(EventTime t, WallTime now) {
  for (Clock& clock : clocks_) {
    clock.t = std::max(clock.t, t);
    clock.known = std::max(clock.known, t);
  }
  TM_RETURN_IF_ERROR(EvaluateThrough());
  return Commit(now);
}

bool Engine::Impl::CommitDue(WallTime now) const {
  if (last_commit_ == WallTime::min()) return true;
  if (OpenBytes() > options_.open_panes_bytes) return true;
  const Duration since = now - last_commit_;
  if (applied_since_commit_) {
    // A commit owes kCommitPrice times what it took, and time pays. A slow one now and then is not waited for: only what is
    // owed beyond the burst is. Behind, nobody waits for what the next commit shows.
    const Duration burst = Strict(now) ? Duration(0) : kCommitBurst;
    return since >= options_.max_commit_interval || (since >= options_.min_commit_interval && commit_debt_ - since <= burst);
  }
  return moved_since_commit_ && since >= kIdleCommitInterval;
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;
Result<std::unique_ptr<Engine>> Engine::Open(std::shared_ptr<const Plan> plan, Store* store, RecordSource* source, WallTime now, EngineOptions options) {
  auto impl = std::make_unique<Impl>(std::move(plan), store, source, std::move(options));
  TM_RETURN_IF_ERROR(impl->Open(now).In("restoring the state"));
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));  // NOLINT: the constructor is private
}

Result<Duration> Engine::Step(WallTime now) { return impl_->Step(now); }
Status Engine::AdvanceTo(EventTime t, WallTime now) { return impl_->AdvanceTo(t, now); }
Result<bool> Engine::Drain(WallTime now) { return impl_->Drain(now); }
void Engine::SetTables(LookupTables tables) { impl_->SetTables(std::move(tables)); }
Status Engine::Commit(WallTime now) { return impl_->Commit(now); }
Status Engine::Stop(WallTime now) { return impl_->Stop(now); }
std::shared_ptr<const View> Engine::view() const { return impl_->view(); }

}  // namespace tidemark
