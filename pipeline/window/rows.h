// The series of one table: label values to dense rows, with their accumulators.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/ids.h"
#include "pipeline/plan/plan.h"
#include "pipeline/window/row_chunk.h"

namespace tidemark {

inline constexpr RowId kOtherRow{0};  // __other__: what found no room
inline constexpr char kOtherLabel[] = "__other__";

// Invariants: (1) row 0 exists and is not in the index; (2) a row is in the index iff it has labels; (3) admitted bits
// mirror those of the row's chunk. Threads: confined to the engine; chunks() may be shared with any thread.
class Rows {
 public:
  explicit Rows(const TablePlan& plan);
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // The row with these packed labels (PutBytes of each value) on which the columns of `wanted` may be counted. Columns
  // that are at their limit are left out of *granted: they belong to kOtherRow.
  RowId Admit(std::string_view packed, uint64_t wanted, uint64_t* granted) {
    const size_t hash = index_.hash_function()(packed);
    if (hash == memo_hash_ && (wanted & ~admitted_[memo_row_.v]) == 0 && memo_row_ != kOtherRow && packed == packed_[memo_row_.v]) {
      *granted = wanted;
      return memo_row_;
    }
    return AdmitSlow(packed, hash, wanted, granted);
  }
  // Admits regardless of limits: declared series, stored series, kOtherRow's own columns.
  RowId Force(std::string_view packed, uint64_t columns);
  void AdmitOther(uint64_t columns) { AddColumns(kOtherRow, columns); }
  // Places a stored row where it was. False when the row is taken or out of range.
  bool Place(RowId row, std::string_view packed);
  // Takes the series away from these columns; the row goes when none is left. True when it went.
  bool Remove(RowId row, uint64_t columns);

  // Accumulator words of a row, for writing: copies the chunk first when a view holds it, marks the row dirty.
  int64_t* Mutable(RowId row);
  Extra* MutableExtras(RowId row);
  const int64_t* Words(RowId row) const { return chunks_[row.v / kChunkRows]->words.data() + (row.v % kChunkRows) * plan_.acc_words; }
  const Extra* Extras(RowId row) const { return chunks_[row.v / kChunkRows]->extras.data() + (row.v % kChunkRows) * plan_.extras; }
  uint64_t admitted(RowId row) const { return admitted_[row.v]; }
  std::string_view packed(RowId row) const { return packed_[row.v]; }
  uint32_t size() const { return static_cast<uint32_t>(admitted_.size()); }
  uint64_t series(uint32_t column) const { return series_[column]; }

  // Rows changed since the last ClearDirty, and rows whose labels must be stored or erased.
  const std::vector<RowId>& dirty() const { return dirty_; }
  const std::vector<RowId>& new_labels() const { return new_labels_; }
  const std::vector<RowId>& erased() const { return erased_; }
  void ClearDirty();
  // The same since the last ClearStale, gone ones among them.
  const std::vector<RowId>& stale() const { return stale_; }
  void ClearStale();

  // Hands the chunks out; later writes copy.
  std::vector<std::shared_ptr<const RowChunk>> Share();
  int64_t MemoryBytes() const;

 private:
  struct PackedHash {
    using is_transparent = void;
    uint64_t seed;
    size_t operator()(std::string_view s) const { return Hash64(s, seed); }
  };
  struct PackedEq {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };

  static constexpr uint8_t kDirty = 1, kStale = 2;

  RowId AdmitSlow(std::string_view packed, size_t hash, uint64_t wanted, uint64_t* granted);
  RowId NewRow(std::string_view packed);
  void Grow(uint32_t rows);
  void AddColumns(RowId row, uint64_t columns);
  void SetLabels(RowId row, std::string_view packed);
  // False for bytes that no row of this table has.
  bool AreLabels(std::string_view packed) const;
  ChunkLabels* MutableLabels(RowId row);
  RowChunk* MutableChunk(uint32_t chunk);
  void Touch(RowId row);

  const TablePlan& plan_;
  absl::flat_hash_map<std::string, uint32_t, PackedHash, PackedEq> index_;
  std::vector<std::string> packed_;
  std::vector<uint64_t> admitted_;
  std::vector<uint8_t> marks_;                  // kDirty, kStale: the row is in the list
  std::vector<uint64_t> series_;                // by column
  std::vector<std::shared_ptr<RowChunk>> chunks_;
  std::vector<uint8_t> shared_;                 // by chunk: a view holds it
  std::vector<uint8_t> labels_shared_;          // the same of its labels, which change less often
  std::vector<RowId> free_, dirty_, stale_, new_labels_, erased_;
  size_t memo_hash_ = 0;                        // of the labels of
  RowId memo_row_ = kOtherRow;                  // the row that was asked for last, if it has them still; kOtherRow: none
  int64_t label_bytes_ = 0;
};

// `name="value",...` with values escaped for text exposition.
std::shared_ptr<const SeriesLabels> MakeSeriesLabels(const std::vector<std::string>& names, std::string_view packed);

}  // namespace tidemark
