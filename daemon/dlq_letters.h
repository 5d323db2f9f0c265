// The topic of dead letters, as people's commands see it: what is in it, and what was sent again.
//
// What was sent again is written into the topic, too: a mark, in the partition of its letters, with a header of their offsets. So
// any letters may be chosen, in any order and from anywhere, and none is sent twice.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mapping/first_sent.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

inline constexpr std::string_view kReplayedMark = "tidemark-replayed";  // "3-17,19": offsets in the mark's partition

// Offsets by partition, in ranges.
class OffsetSet {
 public:
  void Add(int32_t partition, int64_t first, int64_t last);
  // False when the text isn't one of ToText().
  bool Add(int32_t partition, std::string_view text);
  bool Has(int32_t partition, int64_t offset) const;
  // Of each partition, in texts of at most about this many ranges.
  std::vector<std::pair<int32_t, std::string>> ToTexts(size_t ranges) const;
  bool empty() const { return ranges_.empty(); }

 private:
  std::map<int32_t, std::map<int64_t, int64_t>> ranges_;  // first, last; apart from each other
};

struct Letter {
  int32_t partition = 0;               // in the topic of dead letters
  Offset offset{};
  WallTime written{};
  RawRecord record;                    // where and when it came first, with its own headers and those that say so
  std::string_view source, reason, error;
  bool whole = true;                   // false: something of the record was too large for a letter
};
// False when the record is no letter. *headers holds what the letter borrows.
bool ParseLetter(const RawRecord& record, std::vector<RecordHeader>* headers, Letter* letter);

struct LetterCounts {
  int64_t letters = 0, foreign = 0;    // foreign: records that are neither letters nor marks
};
// Visits the letters that are in the topic now; `replayed`: it was sent again. `progress` gets how many records were read.
Result<LetterCounts> ReadLetters(const KafkaSpec& kafka, const std::string& topic, const std::function<Status(const Letter& letter, bool replayed)>& visit,
                                 const std::function<void(int64_t)>& progress);

}  // namespace tidemark
