// One walk over one record. Internal to this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/event/decoder.h"
#include "pipeline/event/program.h"
#include "pipeline/event/wire.h"

namespace tidemark::event {

// Lives on the stack for one record. The row's slots are slots[0 .. row_slots), the envelope's follow them.
class Runner {
 public:
  Runner(const Program& program, Slot* slots);

  DecodeError Run(std::string_view record);
  // Moves what was found into *row. REQUIRES: Run() returned kNone.
  void Finish(EventRow* row);

 private:
  // The slots that a message's fields go to; bit n of present: slot n was on the wire and not a default.
  struct Fill {
    Slot* slots = nullptr;
    uint64_t present = 0;
  };
  static constexpr uint32_t kNoType = UINT32_MAX;

  // Each parses p .. end and returns end, or the error.
  Step Message(const uint8_t* p, const uint8_t* end, const Node& node, Fill* fill, int depth);
  Step Payload(const uint8_t* p, const uint8_t* end, uint32_t type);
  Step Map(const uint8_t* p, const uint8_t* end, const Action& action, Fill* fill, int depth);
  Step Time(const uint8_t* p, const uint8_t* end, const Action& action, Fill* fill, int depth) const;
  Step SecondsAndNanos(const uint8_t* p, const uint8_t* end, int depth, int64_t* seconds, int32_t* nanos) const;
  // One field whose wire type is the action's; returns what follows it.
  Step Field(const uint8_t* p, const uint8_t* end, const Action& action, Fill* fill, int depth);
  Step Nested(Step bytes, const Action& action, Fill* fill, int depth);

  const Program& program_;
  Fill row_;
  Fill envelope_;
  uint32_t type_ = kNoType;
  const uint8_t* record_end_ = nullptr;  // bytes up to here may be read, also from inside a message that ends before
};

}  // namespace tidemark::event
