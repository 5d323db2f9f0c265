// Event types and fields, one or several.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

inline constexpr size_t kMaxEventTypes = 256;  // in one list
inline constexpr size_t kMaxKeyPaths = 16;

struct EventTypeRef {
  std::string name;
  Value at;
};

// An event type, or a list of them without repeats. Wrong ones are reported and left out.
std::vector<EventTypeRef> ReadEventTypes(const Value& value);
// Their names; the place of the i-th goes to kpi->at["<clause>[i]"].
std::vector<std::string> Keep(const std::vector<EventTypeRef>& types, const std::string& clause, KpiSpec* kpi);
// Adds to kpi->on those that it lacks.
void AddOn(const std::vector<EventTypeRef>& types, KpiSpec* kpi);

// A field; "" after a mistake. `like` is an example for the message.
std::string ReadField(const Value& value, std::string_view like);
// kpi->key: a field, or a list of them of which each event type has at least one.
void ReadKey(const Value& value, std::string_view like, KpiSpec* kpi);

}  // namespace tidemark::config
