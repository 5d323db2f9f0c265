// Fields as the rest of the compiler sees them: paths of the schema and derived fields, each a slot of an event type.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/event/schema.h"
#include "pipeline/plan/derivation.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

inline constexpr size_t kMaxFieldDepth = 32;  // derived fields of derived fields

// "text", "a whole number", ...: what a slot holds, in a message.
std::string_view TypeName(SlotType type);

// Invariant: slot n of a type is what slots(type)[n] says; an empty path is a derived field's.
// Lifetime: specs and schema outlive it. Mistakes in the definitions go to the diagnostics, at their places.
class Fields {
 public:
  // Checks what can be checked without an event type: circles, tables and their columns, names.
  Fields(const Specs& specs, const Schema& schema, Diagnostics* diagnostics);

  // What these event types say of an entity, as if it were an event type of its own: a path is what it is in those of them
  // that have it. Its derived fields are worked out from what is kept of the entity.
  EventTypeId AddEntity(std::vector<EventTypeId> types);

  // What a path or derived field is in an event type; the error says why it is nothing there.
  Result<FieldInfo> Resolve(EventTypeId type, std::string_view path);
  // Resolve(type, path).ok(), without the search for a spelling.
  bool Has(EventTypeId type, std::string_view path);
  // Its slot there, given out when it is asked for first; 0 when it is nothing there.
  uint32_t Slot(EventTypeId type, std::string_view path);

  // What a path stands for, in one spelling: itself, or a hash of the definition. For fingerprints: renaming a derived
  // field changes nothing, redefining does.
  std::string Identity(const std::string& path) const;
  std::string Identity(const Expr& where) const;

  // Adds the paths of the schema that a path or derived field is made of. Hashes count as paths, called by their identity: what
  // is kept of an entity is the hash, never what it was made of.
  void Operands(const std::string& path, std::set<std::string>* paths) const;
  // Whether it changes only with one path, and is there only where that is: the path itself, or what tables say of its text.
  bool FollowsOnePath(EventTypeId type, const std::string& path);

  // A table's index, and its column there, which later contents must have; why there is none.
  Result<uint32_t> Table(const std::string& name) const;
  Result<uint32_t> Column(uint32_t table, const std::string& name);
  const LookupColumn& column(uint32_t table, uint32_t column) const { return lookups_[table].columns[column]; }

  // ---- once all KPIs are compiled ----
  // Reports derived fields that no event type can have.
  void CheckUnused();
  const std::vector<std::string>& slots(EventTypeId type) const { return of_types_[type.v].slots; }
  Derivation TakeDerivation(EventTypeId type) { return std::move(of_types_[type.v].derivation); }
  std::vector<LookupPlan> TakeLookups();      // by index of Specs::tables

 private:
  struct Derived {
    const FieldSpec* spec = nullptr;
    std::string identity;
    bool bad = false;   // reported; nothing else is said about it
    bool good = false;  // some event type has it
    size_t depth = 0;
    std::vector<std::optional<Result<FieldInfo>>> infos;  // by event type, then by entity
  };
  struct OfType {
    std::vector<EventTypeId> entity;  // the event types behind it; empty: it is one itself
    std::vector<std::string> slots;
    std::map<std::string, uint32_t> slot_of;  // by identity
    std::map<std::string, uint32_t> find_of;  // by table and identity of the key
    Derivation derivation;
  };
  // A part of a definition, compiled for one event type.
  struct Compiled {
    uint32_t node = 0;
    FieldInfo info;
  };

  Derived* Find(std::string_view name);
  static bool IsHash(const Derived& derived) { return derived.spec->expr->kind == FieldExpr::Kind::kHash; }
  const Derived* Find(std::string_view name) const;
  void Order(Derived* derived, std::vector<Derived*>* open);
  void CheckParts(const FieldExpr& expr, Derived* derived);
  void CheckLookup(const FieldExpr& expr, Derived* derived);
  void CheckName(Derived* derived);
  // Every path of a definition that no event type has; false when there is none.
  bool ReportUnknown(const FieldExpr& expr, const Derived& derived);
  void Error(const Derived& derived, const Place& place, const std::string& text);

  Result<FieldInfo> ResolveOfEntity(const std::vector<EventTypeId>& types, std::string_view path);
  std::string NameOf(EventTypeId type) const;
  // The type of a part; `*wrong` is the part that an error is about.
  Result<FieldInfo> Info(EventTypeId type, const FieldExpr& expr, const FieldExpr** wrong);
  Result<FieldInfo> Combine(const FieldExpr& expr, const std::vector<FieldInfo>& args, const FieldExpr** wrong) const;
  Result<FieldInfo> ColumnInfo(const FieldExpr& expr) const;
  Compiled Compile(EventTypeId type, const FieldExpr& expr);
  void CompileLookup(EventTypeId type, const FieldExpr& expr, uint32_t key, Derivation::Node* node);
  std::string Identity(const FieldExpr& expr) const;

  const Specs& specs_;
  const Schema& schema_;
  Diagnostics* diagnostics_;
  std::string hash_key_;                     // its fingerprint
  std::vector<Derived> derived_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::map<std::string, uint32_t, std::less<>> table_by_name_;
  std::vector<OfType> of_types_;  // as infos
  std::vector<LookupPlan> lookups_;
};

}  // namespace tidemark
