// The part of a source that says how its records become events.
#pragma once

#include <memory>

#include "config/reader.h"
#include "pipeline/mapping/spec.h"

namespace tidemark::config {

// Reads the keys of a source that belong to its mapping. `place`: of the source. What it doesn't have is taken from `shipped`, if
// not null; of `lists` and `words` each by its name.
std::shared_ptr<const MappingSpec> ReadMapping(Map* map, Map* shipped, const Place& place);

}  // namespace tidemark::config
