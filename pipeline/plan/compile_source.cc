// Sources: which KPIs they feed, and where heartbeats name them.
#include <algorithm>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {

namespace {

bool Makes(const MappingSpec& mapping, const std::string& event) {
  return std::any_of(mapping.rules.begin(), mapping.rules.end(), [&](const MapRule& rule) { return rule.emit == event; });
}

}  // namespace

// After all routes: what an event type does says whom it feeds.
void Compiler::Sources() {
  std::vector<std::vector<uint32_t>> feeding(plan_->kpis_.size());  // by KPI
  const auto feed = [&](KpiId kpi, uint32_t source) {
    if (feeding[kpi.v].empty() || feeding[kpi.v].back() != source) feeding[kpi.v].push_back(source);
  };
  const auto feed_type = [&](size_t type, uint32_t source) {
    for (const TableRoute& table : plan_->routes_[type].tables) {
      for (const Op& op : table.ops) feed(op.kpi, source);
    }
    for (const EntityRoute& entity : plan_->routes_[type].entities) {
      for (const FoldOp& op : entity.ops) feed(plan_->folds_[op.fold].kpi, source);
    }
  };
  for (const SourceSpec& spec : specs_.sources) {
    if (!spec.expect_every) continue;
    const auto source = static_cast<uint32_t>(plan_->sources_.size());
    plan_->sources_.push_back({spec.name, spec.source, Hash64(spec.source), *spec.expect_every, spec.complete_after});
    if (spec.complete_after) Holds(spec, source);
    for (size_t f = 0; f < spec.feeds.size(); ++f) {
      if (const auto type = TypeOf(spec.feeds_at[f], "sources." + spec.name + ".feeds", spec.feeds[f])) feed_type(type->v, source);
    }
    if (!spec.feeds.empty()) continue;
    for (size_t t = 0; t < plan_->routes_.size(); ++t) {
      if (spec.mapping == nullptr || Makes(*spec.mapping, schema_.event_types()[t].name)) feed_type(t, source);
    }
  }
  for (size_t k = 0; k < feeding.size(); ++k) {
    auto& sets = plan_->source_sets_;
    const auto set = std::find(sets.begin(), sets.end(), feeding[k]);
    plan_->kpis_[k].source_set = static_cast<uint32_t>(set - sets.begin());
    if (set == sets.end()) sets.push_back(std::move(feeding[k]));
  }
  if (!plan_->sources_.empty()) Heartbeat();
}

// Of what comes in batches an empty log proves nothing: it holds T of all that its topics feed.
void Compiler::Holds(const SourceSpec& spec, uint32_t source) {
  for (size_t t = 0; t < plan_->topics_.size(); ++t) {
    if (specs_.topics[t].source != spec.name) continue;
    plan_->topics_[t].batches = source;
    plan_->topics_[t].reach = *spec.complete_after;
    for (ClockPlan& clock : plan_->clocks_) {
      const bool reads = std::find(clock.topics.begin(), clock.topics.end(), TopicId{static_cast<uint32_t>(t)}) != clock.topics.end();
      if (reads && (clock.sources.empty() || clock.sources.back() != source)) clock.sources.push_back(source);
    }
  }
}

Duration Compiler::BehindOf(const std::vector<TopicId>& topics) const {
  Duration behind{};
  for (const SourceSpec& spec : specs_.sources) {
    const bool feeds = std::any_of(topics.begin(), topics.end(), [&](TopicId topic) { return specs_.topics[topic.v].source == spec.name; });
    if (feeds && spec.complete_after) behind = std::max(behind, *spec.complete_after);
  }
  return behind;
}

void Compiler::Heartbeat() {
  const std::optional<EventTypeId> type = schema_.FindType("heartbeat");
  if (!type) return;  // a schema of one's own
  const auto is = [&](const char* path, SlotType slot) {
    const Result<FieldInfo> field = FieldOf(*type, path);
    return field.ok() && field->type == slot;
  };
  if (!is("source", SlotType::kString) || !is("complete_through", SlotType::kTime)) return;
  plan_->heartbeat_ = {*type, SlotOf(*type, "source"), SlotOf(*type, "complete_through")};
}

}  // namespace tidemark
