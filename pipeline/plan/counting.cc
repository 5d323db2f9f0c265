// A plan's KPIs shared out between engines.
#include <algorithm>

#include "pipeline/plan/plan.h"

namespace tidemark {
namespace {

// Whether what the KPI is made of is counted, through formulas over formulas.
bool Counted(const std::vector<KpiPlan>& kpis, const KpiPlan& kpi) {
  if (kpi.derived != Derived::kNone) return Counted(kpis, kpis[kpi.base.v]);
  if (kpi.measure != Measure::kFormula) return kpi.counted;
  return std::all_of(kpi.formula.begin(), kpi.formula.end(), [&](const FormulaNode& node) {
    return node.kind != Formula::Kind::kKpi || Counted(kpis, kpis[node.kpi.v]);
  });
}

}  // namespace

std::shared_ptr<const Plan> Plan::Counting(const std::vector<bool>& stored_kpis, bool live) const {
  auto plan = std::make_shared<Plan>(*this);
  std::vector<KpiPlan>& kpis = plan->kpis_;
  for (size_t k = 0; k < kpis.size(); ++k) kpis[k].counted = stored_kpis[k];
  for (KpiPlan& kpi : kpis) {
    if (kpi.measure == Measure::kFormula || kpi.derived != Derived::kNone) kpi.counted = Counted(kpis, kpi);
  }
  for (RoutePlan& route : plan->routes_) {
    for (TableRoute& table : route.tables) std::erase_if(table.ops, [&](const Op& op) { return !kpis[op.kpi.v].counted; });
    std::erase_if(route.tables, [](const TableRoute& table) { return table.ops.empty(); });
    for (EntityRoute& entity : route.entities) {
      std::erase_if(entity.ops, [&](const FoldOp& op) { return !kpis[plan->folds_[op.fold].kpi.v].counted; });
    }
    std::erase_if(route.entities, [](const EntityRoute& entity) { return entity.ops.empty(); });
    Group(&route);
  }
  if (!live) {
    plan->rules_.clear();
    plan->rule_infos_.clear();
    plan->sources_.clear();
    for (TopicPlan& topic : plan->topics_) topic.batches = UINT32_MAX;
    for (ClockPlan& clock : plan->clocks_) clock.sources.clear();
    plan->heartbeat_ = {};
    plan->source_sets_ = {{}};
    for (KpiPlan& kpi : kpis) kpi.source_set = 0;
  }
  return plan;
}

}  // namespace tidemark
