// Values as Avro writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::avro {

inline std::string Long(int64_t number) {
  std::string bytes;
  for (uint64_t rest = static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63);; rest >>= 7) {
    bytes.push_back(static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) return bytes;
  }
}
inline std::string Text(std::string_view text) { return Long(static_cast<int64_t>(text.size())).append(text); }

}  // namespace tidemark::avro
