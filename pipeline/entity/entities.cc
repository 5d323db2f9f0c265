#include "pipeline/entity/entities.h"

#include <algorithm>
#include <optional>

#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr size_t kStepsPerRead = 4;

}  // namespace

void PutEntityRow(std::string* out, const EntityRow& row) {
  PutBytes(out, row.id);
  for (const auto& [number, part] : row.parts) {
    PutVarint(out, number);
    PutBytes(out, part);
  }
}

Status ReadEntityRow(std::string_view value, EntityRow* row) {
  ByteReader reader(value);
  row->id = reader.Bytes();
  row->parts.clear();
  while (!reader.empty()) {
    const auto number = static_cast<uint32_t>(reader.Varint());
    row->parts.emplace_back(number, reader.Bytes());
  }
  const auto wrong = [](const auto& a, const auto& b) { return a.first >= b.first; };
  const auto nothing = [](const auto& part) { return part.second.empty(); };
  const bool ok = reader.Done() && std::adjacent_find(row->parts.begin(), row->parts.end(), wrong) == row->parts.end() &&
                  std::none_of(row->parts.begin(), row->parts.end(), nothing);
  return ok ? Status::Ok() : Corrupt("a stored entity cannot be read");
}

std::string EntityKey(const Hash128& key) {
  std::string out;
  PutBigEndian(&out, key.hi, 8);
  PutBigEndian(&out, key.lo, 8);
  return out;
}

bool Entities::IsValue(std::string_view stored_key, std::string_view id) { return stored_key == EntityKey(KeyOf(kValues, id)); }

int64_t Entities::BytesOf(const EntityRow& row) {
  size_t bytes = sizeof(Cached) + 2 * sizeof(Hash128) + (row.id.size() > 15 ? row.id.size() + 16 : 0);
  for (const auto& [number, part] : row.parts) bytes += sizeof(row.parts[0]) + (part.size() > 15 ? part.size() + 16 : 0);
  return static_cast<int64_t>(bytes);
}

uint32_t Entities::Insert(const Hash128& key, EntityRow row) {
  uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  bytes_ += BytesOf(row);
  const bool counted = !row.parts.empty();
  slots_[slot] = {std::move(row), key, false, true, true, counted};
  index_.emplace(key, slot);
  return slot;
}

Status Entities::Load() {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(Family::kMeta, EntitiesKey()));
  if (stored) {
    ByteReader reader(*stored);
    rows_ = reader.Varint();
    return reader.Done() ? Status::Ok() : Corrupt("the number of entities cannot be read");
  }
  return store_.Scan(Family::kEntities, "", "", [&](std::string_view, std::string_view) { return ++rows_ > 0; });
}

Status Entities::ReadWanted() {
  if (wanted_.empty()) return Status::Ok();
  Evict(kStepsPerRead * wanted_.size());  // rows that were only looked at make room between commits, too
  const auto less = [](const Hash128& a, const Hash128& b) { return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo; };
  std::sort(wanted_.begin(), wanted_.end(), less);
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  std::vector<std::string> keys;
  keys.reserve(wanted_.size());
  for (const Hash128& key : wanted_) keys.push_back(EntityKey(key));
  std::vector<std::optional<std::string>> values(keys.size());
  TM_RETURN_IF_ERROR(store_.MultiGet(Family::kEntities, keys, values));
  for (size_t i = 0; i < keys.size(); ++i) {
    EntityRow row;
    if (values[i]) TM_RETURN_IF_ERROR(ReadEntityRow(*values[i], &row));
    Insert(wanted_[i], std::move(row));  // one that is not stored is known to be new: no parts, no id
  }
  wanted_.clear();
  return Status::Ok();
}

EntityRow* Entities::Get(const Hash128& key, std::string_view id, Status* status) {
  auto it = index_.find(key);
  if (it == index_.end()) {
    // It left memory between the reading of its batch and now.
    wanted_.assign(1, key);
    *status = ReadWanted();
    if (!status->ok()) return nullptr;
    it = index_.find(key);
  }
  Cached& cached = slots_[it->second];
  cached.used = true;
  if (cached.row.id.empty()) {
    bytes_ -= BytesOf(cached.row);
    cached.row.id = id;
    bytes_ += BytesOf(cached.row);
  }
  if (cached.row.id != id) {
    *status = Corrupt("two entities of one kind have the same hash");
    return nullptr;
  }
  return &cached.row;
}

void Entities::Changed(const Hash128& key, int64_t growth) {
  const uint32_t slot = index_.find(key)->second;
  bytes_ += growth;
  Cached& cached = slots_[slot];
  if (cached.counted == cached.row.parts.empty()) {
    cached.counted = !cached.counted;
    rows_ += cached.counted ? 1 : uint64_t{0} - 1;
  }
  if (cached.dirty) return;
  cached.dirty = true;
  dirty_.push_back(slot);
  dirty_bytes_ += static_cast<size_t>(BytesOf(cached.row));
}

Result<bool> Entities::Sweep(size_t rows, const std::function<Result<bool>(uint32_t number, std::string_view part)>& goes) {
  std::vector<std::pair<Hash128, EntityRow>> lighter;
  EntityRow stored;
  Status bad;
  bool end = true;
  TM_RETURN_IF_ERROR(store_.Scan(Family::kEntities, cursor_, "", [&](std::string_view at, std::string_view value) {
    if (rows-- == 0) {
      cursor_ = at;
      return end = false;
    }
    ByteReader reader(at);
    Hash128 key;
    key.hi = reader.BigEndian(8);
    key.lo = reader.BigEndian(8);
    const EntityRow* row = Find(key);  // newer than what is stored
    if (row == nullptr) bad = ReadEntityRow(value, &stored);
    bool any = false;
    for (const auto& [number, part] : (row == nullptr ? stored : *row).parts) {
      const Result<bool> gone = goes(number, part);
      if (!gone.ok()) bad = gone.status();
      any |= gone.ok() && *gone;
    }
    if (any && bad.ok()) lighter.emplace_back(key, row == nullptr ? std::move(stored) : EntityRow());
    return bad.ok();
  }));
  TM_RETURN_IF_ERROR(bad);
  if (end) cursor_.clear();
  for (auto& [key, row] : lighter) {
    if (Find(key) == nullptr) Insert(key, std::move(row));
    EntityRow* there = Find(key);
    const int64_t before = BytesOf(*there);
    std::erase_if(there->parts, [&](const auto& part) {
      const Result<bool> gone = goes(part.first, part.second);
      return gone.ok() && *gone;
    });
    Changed(key, BytesOf(*there) - before);
  }
  return end;
}

void Entities::AppendTo(CommitBatch* batch) const {
  for (const uint32_t slot : dirty_) {
    if (slots_[slot].row.parts.empty()) {
      batch->erases.push_back({Family::kEntities, EntityKey(slots_[slot].key)});
      continue;
    }
    std::string value;
    PutEntityRow(&value, slots_[slot].row);
    batch->puts.push_back({Family::kEntities, EntityKey(slots_[slot].key), std::move(value)});
  }
  if (dirty_.empty()) return;
  std::string rows;
  PutVarint(&rows, rows_);
  batch->puts.push_back({Family::kMeta, EntitiesKey(), std::move(rows)});
}

void Entities::Committed() {
  for (const uint32_t slot : dirty_) slots_[slot].dirty = false;
  dirty_.clear();
  dirty_bytes_ = 0;
  Evict(2 * slots_.size());
}

// The clock: rows that were not used since the hand last passed go.
void Entities::Evict(size_t most_steps) {
  for (size_t steps = 0; bytes_ > static_cast<int64_t>(cache_bytes_) && steps < most_steps; ++steps) {
    hand_ = hand_ + 1 < slots_.size() ? hand_ + 1 : 0;
    Cached& cached = slots_[hand_];
    if (!cached.taken || cached.dirty) continue;
    if (cached.used) {
      cached.used = false;
      continue;
    }
    bytes_ -= BytesOf(cached.row);
    index_.erase(cached.key);
    cached = Cached();
    free_.push_back(static_cast<uint32_t>(hand_));
  }
}

}  // namespace tidemark
