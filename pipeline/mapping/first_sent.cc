#include "pipeline/mapping/first_sent.h"

#include <charconv>
#include <limits>
#include <optional>

namespace tidemark {
namespace {

std::string_view Find(const RawRecord& record, std::string_view name) {
  const RecordHeader* header = LastHeader(record, name);
  return header == nullptr ? std::string_view() : header->value;
}

template <class Int>
std::optional<Int> Number(std::string_view text) {
  Int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

RawRecord FirstSent(const RawRecord& record) {
  if (record.headers.empty() || Find(record, kLetterTopic) != record.topic) return record;
  const auto partition = Number<int32_t>(Find(record, kLetterPartition));
  const auto offset = Number<int64_t>(Find(record, kLetterOffset));
  if (!partition || !offset) return record;
  RawRecord first = record;
  first.partition = *partition;
  first.offset = Offset{*offset};
  const auto ms = Number<int64_t>(Find(record, kLetterTimestamp));
  first.kafka_time = ms && *ms <= std::numeric_limits<int64_t>::max() / 1000 ? WallTimeFromMicros(*ms * 1000) : WallTime::min();
  return first;
}

}  // namespace tidemark
