#include "pipeline/engine/registry.h"

#include "pipeline/store/keys.h"

namespace tidemark {

Result<state::v1::Registry> ReadRegistry(const Store& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store.Get(Family::kMeta, RegistryKey()));
  state::v1::Registry registry;
  if (bytes && !registry.ParseFromString(*bytes)) return Corrupt("the registry cannot be read");
  return registry;
}

}  // namespace tidemark
