// Commits: everything that changed, with the offsets, in one batch; then the view of it.
#include <algorithm>

#include "pipeline/engine/impl.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr Duration kReportInterval = std::chrono::seconds(1);

struct BatchBytes {
  size_t all = 0, ids = 0;
};
BatchBytes BytesOf(const CommitBatch& batch) {
  BatchBytes bytes;
  for (const auto& put : batch.puts) {
    const size_t size = put.key.size() + put.value.size();
    bytes.all += size;
    if (put.family == Family::kIds) bytes.ids += size;
  }
  return bytes;
}

std::string EncodeKpiCounts(const KpiCounts& c) {
  std::string out;
  for (const int64_t n : {c.routed, c.counted, c.filtered, c.late_dropped, c.overflowed, c.unmatched}) PutZigZag(&out, n);
  return out;
}

}  // namespace

size_t Engine::Impl::OpenBytes() const {
  size_t bytes = 0;
  for (const auto& table : tables_) bytes += static_cast<size_t>(table->PanesBytes());
  // Entities are written as they are, with a fraction of the work: more of them may wait.
  return bytes + entities_.dirty_bytes() / 4 + shown_bytes_;
}

void Engine::Impl::AppendMeta(CommitBatch* batch) {
  for (auto& [tp, partition] : partitions_) {
    TM_CHECK(partition->counts.AddUp());
    if (partition->dirty) batch->puts.push_back({Family::kMeta, PartitionKey(tp.topic, tp.partition), EncodePartition(*partition)});
  }
  sources_.AppendTo(batch);
  letters_.AppendTo(batch);
  schemas_.AppendTo(batch);
  for (const Clock& clock : clocks_) {
    std::string value;
    PutZigZag(&value, Micros(clock.t));
    PutZigZag(&value, Micros(clock.evaluated));
    if (clock.known != clock.t) PutZigZag(&value, Micros(clock.known));
    batch->puts.push_back({Family::kMeta, ClockKey(clock.fingerprint), std::move(value)});
  }
  for (size_t k = 0; k < plan_->kpis().size(); ++k) {
    const KpiPlan& kpi = plan_->kpis()[k];
    if (kpi.fingerprint == 0 || !kpi.counted || !applied_since_commit_) continue;
    batch->puts.push_back({Family::kMeta, KpiKey(kpi.fingerprint), EncodeKpiCounts(router_.counts()[k])});
  }
  for (size_t r = 0; r < rules_.size(); ++r) {
    for (auto& [series, value] : rules_[r].TakeChanges()) {
      std::string key = RuleKey(plan_->rules()[r].fingerprint, series);
      if (value.empty()) {
        batch->erases.push_back({Family::kMeta, std::move(key)});
      } else {
        batch->puts.push_back({Family::kMeta, std::move(key), std::move(value)});
      }
    }
  }
  if (registry_dirty_) batch->puts.push_back({Family::kMeta, RegistryKey(), registry_.SerializeAsString()});
  std::string head;
  PutVarint(&head, sequence_ + 1);
  batch->puts.push_back({Family::kMeta, HeadKey(), std::move(head)});
}

void Engine::Impl::Withhold() {
  if (withheld_ == router_.folding().full()) return;
  withheld_ = router_.folding().full();
  std::vector<bool> counted;
  for (const KpiPlan& kpi : plan_->kpis()) counted.push_back(kpi.counted);
  for (size_t f = 0; f < withheld_.size(); ++f) {
    if (!withheld_[f]) continue;
    const FoldPlan& fold = plan_->folds()[f];
    counted[fold.kpi.v] = false;
    for (auto& stored : *registry_.mutable_kpis()) {
      const std::optional<TableId> buckets = plan_->tables()[fold.table.v].buckets;
      const bool its = stored.table() == tables_[fold.table.v]->number().v || (buckets && stored.table() == tables_[buckets->v]->number().v);
      if (!its || stored.has_full_at()) continue;
      stored.set_full_at(plan_->limits().max_entities);
      registry_dirty_ = true;
    }
  }
  const auto both = std::make_shared<std::pair<std::shared_ptr<const Plan>, std::shared_ptr<const Plan>>>(plan_, plan_->Counting(counted, true));
  view_plan_ = {both, both->second.get()};
}

Status Engine::Impl::SweepEntities() {
  constexpr double kRowsPerPass = 1e6;
  constexpr size_t kMostRows = 4096;  // so that no commit takes much longer than the others
  const EventTime t = LeastT();
  if (t == kNoEventTime || !router_.folding().sweeps()) return Status::Ok();
  if (options_.sweep_interval == Duration(0)) return router_.folding().Sweep(SIZE_MAX);
  // T is that of another clock now: one that had none yet, and begins earlier.
  if (swept_ == kNoEventTime || t < swept_) swept_ = t;
  const auto due = static_cast<size_t>(kRowsPerPass * (std::chrono::duration<double>(t - swept_) / options_.sweep_interval));
  if (due == 0) return Status::Ok();
  swept_ = t;
  return router_.folding().Sweep(std::min(due, kMostRows));
}

Status Engine::Impl::BuildBatch(CommitBatch* batch) {
  router_.Fold();
  Withhold();
  for (size_t c = 0; c < clocks_.size(); ++c) {
    if (clocks_[c].t != kNoEventTime) TM_RETURN_IF_ERROR(AdvanceTables(c, clocks_[c].t));
  }
  *batch = erase_at_open_;
  batch->erase_ranges.insert(batch->erase_ranges.end(), shown_.erase_ranges.begin(), shown_.erase_ranges.end());
  batch->puts.insert(batch->puts.end(), shown_.puts.begin(), shown_.puts.end());
  for (const auto& table : tables_) TM_RETURN_IF_ERROR(table->AppendTo(sequence_ + 1, store_, batch));
  TM_RETURN_IF_ERROR(SweepEntities());
  entities_.AppendTo(batch);
  for (auto& dedup : intake_.dedups()) {
    if (dedup == nullptr) continue;
    // Who left the minimum comes back with events of then, and with their duplicates.
    dedup->Expire(KnownThrough(SIZE_MAX, /*all=*/true));
    dedup->AppendTo(sequence_ + 1, batch);
  }
  AppendMeta(batch);
  return Status::Ok();
}

Status Engine::Impl::Commit(WallTime now) {
  FollowClock(now);
  const WallTime begin = options_.stopwatch ? options_.stopwatch() : now;
  letters_.TakeDelivered();  // they need not be stored
  const size_t open = OpenBytes();
  const bool forced = open > options_.open_panes_bytes;
  CommitBatch batch;
  TM_RETURN_IF_ERROR(BuildBatch(&batch));
  const Status committed = store_.Commit(batch);
  if (!committed.ok()) {
    ++stats_.commit_failures;
    last_commit_ = now;
    // What rules reported as changed is in no commit yet: tell it again.
    for (RuleState& rule : rules_) rule.TellAgain();
    return committed.In("commit");
  }
  ++sequence_;
  for (const auto& table : tables_) table->Committed();
  entities_.Committed();
  for (auto& dedup : intake_.dedups()) {
    if (dedup != nullptr) dedup->Committed();
  }
  for (auto& [tp, partition] : partitions_) partition->dirty = false;
  sources_.Committed();
  letters_.Committed();
  schemas_.Committed();
  for (RuleState& rule : rules_) rule.Told();
  registry_dirty_ = false;
  erase_at_open_.Clear();
  shown_.Clear();
  shown_bytes_ = 0;
  applied_since_commit_ = moved_since_commit_ = false;
  const WallTime end = options_.stopwatch ? options_.stopwatch() : now;
  const Duration since = last_commit_ == WallTime::min() ? Duration(0) : now - last_commit_;
  // Ids are written once, however often commits are made: their share of the time is not owed.
  const BatchBytes bytes = BytesOf(batch);
  const double owed = static_cast<double>(bytes.all - bytes.ids) / static_cast<double>(std::max<size_t>(bytes.all, 1));
  const auto price = std::chrono::duration_cast<Duration>((end - begin) * (kCommitPrice * owed));
  commit_debt_ = std::max(Duration(0), commit_debt_ - since) + price;
  // Memory asked for it, at any price: the end of a backlog must not wait for what its middle cost.
  if (forced) commit_debt_ = std::min(commit_debt_, kCommitBurst);
  last_commit_ = now;
  const double seconds = std::chrono::duration<double>(end - begin).count();
  ++stats_.commits;
  stats_.commit_seconds_total += seconds;
  stats_.last_commit_seconds = seconds;
  stats_.panes_bytes = static_cast<int64_t>(open);  // at their most: nothing is left of them now
  stats_.last_commit_keys = static_cast<int64_t>(batch.puts.size());
  stats_.last_commit_bytes = static_cast<int64_t>(bytes.all);
  size_t bucket = 0;
  while (bucket < kCommitBuckets.size() && seconds > kCommitBuckets[bucket]) ++bucket;
  ++stats_.commit_latency[bucket];
  Publish(MakeSnapshot());
  if (last_report_ == WallTime::min() || now - last_report_ >= kReportInterval) {
    last_report_ = now;
    std::vector<std::pair<TopicPartition, Offset>> offsets;
    for (const Partition* p : owned_) {
      if (p->next_offset != kNoOffset) offsets.emplace_back(p->tp, p->next_offset);
    }
    source_.ReportProgress(offsets);
  }
  return Status::Ok();
}

Status Engine::Impl::Stop(WallTime now) {
  last_report_ = WallTime::min();
  return Commit(now).In("the last commit");
}

PartitionView Engine::Impl::ViewOf(const Partition& p) const {
  PartitionView view;
  view.tp = p.tp;
  view.next_offset = p.next_offset;
  view.log_end = p.status.log_end;
  view.stream_time = p.clock.stream_time();
  view.watermark = p.clock.watermark();
  view.known_through = p.clock.known_through();
  view.health = p.status.health;
  view.reason = p.status.reason;
  view.owned = p.owned;
  view.holds_time = !p.held_out;
  view.counts = p.counts;
  view.rejected = p.rejected;
  view.waits_since = p.waits_since;
  view.unobserved = p.losses;
  if (TellsGaps(p)) view.unobserved.insert(view.unobserved.end(), p.gaps.begin(), p.gaps.end());
  Join(&view.unobserved);
  if (view.unobserved.size() > PartitionView::kMostUnobserved) view.unobserved.erase(view.unobserved.begin(), view.unobserved.end() - PartitionView::kMostUnobserved);
  return view;
}

std::vector<PartitionView> Engine::Impl::PartitionViews() const {
  std::vector<PartitionView> views;
  for (const auto& [tp, p] : partitions_) {
    if (p->owned || !p->imported()) views.push_back(ViewOf(*p));
  }
  return views;
}

void Engine::Impl::FillStats() {
  stats_.rows_bytes = stats_.dedup_bytes = 0;
  stats_.entities_bytes = entities_.MemoryBytes();
  stats_.entities = static_cast<int64_t>(entities_.rows());
  stats_.entities_limit = static_cast<int64_t>(plan_->limits().max_entities);
  for (const auto& table : tables_) stats_.rows_bytes += table->rows().MemoryBytes();
  stats_.mappings = intake_.Mappings();
  for (size_t t = 0; t < intake_.dedups().size(); ++t) {
    const Dedup* dedup = intake_.dedups()[t].get();
    if (dedup == nullptr) continue;
    stats_.dedup_bytes += dedup->MemoryBytes();
    stats_.dedup_horizon_seconds[plan_->topics()[t].name] = dedup->HorizonSeconds();
  }
}

SnapshotData Engine::Impl::Values() {
  SnapshotData data;
  data.plan = view_plan_;
  table_views_.resize(tables_.size());
  for (size_t t = 0; t < tables_.size(); ++t) {
    if (table_views_[t] == nullptr || tables_[t]->changed()) {
      auto view = std::make_shared<TableView>();
      view->plan = &tables_[t]->plan();
      view->edges = tables_[t]->edges();
      view->chunks = tables_[t]->ShareRows();
      table_views_[t] = std::move(view);
    }
  }
  data.tables = table_views_;
  for (const Clock& clock : clocks_) data.read_at.push_back(clock.read_at);
  data.lookups = intake_.tables();
  return data;
}

Engine::Impl::Standing Engine::Impl::StandingNow() const {
  const bool event_clock = plan_->time().event_clock;
  const EventTime known = KnownThrough(SIZE_MAX);
  Standing standing;
  standing.complete = standing.caught_up = !owned_.empty();
  for (const Partition* p : owned_) {
    standing.complete &= !p->held_out && p->status.health != PartitionHealth::kHalted;
    standing.caught_up &= p->at_end || !event_clock;
    standing.health.push_back(p->status.health);
    if (p->status.health == PartitionHealth::kWaiting) standing.awaited.push_back(p->status.reason);
  }
  if (!event_clock) {
    standing.caught_up &= known != kNoEventTime && last_status_ != WallTime::min() &&
                          Micros(known) + 2 * plan_->time().align.count() >= Micros(last_status_);
  }
  return standing;
}

std::shared_ptr<const Snapshot> Engine::Impl::MakeSnapshot() {
  SnapshotData data = Values();
  unobserved_.clear();
  for (uint32_t k = 0; k < plan_->kpis().size(); ++k) data.status.push_back(StatusOf(KpiId{k}));
  data.sources = sources_.ViewsAt(LeastKnown());
  for (const RuleState& rule : rules_) data.breaches.push_back(rule.breaches());
  data.partitions = PartitionViews();
  shown_standing_ = StandingNow();
  data.complete = shown_standing_.complete;
  data.caught_up = shown_standing_.caught_up;
  FillStats();
  data.stats = stats_;
  data.sequence = sequence_;
  return std::make_shared<Snapshot>(std::move(data));
}

void Engine::Impl::Publish(std::shared_ptr<const View> view) {
  const std::lock_guard lock(view_mu_);
  view_.swap(view);
}

std::shared_ptr<const View> Engine::Impl::view() const {
  const std::lock_guard lock(view_mu_);
  return view_;
}

std::vector<PartitionView> Engine::applied() const { return impl_->PartitionViews(); }

}  // namespace tidemark
