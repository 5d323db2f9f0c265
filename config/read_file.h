// Files that a configuration is read from: itself, and the secrets beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pipeline/base/status.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// A file from its beginning, at most limit + 1 bytes of it. *file says what was read, also after a failure.
Result<std::string> ReadText(const std::string& path, size_t limit, ReadFile* file);

}  // namespace tidemark::config

namespace tidemark {

// ReadFile::content of what is there now.
uint64_t ContentOf(const std::string& path, size_t limit);

}  // namespace tidemark
