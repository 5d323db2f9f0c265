// The View of one commit: chunks of rows shared with the engine copy-on-write, and what was worked out beside them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/view/histogram.h"
#include "pipeline/view/view.h"
#include "pipeline/window/row_chunk.h"

namespace tidemark {

// The labels and one more, whose value needs no escaping.
SeriesLabels WithLabel(const SeriesLabels& labels, std::string_view name, std::string_view value);

// Exact where the quotient is whole, else the nearest double; absent when b is zero.
Value Divide(const Value& a, const Value& b);

// One table as of a commit. edges[w] are those of plan->windows[w].
struct TableView {
  const TablePlan* plan = nullptr;
  std::vector<Edges> edges;
  std::vector<std::shared_ptr<const RowChunk>> chunks;
};

// All of a snapshot but its formulas, which are worked out when first asked for.
struct SnapshotData {
  std::shared_ptr<const Plan> plan;
  std::vector<std::shared_ptr<const TableView>> tables;
  std::vector<EventTime> read_at;  // by clock: the T that its tables stand at
  LookupTables lookups;            // by Plan::lookups(): targets and holidays
  std::vector<KpiStatus> status;
  std::vector<std::shared_ptr<const std::vector<BreachInfo>>> breaches;
  std::vector<PartitionView> partitions;
  std::vector<SourceView> sources;
  EngineStats stats;
  bool complete = false;
  bool caught_up = false;
  uint64_t sequence = 0;
};

// Threads: any. Formula results and histograms are made once, by the first reader.
class Snapshot final : public View {
 public:
  explicit Snapshot(SnapshotData data);
  std::span<const KpiInfo> kpis() const override { return data_.plan->kpi_infos(); }
  std::span<const RuleInfo> rules() const override { return data_.plan->rule_infos(); }
  void ForEach(KpiId kpi, const SeriesVisitor& visit) const override;
  const KpiStatus& status(KpiId kpi) const override { return data_.status[kpi.v]; }
  std::span<const BreachInfo> breaches(RuleId rule) const override { return *data_.breaches[rule.v]; }
  std::span<const PartitionView> partitions() const override { return data_.partitions; }
  std::span<const SourceView> sources() const override { return data_.sources; }
  const EngineStats& stats() const override { return data_.stats; }
  bool complete() const override { return data_.complete; }
  bool caught_up() const override { return data_.caught_up; }
  uint64_t sequence() const override { return data_.sequence; }
  const std::shared_ptr<const Plan>& plan() const { return data_.plan; }
  const LookupTables& lookups() const { return data_.lookups; }
  // A KPI as of one of Plan::others(); [0] is now. All of its series, also of one that shows only the greatest.
  void ForEachAt(KpiId id, size_t other, const SeriesVisitor& visit) const;

 private:
  struct FormulaSeries {
    std::shared_ptr<const SeriesLabels> labels;
    std::vector<Value> values;       // by window
    std::vector<int64_t> samples;
  };
  struct FormulaResult {
    std::once_flag once;
    std::vector<FormulaSeries> series;
    std::vector<Value> empty;        // by window: of labels that no operand has
  };
  class FormulaRun;

  void ForEachStored(const KpiPlan& kpi, size_t other, const SeriesVisitor& visit) const;
  void ForEachTop(const KpiPlan& kpi, const SeriesVisitor& visit) const;
  void ForEachCompared(const KpiPlan& kpi, const SeriesVisitor& visit) const;
  void ForEachStepRatio(const KpiPlan& kpi, const SeriesVisitor& visit) const;
  const FormulaResult& Formula(KpiId kpi, size_t other) const;

  // ---- targets.cc ----
  void ForEachTarget(const KpiPlan& kpi, const SeriesVisitor& visit) const;
  void ForEachExpected(const KpiPlan& kpi, const SeriesVisitor& visit) const;
  // T of what a KPI shows here.
  EventTime ReadAt(const KpiPlan& kpi) const;
  std::optional<BusinessTime> BusinessTimeOf(const KpiPlan& kpi, const TargetPlan& target) const;
  // The target of a series; absent when it has none.
  Value TargetOf(const TargetPlan& target, const SeriesLabels& labels) const;
  // Series that only targets name: (value of the KPI's label, labels).
  std::map<std::string, std::shared_ptr<const SeriesLabels>> Named(const KpiPlan& kpi) const;
  // What a KPI shows for labels without events.
  Value EmptyValue(const KpiPlan& kpi, KpiId id, size_t window) const;
  const Histograms& HistogramsOf(TableId buckets) const;

  struct HistogramResult {
    std::once_flag once;
    std::optional<Histograms> histograms;
  };
  SnapshotData data_;
  std::unique_ptr<FormulaResult[]> formulas_;      // by KPI and other
  std::unique_ptr<HistogramResult[]> histograms_;  // by table
};

}  // namespace tidemark
