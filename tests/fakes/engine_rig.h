// The real engine over logs in memory, with time by hand: what scenario tests are written on.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/engine/engine.h"
#include "pipeline/store/memory_store.h"
#include "tests/fakes/faulty_store.h"
#include "tests/fakes/log_source.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {

inline constexpr char kRigTopic[] = "crm";

struct EngineRig {
  explicit EngineRig(int partitions = 1);
  ~EngineRig();

  // Event time and processing time are seconds after an arbitrary start, a whole day.
  static constexpr int64_t kStartSeconds = 19'700 * 86'400;
  static EventTime At(int64_t seconds) { return EventTimeFromMicros((kStartSeconds + seconds) * kMicrosPerSecond); }
  static WallTime WallAt(int64_t seconds) { return WallTimeFromMicros((kStartSeconds + seconds) * kMicrosPerSecond); }

  KpiSpec& Kpi(const std::string& name, Measure measure, const std::string& on, std::vector<std::pair<std::string, std::string>> by,
               std::vector<std::string> windows);
  static WindowSpec Window(const std::string& name);
  RuleSpec& Rule(const std::string& name, const std::string& kpi, const std::string& window, int64_t enter, int64_t exit);

  void Lead(int64_t seconds, const std::string& channel = "web", int partition = 0, const std::string& id = "");
  void Order(int64_t seconds, int64_t micros, const std::string& region = "emea", int partition = 0);
  void Heartbeat(int64_t seconds, int partition = 0);
  void Append(tidemark::events::v1::Event& e, int64_t seconds, int partition, const std::string& id);

  // (Re)starts the engine from what is stored. Unless told otherwise, log ends are proven at `now` from then on.
  Status Start(int64_t now_seconds);
  // Steps until nothing more happens, the broker confirming every log's end at this instant.
  Status RunAt(int64_t seconds);
  Status RunUnproven(int64_t seconds);
  // Counts what the specs have and the state hasn't, over the logs up to where the engine stands, and adopts it: how many KPIs. No engine
  // is left.
  Result<int64_t> BackFill(int64_t now_seconds);

  // The value of a series ("" labels: "web", or "web|emea"); "none" when there is no such series.
  std::string Value(const std::string& kpi, const std::string& window, const std::string& labels = "") const;
  EventTime T(uint32_t kpi = 0) const { return engine->view()->status(KpiId{kpi}).evaluated_at; }
  RecordCounts Counts(size_t partition = 0) const { return engine->view()->partitions()[partition].counts; }
  const BreachInfo& Breach(uint32_t rule = 0, size_t series = 0) const;

  static EngineOptions Eager();

  Specs specs;
  EngineOptions options = Eager();
  MemoryLogs logs;
  MemoryStore store;
  FaultyStore faulty{&store};
  std::unique_ptr<LogSource> source;
  std::unique_ptr<Engine> engine;
  int ids = 0;
  mutable std::shared_ptr<const View> held;
};

}  // namespace tidemark
