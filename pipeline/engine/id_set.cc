#include "pipeline/engine/id_set.h"

#include <algorithm>
#include <random>

#include "pipeline/base/check.h"

namespace tidemark {
namespace {

constexpr int kFirstBits = 12;
constexpr size_t kPrefetchAhead = 16;

}  // namespace

IdSet::IdSet() : slots_(size_t{1} << kFirstBits), mask_(slots_.size() - 1), shift_(32 - kFirstBits) {
  std::random_device random;
  for (uint64_t& word : seed_) word = uint64_t{random()} << 32 | random();
}

void IdSet::AddBlock(Run* run) {
  if (!free_.empty()) {
    run->blocks.push_back(free_.back());
    free_.pop_back();
    return;
  }
  TM_CHECK(blocks_.size() < (size_t{1} << 32) / kBlock - 1);
  run->blocks.push_back(static_cast<uint32_t>(blocks_.size()));
  blocks_.push_back(std::unique_ptr<Block>(new Block));  // NOLINT: make_unique would clear it
}

void IdSet::Grow() {
  TM_CHECK(shift_ > 0);
  Slots old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  --shift_;
  for (const uint64_t slot : old) {
    if (slot == 0) continue;
    size_t at = Home(static_cast<uint32_t>(slot >> 32));
    while (slots_[at] != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

// Moves back what a probe would otherwise no longer reach over the gap.
void IdSet::Erase(uint32_t tag, uint32_t entry) {
  const uint64_t wanted = uint64_t{tag} << 32 | (entry + 1);
  size_t gap = Home(tag);
  while (slots_[gap] != wanted) {
    TM_CHECK(slots_[gap] != 0);
    gap = (gap + 1) & mask_;
  }
  for (size_t at = (gap + 1) & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    const size_t home = Home(static_cast<uint32_t>(slots_[at] >> 32));
    if (((at - home) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = 0;
}

void IdSet::Drop(Run* run) {
  size_t left = run->size;
  for (const uint32_t block : run->blocks) {
    const Block& entries = *blocks_[block];
    const size_t count = std::min(left, kBlock);
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchAhead < count) Prefetch(entries[i + kPrefetchAhead].hash());
      Erase(Tag(entries[i].hash()), static_cast<uint32_t>(block * kBlock + i));
    }
    left -= count;
    free_.push_back(block);
  }
  size_ -= run->size;
  *run = Run();
}

}  // namespace tidemark
