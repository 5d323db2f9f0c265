#include "tests/fuzz/fuzz.h"

namespace tidemark::testing {

std::string Damaged(Random& random, std::string bytes, std::string_view other) {
  for (uint64_t n = Below(random, 4) == 0 ? 3 : 1; n > 0; --n) {
    const size_t at = bytes.empty() ? 0 : Below(random, bytes.size());
    switch (Below(random, 7)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random());
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(random, 8)));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, 1, static_cast<char>(random()));
        break;
      case 4:
        bytes.append(other);
        break;
      case 5:
        bytes.insert(at, bytes.substr(Below(random, bytes.size() + 1), Below(random, 20)));
        break;
      default:
        bytes.erase(at, 1 + Below(random, 4));
        break;
    }
  }
  return bytes;
}

}  // namespace tidemark::testing
