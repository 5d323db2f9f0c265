#include <algorithm>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {

std::shared_ptr<const Plan> Plan::Compile(const Specs& specs, const Schema& schema, Diagnostics* diagnostics) {
  std::shared_ptr<const Schema> with_own = WithOwnEvents(specs, schema, diagnostics);
  return with_own == nullptr ? nullptr : Compiler(specs, std::move(with_own), diagnostics).Run();
}

const Place& Compiler::At(const KpiSpec& spec, const std::string& clause) const {
  const auto it = spec.at.find(clause);
  return it == spec.at.end() ? spec.place : it->second;
}

std::shared_ptr<const Plan> Compiler::Run() {
  const bool clean_before = diagnostics_->empty();
  plan_->time_ = specs_.time;
  plan_->limits_ = specs_.limits;
  plan_->hash_key_ = specs_.privacy.hash_key;
  plan_->routes_.resize(schema_.event_types().size());
  filter_index_.resize(plan_->routes_.size());
  Topics();
  facts_ = FactsOf(specs_.sources, diagnostics_);
  Calendar();
  if (plan_->calendar_ == nullptr) return nullptr;
  for (size_t i = 0; i < specs_.kpis.size(); ++i) by_name_[specs_.kpis[i].name] = KpiId{static_cast<uint32_t>(i)};
  FindOthers();
  plan_->kpis_.resize(specs_.kpis.size());
  measured_.resize(specs_.kpis.size());
  for (size_t i = 0; i < specs_.kpis.size(); ++i) {
    const KpiSpec& spec = specs_.kpis[i];
    KpiPlan& kpi = plan_->kpis_[i];
    kpi.measure = spec.measure;
    kpi.additive = IsAdditive(spec);
    kpi.min_samples = spec.min_samples;
    kpi.info = InfoOf(spec);
    kpi.top = spec.top;
    for (const std::string& stat : spec.stats) kpi.stats.push_back(StatOf(spec, stat));
    if (spec.measure != Measure::kFormula) StoredKpi(spec, &kpi);
  }
  LayOutTables();
  for (size_t i = 0; i < specs_.kpis.size(); ++i) {
    const KpiSpec& spec = specs_.kpis[i];
    if (spec.measure == Measure::kFormula) {
      FormulaKpi(spec, &plan_->kpis_[i]);
    } else if (!IsFold(spec)) {
      Route(spec, plan_->kpis_[i], measured_[i]);
    }
  }
  for (uint32_t f = 0; f < plan_->folds_.size(); ++f) RouteFold(specs_.kpis[plan_->folds_[f].kpi.v], f);
  Sources();
  CheckFormulaCycles();
  AddDerived();
  for (const KpiPlan& kpi : plan_->kpis_) plan_->kpi_infos_.push_back(kpi.info);
  for (const RuleSpec& rule : specs_.rules) Rule(rule);
  for (const RulePlan& rule : plan_->rules_) plan_->rule_infos_.push_back(rule.info);
  fields_.CheckUnused();
  if (!diagnostics_->empty()) return nullptr;
  TM_CHECK(clean_before);
  MakeDecoder();
  for (RoutePlan& route : plan_->routes_) Group(&route);
  return diagnostics_->empty() ? plan_ : nullptr;
}

void Compiler::MakeDecoder() {
  std::vector<Projection> projections;
  for (size_t t = 0; t < plan_->routes_.size(); ++t) {
    const EventTypeId type{static_cast<uint32_t>(t)};
    if (plan_->routes_[t].empty() && type != plan_->heartbeat_.type) continue;
    projections.push_back({type, fields_.slots(type)});
    if (fields_.slots(type).size() > kMaxSlotsPerType) {
      return Error({}, "more than " + std::to_string(kMaxSlotsPerType) + " fields of " + schema_.event_types()[t].name + " are used");
    }
  }
  auto decoder = ProtoDecoder::Make(schema_, projections);
  if (!decoder.ok()) return Error({}, decoder.status().text());
  plan_->decoder_ = std::move(decoder).value();
  for (uint32_t t = 0; t < plan_->routes_.size(); ++t) plan_->derivations_.push_back(fields_.TakeDerivation(EventTypeId{t}));
  plan_->lookups_ = fields_.TakeLookups();
}

void Compiler::Calendar() {
  auto calendar = tidemark::Calendar::Make(specs_.calendar);
  if (!calendar.ok()) return Error(specs_.calendar_place, "calendar: " + calendar.status().text());
  plan_->calendar_ = std::move(calendar).value();
  if (specs_.holidays.empty()) return;
  const Result<uint32_t> table = fields_.Table(specs_.holidays);
  if (!table.ok()) return Error(specs_.holidays_place, "calendar.holidays: " + table.status().text());
  plan_->holidays_ = *table;
}

KpiInfo Compiler::InfoOf(const KpiSpec& spec) const {
  KpiInfo info;
  info.name = spec.name;
  info.family = specs_.metric_namespace + "_" + spec.name;
  info.help = spec.help;
  info.unit = spec.unit;
  info.subject = spec.subject;
  info.written = spec.written;
  info.additive = IsAdditive(spec) && spec.unit != "currency";  // a label has the code: sums would mix them
  for (const LabelSpec& label : spec.by) info.labels.push_back(label.name);
  if (spec.measure == Measure::kFunnel) info.labels.emplace_back("step");
  if (!spec.stats.empty()) info.labels.emplace_back("stat");
  for (const WindowSpec& window : spec.windows) {
    if (window.lifetime() && spec.measure != Measure::kOpen) info.lifetime_window = info.windows.size();
    info.windows.push_back(window.name);
  }
  // Never falls: what is counted stays counted, unless something corrects it.
  const bool grows = spec.measure == Measure::kCount || (spec.measure == Measure::kSum && spec.nonnegative);
  info.counter = info.lifetime_window != SIZE_MAX && grows && spec.correct.empty() && !spec.once && spec.top == 0;
  return info;
}

StatPlan Compiler::StatOf(const KpiSpec& spec, const std::string& name) {
  if (name == "avg") return {StatPlan::Kind::kAvg, 0, name};
  if (name == "sum") return {StatPlan::Kind::kSum, 0, name};
  if (name == "count") return {StatPlan::Kind::kCount, 0, name};
  const Result<Decimal> percent = name.starts_with("p") ? ParseDecimal(name.substr(1)) : Result<Decimal>(Invalid(""));
  const auto scaled = percent.ok() ? Rescale(*percent, 3) : std::nullopt;
  if (scaled && scaled->mantissa > 0 && scaled->mantissa < 100'000) return {StatPlan::Kind::kQuantile, static_cast<int64_t>(scaled->mantissa), name};
  Error(At(spec, "stats"), "stats: \"" + name + "\" is none of p50, p99.9, ..., avg, sum, count");
  return {};
}

void Compiler::Topics() {
  std::map<std::string, std::shared_ptr<const Mapper>> mappers;  // by source
  for (const SourceSpec& source : specs_.sources) {
    if (source.mapping == nullptr) continue;
    mappers[source.name] = Mapper::Compile(source.mapping, schema_, "sources." + source.name, source.source, specs_.privacy.hash_key, diagnostics_);
  }
  for (const TopicSpec& topic : specs_.topics) {
    plan_->topics_.push_back({topic.name, topic.dedup, topic.source.empty() ? nullptr : mappers[topic.source], topic.source, UINT32_MAX, Duration(0)});
    for (const std::string& event : topic.events) {
      if (topic.source.empty()) TypeOf(topic.place, "topic " + topic.name, event);
    }
  }
}

std::optional<EventTypeId> Compiler::TypeOf(const Place& place, const std::string& what, const std::string& name) {
  const auto type = schema_.FindType(name);
  if (type) return type;
  std::vector<std::string> names;
  for (const EventType& known : schema_.event_types()) names.push_back(known.name);
  const std::string near = Nearest(name, names);
  Error(place, what + ": there is no event type \"" + name + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
  return std::nullopt;
}

// Topics that carry any of these event types.
std::vector<TopicId> Compiler::TopicsOf(const std::vector<std::string>& events) const {
  std::vector<TopicId> topics;
  for (size_t t = 0; t < specs_.topics.size(); ++t) {
    const auto& carries = specs_.topics[t].events;
    const bool any = carries.empty() || std::any_of(events.begin(), events.end(), [&](const std::string& event) {
                       return std::find(carries.begin(), carries.end(), event) != carries.end();
                     });
    if (any) topics.push_back(TopicId{static_cast<uint32_t>(t)});
  }
  return topics;
}

Compiler::Measured Compiler::Resolve(const KpiSpec& spec) {
  Measured measured;
  for (const std::string& on : spec.on) {
    const auto type = TypeOf(spec, "on", on);
    if (!type || std::find(measured.types.begin(), measured.types.end(), *type) != measured.types.end()) continue;
    CheckMeasureField(spec, *type, &measured, measured.types.empty());
    for (const LabelSpec& label : spec.by) CheckLabel(label, FieldOf(*type, label.field));
    measured.types.push_back(*type);
  }
  measured.topics = TopicsOf(spec.on);
  if (measured.topics.empty() && !measured.types.empty()) {
    Error(At(spec, "on"), "on: no topic carries " + spec.on.front() + "; see topics[].events");
  }
  return measured;
}

void Compiler::CheckMeasureField(const KpiSpec& spec, EventTypeId type, Measured* measured, bool first) {
  if (spec.measure == Measure::kCount) return;
  const std::string clause(ToString(spec.measure));
  const Result<FieldInfo> field = FieldOf(type, spec.field);
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

void Compiler::CheckLabel(const LabelSpec& label, const Result<FieldInfo>& field) {
  if (!field.ok()) {
    Error(label.place, "by: " + field.status().text());
    return;
  }
  if (field->type == SlotType::kTime) Error(label.place, "by: " + label.field + " is a time and cannot be a label");
  if (field->personal && !label.allow_personal) {
    Error(label.place, "by: " + label.field + " is personal data and would be readable by everyone who sees the metrics; " +
                           "drop it, or write {field: " + label.field + ", personal: hash}, or personal: allow");
  }
}

}  // namespace tidemark
