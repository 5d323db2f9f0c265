// What a field is in one event type, and the program that computes it there.
#include <algorithm>

#include "pipeline/base/check.h"
#include "pipeline/plan/fields.h"

namespace tidemark {
namespace {

constexpr int64_t Pow10(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// 1.10 is 1.1: equal numbers have one scale.
Decimal Shortest(Decimal d) {
  for (; d.scale > 0 && d.mantissa % 10 == 0; --d.scale) d.mantissa /= 10;
  return d;
}

FieldInfo Number(int scale, bool personal) {
  FieldInfo info;
  info.type = scale == 0 ? SlotType::kInt64 : SlotType::kDecimal;
  info.scale = scale;
  info.explicit_presence = true;
  info.personal = personal;
  return info;
}

bool IsNumber(const FieldInfo& info) { return info.type == SlotType::kInt64 || info.type == SlotType::kDecimal; }

std::string Shown(const FieldExpr& expr) {
  switch (expr.kind) {
    case FieldExpr::Kind::kField: return expr.field;
    case FieldExpr::Kind::kLookup: return expr.table + "[...]." + expr.column;
    default: return "this part";
  }
}

}  // namespace

Result<FieldInfo> Fields::Resolve(EventTypeId type, std::string_view path) {
  Derived* derived = Find(path);
  if (derived == nullptr) {
    if (!of_types_[type.v].entity.empty()) return ResolveOfEntity(of_types_[type.v].entity, path);
    Result<FieldInfo> info = schema_.Resolve(type, path);
    if (info.ok() || info.status().code() != Code::kNotFound || path.find('.') != std::string_view::npos) return info;
    std::vector<std::string> names;
    for (const Derived& d : derived_) names.push_back(d.spec->name);
    const std::string near = Nearest(path, names);
    if (near.empty()) return info;
    return NotFound(std::string(path) + " is not a field of " + schema_.event_types()[type.v].name + "; did you mean " + near + "?");
  }
  if (IsHash(*derived) && !of_types_[type.v].entity.empty()) return ResolveOfEntity(of_types_[type.v].entity, path);
  std::optional<Result<FieldInfo>>& info = derived->infos[type.v];
  if (!info) {
    const FieldExpr* wrong = nullptr;
    info = derived->bad ? Result<FieldInfo>(Invalid("its definition is wrong")) : Info(type, *derived->spec->expr, &wrong);
    if (!info->ok()) info = Result<FieldInfo>(info->status().In(derived->spec->name));
    derived->good |= info->ok();
  }
  return *info;
}

bool Fields::Has(EventTypeId type, std::string_view path) {
  const std::vector<EventTypeId>& entity = of_types_[type.v].entity;
  if (Find(path) == nullptr) {
    if (entity.empty()) return schema_.Has(type, path);
    if (std::none_of(entity.begin(), entity.end(), [&](EventTypeId t) { return schema_.Has(t, path); })) return false;
  }
  return Resolve(type, path).ok();
}

Result<FieldInfo> Fields::ResolveOfEntity(const std::vector<EventTypeId>& types, std::string_view path) {
  // That some of them don't have it is no mistake: nobody wants a spelling for those.
  const auto first = std::find_if(types.begin(), types.end(), [&](EventTypeId type) { return Has(type, path); });
  if (first == types.end()) return Resolve(types[0], path);
  Result<FieldInfo> found = Resolve(*first, path);
  for (auto type = first + 1; type != types.end(); ++type) {
    if (!Has(*type, path)) continue;
    const Result<FieldInfo> field = Resolve(*type, path);
    if (found->type != field->type || found->scale != field->scale) {
      return Invalid(std::string(path) + " is not of one type in all event types of the KPI");
    }
    found->personal |= field->personal;
  }
  // What an entity has never had is absent, whatever the schema says of single events.
  if (found->type != SlotType::kString) found->explicit_presence = true;
  return found;
}

Result<FieldInfo> Fields::Info(EventTypeId type, const FieldExpr& expr, const FieldExpr** wrong) {
  if (expr.kind == FieldExpr::Kind::kField) {
    *wrong = &expr;
    return Resolve(type, expr.field);
  }
  std::vector<FieldInfo> args;
  for (const auto& arg : expr.args) {
    TM_ASSIGN_OR_RETURN(FieldInfo info, Info(type, *arg, wrong));
    args.push_back(info);
  }
  return Combine(expr, args, wrong);
}

Result<FieldInfo> Fields::Combine(const FieldExpr& expr, const std::vector<FieldInfo>& args, const FieldExpr** wrong) const {
  const auto refuse = [&](size_t arg, const std::string& wanted) {
    *wrong = expr.args[arg].get();
    return Invalid(Shown(*expr.args[arg]) + " is " + std::string(TypeName(args[arg].type)) + "; " + wanted);
  };
  switch (expr.kind) {
    case FieldExpr::Kind::kNumber:
      return Number(Shortest(expr.number).scale, false);
    case FieldExpr::Kind::kFilled:
      return Number(0, false);
    case FieldExpr::Kind::kSince:
      if (args[0].type != SlotType::kTime) return refuse(0, "weeks_since, days_since and hours_since take a time");
      return Number(0, args[0].personal);
    case FieldExpr::Kind::kLookup:
      if (args[0].type != SlotType::kString && args[0].type != SlotType::kInt64) return refuse(0, "a table's key is text or a whole number");
      return ColumnInfo(expr);
    case FieldExpr::Kind::kHash: {
      if (args[0].type != SlotType::kString) return refuse(0, "only text can be hashed");
      FieldInfo info;
      info.type = SlotType::kString;
      info.explicit_presence = args[0].explicit_presence;
      return info;
    }
    default:
      break;
  }
  int scale = 0;
  bool personal = false;
  for (size_t a = 0; a < args.size(); ++a) {
    if (!IsNumber(args[a])) return refuse(a, "+ - * take numbers");
    scale = std::max(scale, args[a].scale);
    personal |= args[a].personal;
  }
  return Number(scale, personal);
}

Result<FieldInfo> Fields::ColumnInfo(const FieldExpr& expr) const {
  FieldInfo info;
  info.explicit_presence = true;
  for (const LookupColumn& column : lookups_[table_by_name_.find(expr.table)->second].columns) {
    if (column.name != expr.column) continue;
    switch (column.type) {
      case ColumnType::kText: info.type = SlotType::kString; break;
      case ColumnType::kDecimal: info.type = SlotType::kDecimal; break;
      case ColumnType::kTime: info.type = SlotType::kTime; break;
      case ColumnType::kBool: info.type = SlotType::kBool; break;
    }
    if (column.type == ColumnType::kDecimal) info.scale = kTableDecimalScale;
  }
  return info;
}

uint32_t Fields::Slot(EventTypeId type, std::string_view path) {
  const std::string name(path), identity = Identity(name);
  OfType& of_type = of_types_[type.v];
  if (const auto it = of_type.slot_of.find(identity); it != of_type.slot_of.end()) return it->second;
  if (!Has(type, path)) return 0;
  const Derived* derived = Find(path);
  if (derived != nullptr && derived->spec->expr->kind == FieldExpr::Kind::kField) return Slot(type, derived->spec->expr->field);
  // A hash of an entity's is kept as it came with an event.
  const bool kept = derived == nullptr || (IsHash(*derived) && !of_type.entity.empty());
  const Compiled compiled = kept ? Compiled() : Compile(type, *derived->spec->expr);
  const auto slot = static_cast<uint32_t>(of_type.slots.size());
  of_type.slots.push_back(derived == nullptr ? name : kept ? identity : "");
  if (!kept) of_type.derivation.steps_.push_back({compiled.node, static_cast<uint8_t>(slot)});
  if (!kept && IsHash(*derived)) of_type.derivation.nodes_[compiled.node].slot = static_cast<uint8_t>(slot);
  of_type.slot_of[identity] = slot;
  return slot;
}

Fields::Compiled Fields::Compile(EventTypeId type, const FieldExpr& expr) {
  using Kind = Derivation::Node::Kind;
  Derivation::Node node;
  Compiled compiled;
  std::vector<FieldInfo> infos;
  for (const auto& arg : expr.args) {
    const Compiled part = Compile(type, *arg);
    node.args.push_back(part.node);
    infos.push_back(part.info);
  }
  std::vector<Derivation::Node>& nodes = of_types_[type.v].derivation.nodes_;
  const FieldExpr* wrong = nullptr;
  compiled.info = (expr.kind == FieldExpr::Kind::kField ? Resolve(type, expr.field) : Combine(expr, infos, &wrong)).value();
  switch (expr.kind) {
    case FieldExpr::Kind::kNumber:
      node.kind = Kind::kNumber;
      node.number = static_cast<int64_t>(Shortest(expr.number).mantissa);
      break;
    case FieldExpr::Kind::kField:
      node.kind = Kind::kSlot;
      node.needs_present = compiled.info.explicit_presence;
      node.slot = static_cast<uint8_t>(Slot(type, expr.field));
      break;
    case FieldExpr::Kind::kAdd:
    case FieldExpr::Kind::kSubtract:
      node.kind = expr.kind == FieldExpr::Kind::kAdd ? Kind::kAdd : Kind::kSubtract;
      for (size_t a = 0; a < 2; ++a) node.up[a] = Pow10(compiled.info.scale - infos[a].scale);
      break;
    case FieldExpr::Kind::kMultiply:
      node.kind = Kind::kMultiply;
      node.number = Pow10(std::min(infos[0].scale, infos[1].scale));
      break;
    case FieldExpr::Kind::kNegate:
      node.kind = Kind::kNegate;
      break;
    case FieldExpr::Kind::kFilled:
      node.kind = Kind::kFilled;
      for (const uint32_t arg : node.args) nodes[arg].needs_present = true;  // a zero that is not there is not filled
      break;
    case FieldExpr::Kind::kSince:
      node.kind = Kind::kSince;
      node.number = expr.unit.count();
      break;
    case FieldExpr::Kind::kLookup:
      CompileLookup(type, expr, node.args[0], &node);
      break;
    case FieldExpr::Kind::kHash:
      node.kind = Kind::kHash;
      nodes[node.args[0]].needs_present = true;  // as absent as the text is
      break;
  }
  node.text = compiled.info.type == SlotType::kString;
  compiled.node = static_cast<uint32_t>(nodes.size());
  nodes.push_back(std::move(node));
  return compiled;
}

void Fields::CompileLookup(EventTypeId type, const FieldExpr& expr, uint32_t key, Derivation::Node* node) {
  OfType& of_type = of_types_[type.v];
  const uint32_t table = table_by_name_.find(expr.table)->second;
  const auto& columns = lookups_[table].columns;
  const auto column = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == expr.column; });
  TM_CHECK(column != columns.end());
  std::vector<Derivation::Find>& finds = of_type.derivation.finds_;
  const auto [find, added] = of_type.find_of.try_emplace(expr.table + " " + Identity(*expr.args[0]), static_cast<uint32_t>(finds.size()));
  if (added) finds.push_back({table, key});
  if (finds.size() > Derivation::kMaxFinds) {
    diagnostics_->Add(expr.place, "fields: more than " + std::to_string(Derivation::kMaxFinds) + " different lookups for " +
                                      NameOf(type));
  }
  node->kind = Derivation::Node::Kind::kLookup;
  node->find = find->second;
  node->column = static_cast<uint32_t>(column - columns.begin());
}

std::vector<LookupPlan> Fields::TakeLookups() { return std::move(lookups_); }

}  // namespace tidemark
