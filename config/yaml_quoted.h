// Text as a scalar of YAML.
#pragma once

#include <string>
#include <string_view>

namespace tidemark {

// In quotes, on one line; read back it is the same text. Bytes that are not UTF-8 become U+FFFD.
std::string YamlQuoted(std::string_view text);

}  // namespace tidemark
