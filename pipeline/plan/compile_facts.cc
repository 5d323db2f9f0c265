// Folds of events of which a source says that they happen once, or take fields over from others.
#include <algorithm>
#include <functional>

#include "pipeline/plan/compiler.h"

namespace tidemark {

void Compiler::FindFacts(const KpiSpec& spec, FoldPlan* fold) {
  if (facts_.types.empty() || !FollowsFacts(spec.measure)) return;
  const bool counted = fold->kind == FoldKind::kCounted;
  std::vector<std::string> types = spec.on;
  for (const auto& step : spec.steps) types.insert(types.end(), step.begin(), step.end());
  types.insert(types.end(), spec.until.begin(), spec.until.end());
  std::set<std::string> reads;
  for (const LabelSpec& label : spec.by) {
    if (counted) {
      fields_.Operands(label.field, &reads);
    } else {
      reads.insert(label.field);
    }
  }
  if (counted) fields_.Operands(spec.field, &reads);
  if (fold->kind == FoldKind::kDwell) reads.insert(spec.field);
  const std::function<void(const Expr&)> visit = [&](const Expr& part) {
    if (!part.field.empty()) fields_.Operands(part.field, &reads);
    for (const auto& arg : part.args) visit(*arg);
  };
  if (counted && spec.where != nullptr) visit(*spec.where);
  reads.erase("");
  std::set<std::string> kept, sayings;
  for (const std::string& type : types) {
    const Fact* fact = facts_.Of(type);
    if (fact == nullptr || std::find(spec.key.begin(), spec.key.end(), fact->entity) == spec.key.end()) continue;
    const bool carries = std::any_of(reads.begin(), reads.end(), [&](const std::string& path) { return fact->carry.contains(path); });
    if ((!carries && !fact->once) || std::find(fold->facts.begin(), fold->facts.end(), type) != fold->facts.end()) continue;
    fold->facts.push_back(type);
    for (const std::string& path : reads) {
      const std::optional<EventTypeId> id = schema_.FindType(type);
      if (!id || !fields_.Has(*id, path)) continue;
      kept.insert(path);
      if (!fact->carry.contains(path)) continue;
      const auto said = facts_.sayings.find({fact->entity, path});
      if (said != facts_.sayings.end()) sayings.insert(said->second.begin(), said->second.end());
    }
  }
  if (fold->facts.empty()) return;
  std::sort(fold->facts.begin(), fold->facts.end());
  fold->of_facts.resize(fold->facts.size());
  if (kept.size() > kMaxSlotsPerType) return Error(spec.place, "kpi " + spec.name + " uses more than 64 fields of its events");
  for (const std::string& path : kept) {
    const EventTypeId any = *schema_.FindType(*std::find_if(fold->facts.begin(), fold->facts.end(), [&](const std::string& type) {
      return fields_.Has(*schema_.FindType(type), path);
    }));
    const Result<FieldInfo> field = FieldOf(any, path);
    const bool carried = std::any_of(fold->facts.begin(), fold->facts.end(), [&](const std::string& type) { return facts_.Of(type)->carry.contains(path); });
    fold->carried |= uint64_t{carried} << fold->kept.size();
    fold->kept.push_back({path, field->type, field->scale});
  }
  Measured& measured = measured_[fold->kpi.v];
  for (const std::string& name : sayings) measured.sayings.push_back(*schema_.FindType(name));
}

std::string Compiler::FactsIdentity(const FoldPlan& fold) const {
  if (fold.facts.empty()) return "";
  std::string text = "|facts/1";
  for (const std::string& type : fold.facts) {
    const Fact& fact = *facts_.Of(type);
    text += "|" + type + (fact.once ? " once" : "") + (fact.within == Duration(0) ? "" : " within " + std::to_string(fact.within.count()));
    for (const LayoutField& field : fold.kept) {
      if (!fact.carry.contains(field.path)) continue;
      text += " " + field.path + ":";
      if (const auto said = facts_.sayings.find({fact.entity, field.path}); said != facts_.sayings.end()) {
        for (const std::string& by : said->second) text += by + ",";
      }
    }
  }
  for (const LayoutField& field : fold.kept) text += "|" + IdentityOf(field.path);
  return text;
}

void Compiler::RouteSaying(const KpiSpec& spec, EventTypeId type, uint32_t fold_index) {
  const FoldPlan& fold = plan_->folds_[fold_index];
  const std::string& name = schema_.event_types()[type.v].name;
  FoldOp op;
  op.fold = fold_index;
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    const std::string& path = fold.kept[f].path;
    op.kept.push_back(-1);
    const bool says = std::any_of(fold.facts.begin(), fold.facts.end(), [&](const std::string& fact) {
      const auto said = facts_.sayings.find({facts_.Of(fact)->entity, path});
      return facts_.Of(fact)->carry.contains(path) && said != facts_.sayings.end() && said->second.contains(name);
    });
    if (!says) continue;
    const Result<FieldInfo> field = FieldOf(type, path);
    if (!field.ok() || field->type != fold.kept[f].type || field->scale != fold.kept[f].scale) continue;
    op.kept.back() = static_cast<int32_t>(SlotOf(type, path));
    op.says |= uint64_t{1} << f;
  }
  FindVersion(type, &op);
  if (op.says != 0) AddFoldOp(spec, type, std::move(op));
}

void Compiler::MarkFact(const std::string& type, EventTypeId id, const FoldPlan& fold, FoldOp* op) {
  const auto fact = std::find(fold.facts.begin(), fold.facts.end(), type);
  if (fact == fold.facts.end()) return;
  op->fact = static_cast<int32_t>(fact - fold.facts.begin());
  op->once = facts_.Of(type)->once;
  op->within = facts_.Of(type)->within;
  for (size_t f = 0; f < fold.kept.size(); ++f) {
    const std::string& path = fold.kept[f].path;
    const bool has = fields_.Has(id, path);
    if (has && (FieldOf(id, path)->type != fold.kept[f].type || FieldOf(id, path)->scale != fold.kept[f].scale)) {
      Error({}, path + " has another type or unit in " + type + " than in other event types");
    }
    op->kept.push_back(has ? static_cast<int32_t>(SlotOf(id, path)) : -1);
    if (has && facts_.Of(type)->carry.contains(path)) op->carries |= uint64_t{1} << f;
  }
  FindVersion(id, op);
}

void Compiler::FindVersion(EventTypeId type, FoldOp* op) {
  static constexpr std::array<const char*, 3> kParts = {"event.entity_version", "event.entity_version_minor", "event.entity_version_patch"};
  for (size_t p = 0; p < kParts.size(); ++p) {
    if (fields_.Has(type, kParts[p])) op->version_slots[p] = static_cast<int32_t>(SlotOf(type, kParts[p]));
  }
}

}  // namespace tidemark
