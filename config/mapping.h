// The part of a source that says how its records become events.
#pragma once

#include <memory>
#include <vector>

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// Reads the keys of a source that belong to its mapping. `place`: of the source. What it doesn't have is taken from `shipped`, if
// not null; of `lists` and `words` each by its name. Files that were read are added to *files.
std::shared_ptr<const MappingSpec> ReadMapping(Map* map, Map* shipped, const Place& place, std::vector<ReadFile>* files);

}  // namespace tidemark::config
