// Random numbers that are the same on every machine and release: the standard library's distributions are not.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "pipeline/base/check.h"

namespace tidemark::demo {

// SplitMix64. A function of its seed alone. Threads: confined to one.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Unit() < probability; }
  // In [low, high].
  int64_t Between(int64_t low, int64_t high) {
    TM_CHECK(low <= high);
    return low + static_cast<int64_t>(Next() % (static_cast<uint64_t>(high - low) + 1));
  }
  // Waiting time of a process without memory; never zero.
  double Exponential(double mean) { return -mean * std::log(1.0 - Unit()) + 1e-6; }
  // Many small, few large: median * e^(spread * z), z nearly normal between -3.4 and 3.4.
  double Skewed(double median, double spread) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += Unit();
    return median * std::exp(spread * (sum - 2.0) * 1.7);
  }
  // An index, as often as its weight says. REQUIRES: a positive sum.
  size_t Weighted(std::span<const double> weights) {
    double sum = 0;
    for (const double w : weights) sum += w;
    double at = Unit() * sum;
    for (size_t i = 0; i + 1 < weights.size(); ++i) {
      if ((at -= weights[i]) < 0) return i;
    }
    return weights.size() - 1;
  }

 private:
  uint64_t state_;
};

}  // namespace tidemark::demo
