#include "config/paths.h"

#include <algorithm>

#include "config/expression.h"

namespace tidemark::config {
namespace {

std::string IndexedBy(const std::string& clause, size_t i) { return clause + "[" + std::to_string(i) + "]"; }

}  // namespace

std::vector<EventTypeRef> ReadEventTypes(const Value& value) {
  std::vector<EventTypeRef> types;
  const std::optional<std::vector<std::string>> names = value.Texts();
  if (!names) return types;
  if (names->size() > kMaxEventTypes) {
    value.Fail("more than " + std::to_string(kMaxEventTypes) + " event types");
    return types;
  }
  const std::vector<Value> items = value.Items();
  for (size_t i = 0; i < items.size(); ++i) {
    if (IsFieldPath((*names)[i])) {
      types.push_back({(*names)[i], items[i]});
    } else {
      items[i].Fail(Quoted((*names)[i]) + " is not an event type like lead.created");
    }
  }
  return types;
}

std::vector<std::string> Keep(const std::vector<EventTypeRef>& types, const std::string& clause, KpiSpec* kpi) {
  std::vector<std::string> names;
  for (const EventTypeRef& type : types) {
    kpi->at[IndexedBy(clause, names.size())] = type.at.place();
    names.push_back(type.name);
  }
  return names;
}

void AddOn(const std::vector<EventTypeRef>& types, KpiSpec* kpi) {
  for (const EventTypeRef& type : types) {
    if (std::find(kpi->on.begin(), kpi->on.end(), type.name) != kpi->on.end()) continue;
    kpi->at[IndexedBy("on", kpi->on.size())] = type.at.place();
    kpi->on.push_back(type.name);
  }
}

std::string ReadField(const Value& value, std::string_view like) {
  const std::optional<std::string> field = value.Text();
  if (!field) return "";
  if (IsFieldPath(*field)) return *field;
  value.Fail(Quoted(*field) + " is not a field like " + std::string(like));
  return "";
}

void ReadKey(const Value& value, std::string_view like, KpiSpec* kpi) {
  if (!value.Texts()) return;
  const std::vector<Value> items = value.Items();
  if (items.size() > kMaxKeyPaths) return value.Fail("more than " + std::to_string(kMaxKeyPaths) + " fields");
  for (const Value& item : items) {
    const std::string field = ReadField(item, like);
    if (field.empty()) continue;
    kpi->at[IndexedBy("key", kpi->key.size())] = item.place();
    kpi->key.push_back(field);
  }
}

}  // namespace tidemark::config
