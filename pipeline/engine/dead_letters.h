// Records that can't be counted, from where they were found until they are delivered.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/engine/letter.h"
#include "pipeline/engine/source.h"
#include "pipeline/store/store.h"

namespace tidemark {

// Posted at once, and stored with the commit that passes their records unless they are delivered by then: so none is lost, and no
// commit waits for one. What was posted and not stored when the process ended is found again, and posted twice.
// Which letters are stored depends on when they were delivered: they are no part of what is counted.
// Threads: confined to the engine.
class DeadLetters {
 public:
  static constexpr size_t kMostBytes = 16u << 20;
  static constexpr size_t kMostLetters = 20'000;

  // Null: nobody takes any; those that are stored stay there.
  explicit DeadLetters(LetterBox* box) : box_(box) {}

  bool on() const { return box_ != nullptr; }
  // No more may be added before some are delivered.
  bool full() const { return bytes_ >= kMostBytes || letters_.size() >= kMostLetters; }
  // `raw` with all its headers. What is larger than `max_bytes` loses its value, or all that isn't ours.
  void Add(const RawRecord& raw, std::string_view reason, std::string_view error, std::string_view source, uint64_t max_bytes);

  Status Load(std::string_view key, std::string_view value);
  // True when the next commit takes something away.
  bool TakeDelivered();
  void AppendTo(CommitBatch* batch) const;
  void Committed();

 private:
  struct Waiting {
    std::shared_ptr<const std::string> letter;
    bool stored = false;
  };

  LetterBox* const box_;
  std::map<uint64_t, Waiting> letters_;   // by number
  std::vector<uint64_t> delivered_;       // and still stored
  size_t bytes_ = 0;
  uint64_t next_ = 1;
};

}  // namespace tidemark
