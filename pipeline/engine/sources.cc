#include "pipeline/engine/sources.h"

#include <algorithm>

#include "pipeline/store/keys.h"

namespace tidemark {

Sources::Sources(const Plan& plan) : heartbeat_(plan.heartbeat()) {
  for (const SourcePlan& source : plan.sources()) sources_.emplace_back().plan = &source;
  for (Source& source : sources_) by_name_[source.plan->source] = &source;
}

Sources::Source* Sources::Find(std::string_view name) {
  if (name != memo_name_) {
    memo_name_ = name;
    const auto found = by_name_.find(name);
    memo_ = found == by_name_.end() ? nullptr : found->second;
  }
  return memo_;
}

void Sources::Hear(const EventRow& row) {
  const bool heartbeat = row.type != kNoEventType && row.type == heartbeat_.type;
  const bool names = heartbeat && (row.present >> heartbeat_.source_slot & 1) != 0;
  Source* source = Find(names ? row.slots[heartbeat_.source_slot].view() : row.source);
  if (source == nullptr) return;
  source->dirty |= source->cover.Hear(row.time, source->plan->expect_every);
  if (source->plan->complete_after && !heartbeat && row.time > source->event) {
    source->event = row.time;
    source->dirty = true;
  }
  if (!heartbeat || (row.present >> heartbeat_.through_slot & 1) == 0) return;
  // What is still to come when it is said can't be complete.
  source->dirty |= source->cover.Complete(std::min(EventTimeFromMicros(row.slots[heartbeat_.through_slot].i), row.time));
}

// By its newest event, or by a heartbeat that says so: one without only says that the source is alive.
EventTime Sources::Said(const Source& source) {
  if (!source.plan->complete_after || source.event == kNoEventTime) return source.cover.complete();
  return std::max(source.cover.complete(), source.event - *source.plan->complete_after);
}

EventTime Sources::CompleteThrough(uint32_t s, EventTime proven, WallTime now) {
  Source& source = sources_[s];
  if (const EventTime said = Said(source); said != source.newest) {
    source.newest = said;
    source.newest_at = now;
  }
  // What is said meanwhile must not put off what is waited for.
  if (proven >= EventTimeOfProof(source.newest_at)) {
    source.through = source.newest;
    source.said = kNoEventTime;
  } else if (source.said == kNoEventTime || proven >= EventTimeOfProof(source.said_at)) {
    if (source.said != kNoEventTime) source.through = source.said;
    source.said = source.newest;
    source.said_at = source.newest_at;
  }
  return source.through;
}

void Sources::AppendUncovered(std::span<const uint32_t> sources, EventTime t, std::vector<TimeSpan>* spans) const {
  for (const uint32_t s : sources) {
    const Source& source = sources_[s];
    source.cover.AppendUncovered(source.judged_from, t, source.plan->expect_every, spans);
  }
}

std::vector<SourceView> Sources::ViewsAt(EventTime t) const {
  std::vector<SourceView> views;
  for (const Source& source : sources_) {
    const EventTime due = std::max(source.cover.End(source.plan->expect_every), source.judged_from);
    views.push_back({source.plan->name, t != kNoEventTime && t >= due, source.cover.last(), Said(source)});
  }
  return views;
}

Result<bool> Sources::Load(uint64_t fingerprint, std::string_view value) {
  const auto source = std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) { return s.plan->fingerprint == fingerprint; });
  if (source == sources_.end()) return false;
  ByteReader reader(value);
  const auto time = [&] { return reader.Time(); };
  source->judged_from = time();
  const EventTime first = time(), last = time(), complete = time();
  std::vector<TimeSpan> gaps;
  while (!reader.empty()) {
    const EventTime from = time();
    if (reader.empty()) {
      source->event = from;
      break;
    }
    gaps.push_back({from, time()});
  }
  if (!reader.Done() || !source->cover.Restore(first, last, complete, std::move(gaps))) {
    return Corrupt("the stored cover of source " + source->plan->name + " cannot be read");
  }
  source->stored = true;
  return true;
}

void Sources::BeginOthers(EventTime t) {
  for (Source& source : sources_) {
    if (source.stored) continue;
    source.judged_from = t == kNoEventTime ? t : t + source.plan->expect_every;
    source.dirty = true;
  }
}

void Sources::AppendTo(CommitBatch* batch) const {
  for (const Source& source : sources_) {
    if (!source.dirty) continue;
    const SourceCover& cover = source.cover;
    std::string value;
    for (const EventTime t : {source.judged_from, cover.first(), cover.last(), cover.complete()}) PutZigZag(&value, Micros(t));
    for (const TimeSpan& gap : cover.gaps()) {
      PutZigZag(&value, Micros(gap.from));
      PutZigZag(&value, Micros(gap.to));
    }
    if (source.plan->complete_after) PutZigZag(&value, Micros(source.event));
    batch->puts.push_back({Family::kMeta, SourceKey(source.plan->fingerprint), std::move(value)});
  }
}

void Sources::Committed() {
  for (Source& source : sources_) source.dirty = false;
}

}  // namespace tidemark
