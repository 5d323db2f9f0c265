#include "pipeline/window/rows.h"

#include <algorithm>
#include <bit>

#include "pipeline/aggregate/sketch.h"
#include "pipeline/store/bytes.h"

namespace tidemark {
namespace {

// Calls f(column) for each bit.
template <class F>
void ForEachBit(uint64_t mask, F f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<uint32_t>(std::countr_zero(mask)));
}

}  // namespace

std::shared_ptr<const SeriesLabels> MakeSeriesLabels(const std::vector<std::string>& names, std::string_view packed) {
  auto labels = std::make_shared<SeriesLabels>();
  ByteReader reader(packed);
  for (const std::string& name : names) {
    const std::string_view value = reader.Bytes();
    labels->values.emplace_back(value);
    if (!labels->escaped.empty()) labels->escaped += ',';
    labels->escaped += name;
    labels->escaped += "=\"";
    for (const char c : value) {
      if (c == '\n') {
        labels->escaped += "\\n";
        continue;
      }
      if (c == '\\' || c == '"') labels->escaped += '\\';
      labels->escaped += c;
    }
    labels->escaped += '"';
  }
  return labels;
}

Rows::Rows(const TablePlan& plan)
    : plan_(plan), index_(0, PackedHash{reinterpret_cast<uintptr_t>(this)}), series_(plan.columns.size()) {
  Grow(1);
  std::string other;
  for (size_t i = 0; i < plan.labels.size(); ++i) PutBytes(&other, kOtherLabel);
  SetLabels(kOtherRow, other);
}

void Rows::Grow(uint32_t rows) {
  while (chunks_.size() * kChunkRows < rows) {
    auto chunk = std::make_shared<RowChunk>();
    chunk->labels = std::make_shared<ChunkLabels>();
    chunk->words.resize(kChunkRows * plan_.acc_words);
    chunk->extras.resize(kChunkRows * plan_.extras);
    chunks_.push_back(std::move(chunk));
    shared_.push_back(0);
    labels_shared_.push_back(0);
  }
  packed_.resize(rows);
  admitted_.resize(rows);
  marks_.resize(rows);
}

RowChunk* Rows::MutableChunk(uint32_t chunk) {
  if (shared_[chunk] != 0) {
    chunks_[chunk] = std::make_shared<RowChunk>(*chunks_[chunk]);
    shared_[chunk] = 0;
  }
  return chunks_[chunk].get();
}

void Rows::Touch(RowId row) {
  uint8_t& marks = marks_[row.v];
  if ((marks & kDirty) == 0) dirty_.push_back(row);
  if ((marks & kStale) == 0) stale_.push_back(row);
  marks = kDirty | kStale;
}

int64_t* Rows::Mutable(RowId row) {
  Touch(row);
  return MutableChunk(row.v / kChunkRows)->words.data() + (row.v % kChunkRows) * plan_.acc_words;
}

Extra* Rows::MutableExtras(RowId row) {
  Touch(row);
  return MutableChunk(row.v / kChunkRows)->extras.data() + (row.v % kChunkRows) * plan_.extras;
}

ChunkLabels* Rows::MutableLabels(RowId row) {
  RowChunk* chunk = MutableChunk(row.v / kChunkRows);
  uint8_t& shared = labels_shared_[row.v / kChunkRows];
  if (shared != 0) chunk->labels = std::make_shared<ChunkLabels>(*chunk->labels);
  shared = 0;
  return chunk->labels.get();
}

void Rows::SetLabels(RowId row, std::string_view packed) {
  if (plan_.buckets_of) {
    // A histogram's row is known by its tag.
    packed_[row.v] = packed;
    if (packed.size() == 8) {
      MutableChunk(row.v / kChunkRows)->words[(row.v % kChunkRows) * plan_.acc_words] = static_cast<int64_t>(ByteReader(packed).BigEndian(8));
    }
    return;
  }
  MutableLabels(row)->rows[row.v % kChunkRows] = MakeSeriesLabels(plan_.labels, packed);
  packed_[row.v] = packed;
  label_bytes_ += static_cast<int64_t>(3 * packed.size() + 160);
}

void Rows::AddColumns(RowId row, uint64_t columns) {
  const uint64_t added = columns & ~admitted_[row.v];
  if (added == 0) return;
  ForEachBit(added, [&](uint32_t c) { ++series_[c]; });
  admitted_[row.v] |= added;
  MutableChunk(row.v / kChunkRows)->admitted[row.v % kChunkRows] |= added;
  Touch(row);
}

RowId Rows::NewRow(std::string_view packed) {
  RowId row;
  if (!free_.empty()) {
    row = free_.back();
    free_.pop_back();
  } else {
    row = RowId{size()};
    Grow(row.v + 1);
  }
  index_.emplace(std::string(packed), row.v);
  SetLabels(row, packed);
  new_labels_.push_back(row);
  return row;
}

RowId Rows::Force(std::string_view packed, uint64_t columns) {
  const auto it = index_.find(packed);
  const RowId row = it != index_.end() ? RowId{it->second} : NewRow(packed);
  AddColumns(row, columns);
  return row;
}

bool Rows::AreLabels(std::string_view packed) const {
  ByteReader reader(packed);
  if (plan_.buckets_of) return packed.size() == 8 && IsBucket(BucketOfTag(reader.BigEndian(8)));
  for (size_t n = 0; n < plan_.labels.size(); ++n) reader.Bytes();
  return reader.Done();
}

bool Rows::Place(RowId row, std::string_view packed) {
  if (row == kOtherRow) return true;
  if (row.v > (1u << 28) || !AreLabels(packed) || index_.contains(packed)) return false;
  if (row.v >= size()) {
    for (uint32_t r = size(); r < row.v; ++r) free_.push_back(RowId{r});
    Grow(row.v + 1);
  } else {
    const auto it = std::find(free_.begin(), free_.end(), row);
    if (it == free_.end()) return false;
    free_.erase(it);
  }
  index_.emplace(std::string(packed), row.v);
  SetLabels(row, packed);
  return true;
}

RowId Rows::AdmitSlow(std::string_view packed, size_t hash, uint64_t wanted, uint64_t* granted) {
  const auto it = index_.find(packed, hash);
  const uint64_t has = it != index_.end() ? admitted_[it->second] : 0;
  if ((wanted & ~has) == 0) {
    *granted = wanted;
    memo_hash_ = hash;
    return memo_row_ = RowId{it->second};
  }
  uint64_t allowed = wanted & has;
  ForEachBit(wanted & ~has, [&](uint32_t c) {
    // __other__ itself is not counted against the limit.
    const uint64_t used = series_[c] - (admitted_[kOtherRow.v] >> c & 1);
    if (used < plan_.columns[c].max_series) allowed |= uint64_t{1} << c;
  });
  *granted = allowed;
  if (allowed == 0) return kOtherRow;
  const RowId row = it != index_.end() ? RowId{it->second} : NewRow(packed);
  AddColumns(row, allowed);
  return row;
}

bool Rows::Remove(RowId row, uint64_t columns) {
  columns &= admitted_[row.v];
  ForEachBit(columns, [&](uint32_t c) { --series_[c]; });
  admitted_[row.v] &= ~columns;
  RowChunk* chunk = MutableChunk(row.v / kChunkRows);
  chunk->admitted[row.v % kChunkRows] &= ~columns;
  int64_t* words = Mutable(row);
  Extra* extras = MutableExtras(row);
  ForEachBit(columns, [&](uint32_t c) {
    const ColumnPlan& column = plan_.columns[c];
    std::fill_n(words + column.acc, 1 + PaneWords(column.kind) * column.windows.size(), 0);
    if (column.extra != UINT32_MAX) extras[column.extra] = Extra();
  });
  if (admitted_[row.v] != 0 || row == kOtherRow) return false;
  index_.erase(packed_[row.v]);
  if (!plan_.buckets_of) {
    label_bytes_ -= static_cast<int64_t>(3 * packed_[row.v].size() + 160);
    MutableLabels(row)->rows[row.v % kChunkRows] = nullptr;
  }
  packed_[row.v].clear();
  free_.push_back(row);
  erased_.push_back(row);
  return true;
}

void Rows::ClearDirty() {
  for (const RowId row : dirty_) marks_[row.v] &= static_cast<uint8_t>(~kDirty);
  dirty_.clear();
  new_labels_.clear();
  erased_.clear();
}

void Rows::ClearStale() {
  for (const RowId row : stale_) marks_[row.v] &= static_cast<uint8_t>(~kStale);
  stale_.clear();
}

std::vector<std::shared_ptr<const RowChunk>> Rows::Share() {
  std::fill(shared_.begin(), shared_.end(), uint8_t{1});
  std::fill(labels_shared_.begin(), labels_shared_.end(), uint8_t{1});
  return {chunks_.begin(), chunks_.end()};
}

int64_t Rows::MemoryBytes() const {
  return static_cast<int64_t>(size()) * static_cast<int64_t>(plan_.acc_words * 8 + 64) + label_bytes_;
}

}  // namespace tidemark
