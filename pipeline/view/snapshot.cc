#include "pipeline/view/snapshot.h"

#include <array>
#include <charconv>

#include "pipeline/aggregate/cells.h"

namespace tidemark {
namespace {

// sum / 10^scale / count: exact when it is a decimal of the sum's own scale, else the nearest double.
Value Average(Int128 sum, int scale, int64_t count) {
  if (sum % count == 0) return Value::Exact({sum / count, scale});
  Int128 divisor = count;
  for (int i = 0; i < scale; ++i) divisor *= 10;
  return Value::Real(NearestQuotient(sum, divisor));
}

// The value of one cell of one window. Empty is 0 for counts and sums, absent for the others.
Value CellValue(const KpiPlan& kpi, const ColumnPlan& column, const int64_t* cell, const Extra* extra, const Edges& edges) {
  const int64_t count = cell[0];
  switch (kpi.measure) {
    case Measure::kCount:
    case Measure::kDistinct:
    case Measure::kFirst:
    case Measure::kActive:
    case Measure::kLapsed:
    case Measure::kFunnel:
      return Value::Exact({count, 0});
    case Measure::kOpen:
      return HasSum(column.kind) ? Value::Exact({LoadSum(cell + 1), kpi.scale}) : Value::Exact({count, 0});
    case Measure::kSum:
      return Value::Exact({LoadSum(cell + 1), kpi.scale});
    case Measure::kAvg:
      if (count == 0 || count < kpi.min_samples) return {};
      return Average(LoadSum(cell + 1), kpi.scale, count);
    case Measure::kMin:
    case Measure::kMax: {
      const auto value = extra[column.extra].stairs.Between(edges.lower, edges.upper, kpi.measure == Measure::kMax);
      return value ? Value::Exact({*value, kpi.scale}) : Value();
    }
    case Measure::kLast: {
      const LastValue* last = extra[column.extra].last.Between(edges.lower, edges.upper);
      return last == nullptr ? Value() : Value::Exact({last->value, kpi.scale});
    }
    default:
      break;
  }
  return {};
}

// What the sum and count of measured values give.
Value StatValue(const KpiPlan& kpi, StatPlan::Kind kind, const int64_t* cell) {
  if (kind == StatPlan::Kind::kCount) return Value::Exact({cell[0], 0});
  if (kind == StatPlan::Kind::kSum) return Value::Exact({LoadSum(cell + 1), kpi.scale});
  return cell[0] == 0 || cell[0] < kpi.min_samples ? Value() : Average(LoadSum(cell + 1), kpi.scale, cell[0]);
}

}  // namespace

SeriesLabels WithLabel(const SeriesLabels& labels, std::string_view name, std::string_view value) {
  SeriesLabels more = labels;
  more.values.emplace_back(value);
  if (!more.escaped.empty()) more.escaped += ',';
  more.escaped.append(name).append("=\"").append(value).append("\"");
  return more;
}

std::string Value::ToString() const {
  if (absent()) return "";
  if (exact()) return tidemark::ToString(decimal_);
  std::array<char, 32> out{};
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), real_);
  TM_CHECK(error == std::errc());
  return {out.data(), end};
}

Snapshot::Snapshot(SnapshotData data)
    : data_(std::move(data)), formulas_(new FormulaResult[data_.plan->kpis().size() * data_.plan->others().size()]),
      histograms_(new HistogramResult[data_.plan->tables().size()]) {}

void Snapshot::ForEach(KpiId id, const SeriesVisitor& visit) const {
  const KpiPlan& kpi = data_.plan->kpis()[id.v];
  if (!kpi.counted) return;
  switch (kpi.derived) {
    case Derived::kNone:
      if (kpi.top > 0) return ForEachTop(kpi, visit);
      return ForEachAt(id, 0, visit);
    case Derived::kCompare:
    case Derived::kGrowth:
      return ForEachCompared(kpi, visit);
    case Derived::kStepRatio:
      return ForEachStepRatio(kpi, visit);
    case Derived::kTarget:
    case Derived::kAttainment:
    case Derived::kPace:
      return ForEachTarget(kpi, visit);
    case Derived::kExpected:
      return ForEachExpected(kpi, visit);
  }
}

void Snapshot::ForEachAt(KpiId id, size_t other, const SeriesVisitor& visit) const {
  const KpiPlan& kpi = data_.plan->kpis()[id.v];
  if (kpi.measure != Measure::kFormula) return ForEachStored(kpi, other, visit);
  for (const FormulaSeries& series : Formula(id, other).series) {
    for (size_t w = 0; w < series.values.size(); ++w) visit({*series.labels, w, series.values[w], series.samples[w]});
  }
}

const Histograms& Snapshot::HistogramsOf(TableId buckets) const {
  HistogramResult& result = histograms_[buckets.v];
  const TableView& table = *data_.tables[buckets.v];
  std::call_once(result.once, [&] { result.histograms.emplace(*table.plan, table.chunks); });
  return *result.histograms;
}

void Snapshot::ForEachStored(const KpiPlan& kpi, size_t other, const SeriesVisitor& visit) const {
  if (other >= kpi.cells.size() || kpi.cells[other].empty()) return;
  const TableView& table = *data_.tables[kpi.table.v];
  const auto& cells = kpi.cells[other];
  uint32_t row = 0;
  for (const auto& chunk : table.chunks) {
    for (size_t r = 0; r < kChunkRows; ++r, ++row) {
      if ((chunk->admitted[r] >> kpi.column & 1) == 0) continue;
      const int64_t* words = chunk->words.data() + r * table.plan->acc_words;
      const Extra* extra = chunk->extras.data() + r * table.plan->extras;
      const SeriesLabels& labels = *chunk->labels->rows[r];
      const auto cell_of = [&](const CellRef& ref) {
        const ColumnPlan& column = table.plan->columns[ref.column];
        return words + column.acc + 1 + ref.position * PaneWords(column.kind);
      };
      for (const StatPlan& stat : kpi.stats) {
        const SeriesLabels with_stat = WithLabel(labels, "stat", stat.name);
        for (size_t w = 0; w < cells.size(); ++w) {
          if (!cells[w].kept()) continue;
          const int64_t* cell = cell_of(cells[w]);
          if (stat.kind != StatPlan::Kind::kQuantile) {
            visit({with_stat, w, StatValue(kpi, stat.kind, cell), cell[0]});
            continue;
          }
          const bool withheld = cell[0] < kpi.min_samples;
          const ColumnPlan& buckets = data_.plan->tables()[kpi.buckets->v].columns[kpi.bucket_column];
          const Value value = withheld ? Value() : HistogramsOf(*kpi.buckets).Quantile(RowId{row}, buckets, cells[w].position, stat.numerator, kpi.scale);
          visit({with_stat, w, value, cell[0]});
        }
      }
      if (!kpi.stats.empty()) continue;
      for (size_t w = 0; w < cells.size(); ++w) {
        if (!cells[w].kept()) continue;
        const ColumnPlan& column = table.plan->columns[cells[w].column];
        const int64_t* cell = cell_of(cells[w]);
        visit({labels, w, CellValue(kpi, column, cell, extra, table.edges[column.windows[cells[w].position]]), cell[0]});
      }
    }
  }
}

}  // namespace tidemark
