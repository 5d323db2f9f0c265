// The part of a source that says what its records were written with.
#pragma once

#include <vector>

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// Reads `schema`, `message`, `schemas`, `message_index` and `key_format` of a source whose format and framing are known. Files are
// added to *files.
void ReadSchemas(Map* map, MappingSpec* mapping, std::vector<ReadFile>* files);

}  // namespace tidemark::config
