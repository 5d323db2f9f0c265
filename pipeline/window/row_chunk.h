// Rows in chunks of 64, shared with views copy-on-write: a commit copies what changed, not all series.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/aggregate/staircase.h"
#include "pipeline/view/view.h"

namespace tidemark {

inline constexpr uint32_t kChunkRows = 64;

// What cannot be subtracted: the staircase of a minimum or maximum, or the last values.
struct Extra {
  Staircase stairs;
  LastValues last;
};

struct ChunkLabels {
  std::array<std::shared_ptr<const SeriesLabels>, kChunkRows> rows;  // null: no such row
};

// Immutable once a view holds it.
struct RowChunk {
  std::shared_ptr<ChunkLabels> labels;
  std::array<uint64_t, kChunkRows> admitted{};  // mask of columns that have this series
  std::vector<int64_t> words;                   // kChunkRows x TablePlan::acc_words
  std::vector<Extra> extras;                    // kChunkRows x TablePlan::extras
};

}  // namespace tidemark
