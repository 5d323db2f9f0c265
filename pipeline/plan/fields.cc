// Names, identities and definitions of fields; fields_compile.cc makes programs of them.
#include "pipeline/plan/fields.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "pipeline/base/check.h"
#include "pipeline/base/hash.h"

namespace tidemark {
namespace {

// A definition's part as one short word, so that definitions of definitions stay short.
std::string Hashed(const std::string& text) {
  std::array<char, 24> hash{};
  std::snprintf(hash.data(), hash.size(), "{%016llx}", static_cast<unsigned long long>(Hash64("field/1" + text)));
  return hash.data();
}

void CollectNames(const FieldExpr& expr, std::vector<const FieldExpr*>* names) {
  if (expr.kind == FieldExpr::Kind::kField) names->push_back(&expr);
  for (const auto& arg : expr.args) CollectNames(*arg, names);
}

std::string DidYouMean(const std::string& near) { return near.empty() ? "" : "; did you mean " + near + "?"; }

std::string OpText(const FieldExpr& expr) {
  switch (expr.kind) {
    case FieldExpr::Kind::kAdd: return "+";
    case FieldExpr::Kind::kSubtract: return "-";
    case FieldExpr::Kind::kMultiply: return "*";
    case FieldExpr::Kind::kNegate: return "negative";
    case FieldExpr::Kind::kFilled: return "filled";
    case FieldExpr::Kind::kSince: return "since " + std::to_string(expr.unit.count());
    case FieldExpr::Kind::kHash: return "hash";
    default: return "";
  }
}

}  // namespace

std::string_view TypeName(SlotType type) {
  switch (type) {
    case SlotType::kInt64: return "a whole number";
    case SlotType::kDecimal: return "a number";
    case SlotType::kBool: return "true or false";
    case SlotType::kTime: return "a time";
    case SlotType::kEnum: return "a name from a list";
    case SlotType::kString: return "text";
  }
  return "";
}

Fields::Fields(const Specs& specs, const Schema& schema, Diagnostics* diagnostics)
    : specs_(specs), schema_(schema), diagnostics_(diagnostics), of_types_(schema.event_types().size()) {
  if (!specs.privacy.hash_key.empty()) hash_key_ = Pseudonyms::Fingerprint(specs.privacy.hash_key);
  for (const TableSpec& table : specs.tables) {
    table_by_name_.emplace(table.name, static_cast<uint32_t>(lookups_.size()));
    LookupPlan plan;
    plan.name = table.name;
    plan.contents = table.contents;
    if (table.contents != nullptr) plan.columns.assign(table.contents->columns().begin(), table.contents->columns().end());
    for (const LookupColumn& column : plan.columns) plan.needed.push_back(table.columns.contains(column.name));
    lookups_.push_back(std::move(plan));
  }
  for (const FieldSpec& spec : specs.fields) {
    by_name_.emplace(spec.name, derived_.size());
    derived_.emplace_back().spec = &spec;
    derived_.back().infos.resize(of_types_.size());
  }
  for (Derived& derived : derived_) {
    std::vector<Derived*> open;
    Order(&derived, &open);
  }
}

Fields::Derived* Fields::Find(std::string_view name) {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &derived_[it->second];
}

const Fields::Derived* Fields::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &derived_[it->second];
}

void Fields::Error(const Derived& derived, const Place& place, const std::string& text) {
  diagnostics_->Add(place, "fields." + derived.spec->name + ": " + text);
}

// Depth first: what a field is made of is known before it is. `open`: fields that wait for this one.
void Fields::Order(Derived* derived, std::vector<Derived*>* open) {
  if (derived->depth > 0) return;
  open->push_back(derived);
  size_t depth = 0;
  std::vector<const FieldExpr*> names;
  CollectNames(*derived->spec->expr, &names);
  for (const FieldExpr* name : names) {
    Derived* other = Find(name->field);
    if (other == nullptr) continue;
    if (std::find(open->begin(), open->end(), other) != open->end()) {
      Error(*derived, name->place, name->field + " is made of " + derived->spec->name + " itself: a circle");
      derived->bad = true;
      continue;
    }
    Order(other, open);
    depth = std::max(depth, other->depth);
    derived->bad |= other->bad;
  }
  derived->depth = depth + 1;
  if (derived->depth > kMaxFieldDepth && !derived->bad) {
    Error(*derived, derived->spec->place, "fields of fields, nested more than " + std::to_string(kMaxFieldDepth) + " deep");
    derived->bad = true;
  }
  CheckName(derived);
  CheckParts(*derived->spec->expr, derived);
  derived->identity = derived->bad ? "{" + derived->spec->name + "}" : Identity(*derived->spec->expr);
  if (!derived->bad && IsHash(*derived)) by_name_.emplace(derived->identity, static_cast<size_t>(derived - derived_.data()));
  open->pop_back();
}

void Fields::CheckName(Derived* derived) {
  const std::string& name = derived->spec->name;
  for (uint32_t t = 0; t < schema_.event_types().size(); ++t) {
    const EventType& type = schema_.event_types()[t];
    if (!schema_.Has(EventTypeId{t}, name)) continue;
    Error(*derived, derived->spec->place, name + " is a field of " + type.name + " already; take another name");
    derived->bad = true;
    return;
  }
}

void Fields::CheckParts(const FieldExpr& expr, Derived* derived) {
  if (expr.kind == FieldExpr::Kind::kLookup) CheckLookup(expr, derived);
  if (expr.kind == FieldExpr::Kind::kNumber && (expr.number.mantissa > INT64_MAX || expr.number.mantissa < -INT64_MAX)) {
    Error(*derived, expr.place, "the number is too large: it has more than 64 bits with its digits after the point");
    derived->bad = true;
  }
  for (const auto& arg : expr.args) CheckParts(*arg, derived);
}

Result<uint32_t> Fields::Table(const std::string& name) const {
  const auto table = table_by_name_.find(name);
  if (table != table_by_name_.end()) return table->second;
  std::vector<std::string> names;
  for (const TableSpec& spec : specs_.tables) names.push_back(spec.name);
  return Invalid("there is no table " + name + DidYouMean(Nearest(name, names)));
}

Result<uint32_t> Fields::Column(uint32_t table, const std::string& name) {
  LookupPlan& plan = lookups_[table];
  std::vector<std::string> names;
  for (uint32_t c = 0; c < plan.columns.size(); ++c) {
    if (plan.columns[c].name == name) {
      plan.needed[c] = true;
      return c;
    }
    names.push_back(plan.columns[c].name);
  }
  return Invalid("the table " + plan.name + " has no column " + name + DidYouMean(Nearest(name, names)));
}

void Fields::CheckLookup(const FieldExpr& expr, Derived* derived) {
  const Result<uint32_t> table = Table(expr.table);
  const Result<uint32_t> found = table.ok() ? Column(*table, expr.column) : table;
  if (found.ok()) return;
  Error(*derived, expr.place, found.status().text());
  derived->bad = true;
}

EventTypeId Fields::AddEntity(std::vector<EventTypeId> types) {
  for (Derived& derived : derived_) derived.infos.emplace_back();
  of_types_.emplace_back().entity = std::move(types);
  return EventTypeId{static_cast<uint32_t>(of_types_.size() - 1)};
}

std::string Fields::NameOf(EventTypeId type) const {
  return type.v < schema_.event_types().size() ? schema_.event_types()[type.v].name : "an entity";
}

void Fields::Operands(const std::string& path, std::set<std::string>* paths) const {
  const Derived* derived = Find(path);
  if (derived == nullptr) {
    paths->insert(path);
    return;
  }
  if (!derived->bad && IsHash(*derived)) {
    paths->insert(derived->identity);
    return;
  }
  std::vector<const FieldExpr*> names;
  if (!derived->bad) CollectNames(*derived->spec->expr, &names);
  for (const FieldExpr* name : names) Operands(name->field, paths);
}

bool Fields::FollowsOnePath(EventTypeId type, const std::string& path) {
  const Derived* derived = Find(path);
  if (derived == nullptr || derived->bad || IsHash(*derived)) return true;
  const FieldExpr* expr = derived->spec->expr.get();
  bool looked_up = false;
  for (; expr->kind == FieldExpr::Kind::kLookup; expr = expr->args[0].get()) looked_up = true;
  if (expr->kind != FieldExpr::Kind::kField || !FollowsOnePath(type, expr->field)) return false;
  const Result<FieldInfo> key = Resolve(type, expr->field);
  return !looked_up || !key.ok() || key->type == SlotType::kString;  // a number may be 0 where there is none
}

std::string Fields::Identity(const std::string& path) const {
  const Derived* derived = Find(path);
  return derived == nullptr ? path : derived->identity;
}

std::string Fields::Identity(const Expr& where) const {
  return Canonical(where, [this](const std::string& path) { return Identity(path); });
}

std::string Fields::Identity(const FieldExpr& expr) const {
  if (expr.kind == FieldExpr::Kind::kNumber) return ToString(expr.number);
  if (expr.kind == FieldExpr::Kind::kField) return Identity(expr.field);
  std::vector<std::string> args;
  for (const auto& arg : expr.args) args.push_back(Identity(*arg));
  const bool any_order = expr.kind == FieldExpr::Kind::kAdd || expr.kind == FieldExpr::Kind::kMultiply ||
                         expr.kind == FieldExpr::Kind::kFilled;
  if (any_order) std::sort(args.begin(), args.end());
  std::string text = OpText(expr);
  if (expr.kind == FieldExpr::Kind::kHash) text += " " + hash_key_;  // another key, another field
  if (expr.kind == FieldExpr::Kind::kLookup) {
    text = "lookup " + expr.table + " " + expr.column;
    for (const LookupColumn& column : lookups_[table_by_name_.find(expr.table)->second].columns) {
      if (column.name == expr.column) text += " " + std::string(ToString(column.type));
    }
  }
  for (const std::string& arg : args) text += " " + arg;
  return Hashed(text);
}

void Fields::CheckUnused() {
  std::vector<Derived*> by_depth;
  for (Derived& derived : derived_) by_depth.push_back(&derived);
  std::stable_sort(by_depth.begin(), by_depth.end(), [](auto* a, auto* b) { return a->depth < b->depth; });
  for (Derived* derived : by_depth) {
    std::vector<const FieldExpr*> names;
    CollectNames(*derived->spec->expr, &names);
    for (const FieldExpr* name : names) {
      const Derived* other = Find(name->field);
      derived->bad |= other != nullptr && other->bad;
    }
    Result<FieldInfo> invalid = Invalid("no event type has all of its fields");
    const FieldExpr* at = nullptr;
    for (uint32_t t = 0; t < schema_.event_types().size() && !derived->good && !derived->bad; ++t) {
      // Most event types lack one of its fields, whose nearest spelling there nobody wants to know.
      const auto lacks = [&](const FieldExpr* name) {
        return Find(name->field) == nullptr && schema_.ResolvePath(EventTypeId{t}, name->field).status().code() == Code::kNotFound;
      };
      if (std::any_of(names.begin(), names.end(), lacks)) continue;
      const FieldExpr* wrong = derived->spec->expr.get();
      Result<FieldInfo> info = Resolve(EventTypeId{t}, derived->spec->name);
      if (info.ok() || info.status().code() == Code::kNotFound || at != nullptr) continue;
      invalid = Info(EventTypeId{t}, *derived->spec->expr, &wrong);
      at = wrong;
    }
    if (derived->good || derived->bad || derived->spec->implied) continue;
    derived->bad = true;
    if (at == nullptr && ReportUnknown(*derived->spec->expr, *derived)) continue;
    Error(*derived, at == nullptr ? derived->spec->place : at->place, invalid.status().text());
  }
}

bool Fields::ReportUnknown(const FieldExpr& expr, const Derived& derived) {
  bool reported = false;
  if (expr.kind == FieldExpr::Kind::kField && Find(expr.field) == nullptr) {
    for (uint32_t t = 0; t < schema_.event_types().size(); ++t) {
      if (schema_.Has(EventTypeId{t}, expr.field)) return false;
    }
    std::vector<std::string> known = schema_.AllPaths();
    for (const FieldSpec& spec : specs_.fields) known.push_back(spec.name);
    Error(derived, expr.place, expr.field + " is not a field of any event type" + DidYouMean(Nearest(expr.field, known)));
    reported = true;
  }
  for (const auto& arg : expr.args) reported |= ReportUnknown(*arg, derived);
  return reported;
}

}  // namespace tidemark
