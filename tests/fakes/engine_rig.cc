#include "tests/fakes/engine_rig.h"

#include <algorithm>

#include "pipeline/engine/adopt.h"
#include "pipeline/engine/bounded_source.h"

namespace tidemark {

EngineRig::EngineRig(int partitions) {
  for (int p = 0; p < partitions; ++p) logs[{kRigTopic, p}];
  TopicSpec topic;
  topic.name = kRigTopic;
  specs.topics.push_back(std::move(topic));
}

EngineRig::~EngineRig() = default;

KpiSpec& EngineRig::Kpi(const std::string& name, Measure measure, const std::string& on, std::vector<std::pair<std::string, std::string>> by,
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

WindowSpec EngineRig::Window(const std::string& name) {
  WindowSpec window;
  window.name = name;
  if (name == "lifetime") window.kind = WindowSpec::Kind::kLifetime;
  if (!window.lifetime()) window.length = ParseDuration(name).value();
  return window;
}

RuleSpec& EngineRig::Rule(const std::string& name, const std::string& kpi, const std::string& window, int64_t enter, int64_t exit) {
  RuleSpec rule;
  rule.name = name;
  rule.kpi = kpi;
  rule.window = window;
  rule.enter = {enter, 0};
  rule.exit = {exit, 0};
  specs.rules.push_back(std::move(rule));
  return specs.rules.back();
}

void EngineRig::Lead(int64_t seconds, const std::string& channel, int partition, const std::string& id) {
  tidemark::events::v1::Event e;
  e.mutable_lead_created()->mutable_lead()->set_channel(channel);
  Append(e, seconds, partition, id);
}

void EngineRig::Order(int64_t seconds, int64_t micros, const std::string& region, int partition) {
  tidemark::events::v1::Event e;
  e.mutable_order_paid()->mutable_order()->set_amount_micros(micros);
  e.mutable_order_paid()->mutable_order()->set_region(region);
  Append(e, seconds, partition, "");
}

void EngineRig::Heartbeat(int64_t seconds, int partition) {
  tidemark::events::v1::Event e;
  e.mutable_heartbeat();
  Append(e, seconds, partition, "");
}

void EngineRig::Append(tidemark::events::v1::Event& e, int64_t seconds, int partition, const std::string& id) {
  e.set_id(id.empty() ? "id" + std::to_string(++ids) : id);
  e.mutable_time()->set_seconds(kStartSeconds + seconds);
  logs.at({kRigTopic, partition}).Append(e.SerializeAsString(), WallTime::min());
}

Status EngineRig::Start(int64_t now_seconds) {
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

Status EngineRig::RunAt(int64_t seconds) {
  source->ProveAt(WallAt(seconds));
  return RunUnproven(seconds);
}

Status EngineRig::RunUnproven(int64_t seconds) {
  for (int idle = 0, ms = 0; idle < 3; ms += 30) {
    const auto wait = engine->Step(WallAt(seconds) + std::chrono::milliseconds(ms));
    if (!wait.ok()) return wait.status();
    idle = wait->count() == 0 ? 0 : idle + 1;
  }
  return engine->Commit(WallAt(seconds));
}

Result<int64_t> EngineRig::BackFill(int64_t now_seconds) {
  Diagnostics diagnostics;
  const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  if (plan == nullptr) return Invalid(diagnostics.ToString());
  TM_ASSIGN_OR_RETURN(std::vector<bool> missing, KnownKpis(*plan, store));
  missing.flip();
  const auto there = plan->Counting(missing, false);
  MemoryStore side;
  LogSource from(&logs);
  BoundedSource bounded(&from);
  bounded.Follow(engine->view()->partitions());
  engine.reset();
  TM_RETURN_IF_ERROR(BeginSide(*there, &store, &side));
  TM_ASSIGN_OR_RETURN(auto aside, Engine::Open(there, &side, &bounded, WallAt(now_seconds)));
  for (bool more = true; more || !bounded.reached();) {
    TM_ASSIGN_OR_RETURN(more, aside->Drain(WallAt(now_seconds)));
  }
  TM_RETURN_IF_ERROR(aside->Stop(WallAt(now_seconds)));
  aside.reset();
  TM_RETURN_IF_ERROR(Adopt(*there, &store, &side));
  return static_cast<int64_t>(std::count(missing.begin(), missing.end(), true));
}

std::string EngineRig::Value(const std::string& kpi, const std::string& window, const std::string& labels) const {
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

const BreachInfo& EngineRig::Breach(uint32_t rule, size_t series) const {
  held = engine->view();
  return held->breaches(RuleId{rule})[series];
}

EngineOptions EngineRig::Eager() {
  EngineOptions options;
  options.min_commit_interval = Duration(0);
  return options;
}

}  // namespace tidemark
