#include "pipeline/engine/dedup.h"

#include <algorithm>
#include <cstring>

#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr size_t kEntryBytes = 20;

// lo, hi, payload hash; big-endian.
void WriteEntry(const IdEntry& entry, char* out) {
  const Hash128 id = entry.hash();
  const uint64_t lo = __builtin_bswap64(id.lo), hi = __builtin_bswap64(id.hi);
  const uint32_t payload = __builtin_bswap32(entry.payload_hash);
  std::memcpy(out, &lo, 8);
  std::memcpy(out + 8, &hi, 8);
  std::memcpy(out + 16, &payload, 4);
}

}  // namespace

Dedup::Dedup(const DedupSpec& spec, std::string_view topic) : spec_(spec), topic_hash_(Hash64(topic)) {}

void Dedup::Turn(EventTime pane) {
  memo_ = &panes_[pane];
  memo_pane_ = pane;
  newest_ = std::max(newest_, pane);
}

void Dedup::DropFirst() {
  const auto first = panes_.begin();
  ids_.Drop(&first->second.run);
  floor_ = std::max(floor_, first->first + kPane);
  if (first->second.stored > 0) dropped_.push_back(first->first);
  if (memo_pane_ == first->first) {
    memo_pane_ = kNoEventTime;
    memo_ = nullptr;
  }
  panes_.erase(first);
}

void Dedup::Expire(EventTime t) {
  if (t != kNoEventTime) {
    const EventTime oldest = FloorTo(t - spec_.horizon, kPane);
    while (!panes_.empty() && panes_.begin()->first < oldest) DropFirst();
    floor_ = std::max(floor_, oldest);
  }
  while (ids_.size() > spec_.max_ids && panes_.size() > 1) DropFirst();
}

void Dedup::AppendTo(uint64_t sequence, CommitBatch* batch) {
  for (const EventTime pane : dropped_) {
    batch->erase_ranges.push_back({Family::kIds, IdsKey(topic_hash_, pane, 0), IdsKey(topic_hash_, pane + kPane, 0)});
  }
  for (auto& [pane, ids] : panes_) {
    if (ids.stored == ids.run.size) continue;
    std::string value((ids.run.size - ids.stored) * kEntryBytes, '\0');
    char* out = value.data();
    ids_.ForEachBlock(ids.run, ids.stored, [&](std::span<const IdEntry> entries) {
      for (const IdEntry& entry : entries) {
        WriteEntry(entry, out);
        out += kEntryBytes;
      }
    });
    batch->puts.push_back({Family::kIds, IdsKey(topic_hash_, pane, sequence), std::move(value)});
  }
}

void Dedup::Committed() {
  dropped_.clear();
  for (auto& [pane, ids] : panes_) ids.stored = ids.run.size;
}

Status Dedup::Load(const Store& store) {
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(
      Family::kIds, IdsKey(topic_hash_, EventTime::min(), 0), IdsKey(topic_hash_ + 1, EventTime::min(), 0),
      [&](std::string_view key, std::string_view value) {
        if (key.size() != 24 || value.size() % kEntryBytes != 0) {
          bad = Corrupt("stored event ids cannot be read");
          return false;
        }
        const EventTime pane = PaneFromOrder(ByteReader(key.substr(8)).BigEndian(8));
        Turn(pane);
        for (ByteReader reader(value); !reader.empty();) {
          const uint64_t lo = reader.BigEndian(8), hi = reader.BigEndian(8);
          const auto payload_hash = static_cast<uint32_t>(reader.BigEndian(4));
          ids_.FindOrAdd({lo, hi}, payload_hash, &memo_->run);
        }
        memo_->stored = memo_->run.size;
        return true;
      }));
  return bad;
}

double Dedup::HorizonSeconds() const {
  if (floor_ == kNoEventTime || newest_ == kNoEventTime) return std::chrono::duration<double>(spec_.horizon).count();
  const auto reach = std::chrono::duration<double>(newest_ + kPane - floor_).count();
  return std::min(reach, std::chrono::duration<double>(spec_.horizon).count());
}

}  // namespace tidemark
