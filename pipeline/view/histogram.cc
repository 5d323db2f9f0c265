#include "pipeline/view/histogram.h"

#include <algorithm>

#include "pipeline/aggregate/sketch.h"

namespace tidemark {

Histograms::Histograms(const TablePlan& plan, const std::vector<std::shared_ptr<const RowChunk>>& chunks) {
  for (const auto& chunk : chunks) {
    for (size_t r = 0; r < kChunkRows; ++r) {
      if (chunk->admitted[r] == 0) continue;
      const int64_t* words = chunk->words.data() + r * plan.acc_words;
      const auto tag = static_cast<uint64_t>(words[0]);
      buckets_.push_back({RowOfTag(tag), BucketOfTag(tag), words});
    }
  }
  std::sort(buckets_.begin(), buckets_.end(), [](const Bucket& a, const Bucket& b) { return a.row != b.row ? a.row < b.row : a.bucket < b.bucket; });
}

Value Histograms::Quantile(RowId row, const ColumnPlan& column, uint32_t position, int64_t numerator, int scale) const {
  const auto [first, last] = std::equal_range(buckets_.begin(), buckets_.end(), Bucket{row, 0, nullptr},
                                              [](const Bucket& a, const Bucket& b) { return a.row < b.row; });
  const size_t cell = column.acc + 1 + position;
  Int128 count = 0;
  for (auto it = first; it != last; ++it) count += it->words[cell];
  if (count <= 0) return {};
  Int128 rank = (count * numerator + 99'999) / 100'000;
  for (auto it = first; it != last; ++it) {
    rank -= it->words[cell];
    if (rank > 0) continue;
    const Int128 twice = TwiceMiddleOf(it->bucket);
    return twice % 2 == 0 ? Value::Exact({twice / 2, scale}) : Value::Exact({twice * 5, scale + 1});
  }
  return {};
}

}  // namespace tidemark
