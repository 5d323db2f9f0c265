#include "pipeline/window/labels.h"

#include <array>
#include <charconv>

#include "google/protobuf/descriptor.h"
#include "pipeline/store/bytes.h"

namespace tidemark {
namespace {

void PutNumber(std::string* out, int64_t number) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  PutBytes(out, {text.data(), static_cast<size_t>(end - text.data())});
}

}  // namespace

void PutLabel(std::string* out, const LabelSlot& label, const Slot& slot, bool present) {
  if (!present && label.needs_present) return PutBytes(out, "");
  switch (label.type) {
    case SlotType::kString:
      PutBytes(out, present ? slot.view() : std::string_view());
      return;
    case SlotType::kBool:
      PutBytes(out, slot.i != 0 ? "true" : "false");
      return;
    case SlotType::kEnum: {
      const auto* value = label.leaf->enum_type()->FindValueByNumber(static_cast<int>(slot.i));
      if (value != nullptr) {
        PutBytes(out, value->name());
        return;
      }
      break;
    }
    case SlotType::kDecimal:
      PutBytes(out, ToString(Decimal{slot.i, label.scale}));
      return;
    case SlotType::kInt64:
    case SlotType::kTime:
      break;
  }
  PutNumber(out, slot.i);
}

bool PackLabels(std::span<const LabelSlot> labels, const EventRow& row, size_t max_bytes, std::string* packed) {
  for (const LabelSlot& label : labels) {
    const bool present = (row.present >> label.slot & 1) != 0;
    if (label.type == SlotType::kString && present && row.slots[label.slot].s.size > max_bytes) return false;
    PutLabel(packed, label, row.slots[label.slot], present);
  }
  return true;
}

void InterleaveLabels(const std::vector<Side>& sides, std::string_view from, std::string_view to, std::string* packed) {
  ByteReader from_values(from), to_values(to);
  for (const Side side : sides) PutBytes(packed, side == Side::kTo ? to_values.Bytes() : from_values.Bytes());
}

}  // namespace tidemark
