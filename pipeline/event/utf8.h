// Is a byte string UTF-8? Internal to this room.
#pragma once

#include <cstdint>
#include <cstring>

namespace tidemark::event {

// For bytes of which some are not ASCII. Accepts what Unicode calls well-formed: shortest forms only, no surrogates,
// nothing above U+10FFFF.
bool IsUtf8Slow(const uint8_t* p, const uint8_t* end);

// Nearly all strings in events are ASCII: eight bytes a step.
inline bool IsUtf8(const uint8_t* p, const uint8_t* end) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t word = 0;
  while (end - p >= 8) {
    std::memcpy(&word, p, 8);
    if ((word & kHighBits) != 0) return IsUtf8Slow(p, end);
    p += 8;
  }
  uint8_t high = 0;
  for (const uint8_t* q = p; q < end; ++q) high |= *q;
  return high < 0x80 || IsUtf8Slow(p, end);
}

}  // namespace tidemark::event
