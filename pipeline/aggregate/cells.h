// The cells of additive aggregates as words: a count, and for sums 128 bits after it, low word first.
// Counts of signed events: what was added can be subtracted, exactly, in any order.
#pragma once

#include <cstdint>

#include "pipeline/base/decimal.h"

namespace tidemark {

inline Int128 LoadSum(const int64_t* words) {
  return static_cast<Int128>((static_cast<Uint128>(static_cast<uint64_t>(words[1])) << 64) | static_cast<uint64_t>(words[0]));
}

inline void StoreSum(int64_t* words, Int128 sum) {
  words[0] = static_cast<int64_t>(static_cast<uint64_t>(static_cast<Uint128>(sum)));
  words[1] = static_cast<int64_t>(static_cast<uint64_t>(static_cast<Uint128>(sum) >> 64));
}

// An int64 added 2^63 times stays within 128 bits, so additions of events cannot overflow.
inline void AddToSum(int64_t* words, Int128 value) { StoreSum(words, LoadSum(words) + value); }

// to += from, over a count (1 word) or a count and a sum (3 words).
inline void AddCell(int64_t* to, const int64_t* from, bool has_sum) {
  to[0] += from[0];
  if (has_sum) AddToSum(to + 1, LoadSum(from + 1));
}

inline void SubtractCell(int64_t* from, const int64_t* what, bool has_sum) {
  from[0] -= what[0];
  if (has_sum) AddToSum(from + 1, -LoadSum(what + 1));
}

inline bool IsZero(const int64_t* cell, bool has_sum) { return cell[0] == 0 && (!has_sum || (cell[1] == 0 && cell[2] == 0)); }

}  // namespace tidemark
