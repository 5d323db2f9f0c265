// The histograms of one table, bucket by bucket in the order of values: for quantiles.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/view/view.h"
#include "pipeline/window/row_chunk.h"

namespace tidemark {

// Borrows the chunks.
class Histograms {
 public:
  Histograms(const TablePlan& plan, const std::vector<std::shared_ptr<const RowChunk>>& chunks);

  // The value of nearest rank, ceil(q x count), q = numerator / 100,000, over the samples of a row's window: within 1 % of
  // that sample. Absent without samples.
  Value Quantile(RowId row, const ColumnPlan& column, uint32_t position, int64_t numerator, int scale) const;

 private:
  struct Bucket {
    RowId row;
    int32_t bucket;
    const int64_t* words;
  };
  std::vector<Bucket> buckets_;  // by row, then value
};

}  // namespace tidemark
