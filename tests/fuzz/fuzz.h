// What fuzz targets are written with. A target is one function, LLVMFuzzerTestOneInput, that aborts when something does
// not hold; libFuzzer runs it, or driver.cc where there is none.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

namespace tidemark::testing {

using Random = std::mt19937_64;

// 0 .. n-1.
inline uint64_t Below(Random& random, uint64_t n) { return random() % n; }
// Bytes changed, cut, repeated, inserted; or two in one, which is how messages merge.
std::string Damaged(Random& random, std::string bytes, std::string_view other);

// A target that can make inputs by itself defines this; driver.cc starts the others from their corpus.
std::string MakeInput(Random& random) __attribute__((weak));

// The claim that a target makes about an input. What is put together from parts is so only when it does not hold: texts
// cost more than most claims.
inline void Expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}
template <std::invocable What>
void Expect(bool holds, const What& what) {
  if (!holds) Expect(false, std::string_view(what()));
}

// Whether an input is of the one in n that get what costs much more than the rest. Its bytes say so: what fails fails again.
inline bool OneIn(uint64_t n, const uint8_t* data, size_t size) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (size_t at = 0; at < size; ++at) hash = (hash ^ data[at]) * 0x100000001b3;
  return (hash ^ hash >> 32) % n == 0;
}

// The letter itself where it is one of these, else one that hangs on the byte: each input is of some kind.
inline char OneOf(std::string_view letters, uint8_t byte) {
  return letters.find(static_cast<char>(byte)) != std::string_view::npos ? static_cast<char>(byte) : letters[byte % letters.size()];
}

// Takes a fuzzer's bytes apart, from the front; zeros and nothing after their end.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  uint8_t Byte() {
    const std::string_view byte = Take(1);
    return byte.empty() ? uint8_t{0} : static_cast<uint8_t>(byte[0]);
  }
  uint32_t Word() {
    const uint32_t high = Byte();
    return high << 8 | Byte();
  }
  std::string_view Take(size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view Rest() { return Take(rest_.size()); }
  // Up to the next '\n', which is taken, too.
  std::string_view Line() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    Take(line.size() + 1);
    return line;
  }

 private:
  std::string_view rest_;
};

}  // namespace tidemark::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
