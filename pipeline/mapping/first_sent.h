// Headers that a record has among the dead letters, and keeps when it is sent again: where and when it came first.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "pipeline/mapping/raw_record.h"

namespace tidemark {

inline constexpr std::string_view kLetterReason = "tidemark-reason";        // rejected, undecodable
inline constexpr std::string_view kLetterError = "tidemark-error";          // which field, and why: nothing of the record
inline constexpr std::string_view kLetterSource = "tidemark-source";        // where a source maps it
inline constexpr std::string_view kLetterTopic = "tidemark-topic";
inline constexpr std::string_view kLetterPartition = "tidemark-partition";
inline constexpr std::string_view kLetterOffset = "tidemark-offset";
inline constexpr std::string_view kLetterTimestamp = "tidemark-timestamp";  // milliseconds; without one it had none
inline constexpr std::string_view kLetterOmitted = "tidemark-omitted";      // what of it was too large: value, or everything

inline constexpr std::array kLetterHeaders = {kLetterReason, kLetterError, kLetterSource, kLetterTopic, kLetterPartition, kLetterOffset, kLetterTimestamp, kLetterOmitted};
inline bool IsLetterHeader(std::string_view name) { return std::find(kLetterHeaders.begin(), kLetterHeaders.end(), name) != kLetterHeaders.end(); }

// A record that was sent again stands where and when it came first: so it has the identity it had, and counts once. Any other is
// as it is, also one that claims to be of another topic: who may write to a topic can speak for that topic alone.
RawRecord FirstSent(const RawRecord& record);

}  // namespace tidemark
