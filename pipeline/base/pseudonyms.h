// Stand-ins for personal values: the same value always gets the same one, and without the key none can be traced back or tried out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// The first 64 bits of HMAC-SHA256(key, value), as 16 hexadecimal digits. Among a million values two share one with a
// probability of 3 in 10^8.
// What was hashed lately is remembered, in memory only: about a microsecond else, a few dozen nanoseconds then.
// Threads: confined to one.
class Pseudonyms {
 public:
  using Text = std::array<char, 16>;

  explicit Pseudonyms(std::string_view key);
  ~Pseudonyms();
  Pseudonyms(Pseudonyms&&) noexcept;

  const Text& Of(std::string_view value);  // until the next call
  // Tells keys apart without giving one away.
  static std::string Fingerprint(std::string_view key);

 private:
  struct Mac;
  struct Known {
    std::string value;
    Text text{};
  };

  std::unique_ptr<Mac> mac_;
  std::vector<Known> known_;  // by hash; the latest of those that share a place
};

}  // namespace tidemark
