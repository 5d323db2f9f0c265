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
Value CellValue(const KpiPlan& kpi, const ColumnPlan& column, const int64_t* cell, const Extra* extra, EventTime edge) {
  const int64_t count = cell[0];
  switch (kpi.measure) {
    case Measure::kCount:
      return Value::Exact({count, 0});
    case Measure::kSum:
      return Value::Exact({LoadSum(cell + 1), kpi.scale});
    case Measure::kAvg:
      if (count == 0 || count < kpi.min_samples) return {};
      return Average(LoadSum(cell + 1), kpi.scale, count);
    case Measure::kMin:
    case Measure::kMax: {
      const auto value = extra[column.extra].stairs.Since(edge);
      return value ? Value::Exact({*value, kpi.scale}) : Value();
    }
    case Measure::kLast: {
      const LastValue& last = extra[column.extra].last;
      return last.time == kNoEventTime || last.time < edge ? Value() : Value::Exact({last.value, kpi.scale});
    }
    default:
      break;
  }
  return {};
}

}  // namespace

std::string Value::ToString() const {
  if (absent()) return "";
  if (exact()) return tidemark::ToString(decimal_);
  std::array<char, 32> out{};
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), real_);
  TM_CHECK(error == std::errc());
  return {out.data(), end};
}

Snapshot::Snapshot(SnapshotData data) : data_(std::move(data)), formulas_(new FormulaResult[data_.plan->kpis().size()]) {}

void Snapshot::ForEach(KpiId id, const SeriesVisitor& visit) const {
  const KpiPlan& kpi = data_.plan->kpis()[id.v];
  if (kpi.measure != Measure::kFormula) {
    ForEachStored(kpi, visit);
    return;
  }
  for (const FormulaSeries& series : Formula(id)) {
    for (size_t w = 0; w < series.values.size(); ++w) visit({*series.labels, w, series.values[w], series.samples[w]});
  }
}

void Snapshot::ForEachStored(const KpiPlan& kpi, const SeriesVisitor& visit) const {
  const TableView& table = *data_.tables[kpi.table.v];
  const ColumnPlan& column = table.plan->columns[kpi.column];
  const uint32_t cell_words = PaneWords(column.kind);
  for (const auto& chunk : table.chunks) {
    for (size_t r = 0; r < kChunkRows; ++r) {
      if ((chunk->admitted[r] >> kpi.column & 1) == 0) continue;
      const int64_t* cell = chunk->words.data() + r * table.plan->acc_words + column.acc + 1;
      const Extra* extra = chunk->extras.data() + r * table.plan->extras;
      const SeriesLabels& labels = *chunk->labels->rows[r];
      for (size_t w = 0; w < column.windows.size(); ++w, cell += cell_words) {
        visit({labels, w, CellValue(kpi, column, cell, extra, table.edges[column.windows[w]].lower), cell[0]});
      }
    }
  }
}

}  // namespace tidemark
