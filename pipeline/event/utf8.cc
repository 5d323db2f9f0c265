#include "pipeline/event/utf8.h"

namespace tidemark::event {
namespace {

// What may follow a leading byte: how many continuation bytes, and the range of the first of them, which is where
// overlong forms, surrogates and values above U+10FFFF are cut off. `tail` 0: not a leading byte.
struct Lead {
  int tail;
  uint8_t low;
  uint8_t high;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {3, 0x80, 0xbf};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool IsUtf8Slow(const uint8_t* p, const uint8_t* end) {
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    const Lead lead = LeadOf(*p);
    if (lead.tail == 0 || end - p <= lead.tail) return false;
    if (p[1] < lead.low || p[1] > lead.high) return false;
    for (int i = 2; i <= lead.tail; ++i) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += lead.tail + 1;
  }
  return true;
}

}  // namespace tidemark::event
