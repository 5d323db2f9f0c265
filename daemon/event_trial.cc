#include "daemon/event_trial.h"

namespace tidemark {

EventRow EventTrial::Decoded(std::string_view event) {
  EventRow row;
  plan_.decoder().Decode(event, slots_.data(), &row);
  return row;
}

DecodeError EventTrial::WhyNotDecoded(const MappedEvents& events) {
  for (size_t e = 0; e < events.size(); ++e) {
    if (const DecodeError error = Decoded(events.event(e)).error; error != DecodeError::kNone) return error;
  }
  return DecodeError::kNone;
}

}  // namespace tidemark
