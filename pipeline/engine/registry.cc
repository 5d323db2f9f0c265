#include "pipeline/engine/registry.h"

#include "pipeline/base/hash.h"
#include "pipeline/store/keys.h"

namespace tidemark {

uint64_t ClockFingerprint(const Plan& plan, const ClockPlan& clock) {
  std::string text = "clock/1";
  for (const TopicId topic : clock.topics) text += '\0' + plan.topics()[topic.v].name;
  return Hash64(text);
}

Result<state::v1::Registry> ReadRegistry(const Store& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store.Get(Family::kMeta, RegistryKey()));
  state::v1::Registry registry;
  if (bytes && !registry.ParseFromString(*bytes)) return Corrupt("the registry cannot be read");
  return registry;
}

}  // namespace tidemark
