#include "pipeline/engine/dead_letters.h"

#include "pipeline/mapping/first_sent.h"
#include "pipeline/store/keys.h"

namespace tidemark {

void DeadLetters::Add(const RawRecord& raw, std::string_view reason, std::string_view error, std::string_view source, uint64_t max_bytes) {
  const RawRecord first = FirstSent(raw);
  const std::string partition = std::to_string(first.partition), offset = std::to_string(first.offset.v);
  const std::string timestamp = std::to_string(Micros(first.kafka_time) / 1000);
  DeadLetter letter{raw.key, raw.value, {}};
  for (const RecordHeader& header : raw.headers) {
    if (!IsLetterHeader(header.name)) letter.headers.push_back(header);  // one that was sent again has those of its first letter
  }
  letter.headers.push_back({kLetterReason, reason});
  letter.headers.push_back({kLetterError, error});
  if (!source.empty()) letter.headers.push_back({kLetterSource, source});
  letter.headers.push_back({kLetterTopic, first.topic});
  letter.headers.push_back({kLetterPartition, partition});
  letter.headers.push_back({kLetterOffset, offset});
  if (first.kafka_time != WallTime::min()) letter.headers.push_back({kLetterTimestamp, timestamp});
  for (int less = 0; less < 2 && SizeOf(letter) > max_bytes; ++less) ShrinkLetter(&letter);
  auto bytes = std::make_shared<const std::string>(EncodeLetter(letter));
  bytes_ += bytes->size();
  box_->Post(next_, bytes);
  letters_[next_++] = {std::move(bytes), false};
}

Status DeadLetters::Load(std::string_view key, std::string_view value) {
  ByteReader reader(key.substr(1));
  const uint64_t number = reader.BigEndian(8);
  if (!reader.Done() || number == UINT64_MAX) return Corrupt("a stored dead letter has no number");
  TM_RETURN_IF_ERROR(DecodeLetter(value).status());
  if (!on()) return Status::Ok();
  auto bytes = std::make_shared<const std::string>(value);
  bytes_ += bytes->size();
  next_ = std::max(next_, number + 1);
  box_->Post(number, bytes);
  letters_[number] = {std::move(bytes), true};
  return Status::Ok();
}

bool DeadLetters::TakeDelivered() {
  if (!on()) return false;
  for (const uint64_t number : box_->TakeDelivered()) {
    const auto letter = letters_.find(number);
    if (letter == letters_.end()) continue;
    bytes_ -= letter->second.letter->size();
    if (letter->second.stored) delivered_.push_back(number);
    letters_.erase(letter);
  }
  return !delivered_.empty();
}

void DeadLetters::AppendTo(CommitBatch* batch) const {
  for (const uint64_t number : delivered_) batch->erases.push_back({Family::kMeta, LetterKey(number)});
  for (const auto& [number, waiting] : letters_) {
    if (!waiting.stored) batch->puts.push_back({Family::kMeta, LetterKey(number), *waiting.letter});
  }
}

void DeadLetters::Committed() {
  delivered_.clear();
  for (auto& [number, waiting] : letters_) waiting.stored = true;
}

}  // namespace tidemark
