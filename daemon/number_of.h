// "1 rule", "2 rules".
#pragma once

#include <cstdint>
#include <string>

namespace tidemark {

inline std::string NumberOf(int64_t n, const std::string& what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

}  // namespace tidemark
