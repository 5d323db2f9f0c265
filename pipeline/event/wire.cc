#include "pipeline/event/wire.h"

namespace tidemark::event {

Step ReadLongVarint(const uint8_t* p, const uint8_t* end, int max_bytes) {
  uint64_t result = 0;
  for (int i = 0; i < max_bytes; ++i) {
    if (p >= end) return Fail(DecodeError::kTruncated);
    const uint8_t byte = *p++;
    result |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return {p, result};
  }
  return Fail(DecodeError::kBadVarint);
}

Step SkipGroup(const uint8_t* p, const uint8_t* end, uint32_t number, int depth) {
  if (depth > kMaxDepth) return Fail(DecodeError::kTooDeep);
  while (p < end) {
    const Step step = ReadTag(p, end);
    if (!step.ok()) return step;
    const uint32_t tag = static_cast<uint32_t>(step.value);
    if ((tag & 7) == kEndGroup) return tag >> 3 == number ? step : Fail(DecodeError::kBadTag);
    const Step skipped = SkipField(step.next, end, tag, depth);
    if (!skipped.ok()) return skipped;
    p = skipped.next;
  }
  return Fail(DecodeError::kTruncated);
}

}  // namespace tidemark::event
