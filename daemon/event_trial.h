// A second look at the events that a mapping made of a record, as the engine takes one.
#pragma once

#include <string_view>
#include <vector>

#include "pipeline/event/decoder.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Decodes events with the plan's decoder. Of messages of one's own a mapping reads only what ids, times and versions are made of;
// what else that KPIs use can't be read is found here.
// Threads: one. Lifetime: the plan outlives it.
class EventTrial {
 public:
  explicit EventTrial(const Plan& plan) : plan_(plan), slots_(plan.decoder().max_slots()) {}

  // Its slots are good until the next one, its texts as long as `event`.
  EventRow Decoded(std::string_view event);
  // Why the record that these are of counts as undecodable; kNone: it doesn't.
  DecodeError WhyNotDecoded(const MappedEvents& events);

 private:
  const Plan& plan_;
  std::vector<Slot> slots_;
};

}  // namespace tidemark
