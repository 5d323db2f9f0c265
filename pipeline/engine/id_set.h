// The event ids of one topic: 20 bytes each in blocks by pane, found by an index of 8-byte slots.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/base/hash.h"
#include "pipeline/engine/huge_pages.h"

namespace tidemark {

// As stored and as kept: words of an id's hash and a hash of its record.
struct IdEntry {
  std::array<uint32_t, 4> id;  // low and high half of lo, then of hi
  uint32_t payload_hash;

  static IdEntry Of(const Hash128& id, uint32_t payload_hash) {
    return {{static_cast<uint32_t>(id.lo), static_cast<uint32_t>(id.lo >> 32), static_cast<uint32_t>(id.hi),
             static_cast<uint32_t>(id.hi >> 32)},
            payload_hash};
  }
  Hash128 hash() const { return {uint64_t{id[1]} << 32 | id[0], uint64_t{id[3]} << 32 | id[2]}; }
};
static_assert(sizeof(IdEntry) == 20);

// A set of ids, made of runs: ids are added to a run each and go with it. An id that is new costs one cache line of the
// index and the end of its run; the index grows without looking at entries. Threads: confined to the engine.
class IdSet {
 public:
  struct Run {
    std::vector<uint32_t> blocks;
    size_t size = 0;
  };

  IdSet();

  // Always inline: GCC 12 takes a function that only prefetches for one without effect, and drops calls of it.
  [[gnu::always_inline]] void Prefetch(const Hash128& id) const { __builtin_prefetch(&slots_[Home(Tag(id))]); }
  // The entry of the id when it is there already; else null, and it is now in `run`, at the end.
  const IdEntry* FindOrAdd(const Hash128& id, uint32_t payload_hash, Run* run) {
    const uint32_t tag = Tag(id);
    size_t at = Home(tag);
    for (; slots_[at] != 0; at = (at + 1) & mask_) {
      if (static_cast<uint32_t>(slots_[at] >> 32) != tag) continue;
      const IdEntry& entry = At(static_cast<uint32_t>(slots_[at]) - 1);
      if (entry.hash() == id) return &entry;
    }
    slots_[at] = uint64_t{tag} << 32 | (Append(IdEntry::Of(id, payload_hash), run) + 1);
    if (++size_ * 4 > slots_.size() * 3) Grow();
    return nullptr;
  }
  // Calls f(std::span<const IdEntry>) on the run's entries from index `from` on, block by block.
  template <class F>
  void ForEachBlock(const Run& run, size_t from, F f) const {
    for (size_t i = from; i < run.size;) {
      const size_t end = std::min(run.size, (i / kBlock + 1) * kBlock);
      f(std::span<const IdEntry>(blocks_[run.blocks[i / kBlock]]->data() + i % kBlock, end - i));
      i = end;
    }
  }
  // Forgets all ids of the run.
  void Drop(Run* run);

  size_t size() const { return size_; }
  int64_t MemoryBytes() const { return static_cast<int64_t>(blocks_.size() * sizeof(Block) + slots_.size() * 8); }

 private:
  static constexpr size_t kBlock = 256;
  using Block = std::array<IdEntry, kBlock>;

  // Ids come from outside and their hashes are fixed: without a secret, someone could fill one place of the index.
  uint32_t Tag(const Hash128& id) const {
    return static_cast<uint32_t>(hash_internal::MulFold(id.lo ^ seed_[0], id.hi ^ seed_[1]));
  }
  size_t Home(uint32_t tag) const { return tag >> shift_; }
  const IdEntry& At(uint32_t entry) const { return (*blocks_[entry / kBlock])[entry % kBlock]; }
  uint32_t Append(const IdEntry& entry, Run* run) {
    if (run->size % kBlock == 0) AddBlock(run);
    const uint32_t block = run->blocks.back();
    const size_t at = run->size++ % kBlock;
    (*blocks_[block])[at] = entry;
    return static_cast<uint32_t>(block * kBlock + at);
  }
  void AddBlock(Run* run);
  void Grow();
  void Erase(uint32_t tag, uint32_t entry);

  std::array<uint64_t, 2> seed_;
  // Linear probing. A slot is a tag and 1 + an entry's number; 0: free. The home of a tag is its highest bits.
  using Slots = std::vector<uint64_t, HugePageAllocator<uint64_t>>;
  Slots slots_;
  size_t mask_;
  int shift_;
  size_t size_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<uint32_t> free_;  // blocks
};

}  // namespace tidemark
