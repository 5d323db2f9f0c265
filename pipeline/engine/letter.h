// The port through which dead letters leave: records that can't be counted, as they came, for people to look at.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/mapping/raw_record.h"

namespace tidemark {

// Key, value and headers of the record, as they came, and behind them headers of ours (pipeline/mapping/first_sent.h).
struct DeadLetter {
  std::string_view key, value;         // data() == nullptr: none
  std::vector<RecordHeader> headers;
};
std::string EncodeLetter(const DeadLetter& letter);
// Borrows from `bytes`. kCorrupt: nobody wrote them.
Result<DeadLetter> DecodeLetter(std::string_view bytes);
// Less of it: first the value goes, then all that isn't ours; what it was is said by a header.
void ShrinkLetter(DeadLetter* letter);
size_t SizeOf(const DeadLetter& letter);

// Threads: the engine's.
class LetterBox {
 public:
  virtual ~LetterBox() = default;
  // Never waits, and never gives up: a letter is tried until it is delivered. Numbers are told apart by whoever posts.
  virtual void Post(uint64_t number, std::shared_ptr<const std::string> letter) = 0;
  // Those that are safe where they belong, each once.
  virtual std::vector<uint64_t> TakeDelivered() = 0;
};

}  // namespace tidemark
