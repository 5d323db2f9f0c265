#include "pipeline/engine/dedup.h"

#include <array>
#include <cstring>
#include <iterator>
#include <optional>

#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr size_t kHeadBytes = 8;    // the greatest event time of the ids
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
  auto after = runs_.upper_bound({pane, UINT32_MAX});
  const bool any = after != runs_.begin() && std::prev(after)->first.first == pane;
  if (any && !std::prev(after)->second.full) {
    memo_ = &std::prev(after)->second;
  } else {
    memo_ = &runs_[{pane, any ? std::prev(after)->first.second + 1 : 0}];
  }
  memo_pane_ = pane;
}

void Dedup::DropFirst() {
  const auto first = runs_.begin();
  Run& run = first->second;
  ids_.Drop(&run.ids);
  if (run.last != kNoEventTime) floor_ = std::max(floor_, run.last + Duration(1));
  if (run.first_commit != 0) dropped_.push_back({first->first.first, run.first_commit, run.last_commit});
  memo_pane_ = kNoEventTime;
  runs_.erase(first);
}

void Dedup::Expire(EventTime t) {
  if (t != kNoEventTime) {
    const EventTime oldest = FloorTo(t - spec_.horizon, kPane);
    while (!runs_.empty() && runs_.begin()->first.first < oldest) DropFirst();
    floor_ = std::max(floor_, oldest);
  }
  while (ids_.size() > spec_.max_ids && runs_.size() > 1) DropFirst();
}

void Dedup::AppendTo(uint64_t sequence, CommitBatch* batch) {
  for (const Stored& gone : dropped_) {
    batch->erase_ranges.push_back({Family::kIds, IdsKey(topic_hash_, gone.pane, gone.first_commit),
                                   IdsKey(topic_hash_, gone.pane, gone.last_commit + 1)});
  }
  for (auto& [key, run] : runs_) {
    if (run.stored == run.ids.size) continue;
    std::string value;
    value.reserve(kHeadBytes + (run.ids.size - run.stored) * kEntryBytes);
    PutBigEndian(&value, static_cast<uint64_t>(Micros(run.last)), kHeadBytes);
    ids_.ForEachBlock(run.ids, run.stored, [&](std::span<const IdEntry> entries) {
      std::array<char, kEntryBytes> bytes;
      for (const IdEntry& entry : entries) {
        WriteEntry(entry, bytes.data());
        value.append(bytes.data(), kEntryBytes);
      }
    });
    batch->puts.push_back({Family::kIds, IdsKey(topic_hash_, key.first, sequence), std::move(value)});
    if (run.first_commit == 0) run.first_commit = sequence;
    run.last_commit = sequence;
  }
  if (floor_ == stored_floor_) return;
  std::string value;
  PutZigZag(&value, Micros(floor_));
  batch->puts.push_back({Family::kMeta, IdsFloorKey(topic_hash_), std::move(value)});
}

void Dedup::Committed() {
  dropped_.clear();
  stored_floor_ = floor_;
  for (auto& [key, run] : runs_) {
    run.stored = run.ids.size;
    run.full = Full(run);
  }
  memo_pane_ = kNoEventTime;
}

Status Dedup::Load(const Store& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> floor, store.Get(Family::kMeta, IdsFloorKey(topic_hash_)));
  if (floor) {
    ByteReader reader(*floor);
    floor_ = stored_floor_ = reader.Time();
    if (!reader.Done()) return Corrupt("from when event ids are known cannot be read");
  }
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(
      Family::kIds, IdsKey(topic_hash_, EventTime::min(), 0), IdsKey(topic_hash_ + 1, EventTime::min(), 0),
      [&](std::string_view stored_key, std::string_view value) {
        const auto last = static_cast<int64_t>(ByteReader(value).BigEndian(kHeadBytes));
        if (stored_key.size() != 24 || value.size() < kHeadBytes || (value.size() - kHeadBytes) % kEntryBytes != 0 || last < 0 || last > kMostMicros) {
          bad = Corrupt("stored event ids cannot be read");
          return false;
        }
        ByteReader at(stored_key.substr(8));
        Turn(PaneFromOrder(at.BigEndian(8)));
        Run& run = *memo_;
        run.last_commit = at.BigEndian(8);
        if (run.first_commit == 0) run.first_commit = run.last_commit;
        ByteReader reader(value.substr(kHeadBytes));
        run.last = std::max(run.last, EventTimeFromMicros(last));
        while (!reader.empty()) {
          const uint64_t lo = reader.BigEndian(8), hi = reader.BigEndian(8);
          const auto payload_hash = static_cast<uint32_t>(reader.BigEndian(4));
          ids_.FindOrAdd({lo, hi}, payload_hash, &run.ids);
        }
        run.stored = run.ids.size;
        run.full = Full(run);
        return true;
      }));
  memo_pane_ = kNoEventTime;
  return bad;
}

double Dedup::HorizonSeconds() const {
  const auto horizon = std::chrono::duration<double>(spec_.horizon).count();
  // A run that was only asked has nothing in it.
  const auto newest = std::find_if(runs_.rbegin(), runs_.rend(), [](const auto& run) { return run.second.last != kNoEventTime; });
  if (floor_ == kNoEventTime || newest == runs_.rend()) return horizon;
  return std::clamp(std::chrono::duration<double>(newest->second.last - floor_).count(), 0.0, horizon);
}

}  // namespace tidemark
