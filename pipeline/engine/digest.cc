#include <bit>
#include <cstdint>
#include <string_view>

#include "pipeline/engine/source.h"

namespace tidemark {
namespace {

// Stored next to the offsets, so the function is part of the stored format: little-endian words, fixed constants, no
// dependence on the machine. Not cryptographic: it tells one log from another, not friend from foe.
constexpr uint64_t kOdd1 = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
constexpr uint64_t kOdd2 = 0xd1b54a32d192ed03;
constexpr uint64_t kNull = 0xffffffffffffffff;  // length of an absent key or value: not that of an empty one

uint64_t LoadLittleEndian(const char* bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; ++i) word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

class Hasher {
 public:
  void Word(uint64_t word) { state_ = std::rotl((state_ ^ word) * kOdd1, 31) * kOdd2 + kOdd1; }
  void Bytes(std::string_view bytes) {
    Word(bytes.data() == nullptr ? kNull : bytes.size());
    size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) Word(LoadLittleEndian(bytes.data() + at, 8));
    if (at < bytes.size()) Word(LoadLittleEndian(bytes.data() + at, bytes.size() - at));
  }
  // Every bit of the state reaches every bit of the result.
  uint64_t Finish() const {
    uint64_t h = state_;
    h = (h ^ (h >> 32)) * kOdd2;
    h = (h ^ (h >> 29)) * kOdd1;
    return h ^ (h >> 32);
  }

 private:
  uint64_t state_ = kOdd2;
};

}  // namespace

uint64_t RecordDigest(const RecordView& record) {
  Hasher hasher;
  hasher.Word(static_cast<uint64_t>(record.offset.v));
  hasher.Word(static_cast<uint64_t>(Micros(record.kafka_time)));
  hasher.Bytes(record.key);
  hasher.Bytes(record.value);
  return hasher.Finish();
}

}  // namespace tidemark
