#include "pipeline/engine/registry.h"

#include <algorithm>
#include <set>

#include "pipeline/base/hash.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

// Numbers are of one table and one KPI each, and were given out.
bool IsSound(const state::v1::Registry& registry) {
  constexpr uint32_t kMostNumbers = 1u << 30;
  std::set<uint32_t> tables, kpis;
  for (const auto& table : registry.tables()) {
    if (table.number() == 0 || table.number() >= registry.next_table() || !tables.insert(table.number()).second) return false;
  }
  for (const auto& kpi : registry.kpis()) {
    if (kpi.number() == 0 || kpi.number() >= registry.next_kpi() || !kpis.insert(kpi.number()).second) return false;
    if (kpi.whole_from_size() != kTierCount + 1) return false;
    const auto within = [](int64_t micros) { return micros == INT64_MIN || micros == INT64_MAX || (micros >= -kMostMicros && micros <= kMostMicros); };
    if (!std::all_of(kpi.whole_from().begin(), kpi.whole_from().end(), within) || !within(kpi.removed_at())) return false;
  }
  return registry.next_table() < kMostNumbers && registry.next_kpi() < kMostNumbers;
}

}  // namespace

uint64_t ClockFingerprint(const Plan& plan, const ClockPlan& clock) {
  std::string text = "clock/1";
  for (const TopicId topic : clock.topics) text += '\0' + plan.topics()[topic.v].name;
  return Hash64(text);
}

Result<state::v1::Registry> ReadRegistry(const Store& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store.Get(Family::kMeta, RegistryKey()));
  state::v1::Registry registry;
  if (bytes && (!registry.ParseFromString(*bytes) || !IsSound(registry))) return Corrupt("the registry cannot be read");
  return registry;
}

}  // namespace tidemark
