// DDSketch (Masson, Rim, Lee 2019) with the linearly interpolated mapping: an octave of values is cut into 50 buckets of
// equal width, so that a bucket's middle is within 1 % of everything in it. Integers only, so that the bucket of
// a value is the same on every machine, and what was added is found again when it is subtracted.
#pragma once

#include <bit>
#include <cstdint>

#include "pipeline/base/decimal.h"

namespace tidemark {

inline constexpr int32_t kBucketsPerOctave = 50;

// Ascending with the value: 0 for 0, negative for negative values.
constexpr int32_t BucketOf(int64_t value) {
  if (value == 0) return 0;
  const uint64_t magnitude = value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const int octave = 63 - std::countl_zero(magnitude);
  const auto within = static_cast<Uint128>(magnitude - (uint64_t{1} << octave)) * kBucketsPerOctave >> octave;
  const int32_t bucket = 1 + octave * kBucketsPerOctave + static_cast<int32_t>(within);
  return value < 0 ? -bucket : bucket;
}

// False for numbers that are no value's bucket.
constexpr bool IsBucket(int32_t bucket) { return bucket >= -64 * kBucketsPerOctave && bucket <= 63 * kBucketsPerOctave; }

// The middle of a bucket's values, twice, so that it is whole: divide by two. Exact where a bucket holds one value.
constexpr Int128 TwiceMiddleOf(int32_t bucket) {
  if (bucket == 0) return 0;
  const int32_t index = (bucket < 0 ? -bucket : bucket) - 1;
  const int octave = index / kBucketsPerOctave, within = index % kBucketsPerOctave;
  const Uint128 size = Uint128{1} << octave;
  // Values v with floor((v - size) * 50 / size) == within.
  const Uint128 low = size + (size * static_cast<unsigned>(within) + kBucketsPerOctave - 1) / kBucketsPerOctave;
  const Uint128 next = size + (size * static_cast<unsigned>(within + 1) + kBucketsPerOctave - 1) / kBucketsPerOctave;
  const auto twice = static_cast<Int128>(low + next - 1);
  return bucket < 0 ? -twice : twice;
}

}  // namespace tidemark
