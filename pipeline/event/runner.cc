#include "pipeline/event/runner.h"

#include <bit>
#include <optional>

#include "pipeline/event/number.h"
#include "pipeline/event/utf8.h"

namespace tidemark::event {
namespace {

int64_t ZigZag(uint64_t n) { return static_cast<int64_t>((n >> 1) ^ (0 - (n & 1))); }

void ClearSlots(Slot* slots, size_t count) {
  for (size_t i = 0; i < count; ++i) slots[i].s = {nullptr, 0};
}

}  // namespace

Runner::Runner(const Program& program, Slot* slots) : program_(program) {
  row_.slots = slots;
  envelope_.slots = slots + program.row_slots;
  ClearSlots(envelope_.slots, program.envelope_slots);
}

DecodeError Runner::Run(std::string_view record) {
  const auto* p = reinterpret_cast<const uint8_t*>(record.data());
  if (record.empty()) return DecodeError::kNone;
  record_end_ = p + record.size();
  return Message(p, p + record.size(), program_.nodes[0], &envelope_, 0).error();
}

void Runner::Finish(EventRow* row) {
  row->id = envelope_.slots[kIdSlot].view();
  row->source = envelope_.slots[kSourceSlot].view();
  row->has_time = (envelope_.present >> kTimeSlot & 1) != 0;
  row->time = EventTimeFromMicros(envelope_.slots[kTimeSlot].i);
  if (type_ == kNoType) return;
  const TypeLayout& layout = program_.types[type_];
  for (const auto& [from, to] : layout.from_envelope) {
    row_.slots[to] = envelope_.slots[from];
    row_.present |= (envelope_.present >> from & 1) << to;
  }
  for (const auto& [from, to] : layout.repeats) {
    row_.slots[to] = row_.slots[from];
    row_.present |= (row_.present >> from & 1) << to;
  }
  row->type = EventTypeId{type_};
  row->present = row_.present;
}

[[gnu::always_inline]] inline Step Runner::Field(const uint8_t* p, const uint8_t* end, const Action& action, Fill* fill,
                                                 int depth) {
  if (action.clears != 0) [[unlikely]] {
    const uint64_t others = program_.clears[action.clears - 1];
    for (uint64_t left = others; left != 0; left &= left - 1) fill->slots[std::countr_zero(left)].s = {nullptr, 0};
    fill->present &= ~others;
  }
  // What libprotobuf's HasField says: set, unless it is a default of a field without presence.
  const auto put = [&](Step step, int64_t value, bool nonzero) {
    fill->slots[action.slot].i = value;
    const uint64_t bit = nonzero ? 1 : action.always_present;
    fill->present = (fill->present & ~(uint64_t{1} << action.slot)) | bit << action.slot;
    return step;
  };
  Step step{};
  switch (action.wire) {
    case kVarint:
      step = ReadVarint(p, end);
      break;
    case kFixed64:
      step = ReadFixed<uint64_t>(p, end);
      break;
    case kFixed32:
      step = ReadFixed<uint32_t>(p, end);
      break;
    default:
      step = ReadBytes(p, end);
      break;
  }
  if (!step.ok()) [[unlikely]]
    return step;
  const uint64_t bits = step.value;
  switch (action.op) {
    case Op::kSkip:
      return step;
    case Op::kString:
      if (!IsUtf8(step.next - bits, step.next)) [[unlikely]]
        return Fail(DecodeError::kBadUtf8);
      [[fallthrough]];
    case Op::kBytes: {
      fill->slots[action.slot].s = {reinterpret_cast<const char*>(step.next - bits), bits};
      const uint64_t bit = bits != 0 ? 1 : action.always_present;
      fill->present = (fill->present & ~(uint64_t{1} << action.slot)) | bit << action.slot;
      return step;
    }
    case Op::kInt64:
    case Op::kSfixed64:
      return put(step, static_cast<int64_t>(bits), bits != 0);
    case Op::kUint64:
    case Op::kFixed64:
      if (bits > INT64_MAX) [[unlikely]]
        return Fail(DecodeError::kBadNumber);
      return put(step, static_cast<int64_t>(bits), bits != 0);
    case Op::kInt32:
    case Op::kSfixed32:
      return put(step, static_cast<int32_t>(bits), static_cast<uint32_t>(bits) != 0);
    case Op::kUint32:
    case Op::kFixed32:
      return put(step, static_cast<uint32_t>(bits), static_cast<uint32_t>(bits) != 0);
    case Op::kSint32:
      return put(step, ZigZag(static_cast<uint32_t>(bits)), static_cast<uint32_t>(bits) != 0);
    case Op::kSint64:
      return put(step, ZigZag(bits), bits != 0);
    case Op::kBool:
      return put(step, bits != 0 ? 1 : 0, bits != 0);
    case Op::kFloat:
    case Op::kDouble: {
      const double number = action.op == Op::kDouble
                                ? std::bit_cast<double>(bits)
                                : static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
      const std::optional<int64_t> scaled = ScaleDouble(number, action.scale);
      return scaled ? put(step, *scaled, bits != 0) : Fail(DecodeError::kBadNumber);
    }
    default:
      return Nested(step, action, fill, depth + 1);
  }
}

Step Runner::Message(const uint8_t* p, const uint8_t* end, const Node& node, Fill* fill, int depth) {
  while (p < end) {
    uint32_t tag = *p;
    const Action* action = nullptr;
    if (tag < 0x80) [[likely]] {
      action = &node.low[tag >> 3];
      ++p;
    } else {
      const Step step = ReadTag(p, end);
      if (!step.ok()) [[unlikely]]
        return step;
      tag = static_cast<uint32_t>(step.value);
      action = node.Find(tag >> 3);
      p = step.next;
    }
    const bool wanted = action != nullptr && action->wire == (tag & 7);
    const Step step = wanted ? Field(p, end, *action, fill, depth) : SkipField(p, end, tag, depth);
    if (!step.ok()) [[unlikely]]
      return step;
    p = step.next;
  }
  return {p, 0};
}

// `bytes` holds a message; `depth` is that message's own.
Step Runner::Nested(Step bytes, const Action& action, Fill* fill, int depth) {
  if (depth > kMaxDepth) return Fail(DecodeError::kTooDeep);
  const uint8_t* p = bytes.next - bytes.value;
  switch (action.op) {
    case Op::kMessage:
      return Message(p, bytes.next, program_.nodes[action.aux], fill, depth);
    case Op::kWrapper:  // is there as soon as it is written, be it empty
      if ((fill->present >> action.slot & 1) == 0) fill->slots[action.slot].s = {nullptr, 0};
      fill->present |= uint64_t{1} << action.slot;
      return Message(p, bytes.next, program_.nodes[action.aux], fill, depth);
    case Op::kPayload:
      return Payload(p, bytes.next, action.aux);
    case Op::kMap:
      return Map(p, bytes.next, action, fill, depth);
    default:
      return Time(p, bytes.next, action, fill, depth);
  }
}

// The same case again merges into what is there; another one starts anew.
Step Runner::Payload(const uint8_t* p, const uint8_t* end, uint32_t type) {
  const TypeLayout& layout = program_.types[type];
  if (type != type_) {
    type_ = type;
    row_.present = 0;
    ClearSlots(row_.slots, layout.slots);
  }
  if (layout.node == kNoNode) return {end, 0};
  return Message(p, end, program_.nodes[layout.node], &row_, 1);
}

// An entry of a map<string, string> is a message {key = 1, value = 2}; either may be missing and is then empty.
Step Runner::Map(const uint8_t* p, const uint8_t* end, const Action& action, Fill* fill, int depth) {
  std::string_view parts[2];
  while (p < end) {
    Step step = ReadTag(p, end);
    if (!step.ok()) return step;
    const uint32_t tag = static_cast<uint32_t>(step.value);
    if (tag == (1 << 3 | kBytes) || tag == (2 << 3 | kBytes)) {
      step = ReadBytes(step.next, end);
      if (!step.ok()) return step;
      parts[(tag >> 3) - 1] = {reinterpret_cast<const char*>(step.next - step.value), step.value};
    } else {
      step = SkipField(step.next, end, tag, depth);
      if (!step.ok()) return step;
    }
    p = step.next;
  }
  const auto [key, value] = parts;
  for (const MapKey& wanted : program_.maps[action.aux]) {
    if (wanted.key != key) continue;
    const auto* data = reinterpret_cast<const uint8_t*>(value.data());
    if (!IsUtf8(data, data + value.size())) return Fail(DecodeError::kBadUtf8);
    fill->slots[wanted.slot].s = {value.data(), value.size()};
    fill->present |= uint64_t{1} << wanted.slot;
    break;
  }
  return {p, 0};
}

// A Timestamp or Duration. When it occurs twice its parts merge, so the second one starts from the first.
Step Runner::Time(const uint8_t* p, const uint8_t* end, const Action& action, Fill* fill, int depth) const {
  Slot* slot = &fill->slots[action.slot];
  int64_t seconds = 0;
  int32_t nanos = 0;
  const bool is_time = action.op == Op::kTime;
  if ((fill->present >> action.slot & 1) != 0) {
    is_time ? SplitTimestamp(slot->i, &seconds, &nanos) : SplitDuration(slot->i, &seconds, &nanos);
  }
  const Step step = SecondsAndNanos(p, end, depth, &seconds, &nanos);
  if (!step.ok()) return step;
  const std::optional<int64_t> micros = is_time ? TimestampMicros(seconds, nanos) : DurationMicros(seconds, nanos);
  if (!micros) return Fail(DecodeError::kBadNumber);
  slot->i = *micros;
  fill->present |= uint64_t{1} << action.slot;
  return step;
}

Step Runner::SecondsAndNanos(const uint8_t* p, const uint8_t* end, int depth, int64_t* seconds, int32_t* nanos) const {
  while (p < end) {
    Step step = ReadTag(p, end);
    if (!step.ok()) return step;
    const uint32_t tag = static_cast<uint32_t>(step.value);
    if (tag == (1 << 3 | kVarint)) {
      step = ReadVarintWithin(step.next, end, record_end_);
      *seconds = static_cast<int64_t>(step.value);
    } else if (tag == (2 << 3 | kVarint)) {
      step = ReadVarintWithin(step.next, end, record_end_);
      *nanos = static_cast<int32_t>(step.value);
    } else {
      step = SkipField(step.next, end, tag, depth);
    }
    if (!step.ok()) return step;
    p = step.next;
  }
  return {p, 0};
}

}  // namespace tidemark::event
