// Turns Specs into a Plan in passes: measures -> tables and folds -> routes -> formulas -> rules. Used by Plan::Compile
// only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/plan/facts.h"
#include "pipeline/plan/fields.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Resolves a `where` for an event type, or an entity as it is kept; every mistake goes to the diagnostics.
class FilterCompiler {
 public:
  FilterCompiler(Fields* fields, EventTypeId type, Diagnostics* diagnostics) : fields_(*fields), type_(type), diagnostics_(diagnostics) {}
  Filter Compile(const Expr& expr);

 private:
  uint32_t Node(const Expr& expr);
  uint32_t Leaf(const Expr& expr);
  bool Literals(const Expr& expr, const FieldInfo& field, Filter::Node* node);

  Fields& fields_;
  const EventTypeId type_;
  Diagnostics* diagnostics_;
  Filter filter_;
};

class Compiler {
 public:
  Compiler(const Specs& specs, std::shared_ptr<const Schema> schema, Diagnostics* diagnostics)
      : specs_(specs), schema_(*schema), diagnostics_(diagnostics), fields_(specs, *schema, diagnostics) {
    plan_->schema_ = std::move(schema);
  }
  std::shared_ptr<const Plan> Run();

 private:
  struct Measured {                       // what resolving a stored KPI found out
    std::vector<EventTypeId> types;
    std::vector<EventTypeId> sayings;     // that say only what facts carry
    std::vector<TopicId> topics;
    int scale = 0;
  };

  // ---- compile.cc ----
  void Topics();
  void Calendar();
  KpiInfo InfoOf(const KpiSpec& spec) const;
  StatPlan StatOf(const KpiSpec& spec, const std::string& name);
  Measured Resolve(const KpiSpec& spec);
  std::vector<TopicId> TopicsOf(const std::vector<std::string>& events) const;
  void CheckMeasureField(const KpiSpec& spec, EventTypeId type, Measured* measured, bool first);
  void CheckLabel(const LabelSpec& label, const Result<FieldInfo>& field);
  void MakeDecoder();
  Result<FieldInfo> FieldOf(EventTypeId type, const std::string& path) { return fields_.Resolve(type, path); }
  uint32_t SlotOf(EventTypeId type, const std::string& path) { return fields_.Slot(type, path); }
  std::string IdentityOf(const std::string& path) const { return fields_.Identity(path); }
  std::string IdentityOf(const Expr& where) const { return fields_.Identity(where); }
  // `what` begins the message when there is none.
  std::optional<EventTypeId> TypeOf(const Place& place, const std::string& what, const std::string& name);
  std::optional<EventTypeId> TypeOf(const KpiSpec& spec, const std::string& clause, const std::string& name) {
    return TypeOf(At(spec, clause), clause, name);
  }

  // ---- compile_own.cc ----
  // What the KPI's fields are in the messages of one's own that it reads, by number and type; empty: it reads none.
  std::string OwnFields(const KpiSpec& spec) const;

  // ---- compile_source.cc ----
  void Sources();
  void Heartbeat();
  void Holds(const SourceSpec& spec, uint32_t source);
  // How far behind sources that come in batches hold T of what reads these topics; zero: none does.
  Duration BehindOf(const std::vector<TopicId>& topics) const;

  // ---- compile_table.cc ----
  void StoredKpi(const KpiSpec& spec, KpiPlan* kpi);
  std::vector<std::vector<std::string>> DeclaredRows(const KpiSpec& spec);
  TableId TableFor(const KpiSpec& spec, const std::vector<TopicId>& topics, const std::string& of_fold);
  uint32_t ClockFor(const std::vector<TopicId>& topics);
  TableId BucketsFor(TableId of);
  uint32_t AddColumn(TableId table, const KpiSpec& spec, const KpiPlan& kpi, CellKind kind, const std::string& identity);
  void AddBucketColumn(const KpiSpec& spec, KpiPlan* kpi);
  void AddEventColumn(const KpiSpec& spec, const Measured& measured, KpiPlan* kpi);
  std::string Identity(const KpiSpec& spec, int scale, const std::vector<TopicId>& topics) const;
  void Route(const KpiSpec& spec, const KpiPlan& kpi, const Measured& measured);
  TableRoute* RouteTo(RoutePlan* route, const KpiSpec& spec, const KpiPlan& kpi, EventTypeId type);
  LabelSlot LabelOf(EventTypeId type, const std::string& field);
  int32_t FilterOf(const KpiSpec& spec, EventTypeId type);
  void CheckSameCount(const KpiSpec& spec, const KpiPlan& kpi, uint64_t fingerprint);

  // ---- compile_layout.cc: windows, other times, the words of a row ----
  void FindOthers();
  void NeedOther(size_t kpi, const CompareSpec& other);
  void NeedOthersOf(const KpiSpec& spec, const Formula& part);
  // Whether its windows can end at T, be more here.
  static bool IsCutAtT(const KpiSpec& spec);
  WindowPlan WindowOf(const KpiSpec& kpi, const WindowSpec& spec, const CompareSpec* other, Duration delay) const;
  CellRef AddWindow(TableId table, uint32_t column, const WindowPlan& window);
  // Windows of a KPI whose column serves them all, at all times that are asked for.
  void AddWindows(const KpiSpec& spec, uint32_t column, KpiPlan* kpi);
  void LayOutTables();
  void LayOut(TablePlan* table);

  // ---- compile_fold.cc ----
  void FoldKpi(const KpiSpec& spec, KpiPlan* kpi);
  void DistinctWindows(const KpiSpec& spec, KpiPlan* kpi, FoldPlan* fold, const std::string& identity);
  void FoldWindows(const KpiSpec& spec, KpiPlan* kpi, FoldPlan* fold, const std::string& identity);
  std::string FoldIdentity(const KpiSpec& spec, const KpiPlan& kpi) const;
  void FoldLayout(const KpiSpec& spec, KpiPlan* kpi, FoldPlan* fold);
  // What is kept of an entity: the same however the definitions are written that make the same KPI.
  void LayOutFields(const KpiSpec& spec, EventTypeId entity, FoldPlan* fold);
  void RouteFold(const KpiSpec& spec, uint32_t fold);
  void RouteFoldType(const KpiSpec& spec, EventTypeId type, uint32_t fold_index);
  std::vector<LabelSlot> KeyOf(const KpiSpec& spec, EventTypeId type);
  std::vector<EventTypeId> FoldTypes(const KpiSpec& spec);
  void AddFoldOp(const KpiSpec& spec, EventTypeId type, FoldOp op);

  // ---- compile_facts.cc ----
  // Which of its event types are facts, and what is kept of them.
  void FindFacts(const KpiSpec& spec, FoldPlan* fold);
  std::string FactsIdentity(const FoldPlan& fold) const;
  // The way of what an event type says of the entity.
  void RouteSaying(const KpiSpec& spec, EventTypeId type, uint32_t fold);
  // What makes the op of an event type one of a fact.
  void MarkFact(const std::string& type, EventTypeId id, const FoldPlan& fold, FoldOp* op);
  void FindVersion(EventTypeId type, FoldOp* op);

  // ---- compile_derived.cc ----
  void AddDerived();
  KpiPlan* AddDerivedKpi(KpiId base, Derived derived, const std::string& suffix, const std::string& help);

  // ---- compile_target.cc ----
  std::vector<TargetPlan> TargetsOf(const KpiSpec& spec, const KpiInfo& info);
  void ResolveTable(const TargetSpec& spec, TargetPlan* target);
  void AddTargets(KpiId base);

  // ---- compile_formula.cc ----
  void FormulaKpi(const KpiSpec& spec, KpiPlan* kpi);
  bool FormulaAddsUp(const KpiPlan& kpi) const;
  uint32_t FormulaPart(const Formula& part, const KpiSpec& spec, KpiPlan* kpi);
  bool ResolveOperand(const Formula& part, const KpiSpec& spec, FormulaNode* node);
  void CheckFormulaCycles();
  void Rule(const RuleSpec& spec);

  void Error(const Place& place, std::string text) { diagnostics_->Add(place, std::move(text)); }
  const Place& At(const KpiSpec& spec, const std::string& clause) const;

  const Specs& specs_;
  const Schema& schema_;
  Diagnostics* diagnostics_;
  Fields fields_;
  Facts facts_;
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::map<std::string, KpiId> by_name_;
  std::vector<Measured> measured_;                              // by KPI
  std::vector<std::set<uint32_t>> others_;                      // by KPI: other times that somebody asks it for
  std::vector<std::map<std::string, int32_t>> filter_index_;    // by event type: canonical text -> filter
  std::map<std::string, TableId> tables_;                       // by identity
};

// The schema and the messages of one's own that sources bring; null after a mistake, which is reported. `schema` outlives it.
std::shared_ptr<const Schema> WithOwnEvents(const Specs& specs, const Schema& schema, Diagnostics* diagnostics);

// KPIs whose cells come from entities.
bool IsFold(const KpiSpec& spec);

}  // namespace tidemark
