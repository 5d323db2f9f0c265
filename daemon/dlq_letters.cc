#include "daemon/dlq_letters.h"

#include <charconv>

#include "daemon/clock.h"
#include "pipeline/kafka/topic_reader.h"

namespace tidemark {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(200);
constexpr Duration kGiveUpAfter = std::chrono::seconds(10);  // without a record or an end
constexpr size_t kRecordsAPoll = 1000;

using OnRecord = std::function<Status(const RawRecord&)>;

// Once from the beginning to the end.
Status ReadThrough(const KafkaSpec& kafka, const std::string& topic, const OnRecord& on_record) {
  TM_ASSIGN_OR_RETURN(const auto reader, TopicReader::Open(kafka, topic));
  Duration heard = SteadyNow();
  while (!reader->at_end()) {
    Status visited;
    const Status polled = reader->Poll(kPoll, kRecordsAPoll, [&](const RawRecord& record) {
      heard = SteadyNow();
      if (visited.ok()) visited = on_record(record);
    });
    TM_RETURN_IF_ERROR(visited);
    if (SteadyNow() - heard < kGiveUpAfter) continue;
    return polled.ok() ? Unavailable("topic " + topic + ": its end could not be reached") : polled;
  }
  return Status::Ok();
}

bool TakeNumber(std::string_view* text, int64_t* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc() || *number < 0) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

}  // namespace

void OffsetSet::Add(int32_t partition, int64_t first, int64_t last) {
  auto& ranges = ranges_[partition];
  auto next = ranges.upper_bound(first);
  if (next != ranges.begin() && std::prev(next)->second >= first - 1) {
    --next;
    first = next->first;
    last = std::max(last, next->second);
  }
  while (next != ranges.end() && next->first <= last + 1) {
    last = std::max(last, next->second);
    next = ranges.erase(next);
  }
  ranges[first] = last;
}

bool OffsetSet::Add(int32_t partition, std::string_view text) {
  while (true) {
    int64_t first = 0;
    if (!TakeNumber(&text, &first)) return false;
    int64_t last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!TakeNumber(&text, &last) || last < first) return false;
    }
    Add(partition, first, std::min(last, INT64_MAX - 1));
    if (text.empty()) return true;
    if (!text.starts_with(',')) return false;
    text.remove_prefix(1);
  }
}

bool OffsetSet::Has(int32_t partition, int64_t offset) const {
  const auto ranges = ranges_.find(partition);
  if (ranges == ranges_.end()) return false;
  const auto next = ranges->second.upper_bound(offset);
  return next != ranges->second.begin() && std::prev(next)->second >= offset;
}

std::vector<std::pair<int32_t, std::string>> OffsetSet::ToTexts(size_t most) const {
  std::vector<std::pair<int32_t, std::string>> texts;
  for (const auto& [partition, ranges] : ranges_) {
    size_t n = 0;
    for (const auto& [first, last] : ranges) {
      if (n++ % most == 0) texts.emplace_back(partition, "");
      std::string& text = texts.back().second;
      text += (text.empty() ? "" : ",") + std::to_string(first) + (last == first ? "" : "-" + std::to_string(last));
    }
  }
  return texts;
}

bool ParseLetter(const RawRecord& record, std::vector<RecordHeader>* headers, Letter* letter) {
  const RecordHeader *topic = LastHeader(record, kLetterTopic), *reason = LastHeader(record, kLetterReason);
  const RecordHeader *partition = LastHeader(record, kLetterPartition), *offset = LastHeader(record, kLetterOffset);
  if (topic == nullptr || reason == nullptr || partition == nullptr || offset == nullptr) return false;
  const auto text = [&](std::string_view name) {
    const RecordHeader* header = LastHeader(record, name);
    return header == nullptr ? std::string_view() : header->value;
  };
  headers->clear();
  for (const RecordHeader& header : record.headers) {
    if (!IsLetterHeader(header.name)) headers->push_back(header);
  }
  for (const std::string_view name : {kLetterTopic, kLetterPartition, kLetterOffset, kLetterTimestamp}) {
    if (const RecordHeader* header = LastHeader(record, name)) headers->push_back(*header);
  }
  RawRecord sent = record;
  sent.topic = topic->value;
  sent.partition = -1;  // of no record that came
  sent.headers = *headers;
  *letter = {record.partition, record.offset, record.kafka_time, FirstSent(sent), text(kLetterSource), reason->value, text(kLetterError), LastHeader(record, kLetterOmitted) == nullptr};
  return letter->record.partition >= 0;
}

Result<LetterCounts> ReadLetters(const KafkaSpec& kafka, const std::string& topic, const std::function<Status(const Letter&, bool)>& visit,
                                 const std::function<void(int64_t)>& progress) {
  OffsetSet replayed;
  std::map<int32_t, int64_t> last;  // what comes meanwhile is left to the next time
  int64_t records = 0;
  TM_RETURN_IF_ERROR(ReadThrough(kafka, topic, [&](const RawRecord& record) {
    progress(++records);
    last[record.partition] = record.offset.v;
    if (const RecordHeader* mark = LastHeader(record, kReplayedMark)) static_cast<void>(replayed.Add(record.partition, mark->value));
    return Status::Ok();
  }));
  LetterCounts counts;
  std::vector<RecordHeader> headers;
  TM_RETURN_IF_ERROR(ReadThrough(kafka, topic, [&](const RawRecord& record) {
    progress(++records);
    const auto known = last.find(record.partition);
    if (known == last.end() || record.offset.v > known->second || LastHeader(record, kReplayedMark) != nullptr) return Status::Ok();
    Letter letter;
    if (!ParseLetter(record, &headers, &letter)) {
      ++counts.foreign;
      return Status::Ok();
    }
    ++counts.letters;
    return visit(letter, replayed.Has(record.partition, record.offset.v));
  }));
  return counts;
}

}  // namespace tidemark
