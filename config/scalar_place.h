// From a byte of a scalar's value back to the byte of the file it came from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pipeline/base/diagnostic.h"

namespace tidemark::config {

// Where byte `offset` of `value` stands in `source`, when the scalar starts (with its quote or block mark) at `start`.
// Exact for plain, quoted and block scalars: spaces, which YAML folds, are skipped on both sides and all else is
// counted. An offset in or after spaces yields the byte after the last character before them.
size_t SourceOfScalar(std::string_view source, size_t start, size_t offset, std::string_view value);

Place PlaceOfByte(const std::string& file, std::string_view source, size_t byte);

// The first byte that is no part of UTF-8 text (control characters are none); npos when all is text.
size_t FirstUnprintable(std::string_view text);

}  // namespace tidemark::config
