// Turns Specs into a Plan in passes: measures -> tables -> routes -> formulas -> rules. Used by Plan::Compile only.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/plan/plan.h"

namespace tidemark {

// Resolves a `where` for one event type; every mistake goes to the diagnostics.
class FilterCompiler {
 public:
  FilterCompiler(const Schema& schema, EventTypeId type, std::vector<std::string>* paths, Diagnostics* diagnostics)
      : schema_(schema), type_(type), paths_(paths), diagnostics_(diagnostics) {}
  Filter Compile(const Expr& expr);

 private:
  uint32_t Node(const Expr& expr);
  uint32_t Leaf(const Expr& expr);
  bool Literals(const Expr& expr, const FieldInfo& field, Filter::Node* node);

  const Schema& schema_;
  EventTypeId type_;
  std::vector<std::string>* paths_;
  Diagnostics* diagnostics_;
  Filter filter_;
};

// Index of `path` among `paths`, added when new.
uint32_t SlotOf(std::vector<std::string>* paths, const std::string& path);

class Compiler {
 public:
  Compiler(const Specs& specs, const Schema& schema, Diagnostics* diagnostics)
      : specs_(specs), schema_(schema), diagnostics_(diagnostics) {}
  std::shared_ptr<const Plan> Run();

 private:
  struct Measured {                       // what resolving a stored KPI found out
    std::vector<EventTypeId> types;
    std::vector<TopicId> topics;
    int scale = 0;
  };

  void Topics();
  void StoredKpi(const KpiSpec& spec, KpiPlan* kpi);
  Measured Resolve(const KpiSpec& spec);
  void CheckMeasureField(const KpiSpec& spec, EventTypeId type, Measured* measured, bool first);
  void CheckLabel(const KpiSpec& spec, const LabelSpec& label, EventTypeId type);
  std::vector<std::vector<std::string>> DeclaredRows(const KpiSpec& spec);
  TableId TableFor(const KpiSpec& spec, const Measured& measured);
  uint32_t ClockFor(const std::vector<TopicId>& topics);
  void AddColumn(const KpiSpec& spec, const Measured& measured, KpiPlan* kpi);
  void Route(const KpiSpec& spec, const KpiPlan& kpi, const Measured& measured);
  TableRoute* RouteTo(RoutePlan* route, const KpiSpec& spec, const KpiPlan& kpi, EventTypeId type);
  void LayOutTables();
  void FormulaKpi(const KpiSpec& spec, KpiPlan* kpi);
  uint32_t FormulaPart(const Formula& part, const KpiSpec& spec, KpiPlan* kpi);
  bool ResolveOperand(const Formula& part, const KpiSpec& spec, FormulaNode* node);
  void CheckFormulaCycles();
  void Rule(const RuleSpec& spec);
  void Error(const Place& place, std::string text) { diagnostics_->Add(place, std::move(text)); }
  const Place& At(const KpiSpec& spec, const std::string& clause) const;

  const Specs& specs_;
  const Schema& schema_;
  Diagnostics* diagnostics_;
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::map<std::string, KpiId> by_name_;
  std::vector<Measured> measured_;                              // by KPI
  std::vector<std::vector<std::string>> paths_;                 // by event type
  std::vector<std::map<std::string, int32_t>> filter_index_;    // by event type: canonical text -> filter
  std::map<std::string, TableId> tables_;                       // by identity
};

}  // namespace tidemark
