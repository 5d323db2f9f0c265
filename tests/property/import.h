// An import as `tidemark import` makes it, now and then given up in the middle and begun anew.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/engine/import.h"
#include "tests/property/consume.h"

namespace tidemark {

using TimedEvents = std::vector<std::pair<EventTime, std::string>>;

inline void Import(const std::shared_ptr<const Plan>& plan, TimedEvents events, EventTime cut, WallTime now, const ConsumeOptions& options,
                   std::mt19937_64* rng, MemoryStore* store) {
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  MemoryLogs logs;
  for (auto& [time, bytes] : events) logs[kImportPartition].Append(std::move(bytes));
  logs[kImportPartition];
  const auto whole = plan->Counting(std::vector<bool>(plan->kpis().size(), true), false);
  for (bool done = false; !done;) {
    ASSERT_TRUE(BeginImport(store, cut).ok());
    LogSource source(&logs);
    source.BatchSize(options.batch);
    EngineOptions engine_options;
    engine_options.importing = true;
    engine_options.open_panes_bytes = options.open_panes_bytes;
    engine_options.entity_cache_bytes = options.entity_cache_bytes;
    auto engine = Engine::Open(whole, store, &source, now, engine_options);
    ASSERT_TRUE(engine.ok()) << engine.status().text();
    const bool given_up = (*rng)() % 4 == 0;
    for (bool more = true; more && !(given_up && (*rng)() % 3 == 0);) {
      const auto any = (*engine)->Drain(now);
      ASSERT_TRUE(any.ok()) << any.status().text();
      more = *any;
    }
    if (given_up) {
      if ((*rng)() % 2 == 0) {
        ASSERT_TRUE((*engine)->AdvanceTo(cut, now).ok());
      }
      engine->reset();
      LogSource none(&logs);
      ASSERT_EQ(Engine::Open(plan, store, &none, now).status().code(), Code::kCorrupt) << "half an import is served";
      continue;
    }
    ASSERT_TRUE((*engine)->AdvanceTo(cut, now).ok());
    engine->reset();
    ASSERT_TRUE(EndImport(store).ok());
    done = true;
  }
  ASSERT_EQ(BeginImport(store, cut).code(), Code::kCorrupt) << "a second import";
}

// Kafka needs not hold what is before the cut, nor lack it.
inline void ForgetSome(EventTime cut, const std::function<EventTime(const TopicPartition&, Offset)>& time_of, std::mt19937_64* rng, MemoryLogs* logs) {
  const uint64_t percent = (*rng)() % 101;
  for (auto& [tp, log] : *logs) {
    const Offset last{log.end.v - 1};  // by which Consume() knows that it is done
    std::erase_if(log.records, [&, &tp = tp](const MemoryLog::Record& r) { return r.offset != last && time_of(tp, r.offset) < cut && (*rng)() % 100 < percent; });
  }
}

}  // namespace tidemark
