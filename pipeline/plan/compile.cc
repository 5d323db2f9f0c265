#include <algorithm>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {

std::shared_ptr<const Plan> Plan::Compile(const Specs& specs, const Schema& schema, Diagnostics* diagnostics) {
  return Compiler(specs, schema, diagnostics).Run();
}

const Place& Compiler::At(const KpiSpec& spec, const std::string& clause) const {
  const auto it = spec.at.find(clause);
  return it == spec.at.end() ? spec.place : it->second;
}

std::shared_ptr<const Plan> Compiler::Run() {
  const bool clean_before = diagnostics_->empty();
  plan_->time_ = specs_.time;
  plan_->limits_ = specs_.limits;
  paths_.resize(schema_.event_types().size());
  filter_index_.resize(paths_.size());
  plan_->routes_.resize(paths_.size());
  Topics();
  for (size_t i = 0; i < specs_.kpis.size(); ++i) by_name_[specs_.kpis[i].name] = KpiId{static_cast<uint32_t>(i)};
  plan_->kpis_.resize(specs_.kpis.size());
  measured_.resize(specs_.kpis.size());
  for (size_t i = 0; i < specs_.kpis.size(); ++i) {
    const KpiSpec& spec = specs_.kpis[i];
    KpiPlan& kpi = plan_->kpis_[i];
    kpi.measure = spec.measure;
    kpi.min_samples = spec.min_samples;
    kpi.info.name = spec.name;
    kpi.info.family = specs_.metric_namespace + "_" + spec.name;
    kpi.info.help = spec.help;
    kpi.info.unit = spec.unit;
    for (const LabelSpec& label : spec.by) kpi.info.labels.push_back(label.name);
    for (const WindowSpec& window : spec.windows) {
      if (window.lifetime()) kpi.info.lifetime_window = kpi.info.windows.size();
      kpi.info.windows.push_back(window.name);
    }
    kpi.info.counter = kpi.info.lifetime_window != SIZE_MAX &&
                       (spec.measure == Measure::kCount || (spec.measure == Measure::kSum && spec.nonnegative));
    if (spec.measure != Measure::kFormula) StoredKpi(spec, &kpi);
  }
  LayOutTables();
  for (size_t i = 0; i < specs_.kpis.size(); ++i) {
    const KpiPlan& kpi = plan_->kpis_[i];
    if (specs_.kpis[i].measure == Measure::kFormula) continue;
    Route(specs_.kpis[i], kpi, measured_[i]);
  }
  for (size_t i = 0; i < specs_.kpis.size(); ++i) {
    if (specs_.kpis[i].measure == Measure::kFormula) FormulaKpi(specs_.kpis[i], &plan_->kpis_[i]);
  }
  CheckFormulaCycles();
  for (const KpiPlan& kpi : plan_->kpis_) plan_->kpi_infos_.push_back(kpi.info);
  for (const RuleSpec& rule : specs_.rules) Rule(rule);
  for (const RulePlan& rule : plan_->rules_) plan_->rule_infos_.push_back(rule.info);

  std::vector<Projection> projections;
  for (size_t t = 0; t < paths_.size(); ++t) {
    if (plan_->routes_[t].tables.empty()) continue;
    projections.push_back({EventTypeId{static_cast<uint32_t>(t)}, paths_[t]});
    if (paths_[t].size() > kMaxSlotsPerType) {
      Error({}, "more than " + std::to_string(kMaxSlotsPerType) + " fields of " + schema_.event_types()[t].name + " are used");
    }
  }
  if (!diagnostics_->empty()) return nullptr;
  TM_CHECK(clean_before);
  auto decoder = ProtoDecoder::Make(schema_, projections);
  if (!decoder.ok()) {
    Error({}, decoder.status().text());
    return nullptr;
  }
  plan_->decoder_ = std::move(decoder).value();
  return plan_;
}

void Compiler::Topics() {
  for (const TopicSpec& topic : specs_.topics) {
    plan_->topics_.push_back({topic.name, topic.dedup});
    for (const std::string& event : topic.events) {
      if (schema_.FindType(event)) continue;
      std::vector<std::string> names;
      for (const EventType& type : schema_.event_types()) names.push_back(type.name);
      const std::string near = Nearest(event, names);
      Error(topic.place, "topic " + topic.name + ": there is no event type \"" + event + "\"" +
                             (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
    }
  }
}

Compiler::Measured Compiler::Resolve(const KpiSpec& spec) {
  Measured measured;
  std::vector<std::string> names;
  for (const EventType& type : schema_.event_types()) names.push_back(type.name);
  for (const std::string& on : spec.on) {
    const auto type = schema_.FindType(on);
    if (!type) {
      const std::string near = Nearest(on, names);
      Error(At(spec, "on"), "on: there is no event type \"" + on + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
      continue;
    }
    if (std::find(measured.types.begin(), measured.types.end(), *type) != measured.types.end()) continue;
    CheckMeasureField(spec, *type, &measured, measured.types.empty());
    for (const LabelSpec& label : spec.by) CheckLabel(spec, label, *type);
    measured.types.push_back(*type);
  }
  for (size_t t = 0; t < specs_.topics.size(); ++t) {
    const auto& carries = specs_.topics[t].events;
    const bool any = carries.empty() || std::any_of(spec.on.begin(), spec.on.end(), [&](const std::string& on) {
                       return std::find(carries.begin(), carries.end(), on) != carries.end();
                     });
    if (any) measured.topics.push_back(TopicId{static_cast<uint32_t>(t)});
  }
  if (measured.topics.empty() && !measured.types.empty()) {
    Error(At(spec, "on"), "on: no topic carries " + spec.on.front() + "; see topics[].events");
  }
  return measured;
}

void Compiler::CheckMeasureField(const KpiSpec& spec, EventTypeId type, Measured* measured, bool first) {
  if (spec.measure == Measure::kCount) return;
  const std::string clause(ToString(spec.measure));
  const Result<FieldInfo> field = schema_.Resolve(type, spec.field);
  if (!field.ok()) {
    Error(At(spec, clause), clause + ": " + field.status().text());
    return;
  }
  if (field->type != SlotType::kInt64 && field->type != SlotType::kDecimal) {
    Error(At(spec, clause), clause + ": " + spec.field + " is not a number");
  }
  if (!first && field->scale != measured->scale) {
    Error(At(spec, clause), clause + ": " + spec.field + " has another unit in " + schema_.event_types()[type.v].name +
                                " than in the event types before it");
  }
  measured->scale = field->scale;
}

void Compiler::CheckLabel(const KpiSpec& spec, const LabelSpec& label, EventTypeId type) {
  const Result<FieldInfo> field = schema_.Resolve(type, label.field);
  if (!field.ok()) {
    Error(label.place, "by: " + field.status().text());
    return;
  }
  if (field->type == SlotType::kTime) Error(label.place, "by: " + label.field + " is a time and cannot be a label");
  if (field->personal && !label.allow_personal) {
    Error(label.place, "by: " + label.field + " is personal data and would be readable by everyone who sees the metrics; " +
                           "drop it, or write {field: " + label.field + ", personal: allow}");
  }
  (void)spec;
}

}  // namespace tidemark
