// Reading protobuf's wire format, as lenient and as strict as libprotobuf. For this room and pipeline/mapping.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pipeline/event/decoder.h"

namespace tidemark::event {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

inline constexpr int kMaxDepth = 100;  // messages and groups inside the envelope

// What a reader returns, in two registers: where to go on and what was read. `next` is null after an error, and
// `value` then the DecodeError. No reader touches a byte at or beyond `end`.
struct Step {
  const uint8_t* next;
  uint64_t value;
  bool ok() const { return next != nullptr; }
  DecodeError error() const { return ok() ? DecodeError::kNone : static_cast<DecodeError>(value); }
};
inline Step Fail(DecodeError error) { return {nullptr, static_cast<uint64_t>(error)}; }

// A varint of any length up to max_bytes. Bits beyond 64 are dropped, as libprotobuf does.
Step ReadLongVarint(const uint8_t* p, const uint8_t* end, int max_bytes);
// The inside of a group of that field number, its end tag included.
Step SkipGroup(const uint8_t* p, const uint8_t* end, uint32_t number, int depth);

// A varint of 2 to 8 bytes without a loop: the seven-bit groups of one word are moved together in three steps.
// REQUIRES: 8 bytes can be read.
inline Step ReadVarintOfWord(const uint8_t* p, const uint8_t* end) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word = 0;
  std::memcpy(&word, p, 8);
  const uint64_t stops = ~word & 0x8080808080808080;
  if (stops == 0) [[unlikely]]
    return ReadLongVarint(p, end, 10);
  word &= (stops ^ (stops - 1)) & 0x7f7f7f7f7f7f7f7f;  // up to the first byte whose high bit is clear
  word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
  word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
  word = (word & 0x000000000fffffff) | (word & 0x0fffffff00000000) >> 4;
  return {p + (std::countr_zero(stops) + 1) / 8, word};
}

inline Step ReadVarint(const uint8_t* p, const uint8_t* end) {
  if (p < end && *p < 0x80) [[likely]]
    return {p + 1, *p};
  if (end - p >= 8) [[likely]]
    return ReadVarintOfWord(p, end);
  return ReadLongVarint(p, end, 10);
}

// The same when bytes beyond `end` may be read, up to `readable`: a short message ends less than a word after its numbers.
inline Step ReadVarintWithin(const uint8_t* p, const uint8_t* end, const uint8_t* readable) {
  if (readable - p < 8) [[unlikely]]
    return ReadVarint(p, end);
  const Step step = ReadVarintOfWord(p, end);
  return step.next <= end ? step : Fail(DecodeError::kTruncated);  // an error's `next` is null, and passes
}

// The tag is value's lower 32 bits: like libprotobuf, higher ones of its fifth byte are dropped. REQUIRES: p < end.
inline Step ReadTag(const uint8_t* p, const uint8_t* end) {
  if (*p < 0x80) [[likely]]
    return {p + 1, *p};
  if (end - p >= 2 && p[1] < 0x80) [[likely]] {  // payloads have numbers from 16 up
    return {p + 2, (p[0] & 0x7fu) | static_cast<uint64_t>(p[1]) << 7};
  }
  return ReadLongVarint(p, end, 5);
}

// A length and that many bytes: they are next - value .. next.
inline Step ReadBytes(const uint8_t* p, const uint8_t* end) {
  const Step size = p < end && *p < 0x80 ? Step{p + 1, *p} : ReadLongVarint(p, end, 5);
  if (!size.ok()) [[unlikely]]
    return size;
  if (size.value > static_cast<uint64_t>(end - size.next)) [[unlikely]]
    return Fail(DecodeError::kTruncated);
  return {size.next + size.value, size.value};
}

// `bytes` little-endian bytes, 4 or 8.
template <class T>
inline Step ReadFixed(const uint8_t* p, const uint8_t* end) {
  if (end - p < static_cast<ptrdiff_t>(sizeof(T))) [[unlikely]]
    return Fail(DecodeError::kTruncated);
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<uint64_t>(p[i]) << (8 * i);
  return {p + sizeof(T), value};
}

// The value of a field that nobody asked for, its tag already read. `depth`: messages and groups around it.
inline Step SkipField(const uint8_t* p, const uint8_t* end, uint32_t tag, int depth) {
  if (tag < 8) [[unlikely]]
    return Fail(DecodeError::kBadTag);
  switch (tag & 7) {
    case kVarint:
      return ReadVarint(p, end);
    case kFixed64:
      return ReadFixed<uint64_t>(p, end);
    case kBytes:
      return ReadBytes(p, end);
    case kStartGroup:
      return SkipGroup(p, end, tag >> 3, depth + 1);
    case kFixed32:
      return ReadFixed<uint32_t>(p, end);
    default:  // an end of group that never started, or no wire type at all
      return Fail(DecodeError::kBadTag);
  }
}

}  // namespace tidemark::event
