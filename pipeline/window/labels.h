// Label values as packed bytes: PutBytes of each, in the order of the table's labels.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Appends a slot's value as a label shows it. What is absent is "", unless its schema doesn't tell absent from zero.
void PutLabel(std::string* packed, const LabelSlot& label, const Slot& slot, bool present);

// Appends the values of all labels; false when a text is longer than `max_bytes`.
bool PackLabels(std::span<const LabelSlot> labels, const EventRow& row, size_t max_bytes, std::string* packed);

// Values of two events, each packed in the order of the labels of its side, as one.
void InterleaveLabels(const std::vector<Side>& sides, std::string_view from, std::string_view to, std::string* packed);

}  // namespace tidemark
