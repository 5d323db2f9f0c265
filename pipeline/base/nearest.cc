#include "pipeline/base/nearest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace tidemark {
namespace {

constexpr size_t kLongest = 200;  // longer words are not compared

// Which bytes there are, by their last five bits.
uint32_t BytesIn(std::string_view word) {
  uint32_t bytes = 0;
  for (const char c : word) bytes |= uint32_t{1} << (static_cast<uint8_t>(c) & 31);
  return bytes;
}

// Levenshtein distance with transpositions of neighbours, over bytes; `bound` where it is no less than that.
// REQUIRES: neither is longer than kLongest.
size_t EditDistance(std::string_view a, std::string_view b, size_t bound) {
  std::array<std::array<size_t, kLongest + 1>, 3> rows{};  // of the table, those that the next one comes from
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  size_t least_above = 0;
  for (size_t i = 1; i <= a.size(); ++i) {
    const auto &above = rows[(i - 1) % 3], &before = rows[(i + 1) % 3];
    auto& row = rows[i % 3];
    size_t least = row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (std::min(least, least_above) >= bound) return bound;  // it grows from row to row
    least_above = least;
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  if (word.size() > kLongest) return best;
  const uint32_t bytes = BytesIn(word);
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const size_t longer = std::max(word.size(), candidate.size()), shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= best_distance) continue;  // each byte more is a change
    if (static_cast<size_t>(std::popcount(bytes ^ BytesIn(candidate)) + 1) / 2 >= best_distance) continue;  // a change takes one away and brings one
    const size_t distance = EditDistance(word, candidate, best_distance);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace tidemark
