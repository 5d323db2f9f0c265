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
  explicit EngineRig(int partitions = 1) {
    for (int p = 0; p < partitions; ++p) logs[{kRigTopic, p}];
    TopicSpec topic;
    topic.name = kRigTopic;
    specs.topics.push_back(std::move(topic));
  }

  // Event time and processing time are seconds after an arbitrary start, a whole day.
  static constexpr int64_t kStartSeconds = 19'700 * 86'400;
  static EventTime At(int64_t seconds) { return EventTimeFromMicros((kStartSeconds + seconds) * kMicrosPerSecond); }
  static WallTime WallAt(int64_t seconds) { return WallTimeFromMicros((kStartSeconds + seconds) * kMicrosPerSecond); }

  KpiSpec& Kpi(const std::string& name, Measure measure, const std::string& on, std::vector<std::pair<std::string, std::string>> by,
               std::vector<std::string> windows) {
    KpiSpec kpi;
    kpi.name = name;
    kpi.measure = measure;
    kpi.on = {on};
    if (measure != Measure::kCount) kpi.field = "order.amount";
    for (auto& [label, field] : by) {
      LabelSpec spec;
      spec.name = label;
      spec.field = field;
      kpi.by.push_back(std::move(spec));
    }
    for (const std::string& window : windows) kpi.windows.push_back(Window(window));
    specs.kpis.push_back(std::move(kpi));
    return specs.kpis.back();
  }
  static WindowSpec Window(const std::string& name) {
    WindowSpec window;
    window.name = name;
    if (name == "lifetime") window.kind = WindowSpec::Kind::kLifetime;
    if (!window.lifetime()) window.length = ParseDuration(name).value();
    return window;
  }
  RuleSpec& Rule(const std::string& name, const std::string& kpi, const std::string& window, int64_t enter, int64_t exit) {
    RuleSpec rule;
    rule.name = name;
    rule.kpi = kpi;
    rule.window = window;
    rule.enter = {enter, 0};
    rule.exit = {exit, 0};
    specs.rules.push_back(std::move(rule));
    return specs.rules.back();
  }

  void Lead(int64_t seconds, const std::string& channel = "web", int partition = 0, const std::string& id = "") {
    tidemark::events::v1::Event e;
    e.mutable_lead_created()->mutable_lead()->set_channel(channel);
    Append(e, seconds, partition, id);
  }
  void Order(int64_t seconds, int64_t micros, const std::string& region = "emea", int partition = 0) {
    tidemark::events::v1::Event e;
    e.mutable_order_paid()->mutable_order()->set_amount_micros(micros);
    e.mutable_order_paid()->mutable_order()->set_region(region);
    Append(e, seconds, partition, "");
  }
  void Heartbeat(int64_t seconds, int partition = 0) {
    tidemark::events::v1::Event e;
    e.mutable_heartbeat();
    Append(e, seconds, partition, "");
  }
  void Append(tidemark::events::v1::Event& e, int64_t seconds, int partition, const std::string& id) {
    e.set_id(id.empty() ? "id" + std::to_string(++ids) : id);
    e.mutable_time()->set_seconds(kStartSeconds + seconds);
    logs.at({kRigTopic, partition}).Append(e.SerializeAsString(), WallTime::min());
  }

  // (Re)starts the engine from what is stored. Unless told otherwise, log ends are proven at `now` from then on.
  Status Start(int64_t now_seconds) {
    engine.reset();
    Diagnostics diagnostics;
    const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    if (plan == nullptr) return Invalid(diagnostics.ToString());
    faulty.Reopen();
    source = std::make_unique<LogSource>(&logs);
    source->ProveAt(WallTime::min());
    auto opened = Engine::Open(plan, &faulty, source.get(), WallAt(now_seconds), options);
    if (!opened.ok()) return opened.status();
    engine = std::move(opened).value();
    return Status::Ok();
  }
  // Steps until nothing more happens, the broker confirming every log's end at this instant.
  Status RunAt(int64_t seconds) {
    source->ProveAt(WallAt(seconds));
    return RunUnproven(seconds);
  }
  Status RunUnproven(int64_t seconds) {
    for (int idle = 0, ms = 0; idle < 3; ms += 30) {
      const auto wait = engine->Step(WallAt(seconds) + std::chrono::milliseconds(ms));
      if (!wait.ok()) return wait.status();
      idle = wait->count() == 0 ? 0 : idle + 1;
    }
    return engine->Commit(WallAt(seconds));
  }

  // The value of a series ("" labels: "web", or "web|emea"); "none" when there is no such series.
  std::string Value(const std::string& kpi, const std::string& window, const std::string& labels = "") const {
    const auto view = engine->view();
    std::string found = "none";
    for (uint32_t k = 0; k < view->kpis().size(); ++k) {
      const KpiInfo& info = view->kpis()[k];
      if (info.name != kpi) continue;
      view->ForEach(KpiId{k}, [&](const SeriesValue& series) {
        std::string joined;
        for (size_t i = 0; i < series.labels.values.size(); ++i) joined += (i == 0 ? "" : "|") + series.labels.values[i];
        if (joined == labels && info.windows[series.window] == window) found = series.value.absent() ? "absent" : series.value.ToString();
      });
    }
    return found;
  }
  EventTime T(uint32_t kpi = 0) const { return engine->view()->status(KpiId{kpi}).evaluated_at; }
  RecordCounts Counts(size_t partition = 0) const { return engine->view()->partitions()[partition].counts; }
  const BreachInfo& Breach(uint32_t rule = 0, size_t series = 0) const {
    held = engine->view();
    return held->breaches(RuleId{rule})[series];
  }

  static EngineOptions Eager() {
    EngineOptions options;
    options.min_commit_interval = Duration(0);
    return options;
  }

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
