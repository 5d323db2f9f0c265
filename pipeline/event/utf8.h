// Is a byte string UTF-8? For this room and pipeline/mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark::event {

// For bytes of which some are not ASCII. Accepts what Unicode calls well-formed: shortest forms only, no surrogates,
// nothing above U+10FFFF.
bool IsUtf8Slow(const uint8_t* p, const uint8_t* end);

// Nearly all strings in events are ASCII: eight bytes a step, the last ones overlapping those before.
inline bool IsUtf8(const uint8_t* p, const uint8_t* end) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  const auto load = [](const uint8_t* at, size_t bytes) {
    uint64_t word = 0;
    std::memcpy(&word, at, bytes);
    return word;
  };
  const auto size = static_cast<size_t>(end - p);
  uint64_t bits = 0;
  if (size >= 8) [[likely]] {
    for (const uint8_t* q = p; end - q > 8; q += 8) bits |= load(q, 8);
    bits |= load(end - 8, 8);
  } else if (size >= 4) {
    bits = load(p, 4) | load(end - 4, 4);
  } else if (size > 0) {
    bits = uint64_t{p[0]} | p[size / 2] | p[size - 1];
  }
  return (bits & kHighBits) == 0 || IsUtf8Slow(p, end);
}

inline bool IsUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  return IsUtf8(p, p + text.size());
}

}  // namespace tidemark::event
