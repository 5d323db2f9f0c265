// Building blocks of stored bytes: big-endian integers in keys, varints in values.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"

namespace tidemark {

// REQUIRES: 1 <= bytes <= 8.
inline void PutBigEndian(std::string* out, uint64_t value, int bytes) {
  const uint64_t swapped = __builtin_bswap64(value << (64 - 8 * bytes));
  std::array<char, 8> text;
  std::memcpy(text.data(), &swapped, 8);
  out->append(text.data(), static_cast<size_t>(bytes));
}

// A varint's bytes, for callers that put them where they are wanted in one go.
template <class Unsigned>
inline size_t WriteVarint(Unsigned value, char* out) {
  size_t n = 0;
  for (; value >= 0x80; value >>= 7) out[n++] = static_cast<char>(static_cast<uint8_t>(value) | 0x80);
  out[n++] = static_cast<char>(value);
  return n;
}

inline void PutVarint(std::string* out, uint64_t value) {
  if (value < 0x80) return out->push_back(static_cast<char>(value));
  std::array<char, 10> text;
  out->append(text.data(), WriteVarint(value, text.data()));
}

inline void PutZigZag(std::string* out, int64_t value) {
  PutVarint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

// For ByteReader::Minute().
inline void PutMinute(std::string* out, EventTime t) { PutZigZag(out, FloorDiv(Micros(t), kMicrosPerMinute)); }

inline void PutZigZag128(std::string* out, Int128 value) {
  Uint128 u = (static_cast<Uint128>(value) << 1) ^ static_cast<Uint128>(value >> 127);
  if (u < 0x80) return out->push_back(static_cast<char>(u));
  std::array<char, 19> text;
  out->append(text.data(), WriteVarint(u, text.data()));
}

inline void PutBytes(std::string* out, std::string_view bytes) {
  PutVarint(out, bytes.size());
  out->append(bytes);
}

// Nothing stored is beyond these, so that what is computed from a few of them cannot overflow: the year 11103, and 2^53 events
// of 2^63 each.
inline constexpr int64_t kMostMicros = int64_t{1} << 58;
inline constexpr int64_t kMostCount = int64_t{1} << 53;
inline constexpr Int128 kMostSum = Int128{1} << 116;

// Reads what the functions above wrote. After the first failure every read fails and yields zero: check ok() at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint64_t byte = Byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift == 63 && byte > 1 ? Fail() : value;
    }
    return Fail();
  }
  int64_t ZigZag() {
    const uint64_t u = Varint();
    return static_cast<int64_t>(u >> 1) ^ -static_cast<int64_t>(u & 1);
  }
  Int128 ZigZag128() {
    Uint128 u = 0;
    for (int shift = 0; shift < 133; shift += 7) {
      const uint64_t byte = Byte();
      u |= static_cast<Uint128>(byte & 0x7f) << shift;
      if (byte < 0x80) return static_cast<Int128>(u >> 1) ^ -static_cast<Int128>(u & 1);
    }
    return static_cast<Int128>(Fail());
  }
  // An instant, or kNoEventTime.
  EventTime Time() {
    const int64_t micros = ZigZag();
    return micros == Micros(kNoEventTime) ? kNoEventTime : EventTimeFromMicros(Within(micros, kMostMicros));
  }
  // The same, or EventTime::max().
  EventTime TimeOrNever() {
    const int64_t micros = ZigZag();
    const bool endless = micros == Micros(kNoEventTime) || micros == Micros(EventTime::max());
    return EventTimeFromMicros(endless ? micros : Within(micros, kMostMicros));
  }
  // A pane: minutes since the epoch.
  EventTime Minute() { return EventTimeFromMicros(Within(ZigZag(), kMostMicros / kMicrosPerMinute) * kMicrosPerMinute); }
  int64_t Count() { return Within(ZigZag(), kMostCount); }
  Int128 Sum() { return Within(ZigZag128(), kMostSum); }
  std::string_view Bytes() {
    const uint64_t size = Varint();
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    return Take(size);
  }
  // REQUIRES: 1 <= bytes <= 8.
  uint64_t BigEndian(int bytes) {
    const auto size = static_cast<size_t>(bytes);
    if (rest_.size() < size) return Fail();
    uint64_t swapped = 0;
    std::memcpy(&swapped, Take(size).data(), size);
    return __builtin_bswap64(swapped) >> (64 - 8 * bytes);
  }
  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // Everything was read, and nothing failed.
  bool Done() const { return ok_ && rest_.empty(); }

 private:
  uint8_t Byte() {
    if (rest_.empty()) return static_cast<uint8_t>(Fail());
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::string_view Take(size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  template <class Int>
  Int Within(Int value, Int most) {
    return value >= -most && value <= most ? value : static_cast<Int>(Fail());
  }
  uint64_t Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tidemark
