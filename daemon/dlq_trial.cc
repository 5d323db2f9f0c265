#include "daemon/dlq_trial.h"

#include <algorithm>

namespace tidemark {

LetterTrial::LetterTrial(const Plan& plan, const RegistrySpec* registry, std::optional<WallTime> now)
    : plan_(plan), now_(now), schemas_(registry), trial_(plan) {
  for (size_t t = 0; t < plan.topics().size(); ++t) {
    topics_[plan.topics()[t].name] = t;
    if (const auto& mapper = plan.topics()[t].mapper; mapper != nullptr) scratches_[t] = std::make_unique<Mapper::Scratch>(*mapper, schemas_.schemas());
  }
}

std::string LetterTrial::WhyNot(const Letter& letter) {
  const auto topic = topics_.find(letter.record.topic);
  if (topic == topics_.end()) return "the configuration reads no such topic";
  if (!letter.whole) return "it was too large for a letter: it is in its topic alone, as long as that holds it";
  if (letter.record.value.size() > plan_.limits().max_record_bytes) return std::string(ToString(DecodeError::kTooLarge));
  if (std::string why = WhyNotDecoded(topic->second, letter.record); !why.empty()) return why;
  return WhyTooOld(topic->second, letter.record);
}

std::string LetterTrial::WhyNotDecoded(size_t topic, const RawRecord& record) {
  mapped_.Clear();
  const auto& mapper = plan_.topics()[topic].mapper;
  if (mapper == nullptr) {
    const DecodeError error = record.value.data() == nullptr ? DecodeError::kNone : trial_.Decoded(record.value).error;
    return error == DecodeError::kNone ? "" : std::string(ToString(error));
  }
  Mapper::Scratch& scratch = *scratches_[topic];
  std::string why;
  switch (schemas_.Map(*mapper, record, &scratch, &mapped_)) {
    case MapOutcome::kRejected:
      return mapper->Describe(scratch.rejection());
    case MapOutcome::kUndecodable:
      why = ToString(scratch.error());
      // As it is said in letters.
      return scratch.error() == DecodeError::kBadSchema || scratch.error() == DecodeError::kBadFraming ? why += ": " + mapper->Describe(scratch.rejection()) : why;
    case MapOutcome::kAwaitsSchema:
      why = "schema " + std::to_string(scratch.awaited_schema());
      return why += ": " + schemas_.schemas()->trouble(scratch.awaited_schema());
    case MapOutcome::kUnmapped:
      return "no rule is about it";
    default:
      break;
  }
  // Messages of one's own: their bytes are looked into only here.
  const DecodeError error = trial_.WhyNotDecoded(mapped_);
  return error == DecodeError::kNone ? "" : std::string(ToString(error));
}

std::string LetterTrial::WhyTooOld(size_t topic, const RawRecord& record) {
  const DedupSpec& dedup = plan_.topics()[topic].dedup;
  const bool events = plan_.topics()[topic].mapper == nullptr ? record.value.data() != nullptr : mapped_.size() > 0;
  if (!now_ || plan_.time().event_clock || !events) return "";
  constexpr const char* kUnknown = " whether it was counted can't be told (--older sends it)";
  if (!dedup.enabled) return std::string("its topic has no dedup:").append(kUnknown);
  EventTime earliest = EventTime::max();
  const auto look = [&](std::string_view event) {
    if (const EventRow row = trial_.Decoded(event); row.has_time) earliest = std::min(earliest, row.time);
  };
  for (size_t e = 0; e < mapped_.size(); ++e) look(mapped_.event(e));
  if (mapped_.size() == 0) look(record.value);
  return Micros(earliest) < Micros(*now_) - dedup.horizon.count() ? std::string("older than dedup.horizon:").append(kUnknown) : std::string();
}

}  // namespace tidemark
